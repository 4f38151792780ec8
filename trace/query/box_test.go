package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// oddSet has a span for each kind of key and value that a search can misread.
func oddSet(t testing.TB) *trace.View {
	t.Helper()
	n := uint64(0)
	with := func(name string, pairs ...any) *tracepb.Span {
		n++
		s := inTrace(byte(n), span(n, 0, name, int64(10+n), int64(11+n)))
		s.Attributes = attributes(pairs...)
		return s
	}
	failed := with("failed", "error", "attr-error", "status", "attr-status", "kind", "attr-kind")
	failed.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "boom"}
	fine := tracetest.Client(with("fine", "name", "attr-name", "service", "attr-service", "id", "attr-id", "message", "attr-message"))
	fine.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_OK}
	lists := func() *tracepb.Span {
		s := with("lists", "mixed", []any{7, true, 0.5, []byte{0, 255}, "x", []any{"y"}})
		s.Events = []*tracepb.Span_Event{{Name: "e", Attributes: attributes("in.event", []any{"e1", "e2"})}}
		return s
	}
	return load(t, otel(t,
		otlp(t, "svc",
			with("keys", "with space", "v1", `with"quote`, "v3", "with=eq", "v4", "a:b", "v5", "<b>bold</b>", "v6", "-dash", "v7", "with(paren)", "v8", "ключ", "v9",
				"with<lt", "v10", "tab\tkey", "v11", "", "v12", "with~tilde", "v13", "x!y", "v14", "it's", "v15", "a,b", "v16"),
			with("numbers", "max", 1<<63-1, "min", -1<<63, "53p1", 1<<53+1, "text", "12345678901234567891", "half", 0.5, "tenth", 0.1, "double", float64(1<<53), "neg", -7),
			with("values", "eq", "a=b", "path", `C:\dir\new`, "nl", "line1\nline2", "list", []any{"a", "b c"}, "raw", []byte{0, 255}, "empty", "", "upper", "ÄÖÜ", "turk", "İstanbul", "long", strings.Repeat("x", 5000)),
			failed, fine, with(""), with(strings.Repeat("L", 5000)), with(strings.Repeat("L", 5001)),
		),
		otlp(t, "", with("no service")), otlp(t, strings.Repeat("s", 600), with("long service")), otlp(t, "svc", lists()),
	))
}

// names lists the shortened names of the spans that a search of the find box finds.
func names(t testing.TB, v *trace.View, q string) string {
	t.Helper()
	f, err := Parse(q)
	if err != nil {
		return "error: " + err.Error()
	}
	rows, err := FindSpans(t.Context(), v, SpanQuery{Filter: f, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, row := range rows {
		name := v.Span(row).Name
		found = append(found, fmt.Sprintf("%.10s", name+map[bool]string{true: fmt.Sprint(len(name))}[len(name) > 100]))
		if len(name) > 100 {
			found[len(found)-1] = fmt.Sprint("L", len(name))
		}
	}
	slices.Sort(found)
	return strings.Join(found, ",")
}

func TestFindBox(t *testing.T) {
	v := oddSet(t)
	for _, test := range []struct{ q, want string }{
		// Odd keys.
		{`"with space"=v1`, "keys"}, {`has:"with space"`, "keys"}, {`-"with space"!=v1`, "keys"}, {`"with space"~^v`, "keys"}, {`"with space">1`, ""},
		{`with"quote=v3`, "keys"}, {`"with\"quote"=v3`, "keys"}, {"with=eq=v4", "keys"}, {`"with=eq"=v4`, "keys"}, {`with="eq=v4"`, ""}, {"a:b=v5", "keys"}, {"has:a:b", "keys"}, {"a:b~v", "keys"},
		{"<b>bold</b>=v6", "keys"}, {`"<b>bold</b>"=v6`, "keys"}, {`"-dash"=v7`, "keys"}, {"with(paren)=v8", "keys"}, {"(with(paren)=v8)", "keys"}, {"ключ=v9", "keys"},
		{"with<lt=v10", "keys"}, {`"tab\tkey"=v11`, "keys"}, {`""=v12`, "keys"}, {"with~tilde=v13", "keys"}, {"x!y=v14", "keys"}, {"it's=v15", "keys"}, {"a,b=v16", "keys"},
		{"with=eq!=v4", "error: “with=eq!=v4” can be read in two ways: quote its key or its value"},
		{"key==v", "error: “key==v” has = twice: write key=value, or quote the value"},
		{"key = v", "error: “=” stands alone: write key=value without spaces"},
		{`"a":b`, "error: A colon follows the quoted “a”: leave a space behind the quote, or write = behind a key"},
		{"https://example.com/?a=b", ""}, {"eq=a=b", "values"}, {`path=C:\dir\new`, "values"}, {`nl="line1\nline2"`, "values"},

		// Values as they are shown.
		{"status=ERROR", "failed"}, {"status=error", "failed"}, {"status:Error", "failed"}, {"status~ERR", "failed"}, {"status!=ERROR status!=unset", "fine"}, {"status=OK", "fine"}, {"span.status=Ok", "fine"},
		{"status=STATUS_CODE_ERROR", "failed"}, {"otel.status_code=error", "failed"}, {"kind=CLIENT", "fine"}, {"kind:Client", "fine"}, {"kind=SPAN_KIND_CLIENT", "fine"}, {"span.kind=client", "fine"}, {"kind~^CLI", "fine"},
		{"flag=ORPHAN", ""}, {"flag:orphan", ""}, {"id=000000000000000A", "long servi"}, {"id:000000000000000a", "long servi"},
		{"error", "failed"}, {"error=true", "failed"}, {"error!=true name!=failed kind=client", "fine"}, {"error=attr-error", "failed"},
		{"kind:x", "error: There is no kind “x”. The kinds are internal, server, client, producer, consumer and unspecified"},
		{"status:x", "error: There is no status “x”. The statuses are unset, ok and error"},
		{`list="[\"a\",\"b c\"]"`, "values"}, {"list=a", "values"}, {`list="b c"`, "values"}, {"list=b", ""}, {"list=A", ""}, {"list!=a name=values", ""}, {"list!=c name=values", "values"}, {"list~^b", "values"}, {"list:=a", ""},
		{"mixed=7", "lists"}, {"mixed=true", "lists"}, {"mixed=0.5", "lists"}, {"mixed>6", "lists"}, {"mixed>7", ""}, {"mixed=AP8=", "lists"}, {"mixed=x", "lists"}, {"mixed=y", ""}, {`mixed="[\"y\"]"`, "lists"}, {`mixed=""`, ""}, {"mixed=", ""}, {"in.event=e1", "lists"}, {"in.event!=e1 name=lists", ""}, {"raw=AP8=", "values"}, {"half=0.5", "numbers"},

		// Fields with the same names as attributes.
		{"name=attr-name", "fine"}, {"name=fine", "fine"}, {`"name"=attr-name`, "fine"}, {`"name"=fine`, ""}, {"name:=fine", "fine"}, {"name:=attr-name", ""}, {`"name":=attr-name`, "fine"},
		{"service=attr-service", "fine"}, {"kind=attr-kind", "failed"}, {"status=attr-status", "failed"}, {"id=attr-id", "fine"}, {"message=attr-message", "fine"}, {"message=boom", "failed"},

		// Empty values.
		{`name=""`, ""}, {`name:=""`, ""}, {`service=""`, "no service"}, {`service:=""`, ""}, {"service:=unknown_service", "no service"}, {"service=unknown_service", "no service"}, {`empty=""`, "values"}, {"has:empty", "values"},
		{`"empty":="" name=values`, "values"}, {`nothing:="" name=values`, "values"}, {"name= kind=internal", ""},

		// Numbers.
		{"53p1>9007199254740992", "numbers"}, {"53p1>=9007199254740993", "numbers"}, {"53p1<=9007199254740992", ""}, {"53p1>9007199254740993", ""}, {"53p1<9007199254740993.5", "numbers"}, {"53p1>9007199254740992.5", "numbers"},
		{"max>=9223372036854775807", "numbers"}, {"max>9223372036854775806", "numbers"}, {"max<9223372036854775808", "numbers"}, {"max>1e300", ""}, {"min<-9223372036854775807", "numbers"}, {"min>-9223372036854775809", "numbers"},
		{"text>12345678901234567890", "numbers"}, {"text>12345678901234567891", ""}, {"text<12345678901234567891.5", "numbers"}, {"double<9007199254740993", "numbers"}, {"tenth>=0.1", "numbers"}, {"tenth>0.1", ""}, {"neg<-6.5", "numbers"}, {"neg>-7.5", "numbers"},
		{"max>x", "error: “x” is not a number to compare “max” with"},

		// Words in any case.
		{"istanbul", "values"}, {"äöü", "values"}, {"LINE2", "values"}, {"BOOM", "failed"}, {"9007199254740993", "numbers"}, {"0000000000000000000000000000000a", "long servi"}, {"000000000000000a", "long servi"}, {"000000000000000A", "long servi"}, {"00000000-0000-0000-0000-00000000000a", "long servi"}, {"00000000-0000-0000-0000-00000000000A", "long servi"}, {"0000-00000000000a", ""},
		{"id=00000000-0000-0000-0000-00000000000a", "long servi"}, {"id:0000000000000000000000000000000A", "long servi"}, {"-id:0000000000000000000000000000000A name:long", ""}, {`"000000000000000A"`, "long servi"}, {"00000000000000000000000000000a", ""}, {`"b c"`, "values"}, {"ap8", "lists,values"},

		{"resource.service.name=svc name=fine", "fine"}, {"otel.scope.name=test name=fine", "fine"}, {"scope=test name=fine", "fine"},
		{`flag:nothing`, "error: There is no flag “nothing”. The flags are orphan, conflict, cycle, unfinished, negative, time-unknown, clamped, zero-trace-id, zero-span-id, outside-parent, invalid-text, inferred"},
	} {
		if got := names(t, v, test.q); got != test.want {
			t.Errorf("%s: got %s, want %s", test.q, got, test.want)
		}
	}
	// One span has an empty name: it is found, although a list of names shows nothing for
	// it.
	for q, want := range map[string]int{`name=""`: 1, `name:=""`: 1, `-name=""`: v.Len() - 1, `"name"=""`: 0, "": v.Len(), `""`: v.Len()} {
		f, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := FindSpans(t.Context(), v, SpanQuery{Filter: f, Limit: 100}); err != nil || len(rows) != want {
			t.Errorf("%s: %d spans, want %d (%v)", q, len(rows), want, err)
		}
	}
}

// A term that Exact or ExactAttribute wrote finds the spans that were counted.
func TestExactTerms(t *testing.T) {
	v := oddSet(t)
	tree := func(row int) trace.Tree { return v.Tree(v.Trace(v.Span(row).Trace)) }
	count := func(term string, counted func(row int) bool) {
		t.Helper()
		f, err := Parse(term)
		if err != nil {
			t.Fatalf("%s: %v", term, err)
		}
		for row := range v.Len() {
			hits, err := InTree(t.Context(), tree(row), f, Derived{})
			if err != nil {
				t.Fatal(err)
			}
			if hits[row-tree(row).Trace.First] != counted(row) {
				t.Errorf("%.100s: row %d is found: %v", term, row, !counted(row))
			}
		}
	}
	for row := range v.Len() {
		s := v.Span(row)
		count(Exact("name", s.Name), func(r int) bool { return v.Span(r).Name == s.Name })
		count(Exact("service", s.Service), func(r int) bool { return v.Span(r).Service == s.Service })
	}
	for _, key := range []string{"with space", "name", "-dash", "long", "empty", "", "with=eq", "nothing"} {
		value := func(row int) string {
			s, _ := firstUnder([]byte(key), v.Encoded(row), 9)
			return s
		}
		for row := range v.Len() {
			count(ExactAttribute(key, value(row)), func(r int) bool { return value(r) == value(row) })
		}
	}
}

// Text that Term writes is read back unchanged.
func FuzzTerm(f *testing.F) {
	for _, s := range []string{"", "a", "with space", "a=b", "a:b", `"`, "-x", "OR", "a)", "x!", "\xff", "\u202e", "http://x?y=z", "name", "error"} {
		f.Add(s, s)
		f.Add("key", s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, grouped := range []bool{false, true} {
			for written, op := range map[string]string{Term(key, value): "=", Exact(key, value): ":=", ExactAttribute(key, value): ":="} {
				if !utf8.ValidString(written) {
					t.Errorf("%q cannot be sent", written)
				}
				if len(value) > longestExact && op == ":=" {
					op = ":#"
				}
				got, rest, err := readTerm(written+map[bool]string{true: ")"}[grouped], grouped)
				if err != nil {
					t.Fatalf("%s: %v", written, err)
				}
				want := value
				if op == ":#" {
					want = digest(value)
				}
				if got.key != key || got.value != want || got.op != op || len(rest) != map[bool]int{true: 1}[grouped] {
					t.Errorf("%s is read as %q %s %q, and %q is left", written, got.key, got.op, got.value, rest)
				}
			}
		}
		// The same search finds a span that has the attribute.
		if len(value) > 1000 || !utf8.ValidString(key) || !utf8.ValidString(value) {
			return
		}
		filter, err := Parse(Term(key, value))
		if err != nil {
			t.Fatalf("%s: %v", Term(key, value), err)
		}
		s := span(1, 0, "x", 1, 2)
		s.Attributes = attributes(key, value)
		v := load(t, otel(t, otlp(t, "svc", s)))
		if rows, err := FindSpans(t.Context(), v, SpanQuery{Filter: filter, Limit: 1}); err != nil || len(rows) != 1 {
			t.Errorf("%s does not find its span (%v)", Term(key, value), err)
		}
	})
}

// All spellings of a question find the joined trace if one of its spans matches. Jaeger
// finds it by the job's own spans.
func TestSpellingsFindTheJoinedTrace(t *testing.T) {
	one := inTrace(1, span(1, 0, "one", 10, 20))
	one.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	one.Attributes = attributes("cluster", "c1")
	v, err := join.Load(t.Context(), []trace.Source{{Name: "a.otel", Group: 1, Data: otel(t, otlp(t, "svc", one, tracetest.Client(inTrace(2, span(1, 0, "two", 30, 40)))))}},
		join.Job{ID: trace.TraceID{0: 0xaa}, Name: "e2e", By: join.ByTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	for q, want := range map[string]string{
		"cluster=c1": "joined one", "cluster~^c1$": "joined one", "cluster:=c1": "joined one", "has:cluster": "joined one", "error": "joined one", "status=ERROR": "joined one", "error=true": "joined one", "name=one": "joined one", "name:one": "joined one", "name~one": "joined one",
		"one": "joined one", "service=svc": "joined one two", "service:svc": "joined one two", "service~^svc$": "joined one two", "service.name=svc": "joined one two", "kind:client": "joined two", "span.kind=client": "joined two", "service=prow": "joined",
		"dur>5s -name=one -service=prow": "joined two", "service=svc -cluster=c1 OR cluster=c1": "joined one two", "prowtrace.inferred=true": "joined one two", "flag:inferred": "joined one two", "nothing": "",
	} {
		f, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		list := func(joined bool) string {
			found, err := Find(t.Context(), v, Query{Filter: f, Joined: joined})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, tr := range found {
				name := v.Span(tr.Root).Name
				if v.Tree(tr).Joined() {
					name = "joined"
				}
				all = append(all, name)
			}
			slices.Sort(all)
			return strings.Join(all, " ")
		}
		if got := list(true); got != want {
			t.Errorf("%s: the list has %q, want %q", q, got, want)
		}
		forJaeger := want
		if q != "service=prow" {
			forJaeger = strings.TrimSpace(strings.TrimPrefix(want, "joined"))
		}
		if got := list(false); got != forJaeger {
			t.Errorf("%s: Jaeger has %q, want %q", q, got, forJaeger)
		}
	}
}

// Values that only trees have are refused if there is no tree, and computed for each tree.
func TestDerived(t *testing.T) {
	v := oddSet(t)
	for _, q := range []string{"self>1s", "-(a OR peer:x)", "link:x", "link:=x"} {
		f, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Find(t.Context(), v, Query{Filter: f}); err == nil {
			t.Errorf("%s: no error", q)
		}
		if _, err := FindSpans(t.Context(), v, SpanQuery{Filter: f, Limit: 1}); err == nil {
			t.Errorf("%s: no error from FindSpans", q)
		}
		if _, err := Find(t.Context(), v, Query{Filter: f, Derived: genDerived}); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

package query

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

func attributes(pairs ...any) (list []*commonpb.KeyValue) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, &commonpb.KeyValue{Key: pairs[i].(string), Value: tracetest.Value(pairs[i+1])})
	}
	return list
}

// filterSet has three spans: a and its child b in trace 1, and c, which has no attributes,
// in trace 2.
func filterSet(t testing.TB) *trace.View {
	ns := func(s float64) uint64 { return uint64(s * 1e9) }
	a := &tracepb.Span{
		TraceId: tid(1), SpanId: sid(1), Name: "a", Kind: tracepb.Span_SPAN_KIND_SERVER, TraceState: "v=1", StartTimeUnixNano: ns(10), EndTimeUnixNano: ns(12),
		Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "boom"},
		Attributes: attributes("code", 500, "ratio", 0.5, "ok", true, "text", "500", "args", []any{"kops", "update", "cluster"},
			"empty", "", "raw", []byte{1}, "before", 3, "after", 4.5, "zone", "span zone", "large", 1<<53+1, "null", nil, "path", "/API/v1/Nodes (12)"),
		Events: []*tracepb.Span_Event{
			{TimeUnixNano: ns(11), Name: "exception", Attributes: attributes("type", "Timeout")},
			{TimeUnixNano: ns(10.5), Name: "retry", Attributes: attributes("type", "Other", "n", 1)},
		},
		Links: []*tracepb.Span_Link{{TraceId: tid(9), SpanId: sid(8), TraceState: "l=1", Attributes: attributes("via", "queue")}},
	}
	b := &tracepb.Span{
		TraceId: tid(1), SpanId: sid(2), ParentSpanId: sid(1), Name: "b", Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: ns(11), EndTimeUnixNano: ns(11.5),
		Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_OK}, Attributes: attributes("code", "500", "ok", "true", "before", 5, "after", 4),
	}
	c := &tracepb.Span{TraceId: tid(2), SpanId: sid(3), Name: "c", StartTimeUnixNano: ns(20), EndTimeUnixNano: ns(20)}
	payload, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{
		{
			Resource: &resourcepb.Resource{Attributes: attributes("service.name", "front", "zone", "eu")}, SchemaUrl: "schema:1",
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "lib", Version: "2", Attributes: attributes("lang", "go")}, SchemaUrl: "schema:2", Spans: []*tracepb.Span{a}}},
		},
		{
			Resource:   &resourcepb.Resource{Attributes: attributes("service.name", "back", "zone", "us")},
			ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{b, c}}},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return load(t, otel(t, payload))
}

// The tests write filters as text, in a prefix notation of words in parentheses. ref is
// level.field, @level.key or @key. All other words are constants, text:type.
func parseFilter(t testing.TB, text string) (Filter, error) {
	t.Helper()
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))
	f, rest, err := parseCall(words)
	if err == nil && len(rest) > 0 {
		t.Fatalf("%s: %q is left", text, rest)
	}
	return f, err
}

func parseCall(words []string) (f Filter, rest []string, err error) {
	op, words := words[1], words[2:] // words[0] is (
	var filters []Filter
	var operands []string
	for words[0] != ")" {
		if words[0] == "(" {
			if f, words, err = parseCall(words); err != nil {
				return nil, nil, err
			}
			filters = append(filters, f)
			continue
		}
		operands, words = append(operands, strings.ReplaceAll(words[0], "_", " ")), words[1:]
	}
	f, err = makeCall(op, operands, filters)
	return f, words[1:], err
}

func makeCall(op string, operands []string, filters []Filter) (Filter, error) {
	switch op {
	case "and":
		return And(filters...), nil
	case "or":
		return Or(filters...), nil
	case "not":
		return Not(filters[0]), nil
	case "some":
		return Some(Level(operands[0]), filters[0])
	}
	left, err := parseOperand(operands[0])
	if err != nil {
		return nil, err
	}
	list := List{}
	for _, o := range operands[1:] {
		text, typ, _ := strings.Cut(o, "::")
		list.Values, list.Type = append(list.Values, strings.Trim(text, "'")), ConstantType(typ)
	}
	switch op {
	case "exists":
		return Exists(left.(Reference))
	case "regex":
		return Matches(left.(Reference), list.Values[0])
	case "in":
		return In(left.(Reference), list)
	case "not_in":
		return NotIn(left.(Reference), list)
	case "phrase":
		return Phrase(left.(Attr), list)
	case "fulltext":
		return Fulltext(left.(Attr), list)
	}
	right, err := parseOperand(operands[1])
	if err != nil {
		return nil, err
	}
	return Compare(Op(op), left, right)
}

func parseOperand(word string) (Operand, error) {
	if key, ok := strings.CutPrefix(word, "@"); ok {
		level, name, qualified := strings.Cut(key, ".")
		if !qualified {
			level, name = "", key
		}
		return NewAttr(Level(level), name)
	}
	for _, l := range append(Levels(), "trace") {
		if name, ok := strings.CutPrefix(word, string(l)+"."); ok {
			return NewField(l, name)
		}
	}
	text, typ, _ := strings.Cut(word, "::")
	return Constant{strings.Trim(text, "'"), ConstantType(typ)}, nil
}

func TestFilter(t *testing.T) {
	set := filterSet(t)
	tests := []struct{ filter, want string }{
		// Constants without a type are read as the type that they are compared with.
		{"(eq @code 500)", "ab"},
		{"(eq @code 500.0)", "a"},
		{"(eq 500 @code)", "ab"},
		{"(eq @code 500::int)", "a"},
		{"(eq @code 500::string)", "b"},
		{"(eq @code 500::double)", ""},
		{"(eq @ratio 0.5)", "a"},
		{"(eq @ratio 0.5::double)", "a"},
		{"(eq @ok true)", "ab"},
		{"(eq @ok true::bool)", "a"},
		{"(eq @ok 1)", ""},
		{"(eq @empty '')", "a"},
		{"(eq @null '')", "a"},
		{"(eq @raw AQ==)", "a"},
		{`(eq @args ["kops","update","cluster"])`, "a"},
		{"(eq @args update)", "a"}, {"(eq @args up)", ""}, {"(eq @args update::string)", "a"}, {"(ne @args update)", ""}, {"(ne @args delete)", "a"},
		{"(in @args delete update)", "a"}, {"(not_in @args delete update)", ""}, {"(not_in @args delete)", "a"},
		{"(eq @nothing '')", ""},
		{"(eq @large 9007199254740993)", "a"},
		{"(eq @large 9007199254740992.0)", ""},
		{"(gt @large 9007199254740992.0)", "a"},

		// Negative comparisons require a value.
		{"(ne @code 404)", "ab"},
		{"(ne @code 500)", ""},
		{"(ne @code 500::int)", ""},
		{"(ne @code 404::int)", "a"},
		{"(ne @code banana)", "ab"},
		{"(ne @nothing 1)", ""},
		{"(not (eq @code 404))", "abc"},
		{"(not_in @code 404 500)", ""},
		{"(not_in @code 404 403)", "ab"},
		{"(not (in @code 404 500))", "c"},

		// An order is within one kind: text is not greater than numbers.
		{"(gt @code 9)", "a"},
		{"(gt @code 9::string)", ""},
		{"(gte @code 500)", "ab"},
		{"(lt @code 500.5)", "ab"},
		{"(lt @ratio 1)", "a"},
		{"(gt 1 @ratio)", "a"},
		{"(gt @text 4)", "a"},
		{"(gt @ok false)", "b"}, // as text, true is after false
		{"(gt @args a)", "a"}, {"(gt @args v)", ""},
		{"(lt @before @after)", "a"},
		{"(gt @before @after)", "b"},
		{"(eq @code @text)", ""},
		{"(ne @code @text)", "a"},
		{"(eq @text @text)", "a"},

		// Levels.
		{"(eq @zone eu)", "a"},
		{"(eq @span.zone eu)", ""},
		{"(eq @resource.zone eu)", "a"},
		{"(ne @zone eu)", "bc"},
		{"(eq @scope.lang go)", "a"},
		{"(eq @lang go)", ""},
		{"(eq @event.type Timeout)", "a"},
		{"(ne @event.type Timeout)", ""},
		{"(eq @type Timeout)", ""},
		{"(eq @link.via queue)", "a"},

		// Fields.
		{"(eq span.traceID " + trace.TraceID(tid(2)).String() + ")", "c"},
		{"(in span.spanID 0000000000000001 0000000000000003)", "ac"},
		{"(eq span.parentSpanID 0000000000000001)", "b"},
		{"(ne span.parentSpanID 0000000000000009)", "b"},
		{"(exists span.parentSpanID)", "b"},
		{"(exists span.traceState)", "a"},
		{"(exists span.statusMessage)", "a"},
		{"(eq span.statusMessage boom)", "a"},
		{"(eq span.name b)", "b"},
		{"(gte span.name b)", "bc"},
		{"(eq span.kind server)", "a"},
		{"(eq span.kind unspecified)", "c"},
		{"(ne span.kind server)", "bc"},
		{"(eq span.status error)", "a"},
		{"(in span.status ok unset)", "bc"},
		{"(gte span.duration 500ms)", "ab"},
		{"(gt span.duration 500ms)", "a"},
		{"(in span.duration 0s 2s)", "ac"},
		{"(gt span.startTime 1970-01-01T00:00:10Z)", "bc"},
		{"(lte span.endTime 1970-01-01T01:00:11.5+01:00)", "b"},
		{"(lt span.startTime 9999-12-31T23:59:59Z)", "abc"},
		{"(lt span.startTime span.endTime)", "ab"},
		{"(eq resource.service back)", "bc"},
		{"(eq resource.schemaURL schema:1)", "a"},
		{"(exists resource.schemaURL)", "a"},
		{"(eq scope.name lib)", "a"},
		{"(ne scope.name other)", "a"},
		{"(eq scope.version 2)", "a"},
		{"(eq scope.schemaURL schema:2)", "a"},
		{"(eq event.name retry)", "a"},
		{"(gt event.time 1970-01-01T00:00:10.9Z)", "a"},
		{"(eq event.timeSinceStart 1s)", "a"},
		{"(exists event.name)", "a"},
		{"(exists link.traceState)", "a"},
		{"(eq link.traceID " + trace.TraceID(tid(9)).String() + ")", "a"},
		{"(eq link.spanID 0000000000000008)", "a"},
		{"(eq @name a)", ""},

		// Presence.
		{"(exists @code)", "ab"},
		{"(exists @empty)", "a"},
		{"(exists @null)", "a"},
		{"(exists @zone)", "abc"},
		{"(exists @span.zone)", "a"},
		{"(exists @event.n)", "a"},

		// Lists.
		{"(in @code 500 600)", "ab"},
		{"(in @code 500::int 600::int)", "a"},
		{"(in @ok true false)", "ab"},

		// Patterns.
		{"(regex span.name [ab])", "ab"},
		{"(regex @code 5.0)", "ab"},
		{"(regex span.kind erve)", "a"},
		{"(regex @args update)", "a"},
		{"(regex @event.type ^x|imeo)", "error: an anchor"},
		{"(regex @event.type Time)", "a"},
		{"(regex @event.type time)", ""},

		// Words.
		{"(fulltext @path nodes API)", "a"},
		{"(fulltext @path node)", ""},
		{"(fulltext @path nodes 13)", ""},
		{"(phrase @path api v1)", "a"},
		{"(phrase @path v1 api)", ""},
		{"(phrase @path v1 Nodes 12)", "a"},
		{"(phrase @args update cluster)", "a"},

		// Combinations, and elements that belong together.
		{"(and (eq @code 500) (eq span.kind client))", "b"},
		{"(or (eq span.kind client) (eq span.name c))", "bc"},
		{"(and (eq event.name exception) (eq @event.type Other))", "a"},
		{"(some event (and (eq event.name exception) (eq @event.type Other)))", ""},
		{"(some event (and (eq event.name exception) (eq @event.type Timeout)))", "a"},
		{"(some event (and (eq event.name retry) (eq span.status error)))", "a"},
		{"(some event (not (eq event.name retry)))", "a"},
		{"(not (some event (not (exists @event.type))))", "abc"},
		{"(some link (eq @link.via queue))", "a"},
		{"(some event (some link (and (eq event.name retry) (eq @link.via queue))))", "a"},

		// Filters that make no sense.
		{"(eq 1 1)", "error: asks nothing"},
		{"(eq span.duration 5)", "error: with its unit"},
		{"(eq span.duration 5s::int)", "error: cannot equal"},
		{"(eq span.startTime yesterday)", "error: want an instant"},
		{"(eq span.kind banana)", "error: unspecified, internal"},
		{"(gt span.kind client)", "error: no order"},
		{"(gt @ok true::bool)", "error: no order"},
		{"(eq span.duration span.name)", "error: cannot be compared"},
		{"(eq span.duration @before)", "error: cannot be compared"},
		{"(gt span.name span.kind)", "error: no order"},
		{"(eq @code five::int)", `error: "five" is no int`},
		{"(eq @code 1.5::int)", "error: no int"},
		{"(eq @code yes::bool)", "error: no bool"},
		{"(eq @code 1::long)", "error: no type"},
		{"(in @code)", "error: empty"},
		{"(in @code 1::int x::int)", "error: no int"},
		{"(exists span.name)", "error: every span"},
		{"(exists resource.service)", "error: every span"},
		{"(eq span.color red)", "error: no field"},
		{"(eq trace.name x)", "error: no level"},
		{"(eq @trace.key x)", "error: no level"},
		{"(eq @ x)", "error: without a key"},
		{"(regex span.duration 5)", "error: no text"},
		{"(regex span.name a*?)", "error: lazy"},
		{"(regex span.name a\\b)", "error: word boundary"},
		{"(regex span.name [)", "error: missing closing"},
		{"(phrase @path a-b)", "error: not one word"},
		{"(phrase @path)", "error: no words"},
		{"(phrase @path a::int)", "error: type"},
		{"(some span (eq span.name a))", "error: only one span"},
		{"(some event (and (not (some event (eq event.name a)))))", "error: inside"},
	}
	for _, test := range tests {
		t.Run(test.filter, func(t *testing.T) {
			f, err := parseFilter(t, test.filter)
			if want, ok := strings.CutPrefix(test.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rows, err := FindSpans(context.Background(), set, SpanQuery{Filter: f, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, set.Span(row).Name)
			}
			slices.Sort(got)
			if s := strings.Join(got, ""); s != test.want {
				t.Errorf("found %q, want %q", s, test.want)
			}
			// The search for traces gives the same answer.
			found, err := Find(context.Background(), set, Query{Filter: f})
			if err != nil {
				t.Fatal(err)
			}
			traces := 0
			if strings.ContainsAny(test.want, "ab") {
				traces++
			}
			if strings.Contains(test.want, "c") {
				traces++
			}
			if len(found) != traces {
				t.Errorf("%d traces, want %d", len(found), traces)
			}
		})
	}
}

// Flags that fold case cannot be written in the tests' notation.
func TestPatternWithFlag(t *testing.T) {
	ref, err := NewAttr(AnyLevel, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Matches(ref, "(?i)abc"); err == nil || !strings.Contains(err.Error(), "folds case") {
		t.Errorf("error %v", err)
	}
}

func TestFindSpans(t *testing.T) {
	// Three traces. Durations and starts repeat, so ties must be broken.
	var spans []*tracepb.Span
	for i := range 30 {
		s := span(uint64(i%10+1), 0, fmt.Sprint(i), int64(100+i%4), int64(100+i%4+i%3))
		spans = append(spans, inTrace(byte(1+i/10), s))
	}
	set := load(t, otel(t, otlp(t, "s", spans...)))
	orders := map[string][]SpanOrder{
		"default":             nil,
		"oldest first":        {{ByStart, false}},
		"longest first":       {{ByDuration, true}},
		"by trace, span":      {{ByTraceID, true}, {BySpanID, false}},
		"by span":             {{BySpanID, true}},
		"by all, mixed":       {{ByDuration, false}, {BySpanID, true}, {ByTraceID, false}, {ByStart, false}},
		"the same term twice": {{ByStart, true}, {ByStart, false}},
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			terms := append(slices.Clone(order), SpanOrder{ByStart, true}, SpanOrder{ByTraceID, false}, SpanOrder{BySpanID, false})
			want := make([]int, set.Len())
			for row := range want {
				want[row] = row
			}
			slices.SortFunc(want, func(a, b int) int {
				for _, o := range terms {
					x, y := set.Span(a), set.Span(b)
					c := 0
					switch o.By {
					case ByStart:
						c = int(x.Start - y.Start)
					case ByDuration:
						c = int(x.Duration - y.Duration)
					case ByTraceID:
						c = strings.Compare(set.Trace(x.Trace).ID.String(), set.Trace(y.Trace).ID.String())
					case BySpanID:
						c = strings.Compare(x.ID.String(), y.ID.String())
					}
					if o.Descending {
						c = -c
					}
					if c != 0 {
						return c
					}
				}
				return 0
			})
			for _, size := range []int{1, 7, 30, 100} {
				var got []int
				q := SpanQuery{Order: order, Limit: size}
				for {
					rows, err := FindSpans(context.Background(), set, q)
					if err != nil {
						t.Fatal(err)
					}
					if len(rows) == 0 {
						break
					}
					got = append(got, rows...)
					q.After = &got[len(got)-1]
				}
				if !slices.Equal(got, want) {
					t.Errorf("pages of %d: %v\nwant %v", size, got, want)
				}
			}
		})
	}
	t.Run("range", func(t *testing.T) {
		rows, err := FindSpans(context.Background(), set, SpanQuery{StartMin: 101e9, StartMax: 102e9, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 15 {
			t.Errorf("%d spans, want 15", len(rows))
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := FindSpans(ctx, set, SpanQuery{Limit: 1}); err == nil {
			t.Error("no error")
		}
	})
}

// Find continues after a given trace.
func TestFindAfter(t *testing.T) {
	var spans []*tracepb.Span
	for i := range 9 {
		spans = append(spans, inTrace(byte(9-i), span(1, 0, "x", int64(100+i/3), 200)))
	}
	set := load(t, otel(t, otlp(t, "s", spans...)))
	whole, err := Find(context.Background(), set, Query{})
	if err != nil || len(whole) != 9 {
		t.Fatal(whole, err)
	}
	var paged []trace.Trace
	for q := (Query{Limit: 2}); ; {
		found, err := Find(context.Background(), set, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			break
		}
		paged = append(paged, found...)
		q.After = found[len(found)-1].ID
	}
	if !slices.Equal(paged, whole) {
		t.Errorf("paged %v\nwhole %v", paged, whole)
	}
}

// The words of ASCII texts are those that the general way finds.
func FuzzWordsOf(f *testing.F) {
	for _, text := range []string{"", "one", " two words\n", "https://[::1]:8080/API_v1?x=y", "@`{[^", "ünïcode 12 \u0301", "\xff\xfe"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, want := slices.Collect(wordsOf(text)), bytes.FieldsFunc(text, notInWord)
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("words of %q: %q, want %q", text, got, want)
		}
	})
}

// Of spans that start at the same time, the first ones in the order are given, wherever they
// lie.
func TestFindSpansThatStartAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	var spans []*tracepb.Span
	for _, i := range rng.Perm(500) {
		spans = append(spans, span(uint64(i+1), 0, "x", int64(10+i%2), 20))
	}
	set := load(t, otel(t, otlp(t, "s", spans...)))
	for _, descending := range []bool{true, false} {
		var got []trace.SpanID
		q := SpanQuery{Order: []SpanOrder{{ByStart, descending}}, Limit: 7}
		for {
			rows, err := FindSpans(t.Context(), set, q)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				break
			}
			for _, row := range rows {
				got = append(got, set.Span(row).ID)
			}
			q.After = &rows[len(rows)-1]
		}
		var want []trace.SpanID
		for _, even := range []bool{descending, !descending} { // even ids start later
			for k := range uint64(250) {
				want = append(want, trace.SpanID(sid(2*k+1+uint64(number64(even)))))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("descending %v: %d spans, from %v", descending, len(got), got[:min(len(got), 7)])
		}
	}
}

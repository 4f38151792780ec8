package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The words that generated spans consist of, and that searches look for.
var (
	genNames    = []string{"", "GET", "get nodes", "update cluster", "a:b", "İstanbul", strings.Repeat("long ", 120)}
	genServices = []string{"", "kops", "cloud", "Kops API"}
	genKeys     = []string{"code", "cluster", "name", "service", "status", "error", "http.url", "with space", "a:b", "with=eq", "message", "resource.zone", "zone", "ключ"}
	genValues   = []any{"", "c1", "C1 and c2", 500, 503, 1<<53 + 1, -5, 0.5, 500.0, true, false, []byte("\x00\xff"), []any{"a", "b<c>"}, "500", "12345678901234567890", "v=4", "OR", "ERROR", "attr-name"}
)

// generatedView has spans with everything that can be searched for: several files of two
// labelled jobs with own spans, log events and findings, and a file that belongs to no job.
func generatedView(t testing.TB, seed uint64) *trace.View {
	rng := rand.New(rand.NewPCG(seed, 7))
	id := uint64(0)
	pairs := func(most int) (list []*commonpb.KeyValue) {
		for range rng.IntN(most + 1) {
			list = append(list, attributes(pick(rng, genKeys), pick(rng, genValues))...)
		}
		return list
	}
	spans := func(first byte, n int) (list []*tracepb.Span) {
		for range n {
			id++
			start := int64(10 + rng.IntN(60))
			parent := uint64(0)
			if id > 3 {
				parent = rng.Uint64N(3) * (id - 1 - rng.Uint64N(2)) / 2
			}
			s := inTrace(first+byte(rng.IntN(4)), span(id%40+1, parent%40, pick(rng, genNames), start, start+int64(rng.IntN(20))))
			s.Kind, s.Status = tracepb.Span_SpanKind(rng.IntN(6)), &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3)), Message: pick(rng, []string{"", "boom", "no such host"})}
			s.Attributes = pairs(3)
			if rng.IntN(3) == 0 {
				s.Events = []*tracepb.Span_Event{{Name: pick(rng, []string{"exception", "retry"}), TimeUnixNano: s.StartTimeUnixNano + 1, Attributes: pairs(2)}}
			}
			if rng.IntN(4) == 0 {
				s.Links = []*tracepb.Span_Link{{TraceId: tid(9), SpanId: sid(8), Attributes: pairs(1)}}
			}
			if rng.IntN(8) == 0 {
				s.EndTimeUnixNano = 0 // gets a note
			}
			list = append(list, s)
		}
		return list
	}
	request := func(first byte, n int) []byte {
		resource := &resourcepb.Resource{Attributes: pairs(2)}
		if service := pick(rng, genServices); service != "" {
			resource.Attributes = append(attributes("service.name", service), resource.Attributes...)
		}
		b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{Resource: resource, ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: pick(rng, []string{"", "lib"}), Version: pick(rng, []string{"", "v2"}), Attributes: pairs(1)}, Spans: spans(first, n),
		}}}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	own := func(id trace.TraceID) join.Own {
		all := []*tracepb.Span{span(1, 0, "job", 1, 100), span(2, 1, "GET", 5, 90)}
		all[1].Attributes = attributes("cluster", "c1", "name", "attr-name")
		all[1].Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
		marks := map[trace.SpanID]join.Mark{}
		for _, s := range all {
			s.TraceId = id[:]
			marks[trace.SpanID(s.SpanId)] = join.Mark{MayContain: true}
		}
		return join.Own{Spans: otlp(t, join.Service, all...), Marks: marks}
	}
	var sources []trace.Source
	for group := range 3 {
		for f := range 2 {
			sources = append(sources, trace.Source{Name: fmt.Sprintf("kops-%d.otel", 2*group+f), Group: group, Data: otel(t, request(byte(1+8*group), 12), request(byte(1+8*group), 6))})
		}
	}
	var jobs []join.Job
	for i := range 2 {
		id := trace.TraceID{0: 0xaa, 15: byte(i)}
		jobs = append(jobs, join.Job{
			ID: id, Name: "e2e", By: join.ByTime, Own: own(id), Description: trace.Description{Label: fmt.Sprint(7 + i), Attributes: []trace.Attribute{{Key: "prow.job", Value: "e2e"}}},
			Events:   []join.Event{{Time: 30e9, Text: "a line of the log: C1"}, {Time: 50e9, Program: "kops", Text: "500"}},
			Findings: []join.Finding{{Row: 3 + 30*i, ID: "quota", Rank: 1}},
		})
	}
	v, err := join.Load(t.Context(), sources, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	return v
}

func pick[E any](rng *rand.Rand, of []E) E { return of[rng.IntN(len(of))] }

// generatedSearch is a search of the find box for things that such a View may have.
func generatedSearch(rng *rand.Rand) string {
	value := func() string { return trace.ReadableText(tracetest.Value(pick(rng, genValues))) }
	term := func() string {
		switch rng.IntN(16) {
		case 0:
			return Term(pick(rng, genKeys), value())
		case 1:
			return "-" + Term(pick(rng, genKeys), value())
		case 2:
			return written(pick(rng, genKeys), false) + "!=" + quotedIfNeeded(value())
		case 3:
			return Exact(pick(rng, []string{"name", "service", "peer", "path", "link"}), pick(rng, append(genNames, genServices...)))
		case 4:
			return ExactAttribute(pick(rng, genKeys), value())
		case 5:
			return written(pick(rng, genKeys), false) + pick(rng, []string{">", ">=", "<", "<="}) + pick(rng, []string{"500", "9007199254740992", "12345678901234567889", "0.4", "-6"})
		case 6:
			return written(pick(rng, genKeys), false) + "~" + pick(rng, []string{"^c1$", "C1", "50.", "(?i)c1", "", "e[r]r|x"})
		case 7:
			return "has:" + quotedIfNeeded(pick(rng, append(genKeys, "PROWTRACE.inferred", "Code")))
		case 8:
			return pick(rng, []string{"kind:client", "kind=CLIENT", "span.kind=server", "kind=unspecified", "status:error", "status=ERROR", "error", "error=true", "error!=true", "otel.status_code=OK", "status=unset"})
		case 9:
			return pick(rng, []string{"dur>5s", "dur<=1s", "after:+5s", "before:00:00:30", "after:1970-01-01T00:00:40Z", "self>3s", "flag:unfinished", "flag:inferred"})
		case 10:
			return pick(rng, []string{`name=""`, `service=""`, "service=kops", "service=kops@7", "service:KOPS", "name:get", "scope:lib", `scope=""`, `message=""`, "message=boom", "resource.zone=c1", "with=eq=c1"})
		case 11:
			return pick(rng, []string{"prowtrace.inferred=true", "prowtrace.span_id=0000000000000003", "prowtrace.finding=quota", "prow.job=e2e", "event=log", "id:0000000000000002"})
		}
		return strconv.Quote(pick(rng, []string{"c1", "boom", "50", "true", "stan", "kops", "LOG", "line of", "e2e", "0000000000000002", fmt.Sprintf("%x", tid(2)), "ключ", "AP8", "<c>", "quota", "unfin"}))
	}
	switch rng.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s OR %s) %s", term(), term(), term())
	case 1:
		return fmt.Sprintf("-(%s %s)", term(), term())
	case 2:
		return term() + " " + term()
	}
	return term()
}

var genDerived = Derived{
	Self: func(t trace.Tree) []int64 {
		self := make([]int64, t.Len())
		for i := range self {
			self[i] = t.Span(i).Duration
			if t.Joined() {
				self[i] /= 2 // children that are only in a joined tree
			}
		}
		return self
	},
	Peer: func(t trace.Tree) []string {
		peers := make([]string, t.Len())
		for i := range peers {
			peers[i] = t.Span(i).Name
		}
		return peers
	},
	Link: func(t trace.Tree) map[int][]string {
		links := map[int][]string{}
		for i := range t.Len() {
			if t.Span(i).Flags.Has(trace.Linked) {
				links[i] = []string{t.Span(i).Name, "kops"}
			}
		}
		return links
	},
	Path: func(t trace.Tree) []string {
		paths := make([]string, t.Len())
		for i := range paths {
			paths[i] = t.Span(i).Name
		}
		return paths
	},
}

// A trace is in the list exactly if a search within it finds a span. Jaeger finds the same
// traces, but a joined one by the job's own spans. A row is found equally in its own trace,
// in a joined one and by FindSpans. The opposite search finds all others.
func TestOneQuestionHasOneAnswer(t *testing.T) {
	for seed := range uint64(3) {
		v := generatedView(t, seed)
		var trees []trace.Tree
		for i := range v.NumTraces() {
			trees = append(trees, v.Tree(v.Trace(i)))
		}
		rng := rand.New(rand.NewPCG(seed, 8))
		for range 150 {
			q := generatedSearch(rng)
			f, err := Parse(q)
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			opposite, err := Parse("-(" + q + ")")
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			ofTree := needsOf(f).tree || needsOf(f).label
			rows := map[int]bool{}
			wantList, wantJaeger := map[int]bool{}, map[int]bool{}
			for _, tree := range trees {
				hits, err := InTree(t.Context(), tree, f, genDerived)
				if err != nil {
					t.Fatal(err)
				}
				others, err := InTree(t.Context(), tree, opposite, genDerived)
				if err != nil {
					t.Fatal(err)
				}
				for i, hit := range hits {
					row := tree.Row(i)
					if before, seen := rows[row]; seen && before != hit && !ofTree {
						t.Fatalf("%s: row %d is found in one of its trees only", q, row)
					}
					rows[row] = hit
					if others[i] == hit {
						t.Fatalf("%s: row %d is found %v, and by the opposite as well", q, row, hit)
					}
					if hit {
						wantList[tree.Trace.Index] = true
						wantJaeger[tree.Trace.Index] = wantJaeger[tree.Trace.Index] || !tree.Joined() || v.Added(row)
					}
				}
			}
			for joined, want := range map[bool]map[int]bool{true: wantList, false: wantJaeger} {
				found, err := Find(t.Context(), v, Query{Filter: f, Joined: joined, Derived: genDerived})
				if err != nil {
					t.Fatal(err)
				}
				got := map[int]bool{}
				for _, tr := range found {
					got[tr.Index] = true
				}
				for i := range v.NumTraces() {
					if got[i] != want[i] {
						t.Fatalf("%s: joined %v: trace %d is found %v, want %v", q, joined, i, got[i], want[i])
					}
				}
				if limited, err := Find(t.Context(), v, Query{Filter: f, Joined: joined, Derived: genDerived, Limit: 2}); err != nil || !slices.Equal(limited, found[:min(2, len(found))]) {
					t.Fatalf("%s: joined %v: the first two are %v, want those of %v (%v)", q, joined, limited, found, err)
				}
			}
			if !ofTree {
				spans, err := FindSpans(t.Context(), v, SpanQuery{Filter: f, Limit: v.Len()})
				if err != nil {
					t.Fatal(err)
				}
				for row, hit := range rows {
					if slices.Contains(spans, row) != hit {
						t.Fatalf("%s: FindSpans finds row %d: %v", q, row, !hit)
					}
				}
			}
		}
	}
}

// For the same question, Jaeger's tags and structured filters find the same as the find box.
func TestFrontEndsAgree(t *testing.T) {
	v := generatedView(t, 11)
	find := func(f Filter) []int {
		rows, err := FindSpans(t.Context(), v, SpanQuery{Filter: f, Limit: v.Len()})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(rows)
		return rows
	}
	box := func(q string) Filter {
		f, err := Parse(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return f
	}
	structured := func(op Op, level Level, key, value string, typ ConstantType) Filter {
		ref, err := NewAttr(level, key)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Compare(op, ref, Constant{value, typ})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	// anyLevel compares at all levels, as the find box does.
	anyLevel := func(op Op, key, value string, typ ConstantType) Filter {
		var all []Filter
		for _, l := range Levels() {
			all = append(all, structured(op, l, key, value, typ))
		}
		return Or(all...)
	}
	for _, key := range []string{"code", "cluster", "http.url", "with space", "a:b", "zone", "ключ", "prowtrace.span_id", "prow.job", "service.name"} {
		for _, value := range []any{"c1", "C1 and c2", 500, 503, true, 0.5, "500", "kops", "kops@7", "e2e", "0000000000000003"} {
			text := trace.ReadableText(tracetest.Value(value))
			got := find(box(Term(key, text)))
			if tags := find(Tag(key, text)); !slices.Equal(got, tags) {
				t.Errorf("%s: the box finds %v, the tag %v", Term(key, text), got, tags)
			}
			if filter := find(anyLevel(Eq, key, text, "")); !slices.Equal(got, filter) {
				t.Errorf("%s: the box finds %v, the filter %v", Term(key, text), got, filter)
			}
			if not := find(Not(anyLevel(Eq, key, text, ""))); !slices.Equal(find(box("-"+Term(key, text))), not) {
				t.Errorf("-%s: differs from the filter", Term(key, text))
			}
		}
		var exists []Filter
		for _, l := range Levels() {
			ref, err := NewAttr(l, key)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Exists(ref)
			if err != nil {
				t.Fatal(err)
			}
			exists = append(exists, f)
		}
		if got, want := find(box("has:"+quotedIfNeeded(key))), find(Or(exists...)); !slices.Equal(got, want) {
			t.Errorf("has:%s: the box finds %v, the filter %v", key, got, want)
		}
	}
	for q, want := range map[string]string{
		"kind:client": "(eq span.kind client)", "kind=CLIENT": "(eq span.kind client)", "status:error": "(eq span.status error)", "error": "(eq span.status error)",
		"dur>5s": "(gt span.duration 5s)", "dur<=1s": "(lte span.duration 1s)", "name:=GET": "(eq span.name GET)", "after:1970-01-01T00:00:40Z": "(gte span.startTime 1970-01-01T00:00:40Z)",
		"before:1970-01-01T00:00:40Z": "(lt span.startTime 1970-01-01T00:00:40Z)", "id:0000000000000002": "(or (eq span.spanID 0000000000000002) (eq span.name nothing))",
		"message=boom": "(or (eq span.statusMessage boom) (or (eq @span.message boom) (or (eq @event.message boom) (or (eq @link.message boom) (or (eq @resource.message boom) (eq @scope.message boom))))))",
	} {
		f, err := parseFilter(t, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := find(box(q)), find(f); !slices.Equal(got, want) && !(strings.HasPrefix(q, "id:") && containsAll(got, want)) {
			t.Errorf("%s: the box finds %v, the filter %v", q, got, want)
		}
	}
}

func containsAll(list, some []int) bool {
	return !slices.ContainsFunc(some, func(i int) bool { return !slices.Contains(list, i) })
}

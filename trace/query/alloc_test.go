package query

import (
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Searches of the find box allocate nothing for each span, whatever the search is.
func TestSearchesAllocateNothingForEachSpan(t *testing.T) {
	const spans = 5000
	var list []*tracepb.Span
	for i := range uint64(spans) {
		s := span(i+2, 0, "GET", 10, 20)
		s.Attributes = attributes("code", 500, "url", "https://example.com/"+strings.Repeat("x", int(i%50)))
		list = append(list, s)
	}
	id := trace.TraceID{0: 0xaa}
	own := span(1, 0, "job", 1, 100)
	own.TraceId = id[:]
	v, err := join.Load(t.Context(), []trace.Source{{Name: "kops-1.otel", Data: otel(t, otlp(t, "kops", list...))}}, join.Job{
		ID: id, Name: "e2e", By: join.ByTime, Own: join.Own{Spans: otlp(t, join.Service, own), Marks: map[trace.SpanID]join.Mark{trace.SpanID(own.SpanId): {MayContain: true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Set().Close()
	tree := v.Tree(v.Jobs()[0])
	for _, q := range []string{
		"nothing", "several words", "12", "00000000000000ff", "flag:orphan", "flag:inferred", "flag=x", "id:00000000000000ff", "id~ff", "code=501", "code>500", "code~7", "url=nothing", "url~nothing", "url~x[0-9]",
		"has:nothing", "kind:server", "service=nothing", "name=nothing", "message=nothing", "event=nothing", "peer:nothing", "path:=nothing", "dur>1h", "error",
	} {
		if raceDetector && q == "url~x[0-9]" {
			continue // package regexp keeps its machines in a sync.Pool
		}
		f, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		derived := Derived{Peer: func(t trace.Tree) []string { return make([]string, t.Len()) }, Path: func(t trace.Tree) []string { return make([]string, t.Len()) }}
		for name, search := range map[string]func() error{
			"InTree": func() error { _, err := InTree(t.Context(), tree, f, derived); return err },
			"Find": func() error {
				_, err := Find(t.Context(), v, Query{Filter: f, Joined: true, Derived: derived})
				return err
			},
		} {
			allocs := testing.AllocsPerRun(2, func() {
				if err := search(); err != nil {
					t.Fatal(err)
				}
			})
			if allocs > spans/10 {
				t.Errorf("%s %s: %v allocations for %d spans", name, q, allocs, spans)
			}
		}
	}
}

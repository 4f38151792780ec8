package analysis

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// A job calls a queue, whose worker is linked to the job's span rather than its child:
//
//	trace 1, shop:    |------ order ------|
//	         shop:       |- pay -|
//	         bank:        |- charge -|
//	trace 2, worker:                        |- send -|   linked to order
func TestCallsByParentAndLink(t *testing.T) {
	linked := func(s *tracepb.Span, links ...*tracepb.Span_Link) *tracepb.Span { s.Links = links; return s }
	link := func(trace byte, span uint64) *tracepb.Span_Link {
		return &tracepb.Span_Link{TraceId: tid(trace), SpanId: sid(span)}
	}
	set := load(t,
		otel(t, otlp(t, "shop", span(1, 0, "order", 10, 20), linked(span(2, 1, "pay", 11, 15), link(1, 1))),
			otlp(t, "bank", span(3, 2, "charge", 12, 14))),
		otel(t, otlp(t, "worker",
			inTrace(2, linked(span(4, 0, "send", 30, 31),
				link(1, 1), link(1, 1), // twice is two
				link(2, 4),              // itself
				link(1, 99), link(7, 1), // no such span
				&tracepb.Span_Link{TraceId: []byte("short"), SpanId: sid(1)})))))
	parents := []Calls{{"shop", "bank", 1, ""}, {"shop", "shop", 1, ""}}
	links := []Calls{{"shop", "worker", 2, LinkSource}}
	tests := []struct {
		name       string
		start, end int64
		want       []Calls
	}{
		{"all", 0, 0, slices.Concat(parents, links)},
		{"the first trace", 0, 25e9, parents},
		{"the second trace, which has the link", 25e9, 0, links},
		{"neither", 21e9, 29e9, nil},
		{"a moment inside", 13e9, 13e9, parents},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Of(set).Calls(test.start, test.end); !slices.Equal(got, test.want) {
				t.Errorf("calls %v\nwant %v", got, test.want)
			}
		})
	}
}

// Blocks of traces inside of a range, outside of it, or across its ends add up to the calls
// of each trace.
func TestCallsOfRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	byService := map[string][]*tracepb.Span{}
	type seen struct {
		start, end int64
		calls      map[Calls]uint64
	}
	var traces []seen
	const moment = int64(1e9)
	for id := uint64(1); len(traces) < 6000; id++ {
		tr := seen{start: moment + rng.Int64N(1e6), calls: map[Calls]uint64{}}
		services := make([]string, 1+rng.IntN(10))
		for i := range services {
			services[i] = fmt.Sprint("s", rng.IntN(4))
			start := tr.start
			if i > 0 {
				start += rng.Int64N(100)
			}
			s := &tracepb.Span{TraceId: binary.BigEndian.AppendUint64(make([]byte, 8), id), SpanId: sid(uint64(i + 1)), StartTimeUnixNano: uint64(start), EndTimeUnixNano: uint64(start + rng.Int64N(10_000))}
			tr.end = max(tr.end, int64(s.EndTimeUnixNano))
			if i > 0 {
				parent := rng.IntN(i)
				s.ParentSpanId = sid(uint64(parent + 1))
				tr.calls[Calls{Parent: services[parent], Child: services[i]}]++
				if other := rng.IntN(i); other != parent && rng.IntN(3) == 0 {
					s.Links = []*tracepb.Span_Link{{TraceId: s.TraceId, SpanId: sid(uint64(other + 1))}}
					tr.calls[Calls{Parent: services[other], Child: services[i], Source: LinkSource}]++
				}
			}
			byService[services[i]] = append(byService[services[i]], s)
		}
		traces = append(traces, tr)
	}
	var records [][]byte
	for service, spans := range byService {
		records = append(records, otlp(t, service, spans...))
	}
	set := load(t, otel(t, records...))
	if len(Of(set).calls.of(set).blocks) < 2 {
		t.Fatal("all is in one block")
	}
	for range 50 {
		start := rng.Int64N(3) * (moment + rng.Int64N(1e6))
		end := rng.Int64N(3) * (moment + rng.Int64N(1e6))
		want := map[Calls]uint64{}
		for _, tr := range traces {
			if tr.end >= start && (end == 0 || tr.start <= end) {
				for c, n := range tr.calls {
					want[c] += n
				}
			}
		}
		got := map[Calls]uint64{}
		for _, c := range Of(set).Calls(start, end) {
			n := c.Count
			c.Count = 0
			got[c] = n
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%d to %d: %v, want %v", start, end, got, want)
		}
	}
}

// Calls across files, and those in a range.
func TestCallsAcrossFiles(t *testing.T) {
	s := load(t,
		otel(t, otlp(t, "kops", span(1, 0, "root", 10, 20), span(2, 1, "GET", 12, 14))),
		otel(t, otlp(t, "nodeup", inTrace(2, span(3, 0, "root", 30, 40)), inTrace(2, span(4, 3, "GET", 32, 34)))))
	if got := fmt.Sprint(Of(s).Calls(0, 0)); got != "[{kops kops 1 } {nodeup nodeup 1 }]" {
		t.Errorf("calls %v", got)
	}
	if got := fmt.Sprint(Of(s).Calls(0, 25e9)); got != "[{kops kops 1 }]" {
		t.Errorf("calls until 25 s %v", got)
	}
	cross := load(t, otel(t, otlp(t, "a", span(1, 0, "x", 1, 5))), otel(t, otlp(t, "b", span(2, 1, "y", 2, 3), span(3, 1, "y", 3, 4))))
	if got := fmt.Sprint(Of(cross).Calls(0, 0)); got != "[{a b 2 }]" {
		t.Errorf("calls between services %v", got)
	}
}

// The labels of services keep several runs apart.
func TestCallsOfLabelledRuns(t *testing.T) {
	file := func(n byte) []byte {
		return otel(t, otlp(t, "kops", tracetest.WithArgs(inTrace(n, span(1, 0, "kops", 20, 60)), "kops", "get"), inTrace(n, span(2, 1, "GET", 25, 30))))
	}
	label := func(build string) trace.Description { return trace.Description{Label: build} }
	s := loadJobs(t, []trace.Source{{Name: "a.otel", Data: file(1), Group: 1}, {Name: "b.otel", Data: file(2), Group: 2}, {Name: "c.otel", Data: file(3)}},
		join.Job{ID: trace.TraceID{0: 0xaa}, Name: "e2e", Description: label("7")}, join.Job{ID: trace.TraceID{0: 0xbb}, Name: "e2e", Description: label("8")})
	if calls := Of(s).Calls(0, 0); len(calls) != 4 || calls[1].Parent != "kops@7" || calls[1].Child != "kops@7" {
		t.Errorf("calls %+v", calls)
	}
}

func BenchmarkCalls(b *testing.B) {
	spans := make([]*tracepb.Span, 100_000)
	for i := range spans {
		spans[i] = span(uint64(i+1), uint64(i+2)/3, "call", 10+int64(i), 20+int64(i))
	}
	s := load(b, otel(b, otlp(b, "s", spans...)))
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			(&Cache{view: s}).Calls(0, 0)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			Of(s).Calls(0, 0)
		}
	})
}

package trace

import (
	"slices"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// A job calls a queue, whose worker is linked to the job's span instead of
// being its child:
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
			if got := set.Calls(test.start, test.end); !slices.Equal(got, test.want) {
				t.Errorf("calls %v\nwant %v", got, test.want)
			}
		})
	}
}

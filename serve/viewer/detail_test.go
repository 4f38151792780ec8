package viewer

import (
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// All that the producer left out is told, and what else a link says.
func TestDroppedAndFlags(t *testing.T) {
	linked := traceID(2)
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "call", end: 10, change: func(s *tracepb.Span) {
		s.DroppedAttributesCount, s.DroppedEventsCount, s.DroppedLinksCount, s.Flags = 7, 128, 4, 0x101
		s.Events = []*tracepb.Span_Event{{Name: "ev", DroppedAttributesCount: 2}}
		s.Links = []*tracepb.Span_Link{{TraceId: linked[:], SpanId: spanID(1), TraceState: "k=v", Flags: 0x300, DroppedAttributesCount: 3}}
	}})), Info{})
	d := answer[detail](t, h, "traces/"+traceID(1).String()+"/spans/0")
	if d.Attributes.Dropped != 7 || d.Dropped != (dropped{128, 4}) || d.TraceFlags != 0x101 {
		t.Errorf("the span: %d attributes, %+v, flags %#x", d.Attributes.Dropped, d.Dropped, d.TraceFlags)
	}
	if e := d.Events[0]; e.Dropped != 2 {
		t.Errorf("the event: %+v", e)
	}
	if l := d.Links[0]; l.Dropped != 3 || l.Flags != 0x300 || l.State != "k=v" || l.Here {
		t.Errorf("the link: %+v", l)
	}
}

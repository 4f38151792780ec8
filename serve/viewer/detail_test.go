package viewer

import (
	"fmt"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
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

// A span with many parts is sent in pages, which together have each part once.
func TestPagesOfASpan(t *testing.T) {
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "call", end: 10, change: func(s *tracepb.Span) {
		for i := range 11_000 {
			with(textAttribute(fmt.Sprint("key", i), "x"))(s)
		}
		logged(eventAt(1, "large", textAttribute("text", strings.Repeat("x", 3<<20))), eventAt(2, "small"))(s)
		s.Links = []*tracepb.Span_Link{{TraceId: spanID(1)}}
	}})), Info{})
	type page struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []any }
			ScopeSpans []struct {
				Spans []struct{ Attributes, Events, Links []any }
			}
		}
		Next, Left int
	}
	address := "traces/" + traceID(1).String() + "/spans/0/otlp"
	var sizes []string
	attributes, pages := 0, 0
	for p := (page{Left: 1}); p.Left > 0; pages++ {
		p = answer[page](t, h, fmt.Sprint(address, "?offset=", p.Next))
		span := p.ResourceSpans[0].ScopeSpans[0].Spans[0]
		attributes += len(span.Attributes) + len(p.ResourceSpans[0].Resource.Attributes)
		sizes = append(sizes, fmt.Sprint(len(span.Events), "+", len(span.Links), " left ", p.Left))
	}
	want := "[0+0 left 6006 0+0 left 1006 1+0 left 3 1+0 left 2 1+1 left 0]"
	if got := fmt.Sprint(sizes); attributes != 11_002 || got != want {
		t.Errorf("%d attributes, events and links\n got %s\nwant %s", attributes, got, want)
	}
}

// So is a span whose parts are few, but have many attributes.
func TestPagesOfAnEvent(t *testing.T) {
	many := func(prefix string) (all []*commonpb.KeyValue) {
		for i := range 6000 {
			all = append(all, textAttribute(fmt.Sprint(prefix, i), "x"))
		}
		return all
	}
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "call", end: 10, change: func(s *tracepb.Span) {
		logged(eventAt(1, "first", many("e")...), eventAt(2, "second"))(s)
		s.Links = []*tracepb.Span_Link{{TraceId: spanID(1), Attributes: many("l")}}
	}})), Info{})
	type attributed struct{ Attributes []struct{ Key string } }
	type page struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ Events, Links []attributed }
			}
		}
		Continued  bool
		Next, Left int
	}
	address := "traces/" + traceID(1).String() + "/spans/0/otlp"
	var sizes, keys []string
	for p := (page{Left: 1}); p.Left > 0; {
		p = answer[page](t, h, fmt.Sprint(address, "?offset=", p.Next))
		span := p.ResourceSpans[0].ScopeSpans[0].Spans[0]
		for _, a := range append(span.Events, span.Links...) {
			for _, kv := range a.Attributes {
				keys = append(keys, kv.Key)
			}
		}
		sizes = append(sizes, fmt.Sprint(len(span.Events), "+", len(span.Links), " ", p.Continued))
	}
	if got, want := fmt.Sprint(sizes), "[1+0 false 2+1 true 0+1 true]"; got != want {
		t.Errorf("events, links, and whether the first goes on:\n got %s\nwant %s", got, want)
	}
	if len(keys) != 12_000 || keys[5999] != "e5999" || keys[6000] != "l0" || keys[11_999] != "l5999" {
		t.Errorf("%d attributes, at the borders %s", len(keys), keys[min(len(keys), 5999):min(len(keys), 6001)])
	}
}

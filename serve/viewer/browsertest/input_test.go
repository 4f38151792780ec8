package browsertest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
	"prowtrace/trace"
)

// polled is the id of the trace that made makes.
const polled = "0a000000000000000000000000000001"

const begin = 1735787045_000_000_000 // 2025-01-02 03:04:05 UTC, in Unix ns

// made makes a set of one trace from its spans; times are in ms after begin.
func made(t testing.TB, spans ...*tracepb.Span) *trace.View {
	return load(t, file(t, 1, spans...))
}

// file is a file of one trace, of the id of made but for its last byte n.
func file(t testing.TB, n byte, spans ...*tracepb.Span) trace.Source {
	t.Helper()
	return fileOf(t, "kops", n, spans...)
}

// fileOf is such a file of any service.
func fileOf(t testing.TB, service string, n byte, spans ...*tracepb.Span) trace.Source {
	t.Helper()
	id := append([]byte{0x0a}, make([]byte, 15)...)
	id[15] = n
	for _, s := range spans {
		s.TraceId = id
		s.StartTimeUnixNano = begin + s.StartTimeUnixNano*1e6
		s.EndTimeUnixNano = begin + s.EndTimeUnixNano*1e6
	}
	payload, err := proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", service)}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "test"}, Spans: spans}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := otelfile.NewWriter(&b).Write(payload); err != nil {
		t.Fatal(err)
	}
	return trace.Source{Name: fmt.Sprintf("made-%d.otel", n), Data: b.Bytes()}
}

func failed(s *tracepb.Span) *tracepb.Span {
	s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "not yet"}
	return s
}

func span(id, parent int, name string, start, end int) *tracepb.Span {
	s := &tracepb.Span{SpanId: spanID(id), Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL, StartTimeUnixNano: uint64(start), EndTimeUnixNano: uint64(end)}
	if parent != 0 {
		s.ParentSpanId = spanID(parent)
	}
	return s
}

func spanID(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

// polling is a trace with a retry loop: 412 polls, three with an error.
//
//	job   |------------------------|
//	poll    ||||||||||||||||||||
//	done                         |-|
func polling(t testing.TB) *trace.View {
	spans := []*tracepb.Span{span(1, 0, "job", 0, 9000), span(2, 1, "done", 8500, 8900)}
	for i := range 412 {
		s := span(10+i, 1, "poll", 100+20*i, 115+20*i)
		if i < 3 {
			failed(s)
		}
		spans = append(spans, s)
	}
	return made(t, spans...)
}

// large is a trace of n spans, each with three children, over n ms.
func large(t testing.TB, n int) *trace.View {
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		parent := 0
		if i > 0 {
			parent = (i-1)/3 + 1
		}
		spans[i] = span(i+1, parent, fmt.Sprintf("operation %d", i%50), i, n)
		if i%997 == 0 {
			spans[i].Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
		}
	}
	return made(t, spans...)
}

// drag presses at x pixels from the left of an element, moves and lets go.
func (b *tab) drag(selector string, from, to float64) {
	b.Helper()
	box := get[struct{ X, Y float64 }](b, `(() => { const r = document.querySelector('`+selector+`').getBoundingClientRect(); return { X: r.left, Y: r.top + r.height / 2 }; })()`)
	at := func(kind input.DispatchMouseEventType, x float64) chromedp.Action[chromedp.Void] {
		return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: box.X + x, Y: box.Y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
	}
	b.run(at(input.DispatchMouseEventTypeMousePressed, from), at(input.DispatchMouseEventTypeMouseMoved, (from+to)/2),
		at(input.DispatchMouseEventTypeMouseMoved, to), at(input.DispatchMouseEventTypeMouseReleased, to))
}

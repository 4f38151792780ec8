package viewer

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// base is when the traces of the tests begin: 2025-01-02 03:04:05 UTC, in Unix ns.
const base = 1735787045_000_000_000

// span is a span of a test; times are in milliseconds after base.
type span struct {
	id, parent uint64
	name       string
	start, end uint64
	service    string // "" means kops
	change     func(*tracepb.Span)
}

func (s span) proto(id trace.TraceID) *tracepb.Span {
	p := &tracepb.Span{
		TraceId: id[:], SpanId: spanID(s.id), ParentSpanId: spanID(s.parent), Name: s.name,
		Kind: tracepb.Span_SPAN_KIND_INTERNAL, StartTimeUnixNano: base + s.start*1e6, EndTimeUnixNano: base + s.end*1e6,
	}
	if s.change != nil {
		s.change(p)
	}
	return p
}

func spanID(n uint64) []byte {
	if n == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, n)
}

func traceID(n byte) (id trace.TraceID) {
	id[0], id[15] = 0x0a, n
	return id
}

// file encodes the spans of trace n as a file of one record for each span.
func file(t testing.TB, n byte, spans ...span) trace.Source {
	t.Helper()
	var b bytes.Buffer
	w := otelfile.NewWriter(&b)
	for _, s := range spans {
		service := s.service
		if service == "" {
			service = "kops"
		}
		payload, err := proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
			Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{textAttribute("service.name", service)}},
			ScopeSpans: []*tracepb.ScopeSpans{{
				Scope: &commonpb.InstrumentationScope{Name: "k8s.io/kops", Version: "1.37"},
				Spans: []*tracepb.Span{s.proto(traceID(n))},
			}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(payload); err != nil {
			t.Fatal(err)
		}
	}
	return trace.Source{Name: "artifacts/otlp/kops-" + string('0'+rune(n)) + ".otel", Data: b.Bytes()}
}

func load(t testing.TB, files ...trace.Source) *trace.View {
	t.Helper()
	set, err := join.Load(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	return set
}

func textAttribute(key, value string) *commonpb.KeyValue {
	return attribute(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}})
}

func attribute(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

func failed(message string) func(*tracepb.Span) {
	return func(s *tracepb.Span) {
		s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: message}
	}
}

func with(attributes ...*commonpb.KeyValue) func(*tracepb.Span) {
	return func(s *tracepb.Span) { s.Attributes = append(s.Attributes, attributes...) }
}

// get asks h for a page as a browser on this machine does.
func get(h http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = "localhost:1234"
	h.ServeHTTP(w, r)
	return w
}

// page is get for a page that must be there.
func page(t testing.TB, h http.Handler, target string) string {
	t.Helper()
	w := get(h, target)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d: %s", target, w.Code, w.Body)
	}
	return w.Body.String()
}

// newViewer makes a viewer of a View that nothing takes the place of.
func newViewer(v *trace.View, info Info, hosts ...string) *Viewer {
	return New(trace.NewShared(v), info, hosts...)
}

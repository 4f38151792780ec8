// Package tracetest makes traces for tests: small ones, whose times are seconds, as
// spans, requests and .otel files; and spans in quantity, from testdata/gen.
//
// It is for tests only. Of the packages that it helps to test it knows otelfile
// alone.
package tracetest

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
)

// OTLP makes one encoded request: all spans under one service, or under none.
func OTLP(t testing.TB, service string, spans ...*tracepb.Span) []byte {
	t.Helper()
	r := &resourcepb.Resource{}
	if service != "" {
		r.Attributes = []*commonpb.KeyValue{{Key: "service.name", Value: Text(service)}}
	}
	b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   r,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "test"}, Spans: spans}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// File makes a .otel file of encoded requests.
func File(t testing.TB, records ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := otelfile.NewWriter(&b)
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Span makes a span of trace 1 that lasts from start to end, in seconds; end -1 is
// absent.
func Span(id, parent uint64, name string, start, end int64) *tracepb.Span {
	s := &tracepb.Span{
		TraceId: TraceID(1), SpanId: SpanID(id), Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(start * 1e9), EndTimeUnixNano: uint64(max(end, 0) * 1e9),
	}
	if parent != 0 {
		s.ParentSpanId = SpanID(parent)
	}
	return s
}

// InTrace puts a span in trace n.
func InTrace(n byte, s *tracepb.Span) *tracepb.Span { s.TraceId = TraceID(n); return s }

// TraceID is the id of trace n.
func TraceID(n byte) []byte {
	id := make([]byte, 16)
	id[15] = n
	return id
}

// SpanID is the id of span n.
func SpanID(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Value is a Go value as that of an attribute: a string, bool, int, float64, []byte, or
// a []any of such; anything else is a value without a type.
func Value(v any) *commonpb.AnyValue {
	switch v := v.(type) {
	case string:
		return Text(v)
	case bool:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}
	case int:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(v)}}
	case float64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}
	case []byte:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: v}}
	case []any:
		list := &commonpb.ArrayValue{}
		for _, e := range v {
			list.Values = append(list.Values, Value(e))
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}
	}
	return &commonpb.AnyValue{}
}

// Text is a value of text.
func Text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

// Client makes a span a call of another process.
func Client(s *tracepb.Span) *tracepb.Span { s.Kind = tracepb.Span_SPAN_KIND_CLIENT; return s }

// WithArgs gives a span a command line, as kOps does.
func WithArgs(s *tracepb.Span, args ...string) *tracepb.Span {
	list := &commonpb.ArrayValue{}
	for _, a := range args {
		list.Values = append(list.Values, Text(a))
	}
	s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: "args", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
	return s
}

// Generate writes .otel files of spans in quantity into dir: as many spans as scale
// says, such as "100k" or "1m".
func Generate(t testing.TB, scale, dir string) {
	t.Helper()
	gen := exec.Command("go", "run", "prowtrace/testdata/gen", "-scale", scale, "-out", dir)
	if out, err := gen.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// Generated gives the paths of files that [Generate] makes for one test. A scale with
// a slash is a directory that has files already.
func Generated(t testing.TB, scale string) (paths []string) {
	t.Helper()
	dir := scale
	if !strings.ContainsRune(scale, filepath.Separator) {
		dir = t.TempDir() // mapped files can be removed
		Generate(t, scale, dir)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.otel"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

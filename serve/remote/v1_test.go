package remote

import (
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
)

// One span, field by field: the table of the translation.
func TestTranslation(t *testing.T) {
	src := file(t, "one", &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: under("shop").ResourceSpans[0].Resource,
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: "lib", Version: "1.0", Attributes: []*commonpb.KeyValue{attr("not", str("shown"))}},
			Spans: []*tracepb.Span{{
				TraceId: tid(1), SpanId: sid(2), ParentSpanId: sid(1), Name: "buy", Kind: tracepb.Span_SPAN_KIND_CLIENT, TraceState: "a=b",
				StartTimeUnixNano: at(1), EndTimeUnixNano: at(2.5),
				Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "sold out"},
				Attributes: []*commonpb.KeyValue{
					attr("s", str("x")), attr("b", boolean(true)), attr("i", integer(-1)), attr("d", double(0.5)), attr("y", blob(1, 2)),
					attr("a", array(integer(1), str("<"))), attr("m", dict(attr("k", boolean(false)))), attr("n", &commonpb.AnyValue{}),
				},
				Events: []*tracepb.Span_Event{
					{TimeUnixNano: at(2), Name: "paid", Attributes: []*commonpb.KeyValue{attr("sum", integer(3))}},
					{TimeUnixNano: at(2), Name: "hidden", Attributes: []*commonpb.KeyValue{attr("event", str("shown"))}},
				},
				Links: []*tracepb.Span_Link{{TraceId: tid(5), SpanId: sid(6)}, {TraceId: tid(7), SpanId: sid(8), Attributes: []*commonpb.KeyValue{attr("opentracing.ref_type", str("child_of"))}}},
			}},
		}},
	}}})
	want := &modelv2.Span{
		TraceId: tid(1), SpanId: sid(2), OperationName: "buy",
		References: []*modelv2.SpanRef{
			{TraceId: tid(1), SpanId: sid(1), RefType: modelv2.SpanRefType_CHILD_OF},
			{TraceId: tid(5), SpanId: sid(6), RefType: modelv2.SpanRefType_FOLLOWS_FROM},
			{TraceId: tid(7), SpanId: sid(8), RefType: modelv2.SpanRefType_CHILD_OF},
		},
		StartTime: wireTime(int64(at(1))), Duration: durationpb.New(1_500_000_000),
		Process: &modelv2.Process{ServiceName: "shop"},
		Tags: []*modelv2.KeyValue{
			{Key: "otel.scope.name", VStr: "lib"}, {Key: "otel.scope.version", VStr: "1.0"},
			{Key: "s", VStr: "x"}, {Key: "b", VType: modelv2.ValueType_BOOL, VBool: true}, {Key: "i", VType: modelv2.ValueType_INT64, VInt64: -1},
			{Key: "d", VType: modelv2.ValueType_FLOAT64, VFloat64: 0.5}, {Key: "y", VType: modelv2.ValueType_BINARY, VBinary: []byte{1, 2}},
			{Key: "a", VStr: `[1,"\u003c"]`}, {Key: "m", VStr: `{"k":false}`}, {Key: "n"},
			{Key: "span.kind", VStr: "client"}, {Key: "otel.status_code", VStr: "ERROR"}, {Key: "error", VType: modelv2.ValueType_BOOL, VBool: true},
			{Key: "otel.status_description", VStr: "sold out"}, {Key: "w3c.tracestate", VStr: "a=b"},
		},
		Logs: []*modelv2.Log{
			{Timestamp: wireTime(int64(at(2))), Fields: []*modelv2.KeyValue{{Key: "event", VStr: "paid"}, {Key: "sum", VType: modelv2.ValueType_INT64, VInt64: 3}}},
			{Timestamp: wireTime(int64(at(2))), Fields: []*modelv2.KeyValue{{Key: "event", VStr: "shown"}}},
		},
	}
	c := connect(t, load(t, src))
	chunks := must[storagev1.SpansResponseChunk](t)(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: tid(1)}))
	if len(chunks) != 1 || len(chunks[0].GetSpans()) != 1 {
		t.Fatalf("answer %v", chunks)
	}
	if got := chunks[0].GetSpans()[0]; !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// jaeger-query takes a trace for missing only by this very message: by any
// other it answers HTTP 500.
func TestUnknownTraceV1(t *testing.T) {
	c := connect(t, load(t, made(t)))
	_, err := all(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: tid(77)}))
	wantCode(t, err, codes.NotFound)
	if s, _ := status.FromError(err); s.Message() != "trace not found" {
		t.Errorf("message %q", s.Message())
	}
}

// Traces of v1 are cut into messages too, and their spans stay together.
func TestChunksV1(t *testing.T) {
	var spans []*tracepb.Span
	for i := range 40 {
		spans = append(spans, &tracepb.Span{
			TraceId: tid(uint64(1 + i%2)), SpanId: sid(uint64(i + 1)), Name: "x", StartTimeUnixNano: at(float64(i)), EndTimeUnixNano: at(float64(i)),
			Attributes: []*commonpb.KeyValue{attr("text", str(strings.Repeat("y", 100_000)))},
		})
	}
	c := connect(t, load(t, file(t, "large", under("a", spans...))))
	chunks := must[storagev1.SpansResponseChunk](t)(c.v1.FindTraces(t.Context(), &storagev1.FindTracesRequest{Query: search{}.v1()}))
	var order [][]byte
	total := 0
	for i, chunk := range chunks {
		if size := proto.Size(chunk); size >= 1<<20 || len(chunk.GetSpans()) == 0 {
			t.Errorf("message %d has %d bytes and %d spans", i, size, len(chunk.GetSpans()))
		}
		for _, s := range chunk.GetSpans() {
			total++
			if len(order) == 0 || string(order[len(order)-1]) != string(s.GetTraceId()) {
				order = append(order, s.GetTraceId())
			}
		}
	}
	sameIDs(t, order, [][]byte{tid(2), tid(1)})
	if total != len(spans) || len(chunks) > 14 { // 4 MB in batches of 256 kB and a span
		t.Errorf("%d spans in %d messages", total, len(chunks))
	}
}

func TestCapabilitiesV1(t *testing.T) {
	c := connect(t, load(t, made(t)))
	got, err := storagev1.NewPluginCapabilitiesClient(c.conn).Capabilities(t.Context(), &storagev1.CapabilitiesRequest{})
	if err != nil || proto.Size(got) > 0 {
		t.Errorf("%v, %v: want no archive and no writer", got, err)
	}
}

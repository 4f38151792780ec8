package remote

import (
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/otlptest"
)

// jaeger-query takes a trace for missing only by this very message: by any
// other it answers HTTP 500.
func TestUnknownTraceV1(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	_, err := all(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: otlptest.TraceID(77)}))
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
			TraceId: otlptest.TraceID(uint64(1 + i%2)), SpanId: otlptest.SpanID(uint64(i + 1)), Name: "x", StartTimeUnixNano: otlptest.At(float64(i)), EndTimeUnixNano: otlptest.At(float64(i)),
			Attributes: []*commonpb.KeyValue{otlptest.Attr("text", otlptest.Str(strings.Repeat("y", 100_000)))},
		})
	}
	c := connect(t, otlptest.Load(t, otlptest.File(t, "large", otlptest.Under("a", spans...))))
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
	sameIDs(t, order, [][]byte{otlptest.TraceID(2), otlptest.TraceID(1)})
	if total != len(spans) || len(chunks) > 14 { // 4 MB in batches of 256 kB and a span
		t.Errorf("%d spans in %d messages", total, len(chunks))
	}
}

func TestCapabilitiesV1(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	got, err := storagev1.NewPluginCapabilitiesClient(c.conn).Capabilities(t.Context(), &storagev1.CapabilitiesRequest{})
	if err != nil || proto.Size(got) > 0 {
		t.Errorf("%v, %v: want no archive and no writer", got, err)
	}
}

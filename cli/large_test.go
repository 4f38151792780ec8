package cli

import (
	"bytes"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

func TestTracesTooLargeForJaeger(t *testing.T) {
	if got := tooLarge(jaegerPageSpans, "http://here/"); got != "" {
		t.Errorf("at the limit: %q", got)
	}
	want := "A trace of 200,001 spans may be too large for Jaeger's page. The built-in pages show it: http://here/"
	if got := tooLarge(jaegerPageSpans+1, "http://here/"); got != want {
		t.Errorf("above it: %q, want %q", got, want)
	}
	if got := longest(spans(t, 3, 7, 2)); got != 7 {
		t.Errorf("the longest of 3, 7 and 2 spans has %d", got)
	}
}

// spans makes traces of as many spans as given.
func spans(t *testing.T, counts ...int) *trace.View {
	t.Helper()
	request := &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{}}}}}
	scope := request.ResourceSpans[0].ScopeSpans[0]
	for i, n := range counts {
		id := make([]byte, 16)
		id[0] = byte(i + 1)
		for j := range n {
			scope.Spans = append(scope.Spans, &tracepb.Span{
				TraceId: id, SpanId: []byte{1, 0, 0, 0, 0, 0, 0, byte(j + 1)}, StartTimeUnixNano: 1, EndTimeUnixNano: 2,
			})
		}
	}
	payload, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := otelfile.NewWriter(&b).Write(payload); err != nil {
		t.Fatal(err)
	}
	set, err := join.Load(t.Context(), []trace.Source{{Name: "spans", Data: b.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Set().Close() })
	return set
}

package trace

import (
	"fmt"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func TestServicesAndOperations(t *testing.T) {
	get, boot, get2 := span(2, 1, "GET", 11, 13), inTrace(3, span(1, 0, "boot", 40, 41)), inTrace(3, span(2, 1, "GET", 40, 40))
	get.Kind, boot.Kind, get2.Kind = tracepb.Span_SPAN_KIND_CLIENT, tracepb.Span_SPAN_KIND_SERVER, tracepb.Span_SPAN_KIND_CLIENT
	s := load(t, otel(t, otlp(t, "kops", span(1, 0, "root", 10, 20), get, inTrace(2, span(1, 0, "root", 30, 90)))), otel(t, otlp(t, "nodeup", boot, get2)))
	if got := fmt.Sprint(s.Services()); got != "[kops nodeup]" {
		t.Errorf("services %v", got)
	}
	if got := fmt.Sprint(s.Operations("kops")); got != "[{GET client} {root internal}]" {
		t.Errorf("operations %v", got)
	}
	if got := fmt.Sprint(s.Operations("nope")); got != "[]" {
		t.Errorf("operations %v", got)
	}
}

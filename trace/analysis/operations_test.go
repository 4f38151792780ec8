package analysis

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func failed(s *tracepb.Span) *tracepb.Span {
	s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	return s
}

func with(s *tracepb.Span, pairs ...string) *tracepb.Span {
	for i := 0; i < len(pairs); i += 2 {
		s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: pairs[i], Value: tracetest.Text(pairs[i+1])})
	}
	return s
}

func drawOperations(all []Operation) string {
	var lines []string
	for _, o := range all {
		line := fmt.Sprintf("%s %s %d× total=%s self=%s p50=%s max=%s", o.Name, o.Service, o.Count, seconds(o.Total), seconds(o.Self), seconds(o.P50), seconds(o.Max))
		if o.Errors+o.Unfinished > 0 {
			line += fmt.Sprintf(" errors=%d unfinished=%d", o.Errors, o.Unfinished)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// In seconds:
//
//	kops: root   |----------|
//	kops: get      |-|            error
//	api:  get         |--|
//	kops: get               |…    no end: to the end of the trace
func TestOperations(t *testing.T) {
	s := load(t, otel(t, otlp(t, "kops", span(1, 0, "root", 10, 20), with(failed(span(2, 1, "get", 12, 14)), "code", "403"), span(4, 1, "get", 19, -1)),
		otlp(t, "api", with(span(3, 1, "get", 15, 18), "code", "200"))))
	want := `root kops 1× total=10 self=4 p50=10 max=10
get kops 2× total=3 self=3 p50=2 max=2 errors=1 unfinished=1
get api 1× total=3 self=3 p50=3 max=3`
	if got := drawOperations(Operations(All(s))); got != want {
		t.Errorf("by name\n got %s\nwant %s", got, want)
	}
	want = ` kops 2× total=11 self=5 p50=10 max=10 errors=0 unfinished=1
200 api 1× total=3 self=3 p50=3 max=3
403 kops 1× total=2 self=2 p50=2 max=2 errors=1 unfinished=0`
	if got := drawOperations(operationsBy(t, All(s), "code")); got != want {
		t.Errorf("by an attribute\n got %s\nwant %s", got, want)
	}
}

// An attribute of the span has precedence over that of its resource. If one key occurs
// several times, the first counts.
func TestOperationsByAttributeOfResource(t *testing.T) {
	s := load(t, otel(t, otlp(t, "kops", span(1, 0, "a", 10, 20), with(span(2, 1, "b", 12, 14), "service.name", "other", "service.name", "third"))))
	want := `kops kops 1× total=10 self=8 p50=10 max=10
other kops 1× total=2 self=2 p50=2 max=2`
	if got := drawOperations(operationsBy(t, All(s), "service.name")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPercentiles(t *testing.T) {
	spans := []*tracepb.Span{span(1, 0, "root", 10, 1000)}
	for i := range int64(100) {
		spans = append(spans, span(uint64(i+2), 1, "get", 10, 11+i))
	}
	s := load(t, otel(t, otlp(t, "s", spans...)))
	for _, o := range Operations(All(s)) {
		if o.Name == "get" && (o.P50 != 50e9 || o.P95 != 95e9 || o.Max != 100e9) {
			t.Errorf("%d, %d, %d", o.P50, o.P95, o.Max)
		}
	}
}

// Keys have the number of spans that have them, and their values, the most frequent first.
func TestKeys(t *testing.T) {
	spans := []*tracepb.Span{with(span(1, 0, "a", 10, 20), "code", "200", "empty", ""), with(span(2, 1, "b", 12, 14), "code", "500"), with(span(3, 1, "b", 12, 14), "code", "200")}
	for i := range uint64(60) {
		spans = append(spans, with(span(10+i, 1, "c", 15, 16), "id", fmt.Sprint(i)))
	}
	s := load(t, otel(t, otlp(t, "kops", spans...)))
	want := `[{service.name 63 [kops]} {id 60 []} {code 3 [200 500]} {empty 1 []}]`
	if got := fmt.Sprint(Keys(All(s))); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

package query

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// searched is a set for searches, in seconds:
//
//	trace 1   kops: root 10..20, GET client 11..13 (error, 503)
//	trace 2   kops: root 30..90
//	trace 3   nodeup: boot server 40..41, GET client 40..40
func searched(t *testing.T) *trace.View {
	attr := func(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: key, Value: v}
	}
	number := func(n int64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
	}
	get := span(2, 1, "GET", 11, 13)
	get.Kind = tracepb.Span_SPAN_KIND_CLIENT
	get.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "503 Service Unavailable"}
	get.Attributes = []*commonpb.KeyValue{attr("http.status_code", number(503)), attr("retry", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}})}
	get.Events = []*tracepb.Span_Event{{Name: "exception", Attributes: []*commonpb.KeyValue{attr("exception.type", tracetest.Text("Timeout"))}}}
	get.Links = []*tracepb.Span_Link{{TraceId: tid(9), SpanId: sid(9), Attributes: []*commonpb.KeyValue{attr("via", tracetest.Text("queue"))}}}
	boot := inTrace(3, span(1, 0, "boot", 40, 41))
	boot.Kind = tracepb.Span_SPAN_KIND_SERVER
	boot.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_OK}
	boot.Attributes = []*commonpb.KeyValue{attr("http.status_code", tracetest.Text("200")),
		attr("ratio", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 1.5}})}
	get2 := inTrace(3, span(2, 1, "GET", 40, 40))
	get2.Kind = tracepb.Span_SPAN_KIND_CLIENT
	nodeup, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", tracetest.Text("nodeup")), attr("host.name", tracetest.Text("node-1"))}},
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: "nodeup/lib", Version: "v2", Attributes: []*commonpb.KeyValue{attr("lang", tracetest.Text("go"))}},
			Spans: []*tracepb.Span{boot, get2}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return load(t, otel(t, otlp(t, "kops", span(1, 0, "root", 10, 20), get, inTrace(2, span(1, 0, "root", 30, 90)))), otel(t, nodeup))
}

func TestFind(t *testing.T) {
	attrs := func(kv ...string) (a []trace.Attribute) {
		for _, s := range kv {
			k, v, _ := strings.Cut(s, "=")
			a = append(a, trace.Attribute{Key: k, Value: v})
		}
		return a
	}
	const s = 1_000_000_000
	tests := []struct {
		name string
		q    Query
		want string // traces, newest first
	}{
		{"everything, newest first", Query{}, "[3 2 1]"},
		{"limit", Query{Limit: 2}, "[3 2]"},
		{"service", Query{Service: "kops"}, "[2 1]"},
		{"unknown service", Query{Service: "nope"}, "[]"},
		{"operation of several services", Query{Operation: "GET"}, "[3 1]"},
		{"service and operation in one span", Query{Service: "nodeup", Operation: "root"}, "[]"},
		{"unknown operation", Query{Operation: "nope"}, "[]"},
		{"start not before", Query{StartMin: 30 * s}, "[3 2]"},
		{"start not after", Query{StartMax: 30 * s}, "[2 1]"},
		{"start of a child in range", Query{StartMin: 11 * s, StartMax: 12 * s}, "[1]"},
		{"between starts", Query{StartMin: 12 * s, StartMax: 29 * s}, "[]"},
		{"at least", Query{DurationMin: 10 * s}, "[2 1]"},
		{"at most", Query{DurationMax: 1 * s}, "[3]"},
		{"at least and at most", Query{DurationMin: 2 * s, DurationMax: 2 * s}, "[1]"},
		{"int attribute as text", Query{Attributes: attrs("http.status_code=503")}, "[1]"},
		{"string attribute as number", Query{Attributes: attrs("http.status_code=200")}, "[3]"},
		{"bool attribute", Query{Attributes: attrs("retry=true")}, "[1]"},
		{"double attribute", Query{Attributes: attrs("ratio=1.5")}, "[3]"},
		{"other value", Query{Attributes: attrs("http.status_code=50")}, "[]"},
		{"two attributes of one span", Query{Attributes: attrs("http.status_code=503", "retry=true")}, "[1]"},
		{"two attributes of two spans", Query{Attributes: attrs("http.status_code=200", "span.kind=client")}, "[]"},
		{"resource attribute", Query{Attributes: attrs("host.name=node-1")}, "[3]"},
		{"scope attribute", Query{Attributes: attrs("lang=go")}, "[3]"},
		{"scope name", Query{Attributes: attrs("otel.scope.name=nodeup/lib")}, "[3]"},
		{"scope version", Query{Attributes: attrs("otel.scope.version=v2")}, "[3]"},
		{"event attribute", Query{Attributes: attrs("exception.type=Timeout")}, "[1]"},
		{"link attribute", Query{Attributes: attrs("via=queue")}, "[1]"},
		{"attribute of the resource only", Query{Attributes: attrs("resource.host.name=node-1")}, "[3]"},
		{"the same of a span", Query{Attributes: attrs("resource.retry=true")}, "[]"},
		{"scope name, newest key", Query{Attributes: attrs("scope.name=nodeup/lib", "scope.version=v2")}, "[3]"},
		{"status, newest key", Query{Attributes: attrs("span.status=Error")}, "[1]"},
		{"no status", Query{Attributes: attrs("span.status=unset")}, "[3 2 1]"},
		{"no kind", Query{Attributes: attrs("span.kind=unspecified")}, "[]"},
		{"error", Query{Attributes: attrs("error=true")}, "[1]"},
		{"no error", Query{Service: "kops", Operation: "GET", Attributes: attrs("error=false")}, "[]"},
		{"kind", Query{Attributes: attrs("span.kind=SERVER")}, "[3]"},
		{"status code", Query{Attributes: attrs("otel.status_code=OK")}, "[3]"},
		{"status message", Query{Attributes: attrs("otel.status_description=503 Service Unavailable")}, "[1]"},
		{"all at once", Query{Service: "kops", Operation: "GET", StartMin: 11 * s, StartMax: 11 * s, DurationMin: s, DurationMax: 3 * s, Attributes: attrs("error=true"), Limit: 1}, "[1]"},
	}
	set := searched(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := Find(context.Background(), set, tt.q)
			if err != nil {
				t.Fatal(err)
			}
			ids := []byte{}
			for _, tr := range found {
				ids = append(ids, tr.ID[15])
			}
			if got := fmt.Sprint(ids); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find(ctx, set, Query{Attributes: attrs("a=b")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a search whose context has ended: %v", err)
	}
}

// Whatever times are missing, traces are ordered by the filled-in starts, which searches use
// as bounds.
func TestOrderOfFilledTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	perhaps := func() int64 { return rng.Int64N(2) * (1 + rng.Int64N(100)) }
	var spans []*tracepb.Span
	for n := range byte(200) {
		for id := range 1 + rng.Uint64N(5) {
			s := inTrace(n+1, span(id+1, rng.Uint64N(id+1), "x", perhaps(), perhaps()))
			spans = append(spans, s)
		}
	}
	set := load(t, otel(t, otlp(t, "s", spans...)))
	for i := 1; i < set.NumTraces(); i++ {
		if before, tr := set.Trace(i-1), set.Trace(i); before.Start > tr.Start {
			t.Errorf("trace %v starts at %d ns, the one behind it at %d ns", before.ID, before.Start, tr.Start)
		}
	}
	for last := int64(1); last <= 100; last++ {
		var want []trace.TraceID
		for i := set.NumTraces() - 1; i >= 0; i-- {
			if tr := set.Trace(i); tr.Start <= last*1e9 {
				want = append(want, tr.ID)
			}
		}
		found, err := Find(t.Context(), set, Query{StartMax: last * 1e9})
		if err != nil {
			t.Fatal(err)
		}
		var got []trace.TraceID
		for _, tr := range found {
			got = append(got, tr.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("until %d s: %d traces, want %d", last, len(got), len(want))
		}
	}
}

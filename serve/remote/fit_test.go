package remote

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
	"prowtrace/internal/otlpwire"
	"prowtrace/otelfile"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// asJaeger connects with the limit that gRPC's clients have by themselves.
func asJaeger(t *testing.T, set *trace.View) *grpc.ClientConn {
	conn, err := grpc.NewClient(listen(t, set), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// More ids than fit one message: the newest come.
func TestManyTraceIDsFitAnAnswer(t *testing.T) {
	const mostIDsOfV1 = storage.AnswerSize / 18
	const n = mostIDsOfV1 + 1000
	spans := make([]byte, 0, 64*n)
	for i := range uint64(n) {
		var b []byte
		b = otlpwire.AppendBytes(b, 1, otlptest.TraceID(i))
		b = otlpwire.AppendBytes(b, 2, otlptest.SpanID(i+1))
		b = otlpwire.AppendFixed64(b, 7, otlptest.At(float64(i))+999_999_999)
		spans = otlpwire.AppendBytes(spans, fieldSpans, b)
	}
	payload := otlpwire.AppendBytes(nil, fieldResourceSpans, otlpwire.AppendBytes(nil, fieldScopeSpans, spans))
	var f bytes.Buffer
	if err := otelfile.NewWriter(&f).Write(payload); err != nil {
		t.Fatal(err)
	}
	conn := asJaeger(t, otlptest.Load(t, trace.Source{Name: "many", Data: f.Bytes()}))

	v2, err := storagev2.NewTraceReaderClient(conn).FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := v2.GetTraceIds(); len(got) != mostIDs || !bytes.Equal(got[0].GetTraceId(), otlptest.TraceID(n-1)) || !bytes.Equal(got[mostIDs-1].GetTraceId(), otlptest.TraceID(n-mostIDs)) {
		t.Errorf("%d ids, want the newest %d", len(got), mostIDs)
	}
	if size := proto.Size(v2); size < storage.AnswerSize-1000 {
		t.Errorf("%d bytes: more ids would fit", size)
	}
	v1, err := storagev1.NewSpanReaderPluginClient(conn).FindTraceIDs(t.Context(), &storagev1.FindTraceIDsRequest{Query: &storagev1.TraceQueryParameters{NumTraces: n}})
	if err != nil {
		t.Fatal(err)
	}
	if got := v1.GetTraceIds(); len(got) != mostIDsOfV1 || !bytes.Equal(got[0], otlptest.TraceID(n-1)) || !bytes.Equal(got[mostIDsOfV1-1], otlptest.TraceID(n-mostIDsOfV1)) {
		t.Errorf("v1: %d ids, want the newest %d", len(got), mostIDsOfV1)
	}
}

// Lists of names that do not fit one message still come, without the longest.
func TestLongNamesFitAnAnswer(t *testing.T) {
	const n = 5000
	requests := make([]*tracepb.TracesData, 0, n)
	name := func(i int) string {
		if i%500 == 0 {
			return fmt.Sprint("short ", i)
		}
		return fmt.Sprint("name ", i, strings.Repeat(" long", 200))
	}
	for i := range n {
		s := &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(uint64(i + 1)), Name: "called", StartTimeUnixNano: otlptest.At(float64(i)), EndTimeUnixNano: otlptest.At(n)}
		if i > 0 {
			s.ParentSpanId = otlptest.SpanID(uint64(i))
		}
		r := otlptest.Under(name(i), s)
		operations := &tracepb.Span{TraceId: otlptest.TraceID(2), SpanId: otlptest.SpanID(uint64(i + 1)), Name: name(i), StartTimeUnixNano: otlptest.At(n), EndTimeUnixNano: otlptest.At(n)}
		requests = append(requests, r, otlptest.Under("many operations", operations))
	}
	requests = append(requests, otlptest.Under("root", &tracepb.Span{TraceId: otlptest.TraceID(3), SpanId: otlptest.SpanID(1), Name: strings.Repeat("root", 2<<20), StartTimeUnixNano: otlptest.At(0), EndTimeUnixNano: otlptest.At(1)}))
	conn := asJaeger(t, otlptest.Load(t, otlptest.File(t, "long", requests...)))
	v1, v2 := storagev1.NewSpanReaderPluginClient(conn), storagev2.NewTraceReaderClient(conn)
	withAllShort := func(what string, names []string) {
		t.Helper()
		for i := 0; i < n; i += 500 {
			if !slices.Contains(names, name(i)) {
				t.Errorf("%s: %q is missing of %d names", what, name(i), len(names))
			}
		}
		if len(names) < n/4 || len(names) >= n {
			t.Errorf("%s: %d names of %d", what, len(names), n)
		}
	}

	services, err := v2.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	withAllShort("v2 services", services.GetServices())
	servicesV1, err := v1.GetServices(t.Context(), &storagev1.GetServicesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	withAllShort("v1 services", servicesV1.GetServices())

	ops, err := v2.GetOperations(t.Context(), &storagev2.GetOperationsRequest{Service: "many operations"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, op := range ops.GetOperations() {
		names = append(names, op.GetName())
	}
	withAllShort("v2 operations", names)
	opsV1, err := v1.GetOperations(t.Context(), &storagev1.GetOperationsRequest{Service: "many operations"})
	if err != nil {
		t.Fatal(err)
	}
	withAllShort("v1 operations", opsV1.GetOperationNames())

	calls, err := storagev2.NewDependencyReaderClient(conn).GetDependencies(t.Context(), &storagev2.GetDependenciesRequest{})
	if err != nil || len(calls.GetDependencies()) < n/4 {
		t.Errorf("v2: %d calls: %v", len(calls.GetDependencies()), err)
	}
	callsV1, err := storagev1.NewDependenciesReaderPluginClient(conn).GetDependencies(t.Context(), &storagev1.GetDependenciesRequest{})
	if err != nil || len(callsV1.GetDependencies()) < n/4 {
		t.Errorf("v1: %d calls: %v", len(callsV1.GetDependencies()), err)
	}

	names = nil
	for _, chunk := range must[storagev2.FindTraceSummariesResponse](t)(v2.FindTraceSummaries(t.Context(), &storagev2.FindTraceSummariesRequest{})) {
		if size := proto.Size(chunk); size >= 1<<20 {
			t.Errorf("a message of %d bytes with summaries", size)
		}
		for _, s := range chunk.GetSummaries() {
			if bytes.Equal(s.GetTraceId(), otlptest.TraceID(1)) {
				for _, service := range s.GetServices() {
					names = append(names, service.GetName())
				}
			}
		}
	}
	if !slices.Contains(names, name(0)) || len(names) < 900 || len(names) >= n {
		t.Errorf("%d services in the summary", len(names))
	}
}

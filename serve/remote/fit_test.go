package remote

import (
	"bytes"
	"encoding/binary"
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
	"prowtrace/otelfile"
	"prowtrace/trace"
)

func TestFit(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		room    int
		want    []string
	}{
		{"all", []string{"aaa", "b", "cc"}, 6, []string{"aaa", "b", "cc"}},
		{"the longest is left out", []string{"aaa", "b", "cc"}, 5, []string{"b", "cc"}},
		{"the last of equals are left out", []string{"aa", "bb", "cc"}, 5, []string{"aa", "bb"}},
		{"none fits", []string{"aa"}, 1, nil},
		{"none", nil, 1, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fit(test.entries, test.room, func(s string) int { return len(s) }); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, short := range []string{"", "name", strings.Repeat("x", 16<<10)} {
		if got := clip(short); got != short {
			t.Errorf("%d bytes became %d", len(short), len(got))
		}
	}
	if got, want := clip(strings.Repeat("é", 10_000)+"end"), strings.Repeat("é", 8<<10)+"…"; got != want {
		t.Errorf("a long name ends with %q", got[len(got)-10:])
	}
	if got, want := clip("x"+strings.Repeat("é", 10_000)), "x"+strings.Repeat("é", 8<<10-1)+"…"; got != want {
		t.Errorf("a name that is cut inside of a letter ends with %q", got[len(got)-10:])
	}
}

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
	const n = mostIDsV1 + 1000
	spans := make([]byte, 0, 64*n)
	for i := range uint64(n) {
		var b []byte
		b = appendOptional(b, 1, tid(i))
		b = appendOptional(b, 2, sid(i+1))
		b = append(b, 7<<3|byte(asFixed64), 0, 0, 0, 0, 0, 0, 0, 0)
		binary.LittleEndian.PutUint64(b[len(b)-8:], at(float64(i))+999_999_999)
		spans = append(appendHead(spans, fieldSpans, len(b)), b...)
	}
	payload := append(appendHead(appendHead(nil, fieldResourceSpans, fieldSize(len(spans))), fieldScopeSpans, len(spans)), spans...)
	var f bytes.Buffer
	if err := otelfile.NewWriter(&f).Write(payload); err != nil {
		t.Fatal(err)
	}
	conn := asJaeger(t, load(t, trace.Source{Name: "many", Data: f.Bytes()}))

	v2, err := storagev2.NewTraceReaderClient(conn).FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := v2.GetTraceIds(); len(got) != mostIDs || !bytes.Equal(got[0].GetTraceId(), tid(n-1)) || !bytes.Equal(got[mostIDs-1].GetTraceId(), tid(n-mostIDs)) {
		t.Errorf("%d ids, want the newest %d", len(got), mostIDs)
	}
	if size := proto.Size(v2); size < answerSize-1000 {
		t.Errorf("%d bytes: more ids would fit", size)
	}
	v1, err := storagev1.NewSpanReaderPluginClient(conn).FindTraceIDs(t.Context(), &storagev1.FindTraceIDsRequest{Query: &storagev1.TraceQueryParameters{NumTraces: n}})
	if err != nil {
		t.Fatal(err)
	}
	if got := v1.GetTraceIds(); len(got) != mostIDsV1 || !bytes.Equal(got[0], tid(n-1)) || !bytes.Equal(got[mostIDsV1-1], tid(n-mostIDsV1)) {
		t.Errorf("v1: %d ids, want the newest %d", len(got), mostIDsV1)
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
		s := &tracepb.Span{TraceId: tid(1), SpanId: sid(uint64(i + 1)), Name: "called", StartTimeUnixNano: at(float64(i)), EndTimeUnixNano: at(n)}
		if i > 0 {
			s.ParentSpanId = sid(uint64(i))
		}
		r := under(name(i), s)
		operations := &tracepb.Span{TraceId: tid(2), SpanId: sid(uint64(i + 1)), Name: name(i), StartTimeUnixNano: at(n), EndTimeUnixNano: at(n)}
		requests = append(requests, r, under("many operations", operations))
	}
	requests = append(requests, under("root", &tracepb.Span{TraceId: tid(3), SpanId: sid(1), Name: strings.Repeat("root", 2<<20), StartTimeUnixNano: at(0), EndTimeUnixNano: at(1)}))
	conn := asJaeger(t, load(t, file(t, "long", requests...)))
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
			if bytes.Equal(s.GetTraceId(), tid(1)) {
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

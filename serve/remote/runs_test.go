package remote

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/panics"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// runView is the view of a run: one trace of one service.
func runView(t *testing.T, n byte, service, name string, start int64) *trace.View {
	t.Helper()
	data := tracetest.File(t, tracetest.OTLP(t, service, tracetest.InTrace(n, tracetest.Span(uint64(n), 0, name, start, start+5))))
	set, err := trace.Options{}.Load(t.Context(), []trace.Source{{Name: name, Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewView(set, trace.Material{})
}

// Several runs are searched as one, newest first; prow.job and prow.build say which. Each
// request lets go of all that it was given.
func TestSeveralRuns(t *testing.T) {
	var held atomic.Int64
	shared := []*trace.Shared{
		trace.NewShared(runView(t, 1, "kops", "create", 100)), trace.NewShared(runView(t, 2, "kops", "delete", 300)), trace.NewShared(runView(t, 3, "etcd", "defrag", 200)),
	}
	c := connectTo(t, listenServer(t, NewRunsServer(func() (runs []Run) {
		for i, s := range shared {
			held.Add(1)
			runs = append(runs, Run{Shared: s, Job: []string{"a", "a", "b"}[i], Build: []string{"1", "2", "3"}[i], Release: func() { held.Add(-1) }})
		}
		return runs
	}, nil)))
	find := func(service string, depth int32, attributes ...string) (names []string) {
		t.Helper()
		q := &storagev2.TraceQueryParameters{ServiceName: service, SearchDepth: depth}
		for i := 0; i < len(attributes); i += 2 {
			q.Attributes = append(q.Attributes, &storagev2.KeyValue{Key: attributes[i], Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: attributes[i+1]}}})
		}
		for _, chunk := range received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: q})) {
			for _, e := range flatten(chunk) {
				names = append(names, e.span.GetName())
			}
		}
		ids, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: q})
		if err != nil || len(ids.GetTraceIds()) != len(names) {
			t.Errorf("%d ids of %d traces, error %v", len(ids.GetTraceIds()), len(names), err)
		}
		old := &storagev1.TraceQueryParameters{ServiceName: service, NumTraces: depth, Tags: map[string]string{}}
		for i := 0; i < len(attributes); i += 2 {
			old.Tags[attributes[i]] = attributes[i+1]
		}
		var same []string
		for _, chunk := range must[storagev1.SpansResponseChunk](t)(c.v1.FindTraces(t.Context(), &storagev1.FindTracesRequest{Query: old})) {
			for _, s := range chunk.GetSpans() {
				same = append(same, s.GetOperationName())
			}
		}
		oldIDs, err := c.v1.FindTraceIDs(t.Context(), &storagev1.FindTraceIDsRequest{Query: old})
		if err != nil || !slices.Equal(same, names) || len(oldIDs.GetTraceIds()) != len(names) {
			t.Errorf("v1 finds %q and %d ids, error %v, and v2 %q", same, len(oldIDs.GetTraceIds()), err, names)
		}
		return names
	}
	for _, test := range []struct {
		service    string
		depth      int32
		attributes []string
		want       []string
	}{
		{"", 0, nil, []string{"delete", "defrag", "create"}},
		{"", 2, nil, []string{"delete", "defrag"}},
		{"kops", 0, nil, []string{"delete", "create"}},
		{"", 0, []string{"prow.job", "a"}, []string{"delete", "create"}},
		{"", 0, []string{"prow.job", "a", "prow.build", "1"}, []string{"create"}},
		{"", 0, []string{"prow.build_id", "3"}, []string{"defrag"}},
		{"", 0, []string{"prow.job", "c"}, nil},
		{"", 0, []string{"prow.job", "a", "other", "x"}, nil},
	} {
		if got := find(test.service, test.depth, test.attributes...); !slices.Equal(got, test.want) {
			t.Errorf("%+v: found %q", test, got)
		}
	}
	services, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	if err != nil || !slices.Equal(services.GetServices(), []string{"etcd", "kops"}) {
		t.Errorf("services %q, error %v", services.GetServices(), err)
	}
	ops, err := c.reader.GetOperations(t.Context(), &storagev2.GetOperationsRequest{Service: "kops"})
	if err != nil || len(ops.GetOperations()) != 2 {
		t.Errorf("operations %v, error %v", ops, err)
	}
	chunks := received(t)(c.reader.GetTraces(t.Context(), &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: tracetest.TraceID(3)}, {TraceId: tracetest.TraceID(9)}}}))
	if len(flatten(chunks...)) != 1 {
		t.Errorf("got %v", chunks)
	}
	_, err = c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{Pagination: &storagev2.Pagination{PageSize: 5}}})
	wantCode(t, err, codes.InvalidArgument)
	if _, err := c.dependencies.GetDependencies(t.Context(), &storagev2.GetDependenciesRequest{}); err != nil {
		t.Error(err)
	}
	old, err := c.v1.GetServices(t.Context(), &storagev1.GetServicesRequest{})
	if err != nil || !slices.Equal(old.GetServices(), services.GetServices()) {
		t.Errorf("v1: services %q, error %v", old.GetServices(), err)
	}
	oldOps, err := c.v1.GetOperations(t.Context(), &storagev1.GetOperationsRequest{Service: "kops"})
	if err != nil || !slices.Equal(oldOps.GetOperationNames(), []string{"create", "delete"}) {
		t.Errorf("v1: operations %v, error %v", oldOps, err)
	}
	if got := must[storagev1.SpansResponseChunk](t)(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: tracetest.TraceID(3)})); len(got) != 1 || got[0].GetSpans()[0].GetOperationName() != "defrag" {
		t.Errorf("v1: got %v", got)
	}
	_, err = all(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: tracetest.TraceID(9)}))
	wantCode(t, err, codes.NotFound)
	if _, err := c.v1Deps.GetDependencies(t.Context(), &storagev1.GetDependenciesRequest{}); err != nil {
		t.Error(err)
	}
	for _, s := range shared {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := held.Load(); n != 0 {
		t.Errorf("%d leases are held", n)
	}
	if got := find("", 0); got != nil {
		t.Errorf("found %q when all were closed", got)
	}
}

// A fault is the error of the request that met it, and told; the server goes on.
func TestFaultOfARequest(t *testing.T) {
	told := make(chan string, 2)
	c := connectTo(t, listenServer(t, NewRunsServer(func() []Run { panic("hostile bytes") }, func(method string, e *panics.Error) {
		told <- method + " " + e.Error()
	})))
	_, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	if got := <-told; status.Code(err) != codes.Internal || !strings.HasSuffix(got, "TraceReader/GetServices internal fault: hostile bytes") {
		t.Errorf("error %v, told %q", err, got)
	}
	stream, err := c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: &storagev2.TraceQueryParameters{}})
	if err == nil {
		_, err = stream.Recv()
	}
	if got := <-told; status.Code(err) != codes.Internal || !strings.Contains(got, "FindTraces") {
		t.Errorf("error %v, told %q", err, got)
	}
}

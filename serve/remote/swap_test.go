package remote

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
	"prowtrace/trace"
)

// Views are swapped and their files unmapped while clients of both protocols read
// them: every answer is of one view, and no file stays mapped behind its last
// reader.
func TestAnswersWhileViewsAreSwapped(t *testing.T) {
	const spans, swaps = 3000, 20
	dir := t.TempDir()
	shared := trace.NewShared(mappedView(t, dir, 0, spans))
	c := connectShared(t, shared)
	readers := []func(ctx context.Context) ([]string, error){
		func(ctx context.Context) (names []string, err error) {
			chunks, err := all(c.reader.GetTraces(ctx, &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(1)}}}))
			for _, e := range flatten(chunks...) {
				names = append(names, e.span.GetName())
			}
			return names, err
		},
		func(ctx context.Context) (names []string, err error) {
			chunks, err := all(c.v1.GetTrace(ctx, &storagev1.GetTraceRequest{TraceId: otlptest.TraceID(1)}))
			for _, chunk := range chunks {
				for _, s := range chunk.GetSpans() {
					names = append(names, s.GetOperationName())
				}
			}
			return names, err
		},
		func(ctx context.Context) (names []string, err error) {
			answer, err := c.reader.GetOperations(ctx, &storagev2.GetOperationsRequest{Service: "service"})
			for _, op := range answer.GetOperations() {
				names = append(names, slices.Repeat([]string{op.GetName()}, spans)...)
			}
			return names, err
		},
	}
	stop := make(chan struct{})
	var reading sync.WaitGroup
	for _, read := range readers {
		reading.Go(func() {
			for {
				names, err := read(t.Context())
				if err != nil {
					t.Error(err)
				}
				if len(names) != spans || names[0] != names[spans-1] || !strings.HasPrefix(names[0], "view ") {
					t.Errorf("%d spans, of %q to %q", len(names), names[0], names[len(names)-1])
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range swaps {
		if err := shared.Swap(mappedView(t, dir, i+1, spans)); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	reading.Wait()
	if err := shared.Close(); err != nil {
		t.Error(err)
	}
	_, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	wantCode(t, err, codes.Unavailable)
	if runtime.GOOS == "linux" {
		if maps, err := os.ReadFile("/proc/self/maps"); err != nil || strings.Contains(string(maps), dir) {
			t.Errorf("files are still mapped: %v", err)
		}
	}
}

// A client that reads slowly gets the whole answer of the view that was current when
// it asked, which another took the place of long ago.
func TestSlowReaderKeepsItsView(t *testing.T) {
	const spans = 100_000 // more than gRPC sends ahead
	dir := t.TempDir()
	shared := trace.NewShared(mappedView(t, dir, 0, spans))
	c := connectShared(t, shared)
	v2, err := c.reader.GetTraces(t.Context(), &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	v1, err := c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: otlptest.TraceID(1)})
	if err != nil {
		t.Fatal(err)
	}
	first, err := v2.Recv()
	if err != nil {
		t.Fatal(err)
	}
	firstV1, err := v1.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if err := shared.Swap(mappedView(t, dir, 1, 1)); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, e := range flatten(append(received(t)(v2, nil), first)...) {
		names["v2 "+e.span.GetName()]++
	}
	for _, chunk := range append(must[storagev1.SpansResponseChunk](t)(v1, nil), firstV1) {
		for _, s := range chunk.GetSpans() {
			names["v1 "+s.GetOperationName()]++
		}
	}
	if len(names) != 2 || names["v2 view 0"] != spans || names["v1 view 0"] != spans {
		t.Errorf("read %v", names)
	}
}

// mappedView is a view of a file on disk with one trace, whose spans are named after
// the view's number.
func mappedView(t *testing.T, dir string, number, spans int) *trace.View {
	t.Helper()
	name := fmt.Sprint("view ", number)
	list := make([]*tracepb.Span, spans)
	for i := range list {
		list[i] = &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(uint64(i + 1)), Name: name, StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(2)}
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, otlptest.File(t, name, otlptest.Under("service", list...)).Data, 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := trace.Load(t.Context(), []trace.Source{{Name: name, Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return trace.Plain(set)
}

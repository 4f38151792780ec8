//go:build unix

package remote

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/tracetest"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// BenchmarkRPC asks every call of both protocols over a real connection, as
// Jaeger does: limit 20, the longest of its searches included. Streams are
// received and not decoded, which takes the client many times as long. PROWTRACE_BENCH
// asks for other sizes than 1m, as 10m, which needs 5 GB of disk, or names
// directories with files to measure on.
func BenchmarkRPC(b *testing.B) {
	for _, scale := range benchScales() {
		b.Run(scale, func(b *testing.B) {
			set := generated(b, scale)
			c := connect(b, set)
			capabilities := storagev2.NewCapabilitiesClient(c.conn)
			middle := set.Trace(set.NumTraces() / 2)
			service, operation := set.Service(middle.Root), set.Span(middle.Root).Name
			nothing := []*storagev2.KeyValue{{Key: "no.such.key", Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: "x"}}}}
			query := func(change func(q *storagev2.TraceQueryParameters)) *storagev2.TraceQueryParameters {
				q := &storagev2.TraceQueryParameters{SearchDepth: 20}
				change(q)
				return q
			}
			newest := query(func(*storagev2.TraceQueryParameters) {})
			ofService := query(func(q *storagev2.TraceQueryParameters) { q.ServiceName = service })
			ofOperation := query(func(q *storagev2.TraceQueryParameters) { q.ServiceName, q.OperationName = service, operation })
			long := query(func(q *storagev2.TraceQueryParameters) { q.DurationMin = durationpb.New(time.Hour) })
			missing := query(func(q *storagev2.TraceQueryParameters) { q.Attributes = nothing })
			calls := []struct {
				name string
				call func(ctx context.Context) error
			}{
				{"v2/GetServices", func(ctx context.Context) error {
					_, err := c.reader.GetServices(ctx, &storagev2.GetServicesRequest{})
					return err
				}},
				{"v2/GetOperations", func(ctx context.Context) error {
					_, err := c.reader.GetOperations(ctx, &storagev2.GetOperationsRequest{Service: service})
					return err
				}},
				{"v2/GetTraces", func(ctx context.Context) error {
					return drain(c.reader.GetTraces(ctx, &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: middle.ID[:]}}}, undecoded))
				}},
				{"v2/FindTraceIDs/newest", ids(c, newest)},
				{"v2/FindTraceIDs/service", ids(c, ofService)},
				{"v2/FindTraceIDs/operation", ids(c, ofOperation)},
				{"v2/FindTraceIDs/an-hour-long", ids(c, long)},
				{"v2/FindTraceIDs/no-such-attribute", ids(c, missing)},
				{"v2/FindTraceSummaries", func(ctx context.Context) error {
					return drain(c.reader.FindTraceSummaries(ctx, &storagev2.FindTraceSummariesRequest{Query: ofService}, undecoded))
				}},
				{"v2/FindTraces/one", func(ctx context.Context) error {
					one := query(func(q *storagev2.TraceQueryParameters) { q.ServiceName, q.SearchDepth = service, 1 })
					return drain(c.reader.FindTraces(ctx, &storagev2.FindTracesRequest{Query: one}, undecoded))
				}},
				{"v2/FindSpans", func(ctx context.Context) error {
					return drain(c.reader.FindSpans(ctx, &storagev2.FindSpansRequest{Query: &storagev2.SpanQueryParameters{
						StartTimeMin: timestamppb.New(time.Unix(0, middle.Start)), StartTimeMax: timestamppb.New(time.Unix(0, middle.End)),
						Pagination: &storagev2.Pagination{PageSize: 20},
					}}, undecoded))
				}},
				{"v2/FindSpans/longest", func(ctx context.Context) error {
					return drain(c.reader.FindSpans(ctx, &storagev2.FindSpansRequest{Query: &storagev2.SpanQueryParameters{
						StartTimeMin: timestamppb.New(time.Unix(0, middle.Start)), StartTimeMax: timestamppb.New(time.Unix(0, middle.End)),
						Pagination: &storagev2.Pagination{PageSize: 20},
						OrderBy:    []*storagev2.SpanSortOrder{{Expression: fieldOf("span", "duration"), Direction: "desc"}},
					}}, undecoded))
				}},
				{"v2/GetDependencies", func(ctx context.Context) error {
					_, err := c.dependencies.GetDependencies(ctx, &storagev2.GetDependenciesRequest{})
					return err
				}},
				{"v2/GetCapabilities", func(ctx context.Context) error {
					_, err := capabilities.GetCapabilities(ctx, &storagev2.GetCapabilitiesRequest{})
					return err
				}},
				{"v1/GetTrace", func(ctx context.Context) error {
					return drain(c.v1.GetTrace(ctx, &storagev1.GetTraceRequest{TraceId: middle.ID[:]}, undecoded))
				}},
				{"v1/FindTraces/one", func(ctx context.Context) error {
					return drain(c.v1.FindTraces(ctx, &storagev1.FindTracesRequest{Query: &storagev1.TraceQueryParameters{ServiceName: service, NumTraces: 1}}, undecoded))
				}},
				{"v1/GetServices", func(ctx context.Context) error {
					_, err := c.v1.GetServices(ctx, &storagev1.GetServicesRequest{})
					return err
				}},
				{"v1/GetOperations", func(ctx context.Context) error {
					_, err := c.v1.GetOperations(ctx, &storagev1.GetOperationsRequest{Service: service})
					return err
				}},
				{"v1/FindTraceIDs", func(ctx context.Context) error {
					_, err := c.v1.FindTraceIDs(ctx, &storagev1.FindTraceIDsRequest{Query: &storagev1.TraceQueryParameters{ServiceName: service, NumTraces: 20}})
					return err
				}},
				{"v1/GetDependencies", func(ctx context.Context) error {
					_, err := c.v1Deps.GetDependencies(ctx, &storagev1.GetDependenciesRequest{})
					return err
				}},
			}
			for _, call := range calls {
				b.Run(call.name, func(b *testing.B) { timed(b, call.call) })
			}
		})
	}
}

// benchScales are the sizes to measure on.
func benchScales() []string {
	if s := os.Getenv("PROWTRACE_BENCH"); s != "" {
		return strings.Split(s, ",")
	}
	return []string{"1m"}
}

func ids(c clients, q *storagev2.TraceQueryParameters) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.reader.FindTraceIDs(ctx, &storagev2.FindTraceIDsRequest{Query: q})
		return err
	}
}

// undecoded makes a call that does not look at what it receives.
var undecoded = grpc.ForceCodecV2(blind{})

type blind struct{ storage.Codec }

func (blind) Unmarshal(mem.BufferSlice, any) error { return nil }

// drain receives a stream and keeps nothing.
func drain[M any](stream grpc.ServerStreamingClient[M], err error) error {
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// timed reports the 99th percentile beside the mean, and the processor time of
// server and client, which is what can be compared where other programs run
// beside. The first call is not counted: some things are worked out when they
// are first asked for.
func timed(b *testing.B, call func(ctx context.Context) error) {
	var took []time.Duration
	ctx := b.Context()
	if err := call(ctx); err != nil {
		b.Fatal(err)
	}
	cpu := cpuTime()
	for b.Loop() {
		began := time.Now()
		if err := call(ctx); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	b.ReportMetric((cpuTime()-cpu).Seconds()*1000/float64(b.N), "cpu-ms/op")
	slices.Sort(took)
	b.ReportMetric(took[(len(took)*99-1)/100].Seconds()*1000, "p99-ms")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// generated loads spans in quantity.
func generated(b *testing.B, scale string) *trace.View {
	if testing.Short() {
		b.Skip("needs files made for it")
	}
	var sources []trace.Source
	for _, p := range tracetest.Generated(b, scale) {
		sources = append(sources, trace.Source{Name: filepath.Base(p), Path: p})
	}
	set, err := join.Load(b.Context(), sources)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { set.Set().Close() })
	return set
}

package remote

import (
	"context"
	"errors"
	"slices"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/panics"
	"prowtrace/serve/remote/storage"
	v1 "prowtrace/serve/remote/v1"
	"prowtrace/trace"
)

// A Run is one of several whose traces are served together.
type Run = storage.Run

// NewRunsServer gives a gRPC server for the runs that are loaded when a request comes: runs
// gives them, and is called once for each request. A search by the attributes prow.job and
// prow.build asks only the runs of these. It speaks both protocols. Of jaeger.storage.v2 it has
// no pages of answers, no summaries and no searches for spans, and says so in its capabilities.
//
// A fault of the program ends the request that met it, with codes.Internal, and nothing else.
// met hears of it, with the method that was asked.
func NewRunsServer(runs func() []Run, met func(method string, e *panics.Error)) *grpc.Server {
	s := grpc.NewServer(append(guards(met), grpc.ForceServerCodecV2(storage.Codec{}), grpc.WaitForHandlers(true))...)
	storagev2.RegisterTraceReaderServer(s, &runsV2{runs: runs})
	storagev2.RegisterDependencyReaderServer(s, &runsDependencies{runs: runs})
	storagev2.RegisterCapabilitiesServer(s, &runsCapabilities{})
	v1.RegisterRuns(s, runs)
	healthpb.RegisterHealthServer(s, health.NewServer())
	return s
}

// guards make a panic of a request its error.
func guards(met func(method string, e *panics.Error)) []grpc.ServerOption {
	guard := func(method string, handle func() error) error {
		err := panics.Guard(handle)
		if e := (*panics.Error)(nil); errors.As(err, &e) {
			met(method, e)
			return status.Error(codes.Internal, e.Error())
		}
		return err
	}
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (out any, err error) {
			err = guard(info.FullMethod, func() error {
				out, err = handle(ctx, in)
				return err
			})
			return out, err
		}),
		grpc.ChainStreamInterceptor(func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			return guard(info.FullMethod, func() error { return handle(server, stream) })
		}),
	}
}

// runsV2 is jaeger.storage.v2's TraceReader over several runs.
type runsV2 struct {
	storagev2.UnimplementedTraceReaderServer
	runs storage.Runs
}

func (r *runsV2) GetTraces(req *storagev2.GetTracesRequest, stream grpc.ServerStreamingServer[tracepb.TracesData]) error {
	var ids []trace.TraceID
	for _, q := range req.GetQuery() {
		id, err := storage.ParseTraceID(q.GetTraceId())
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	found, release := r.runs.Lookup(ids...)
	defer release()
	return sendAll(found, stream)
}

// sendAll sends traces of several runs one after the other.
func sendAll(found []storage.Found, stream grpc.ServerStream) error {
	for _, f := range found {
		p := splicer{view: f.View}
		if err := p.trace(f.Trace, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

func (r *runsV2) GetServices(context.Context, *storagev2.GetServicesRequest) (*storagev2.GetServicesResponse, error) {
	return &storagev2.GetServicesResponse{Services: r.runs.Services()}, nil
}

func (r *runsV2) GetOperations(_ context.Context, req *storagev2.GetOperationsRequest) (*storagev2.GetOperationsResponse, error) {
	ops, err := r.runs.Operations(req.GetService(), req.GetSpanKind())
	if err != nil {
		return nil, err
	}
	resp := &storagev2.GetOperationsResponse{}
	for _, op := range ops {
		resp.Operations = append(resp.Operations, &storagev2.Operation{Name: op.Name, SpanKind: op.Kind.String()})
	}
	return resp, nil
}

// find gives the traces of all runs that match, newest first. They can be used until release.
func (r *runsV2) find(ctx context.Context, params *storagev2.TraceQueryParameters) (found []storage.Found, release func(), err error) {
	if params.GetPagination() != nil {
		return nil, func() {}, status.Error(codes.InvalidArgument, "the answers of several runs have no pages: use search_depth")
	}
	q, err := queryV2(params)
	if err != nil {
		return nil, func() {}, err
	}
	return r.runs.Find(ctx, q)
}

func (r *runsV2) FindTraces(req *storagev2.FindTracesRequest, stream grpc.ServerStreamingServer[tracepb.TracesData]) error {
	found, release, err := r.find(stream.Context(), req.GetQuery())
	defer release()
	if err != nil {
		return err
	}
	return sendAll(found, stream)
}

func (r *runsV2) FindTraceIDs(ctx context.Context, req *storagev2.FindTraceIDsRequest) (*storagev2.FindTraceIDsResponse, error) {
	found, release, err := r.find(ctx, req.GetQuery())
	defer release()
	if err != nil {
		return nil, err
	}
	resp := &storagev2.FindTraceIDsResponse{}
	for _, f := range found[:min(len(found), mostIDs)] {
		resp.TraceIds = append(resp.TraceIds, &storagev2.FoundTraceID{TraceId: slices.Clone(f.ID[:]), Start: storage.Timestamp(f.Start), End: storage.Timestamp(f.End)})
	}
	return resp, nil
}

// runsDependencies is jaeger.storage.v2's DependencyReader over several runs.
type runsDependencies struct {
	storagev2.UnimplementedDependencyReaderServer
	runs storage.Runs
}

func (d *runsDependencies) GetDependencies(_ context.Context, req *storagev2.GetDependenciesRequest) (*storagev2.GetDependenciesResponse, error) {
	calls, err := d.runs.Calls(req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	resp := &storagev2.GetDependenciesResponse{}
	for _, c := range calls {
		resp.Dependencies = append(resp.Dependencies, &storagev2.Dependency{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}

// runsCapabilities is what a search over several runs may ask for.
type runsCapabilities struct {
	storagev2.UnimplementedCapabilitiesServer
}

func (*runsCapabilities) GetCapabilities(ctx context.Context, req *storagev2.GetCapabilitiesRequest) (*storagev2.GetCapabilitiesResponse, error) {
	resp, err := (&capabilitiesV2{}).GetCapabilities(ctx, req)
	if err == nil {
		resp.Search.Paginated, resp.Search.SpanSearch, resp.Search.SpanSorting = false, false, false
	}
	return resp, err
}

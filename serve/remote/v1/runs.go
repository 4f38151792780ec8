package v1

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// RegisterRuns registers the same services for several runs. The server needs storage.Codec.
func RegisterRuns(s *grpc.Server, runs storage.Runs) {
	storagev1.RegisterSpanReaderPluginServer(s, &runsReader{runs: runs})
	storagev1.RegisterDependenciesReaderPluginServer(s, &runsDependencies{runs: runs})
	storagev1.RegisterPluginCapabilitiesServer(s, &capabilities{})
}

// runsReader is jaeger.storage.v1's SpanReaderPlugin over several runs.
type runsReader struct {
	storagev1.UnimplementedSpanReaderPluginServer
	runs storage.Runs
}

func (r *runsReader) GetTrace(req *storagev1.GetTraceRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	id, err := storage.ParseTraceID(req.GetTraceId())
	if err != nil {
		return err
	}
	found, release := r.runs.Lookup(id)
	defer release()
	if len(found) == 0 {
		return errNoTrace()
	}
	return sendAll(found, stream)
}

func (r *runsReader) FindTraces(req *storagev1.FindTracesRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	q, err := question(req.GetQuery())
	if err != nil {
		return err
	}
	found, release, err := r.runs.Find(stream.Context(), q)
	defer release()
	if err != nil {
		return err
	}
	return sendAll(found, stream)
}

// sendAll sends traces of several runs one after the other.
func sendAll(found []storage.Found, stream grpc.ServerStream) error {
	of := map[*trace.View]*streamer{}
	for _, f := range found {
		if of[f.View] == nil {
			of[f.View] = newStreamer(f.View)
		}
		if err := of[f.View].trace(f.Trace, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

func (r *runsReader) GetServices(context.Context, *storagev1.GetServicesRequest) (*storagev1.GetServicesResponse, error) {
	return &storagev1.GetServicesResponse{Services: r.runs.Services()}, nil
}

func (r *runsReader) GetOperations(_ context.Context, req *storagev1.GetOperationsRequest) (*storagev1.GetOperationsResponse, error) {
	ops, err := r.runs.Operations(req.GetService(), req.GetSpanKind())
	if err != nil {
		return nil, err
	}
	return operationsOf(ops), nil
}

func (r *runsReader) FindTraceIDs(ctx context.Context, req *storagev1.FindTraceIDsRequest) (*storagev1.FindTraceIDsResponse, error) {
	q, err := question(req.GetQuery())
	if err != nil {
		return nil, err
	}
	q.Limit = storage.AtMost(q.Limit, mostIDs)
	found, release, err := r.runs.Find(ctx, q)
	defer release()
	if err != nil {
		return nil, err
	}
	resp := &storagev1.FindTraceIDsResponse{}
	for _, f := range found {
		resp.TraceIds = append(resp.TraceIds, slices.Clone(f.ID[:]))
	}
	return resp, nil
}

// runsDependencies is jaeger.storage.v1's DependenciesReaderPlugin over several runs.
type runsDependencies struct {
	storagev1.UnimplementedDependenciesReaderPluginServer
	runs storage.Runs
}

func (d *runsDependencies) GetDependencies(_ context.Context, req *storagev1.GetDependenciesRequest) (*storagev1.GetDependenciesResponse, error) {
	calls, err := d.runs.Calls(req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	return linksOf(calls), nil
}

// errNoTrace is how jaeger-query 1.x knows a missing trace once the stream is open: by these
// very words; with any others its answer is HTTP 500.
func errNoTrace() error { return status.Error(codes.NotFound, "trace not found") }

package remote

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/trace"
)

// readerV1 is jaeger.storage.v1's SpanReaderPlugin.
type readerV1 struct {
	storagev1.UnimplementedSpanReaderPluginServer
	set *trace.View
}

// GetTrace streams one trace, or fails with NotFound. As in v2, a time range is
// passed over.
func (r *readerV1) GetTrace(req *storagev1.GetTraceRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	id, err := traceID(req.GetTraceId())
	if err != nil {
		return err
	}
	t, ok := r.set.Lookup(id)
	if !ok {
		// jaeger-query 1.x knows a missing trace by these very words once the
		// stream is open; with any others its answer is HTTP 500.
		return status.Error(codes.NotFound, "trace not found")
	}
	v1 := translator{set: r.set}
	return v1.trace(t, sendTo(stream))
}

// FindTraces streams the traces that match, newest first, the spans of each
// one after the other.
func (r *readerV1) FindTraces(req *storagev1.FindTracesRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	q, err := queryV1(req.GetQuery())
	if err != nil {
		return err
	}
	found, err := find(stream.Context(), r.set, q)
	if err != nil {
		return err
	}
	v1 := translator{set: r.set}
	for _, t := range found {
		if err := v1.trace(t, sendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

// GetServices lists all services.
func (r *readerV1) GetServices(context.Context, *storagev1.GetServicesRequest) (*storagev1.GetServicesResponse, error) {
	return &storagev1.GetServicesResponse{Services: services(r.set)}, nil
}

// GetOperations lists the operations of a service, of one kind if asked for.
func (r *readerV1) GetOperations(_ context.Context, req *storagev1.GetOperationsRequest) (*storagev1.GetOperationsResponse, error) {
	ops, err := operations(r.set, req.GetService(), req.GetSpanKind())
	if err != nil {
		return nil, err
	}
	resp := &storagev1.GetOperationsResponse{}
	for _, op := range ops {
		resp.Operations = append(resp.Operations, &storagev1.Operation{Name: op.Name, SpanKind: op.Kind.String()})
		if n := len(resp.OperationNames); n == 0 || resp.OperationNames[n-1] != op.Name {
			resp.OperationNames = append(resp.OperationNames, op.Name)
		}
	}
	return resp, nil
}

// FindTraceIDs lists the ids of the traces that match, newest first.
func (r *readerV1) FindTraceIDs(ctx context.Context, req *storagev1.FindTraceIDsRequest) (*storagev1.FindTraceIDsResponse, error) {
	q, err := queryV1(req.GetQuery())
	if err != nil {
		return nil, err
	}
	q.Limit = atMost(q.Limit, mostIDsV1)
	found, err := find(ctx, r.set, q)
	if err != nil {
		return nil, err
	}
	resp := &storagev1.FindTraceIDsResponse{}
	for _, t := range found {
		resp.TraceIds = append(resp.TraceIds, t.ID[:])
	}
	return resp, nil
}

package remote

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/trace"
)

// readerV1 is jaeger.storage.v1's SpanReaderPlugin.
type readerV1 struct {
	storagev1.UnimplementedSpanReaderPluginServer
	set *trace.Set
}

// GetTrace streams one trace, or fails with NotFound.
func (r *readerV1) GetTrace(req *storagev1.GetTraceRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	id, err := traceID(req.GetTraceId())
	if err != nil {
		return err
	}
	t, ok := r.set.Lookup(id)
	if !ok || !overlaps(t, notBefore(req.GetStartTime()), notAfter(req.GetEndTime())) {
		// jaeger-query 1.x knows a missing trace by these very words once the
		// stream is open; with any others its answer is HTTP 500.
		return status.Error(codes.NotFound, "trace not found")
	}
	return r.send(t, stream)
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
	for _, t := range found {
		if err := r.send(t, stream); err != nil {
			return err
		}
	}
	return nil
}

// send translates the spans of t one by one into messages of bounded size.
func (r *readerV1) send(t trace.Trace, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	processes := processes{set: r.set}
	chunk, size := &storagev1.SpansResponseChunk{}, 0
	tree := r.set.Tree(t)
	for i := range tree.Len() {
		detail, err := tree.Detail(i)
		if err != nil {
			return status.Error(codes.DataLoss, err.Error())
		}
		span := translate(detail, processes.of(tree.Row(i), detail.Resource))
		n := fieldSize(proto.Size(span))
		if size > 0 && size+n > chunkSize {
			if err := stream.Send(chunk); err != nil {
				return err
			}
			chunk, size = &storagev1.SpansResponseChunk{}, 0
		}
		chunk.Spans = append(chunk.Spans, span)
		size += n
	}
	return stream.Send(chunk)
}

// GetServices lists all services.
func (r *readerV1) GetServices(context.Context, *storagev1.GetServicesRequest) (*storagev1.GetServicesResponse, error) {
	return &storagev1.GetServicesResponse{Services: r.set.Services()}, nil
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

// Package v1 answers jaeger.storage.v1, which jaeger-query and jaeger-all-in-one 1.x
// speak.
//
// It promises whole traces, newest first, in messages below 1 MiB, except that a
// larger single span is sent alone. Spans are translated into Jaeger's model while
// they are sent, on all processors. It writes nothing and keeps nothing from one
// stream to the next.
package v1

import (
	"context"

	"google.golang.org/grpc"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// Register registers the services of the protocol that read. The server needs
// storage.ServerOptions.
func Register(s *grpc.Server) {
	storagev1.RegisterSpanReaderPluginServer(s, &reader{})
	storagev1.RegisterDependenciesReaderPluginServer(s, &dependencies{})
	storagev1.RegisterPluginCapabilitiesServer(s, &capabilities{})
}

// mostIDs is the most ids that an answer of FindTraceIDs has room for.
const mostIDs = storage.AnswerSize / 18

// reader is jaeger.storage.v1's SpanReaderPlugin.
type reader struct {
	storagev1.UnimplementedSpanReaderPluginServer
}

// GetTrace streams one trace, or fails with NotFound. As in v2, a time range is
// passed over.
func (r *reader) GetTrace(req *storagev1.GetTraceRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	id, err := storage.ParseTraceID(req.GetTraceId())
	if err != nil {
		return err
	}
	view := storage.ViewOf(stream.Context())
	t, ok := view.Lookup(id)
	if !ok {
		return errNoTrace()
	}
	return newStreamer(view).trace(t, storage.SendTo(stream))
}

// FindTraces streams the traces that match, newest first, the spans of each
// one after the other.
func (r *reader) FindTraces(req *storagev1.FindTracesRequest, stream grpc.ServerStreamingServer[storagev1.SpansResponseChunk]) error {
	q, err := question(req.GetQuery())
	if err != nil {
		return err
	}
	view := storage.ViewOf(stream.Context())
	found, err := storage.Find(stream.Context(), view, q)
	if err != nil {
		return err
	}
	out := newStreamer(view)
	for _, t := range found {
		if err := out.trace(t, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

// GetServices lists all services.
func (r *reader) GetServices(ctx context.Context, _ *storagev1.GetServicesRequest) (*storagev1.GetServicesResponse, error) {
	return &storagev1.GetServicesResponse{Services: storage.Services(storage.ViewOf(ctx))}, nil
}

// GetOperations lists the operations of a service, of one kind if asked for.
func (r *reader) GetOperations(ctx context.Context, req *storagev1.GetOperationsRequest) (*storagev1.GetOperationsResponse, error) {
	ops, err := storage.Operations(storage.ViewOf(ctx), req.GetService(), req.GetSpanKind())
	if err != nil {
		return nil, err
	}
	return operationsOf(ops), nil
}

// operationsOf lists operations, of which those with one name follow each other.
func operationsOf(ops []trace.Operation) *storagev1.GetOperationsResponse {
	resp := &storagev1.GetOperationsResponse{}
	for _, op := range ops {
		resp.Operations = append(resp.Operations, &storagev1.Operation{Name: op.Name, SpanKind: op.Kind.String()})
		if n := len(resp.OperationNames); n == 0 || resp.OperationNames[n-1] != op.Name {
			resp.OperationNames = append(resp.OperationNames, op.Name)
		}
	}
	return resp
}

// FindTraceIDs lists the ids of the traces that match, newest first.
func (r *reader) FindTraceIDs(ctx context.Context, req *storagev1.FindTraceIDsRequest) (*storagev1.FindTraceIDsResponse, error) {
	q, err := question(req.GetQuery())
	if err != nil {
		return nil, err
	}
	q.Limit = storage.AtMost(q.Limit, mostIDs)
	found, err := storage.Find(ctx, storage.ViewOf(ctx), q)
	if err != nil {
		return nil, err
	}
	resp := &storagev1.FindTraceIDsResponse{}
	for _, t := range found {
		resp.TraceIds = append(resp.TraceIds, t.ID[:])
	}
	return resp, nil
}

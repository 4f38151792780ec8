package remote

import (
	"context"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// mostIDs is the most ids that an answer of FindTraceIDs has room for: a FoundTraceID
// has 16 bytes of id, two times of up to 12, the tags and lengths.
const mostIDs = storage.AnswerSize / 48

// readerV2 is jaeger.storage.v2's TraceReader.
type readerV2 struct {
	storagev2.UnimplementedTraceReaderServer
}

// GetTraces streams the traces that are known, each once. A time range is passed
// over: it is a hint for storages that keep days apart, and Jaeger's comparison of
// two traces sends that of the last hours, whatever the traces' time.
func (r *readerV2) GetTraces(req *storagev2.GetTracesRequest, stream grpc.ServerStreamingServer[tracepb.TracesData]) error {
	p := splicer{view: storage.ViewOf(stream.Context())}
	sent := map[int]bool{}
	for _, q := range req.GetQuery() {
		id, err := storage.ParseTraceID(q.GetTraceId())
		if err != nil {
			return err
		}
		t, ok := p.view.Lookup(id)
		if !ok || sent[t.Index] {
			continue
		}
		sent[t.Index] = true
		if err := p.trace(t, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

// GetServices lists all services.
func (r *readerV2) GetServices(ctx context.Context, _ *storagev2.GetServicesRequest) (*storagev2.GetServicesResponse, error) {
	return &storagev2.GetServicesResponse{Services: storage.Services(storage.ViewOf(ctx))}, nil
}

// GetOperations lists the operations of a service, of one kind if asked for.
func (r *readerV2) GetOperations(ctx context.Context, req *storagev2.GetOperationsRequest) (*storagev2.GetOperationsResponse, error) {
	ops, err := storage.Operations(storage.ViewOf(ctx), req.GetService(), req.GetSpanKind())
	if err != nil {
		return nil, err
	}
	resp := &storagev2.GetOperationsResponse{}
	for _, op := range ops {
		resp.Operations = append(resp.Operations, &storagev2.Operation{Name: op.Name, SpanKind: op.Kind.String()})
	}
	return resp, nil
}

// FindTraces streams the traces that match, newest first.
func (r *readerV2) FindTraces(req *storagev2.FindTracesRequest, stream grpc.ServerStreamingServer[tracepb.TracesData]) error {
	if req.GetQuery().GetPagination() != nil {
		return status.Error(codes.InvalidArgument, "FindTraces is not paginated: use search_depth")
	}
	p := splicer{view: storage.ViewOf(stream.Context())}
	found, _, err := find(stream.Context(), p.view, req.GetQuery(), "FindTraces")
	if err != nil {
		return err
	}
	for _, t := range found {
		if err := p.trace(t, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

// FindTraceIDs lists the ids of the traces that match, newest first, with the
// time range of each.
func (r *readerV2) FindTraceIDs(ctx context.Context, req *storagev2.FindTraceIDsRequest) (*storagev2.FindTraceIDsResponse, error) {
	found, next, err := find(ctx, storage.ViewOf(ctx), req.GetQuery(), "FindTraceIDs")
	if err != nil {
		return nil, err
	}
	resp := &storagev2.FindTraceIDsResponse{NextPageToken: next}
	for _, t := range found {
		resp.TraceIds = append(resp.TraceIds, &storagev2.FoundTraceID{TraceId: t.ID[:], Start: storage.Timestamp(t.Start), End: storage.Timestamp(t.End)})
	}
	return resp, nil
}

// find gives the traces that match, of a page where one is asked for, and the
// token of the next page where there is one.
func find(ctx context.Context, view *trace.View, params *storagev2.TraceQueryParameters, method string) (found []trace.Trace, next string, err error) {
	q, err := queryV2(params)
	if err != nil {
		return nil, "", err
	}
	pg, after, err := paged(view, params, method)
	if err != nil {
		return nil, "", err
	}
	if method == "FindTraceIDs" {
		q.Limit = storage.AtMost(q.Limit, mostIDs)
	}
	if pg.size > 0 {
		q.After, q.Limit = after, pg.size+1 // one more tells whether there is a next page
	}
	if found, err = storage.Find(ctx, view, q); err != nil {
		return nil, "", err
	}
	if pg.size > 0 && len(found) > pg.size {
		found = found[:pg.size]
		last := found[pg.size-1].ID
		next = pg.next(last[:])
	}
	return found, next, nil
}

package remote

import (
	"encoding/binary"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// FindSpans streams a page of the spans that match, in the order asked for.
func (r *readerV2) FindSpans(req *storagev2.FindSpansRequest, stream grpc.ServerStreamingServer[storagev2.FindSpansResponse]) error {
	view := storage.ViewOf(stream.Context())
	q, pg, err := spanQuery(view, req.GetQuery())
	if err != nil {
		return err
	}
	rows, err := query.FindSpans(stream.Context(), view, q)
	if err != nil {
		return status.FromContextError(err).Err()
	}
	next := ""
	if len(rows) > pg.size {
		rows = rows[:pg.size]
		next = pg.next(spanPosition(view, rows[pg.size-1]))
	}
	p := splicer{view: view}
	return p.spans(rows, next, storage.SendTo(stream))
}

// spanQuery reads a question for spans. It asks for one span more than a page
// has, to know whether there are more.
func spanQuery(view *trace.View, p *storagev2.SpanQueryParameters) (q query.SpanQuery, pg page, err error) {
	q = query.SpanQuery{StartMin: storage.NotBefore(p.GetStartTimeMin()), StartMax: storage.NotAfter(p.GetStartTimeMax())}
	switch {
	case !storage.IsSet(p.GetStartTimeMin()) || !storage.IsSet(p.GetStartTimeMax()):
		return q, pg, status.Error(codes.InvalidArgument, "a search for spans needs start_time_min and start_time_max")
	case p.GetPagination() == nil:
		return q, pg, status.Error(codes.InvalidArgument, "a search for spans needs pagination: its page_size is the only bound")
	}
	if p.GetFilter() != nil {
		if q.Filter, err = filter(p.GetFilter()); err != nil {
			return q, pg, err
		}
	}
	if q.Order, err = spanOrder(p.GetOrderBy()); err != nil {
		return q, pg, err
	}
	// A token is good for the same order, however it is written.
	question := &storagev2.SpanQueryParameters{StartTimeMin: p.GetStartTimeMin(), StartTimeMax: p.GetStartTimeMax(), Filter: p.GetFilter()}
	order := ""
	for _, o := range q.Order {
		order += string([]byte{'0' + byte(o.By), map[bool]byte{false: '+', true: '-'}[o.Descending]})
	}
	if pg, err = newPage(p.GetPagination(), "FindSpans by "+order, question); err != nil {
		return q, pg, err
	}
	q.Limit = pg.size + 1
	if pg.behind != nil {
		row, ok := spanAt(view, pg.behind)
		if !ok {
			return q, pg, errForeignToken
		}
		q.After = &row
	}
	return q, pg, nil
}

// sortKeys are the fields of spans that can be ordered by.
var sortKeys = map[string]query.SpanKey{
	"startTime": query.ByStart, "duration": query.ByDuration, "traceID": query.ByTraceID, "spanID": query.BySpanID,
}

// spanOrder reads an order, and adds what the default one has besides: newest
// first, then trace and span id.
func spanOrder(terms []*storagev2.SpanSortOrder) (order []query.SpanOrder, err error) {
	has := map[query.SpanKey]bool{}
	for _, t := range terms {
		f := t.GetExpression().GetField()
		key, ok := sortKeys[f.GetName()]
		switch {
		case f.GetLevel() != string(query.SpanLevel) || !ok:
			return nil, status.Errorf(codes.InvalidArgument, "spans cannot be ordered by %v: want the span's startTime, duration, traceID or spanID", t.GetExpression())
		case has[key]:
			return nil, status.Errorf(codes.InvalidArgument, "spans are ordered by %s twice", f.GetName())
		case t.GetDirection() != "" && t.GetDirection() != "asc" && t.GetDirection() != "desc":
			return nil, status.Errorf(codes.InvalidArgument, "%q is no direction: want asc or desc", t.GetDirection())
		}
		has[key] = true
		order = append(order, query.SpanOrder{By: key, Descending: t.GetDirection() == "desc"})
	}
	for _, o := range []query.SpanOrder{{By: query.ByStart, Descending: true}, {By: query.ByTraceID}, {By: query.BySpanID}} {
		if !has[o.By] {
			order = append(order, o)
		}
	}
	return order, nil
}

// spanPosition names a row by its trace, its index in there and its span id,
// so that a token stays good when the same files are loaded again.
func spanPosition(view *trace.View, row int) []byte {
	s := view.Span(row)
	t := view.Trace(s.Trace)
	return binary.BigEndian.AppendUint32(append(t.ID[:], s.ID[:]...), uint32(row-t.First))
}

// spanAt finds the row that spanPosition named.
func spanAt(view *trace.View, position []byte) (row int, ok bool) {
	var id trace.TraceID
	if len(position) != len(id)+8+4 {
		return 0, false
	}
	copy(id[:], position)
	index := int(binary.BigEndian.Uint32(position[len(position)-4:]))
	t, ok := view.Lookup(id)
	if !ok || index >= t.Spans || view.Span(t.First+index).ID != trace.SpanID(position[len(id):][:8]) {
		return 0, false
	}
	return t.First + index, true
}

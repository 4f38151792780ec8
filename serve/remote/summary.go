package remote

import (
	"cmp"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// FindTraceSummaries streams a line about each trace that matches, newest
// first, without touching its encoded spans.
func (r *readerV2) FindTraceSummaries(req *storagev2.FindTraceSummariesRequest, stream grpc.ServerStreamingServer[storagev2.FindTraceSummariesResponse]) error {
	view := storage.ViewOf(stream.Context())
	found, next, err := find(stream.Context(), view, req.GetQuery(), "FindTraceSummaries")
	if err != nil || len(found) == 0 {
		return err
	}
	chunk, size := &storagev2.FindTraceSummariesResponse{}, 0
	for _, t := range found {
		s := summarize(view, t)
		n := otlpwire.FieldSize(proto.Size(s))
		if size > 0 && size+n > storage.ChunkSize {
			if err := stream.Send(chunk); err != nil {
				return err
			}
			chunk, size = &storagev2.FindTraceSummariesResponse{}, 0
		}
		chunk.Summaries = append(chunk.Summaries, s)
		size += n
	}
	chunk.NextPageToken = next
	return stream.Send(chunk)
}

// mostName bounds a name in a summary, in bytes.
const mostName = 16 << 10

// summarize names a trace after its earliest root. One without a root is named
// after its earliest span, so that the list of traces says something.
func summarize(view *trace.View, t trace.Trace) *storagev2.TraceSummary {
	root, tree := view.Span(t.Root), view.Tree(t)
	start, end := tree.Extent()
	s := &storagev2.TraceSummary{
		TraceId: t.ID[:], RootServiceName: text.Short(root.Service, mostName), RootOperationName: text.Short(root.Name, mostName),
		MinStartTimeUnixNano: uint64(start), MaxEndTimeUnixNano: uint64(end),
		SpanCount: int32(tree.Len()), OrphanSpanCount: int32(t.Orphans),
	}
	if tree.Joined() {
		s.OrphanSpanCount = 0 // all hang below their processes
	}
	services := map[string]*storagev2.ServiceSummary{}
	var last *storagev2.ServiceSummary // spans of a service often follow each other
	for i := range tree.Len() {
		span := tree.Span(i)
		if last == nil || last.Name != span.Service {
			if last = services[span.Service]; last == nil {
				last = &storagev2.ServiceSummary{Name: span.Service}
				services[span.Service] = last
				s.Services = append(s.Services, last)
			}
		}
		last.SpanCount++
		if span.Status == trace.StatusError {
			s.ErrorSpanCount++
			last.ErrorSpanCount++
		}
	}
	const rest = 64 << 10 // the root's names, and some numbers
	s.Services = storage.Fit(s.Services, storage.ChunkSize-rest, func(service *storagev2.ServiceSummary) int { return otlpwire.FieldSize(proto.Size(service)) })
	slices.SortFunc(s.Services, func(a, b *storagev2.ServiceSummary) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

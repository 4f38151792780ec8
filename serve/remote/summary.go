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
	byResource := map[int]*storagev2.ServiceSummary{}
	resource, service := -1, (*storagev2.ServiceSummary)(nil) // spans of a resource often follow each other
	for i := range tree.Len() {
		if n := tree.Resource(i); n != resource {
			if resource, service = n, byResource[n]; service == nil {
				name := view.ServiceOf(n)
				if service = services[name]; service == nil {
					service = &storagev2.ServiceSummary{Name: name}
					services[name] = service
					s.Services = append(s.Services, service)
				}
				byResource[n] = service
			}
		}
		service.SpanCount++
		if tree.Status(i) == trace.StatusError {
			s.ErrorSpanCount++
			service.ErrorSpanCount++
		}
	}
	const rest = 64 << 10 // the root's names, and some numbers
	s.Services = storage.Fit(s.Services, storage.ChunkSize-rest, func(service *storagev2.ServiceSummary) int { return otlpwire.FieldSize(proto.Size(service)) })
	slices.SortFunc(s.Services, func(a, b *storagev2.ServiceSummary) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

package remote

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

// A summary says of a trace what going through its spans does.
func TestSummaries(t *testing.T) {
	src := otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(19, 20)), 1, 200)...)
	rootless := otlptest.File(t, "rootless", otlptest.Under("lost",
		&tracepb.Span{TraceId: otlptest.TraceID(1000), SpanId: otlptest.SpanID(2), ParentSpanId: otlptest.SpanID(1), Name: "later", StartTimeUnixNano: otlptest.At(2), EndTimeUnixNano: otlptest.At(3)},
		&tracepb.Span{TraceId: otlptest.TraceID(1000), SpanId: otlptest.SpanID(3), ParentSpanId: otlptest.SpanID(1), Name: "earlier", StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(4)}))
	c := connect(t, otlptest.Load(t, src, rootless))
	traces := byTrace(decode(t, src, rootless))
	chunks := must[storagev2.FindTraceSummariesResponse](t)(c.reader.FindTraceSummaries(t.Context(), &storagev2.FindTraceSummariesRequest{}))
	seen := 0
	for _, chunk := range chunks {
		for _, got := range chunk.GetSummaries() {
			seen++
			if want := summaryOf(traces[string(got.GetTraceId())]); !proto.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		}
	}
	if seen != len(traces) {
		t.Errorf("%d summaries of %d traces", seen, len(traces))
	}
}

func summaryOf(spans []entry) *storagev2.TraceSummary {
	s := &storagev2.TraceSummary{TraceId: spans[0].span.GetTraceId(), SpanCount: int32(len(spans))}
	ids, services := map[string]bool{}, map[string]*storagev2.ServiceSummary{}
	for _, e := range spans {
		ids[string(e.span.GetSpanId())] = true
	}
	begin, end := extent(spans)
	s.MinStartTimeUnixNano, s.MaxEndTimeUnixNano = uint64(begin), uint64(end)
	slices.SortFunc(spans, func(a, b entry) int {
		return int(int64(a.span.GetStartTimeUnixNano()) - int64(b.span.GetStartTimeUnixNano()))
	})
	var root, first *entry
	for i, e := range spans {
		name := serviceOf(e)
		if services[name] == nil {
			services[name] = &storagev2.ServiceSummary{Name: name}
		}
		services[name].SpanCount++
		if e.span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
			s.ErrorSpanCount++
			services[name].ErrorSpanCount++
		}
		switch parent := string(e.span.GetParentSpanId()); {
		case parent == "" && root == nil:
			root = &spans[i]
		case parent != "" && !ids[parent]:
			s.OrphanSpanCount++
		}
		if first == nil {
			first = &spans[i]
		}
	}
	if root == nil {
		root = first
	}
	s.RootServiceName, s.RootOperationName = serviceOf(*root), root.span.GetName()
	for _, service := range services {
		s.Services = append(s.Services, service)
	}
	slices.SortFunc(s.Services, func(a, b *storagev2.ServiceSummary) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return s
}

// Many summaries come in messages below 1 MiB.
func TestSummariesAreCut(t *testing.T) {
	var spans []*tracepb.Span
	name := fmt.Sprintf("%01000d", 7)
	for i := range 3000 {
		spans = append(spans, &tracepb.Span{TraceId: otlptest.TraceID(uint64(i + 1)), SpanId: otlptest.SpanID(1), Name: name, StartTimeUnixNano: otlptest.At(float64(i)), EndTimeUnixNano: otlptest.At(float64(i))})
	}
	c := connect(t, otlptest.Load(t, otlptest.File(t, "many", otlptest.Under("s", spans...))))
	chunks := must[storagev2.FindTraceSummariesResponse](t)(c.reader.FindTraceSummaries(t.Context(), &storagev2.FindTraceSummariesRequest{}))
	n := 0
	for i, chunk := range chunks {
		if size := proto.Size(chunk); size >= 1<<20 || len(chunk.GetSummaries()) == 0 {
			t.Errorf("message %d has %d bytes and %d summaries", i, size, len(chunk.GetSummaries()))
		}
		n += len(chunk.GetSummaries())
	}
	if n != 3000 || len(chunks) < 3 || len(chunks) > 5 {
		t.Errorf("%d summaries in %d messages", n, len(chunks))
	}
}

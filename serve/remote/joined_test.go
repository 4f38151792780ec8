package remote

import (
	"os"
	"path/filepath"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// joinedSet loads the files of the failing sample run as one job.
func joinedSet(t *testing.T) *trace.Set {
	t.Helper()
	files, err := filepath.Glob("../../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/*/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var sources []trace.Source
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, trace.Source{Name: filepath.Base(f), Data: data, Job: 1})
	}
	set, err := trace.Load(t.Context(), sources, trace.Job{Name: "the job", ID: trace.TraceID{1}, By: trace.JoinTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// TestJoinedTraceIsServed asks for a job's trace in every way, and wants all
// spans of the set each time, as one tree.
func TestJoinedTraceIsServed(t *testing.T) {
	set := joinedSet(t)
	job := set.Jobs()[0]
	c := connect(t, set)
	ids, parents := map[string]bool{}, map[string]bool{}

	wanted := &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: job.ID[:]}}}
	for _, chunk := range received(t)(c.reader.GetTraces(t.Context(), wanted)) {
		for _, s := range spansOf(chunk) {
			if string(s.TraceId) != string(job.ID[:]) || ids[string(s.SpanId)] {
				t.Errorf("span %x of trace %x", s.SpanId, s.TraceId)
			}
			ids[string(s.SpanId)] = true
			parents[string(s.ParentSpanId)] = true
		}
	}
	if len(ids) != set.Len() {
		t.Errorf("v2 serves %d spans of %d", len(ids), set.Len())
	}
	for p := range parents {
		if p != "" && !ids[p] {
			t.Errorf("parent %x is not in the trace", p)
		}
	}

	spans := 0
	for _, chunk := range must[storagev1.SpansResponseChunk](t)(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: job.ID[:]})) {
		for _, s := range chunk.GetSpans() {
			spans++
			if string(s.TraceId) != string(job.ID[:]) {
				t.Errorf("v1 span of trace %x", s.TraceId)
			}
		}
	}
	if spans != set.Len() {
		t.Errorf("v1 serves %d spans of %d", spans, set.Len())
	}

	query := &storagev2.FindTraceSummariesRequest{Query: &storagev2.TraceQueryParameters{ServiceName: trace.JobService, SearchDepth: 10}}
	found := must[storagev2.FindTraceSummariesResponse](t)(c.reader.FindTraceSummaries(t.Context(), query))
	if len(found) != 1 || len(found[0].Summaries) != 1 || int(found[0].Summaries[0].SpanCount) != set.Len() || found[0].Summaries[0].OrphanSpanCount != 0 {
		t.Errorf("summaries of service %s: %v", trace.JobService, found)
	}
}

func spansOf(chunk *tracepb.TracesData) (spans []*tracepb.Span) {
	for _, r := range chunk.GetResourceSpans() {
		for _, s := range r.GetScopeSpans() {
			spans = append(spans, s.GetSpans()...)
		}
	}
	return spans
}

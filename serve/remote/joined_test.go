package remote

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// joinedSet loads the files of the failing sample run as one job.
func joinedSet(t *testing.T) *trace.View {
	return loadJobs(t, runFiles(t, "pr-logs/pull/kops/18000", 1), join.Job{Name: "the job", ID: trace.TraceID{1}, By: join.ByTime})
}

// runFiles are the files of a sample run, as those of a job.
func runFiles(t *testing.T, dir string, job int) (sources []trace.Source) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/bucket/kubernetes-ci-logs/" + dir + "/*/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, trace.Source{Name: filepath.Base(f), Data: data, Group: job})
	}
	return sources
}

func loadJobs(t *testing.T, sources []trace.Source, jobs ...join.Job) *trace.View {
	t.Helper()
	set, err := join.Load(t.Context(), sources, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Set().Close() })
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

	query := &storagev2.FindTraceSummariesRequest{Query: &storagev2.TraceQueryParameters{ServiceName: join.Service, SearchDepth: 10}}
	found := must[storagev2.FindTraceSummariesResponse](t)(c.reader.FindTraceSummaries(t.Context(), query))
	if len(found) != 1 || len(found[0].Summaries) != 1 || int(found[0].Summaries[0].SpanCount) != set.Len() || found[0].Summaries[0].OrphanSpanCount != 0 {
		t.Errorf("summaries of service %s: %v", join.Service, found)
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

// TestServicesOfTwoRuns wants the services of two runs told apart in both
// protocols, but in the joined traces, which Jaeger compares by their names.
func TestServicesOfTwoRuns(t *testing.T) {
	set := loadJobs(t, append(runFiles(t, "pr-logs/pull/kops/18000", 1), runFiles(t, "logs", 2)...),
		join.Job{Name: "failed", ID: trace.TraceID{1}, Description: trace.Description{Label: "1"}}, join.Job{Name: "passed", ID: trace.TraceID{2}, Description: trace.Description{Label: "2"}})
	c := connect(t, set)
	want := "[kops@1 kops@2 nodeup@1 prow]"
	v2, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	if got := fmt.Sprint(v2.GetServices()); err != nil || got != want {
		t.Errorf("v2 has services %s, %v", got, err)
	}
	v1, err := c.v1.GetServices(t.Context(), &storagev1.GetServicesRequest{})
	if got := fmt.Sprint(v1.GetServices()); err != nil || got != want {
		t.Errorf("v1 has services %s, %v", got, err)
	}
	for _, tt := range []struct {
		service string
		served  string // services of the spans found
		traces  int
	}{
		{"kops@1", "kops@1", 0}, {"kops@2", "kops@2", 0}, {"kops", "", 0}, {join.Service, "kops nodeup prow", 2},
	} {
		services, traces := map[string]bool{}, map[string]bool{}
		for _, chunk := range received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: &storagev2.TraceQueryParameters{ServiceName: tt.service, SearchDepth: 2000}})) {
			for _, r := range chunk.ResourceSpans {
				for _, kv := range r.Resource.Attributes {
					if kv.Key == "service.name" {
						services[kv.Value.GetStringValue()] = true
					}
				}
			}
			for _, s := range spansOf(chunk) {
				traces[string(s.TraceId)] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(services)), " "); got != tt.served || tt.traces > 0 && len(traces) != tt.traces {
			t.Errorf("v2: service %s finds %d traces with the services %s", tt.service, len(traces), got)
		}
		clear(services)
		for _, chunk := range must[storagev1.SpansResponseChunk](t)(c.v1.FindTraces(t.Context(), &storagev1.FindTracesRequest{Query: &storagev1.TraceQueryParameters{ServiceName: tt.service, NumTraces: 2000}})) {
			for _, s := range chunk.Spans {
				services[s.Process.ServiceName] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(services)), " "); got != tt.served {
			t.Errorf("v1: service %s finds traces with the services %s", tt.service, got)
		}
	}
	// jaeger-query's comparison asks for the last hours.
	now := timestamppb.Now()
	if chunks := must[storagev1.SpansResponseChunk](t)(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: set.Jobs()[0].ID[:], StartTime: now, EndTime: now})); len(chunks) == 0 {
		t.Error("v1: a trace is not there in another time")
	}
	found := must[storagev2.FindTraceSummariesResponse](t)(c.reader.FindTraceSummaries(t.Context(), &storagev2.FindTraceSummariesRequest{Query: &storagev2.TraceQueryParameters{ServiceName: join.Service, SearchDepth: 10}}))
	for _, s := range found[0].Summaries {
		if s.RootServiceName != "prow" || len(s.Services) < 2 || s.Services[0].Name != "kops" {
			t.Errorf("the summary of %s has services %v", s.RootOperationName, s.Services)
		}
	}
}

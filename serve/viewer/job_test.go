package viewer

import (
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The trace of a job says what became of it and how long it took, whatever lies outside
// of it; other traces say nothing of the job.
func TestResultOfAJob(t *testing.T) {
	source := file(t, 1, span{id: 1, name: "kops", start: 0, end: 1000})
	source.Group = 1
	job := join.Job{Name: "e2e", ID: trace.TraceID{1}}
	set, err := join.Load(t.Context(), []trace.Source{source}, job)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	root := set.Span(set.Jobs()[0].Root)
	for _, tt := range []struct {
		name string
		info Info
		want string
		note string
	}{
		{"one job", Info{Result: "failed", Note: "It wrote no traces."}, "failed", "It wrote no traces."},
		{"one of several", Info{Result: "no", Jobs: []Job{{Trace: trace.TraceID{2}, Result: "passed"}, {Trace: job.ID, Result: "aborted", Note: "of it"}}, Note: "of all"}, "aborted", "of it"},
		{"not known", Info{}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newViewer(set, tt.info)
			got := answer[summary](t, h, "traces/"+job.ID.String())
			if got.Result != tt.want || tt.want != "" && got.JobDuration != root.Duration || tt.want == "" && got.JobStart != "" || got.Note != tt.note {
				t.Errorf("%+v, want %q, %q and %d ns", got, tt.want, tt.note, root.Duration)
			}
			if of := answer[summary](t, h, "traces/"+traceID(1).String()); of.Result != "" || of.Note != "" {
				t.Errorf("a trace of the job has the result %q, the note %q", of.Result, of.Note)
			}
		})
	}
}

// A flaky test is told from others by more than its attributes.
func TestFlakyLine(t *testing.T) {
	flag := func(is bool) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: is}}
	}
	h := newViewer(load(t, file(t, 1,
		span{id: 1, name: "suite", end: 100},
		span{id: 2, parent: 1, name: "flaky", end: 10, change: with(attribute("prow.flaky", flag(true)))},
		span{id: 3, parent: 1, name: "other", start: 10, end: 20, change: with(attribute("prow.flaky", flag(false)))},
		span{id: 4, parent: 1, name: "text", start: 20, end: 30, change: with(textAttribute("prow.flaky", "true"))},
	)), Info{})
	lines := answer[struct{ Lines []lineText }](t, h, "traces/"+traceID(1).String()+"/lines?at=0-3").Lines
	for i, want := range []bool{false, true, false, false} {
		if len(lines) != 4 || lines[i].Flaky != want {
			t.Errorf("line %d: %+v, want %v", i, lines, want)
		}
	}
}

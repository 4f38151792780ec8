package session_test

import (
	"sync"
	"testing"

	"prowtrace/prow/link"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// Many visitors of a run in a bucket share its load and its judgement, whatever they ask for
// it by.
func TestOpenRunsOfABucket(t *testing.T) {
	o, _, server := sample(t)
	var ended []session.EndedLoad
	runs := session.NewOpenRuns(session.New(o), session.OpenRunsOptions{
		Judging: session.Judging{Baseline: session.BaselineNone},
		Ended:   func(e session.EndedLoad) { ended = append(ended, e) },
	})
	summaries := make([]*report.Summary, 20)
	var all sync.WaitGroup
	for i := range summaries {
		all.Go(func() {
			ref, err := link.Parse(o.Instances, []string{failing, failing + "/artifacts/otlp", failing + "/build-log.txt"}[i%3])
			if err != nil {
				t.Error(err)
				return
			}
			run, err := runs.Open(t.Context(), ref)
			if err != nil {
				t.Error(err)
				return
			}
			defer run.Release()
			if summaries[i], err = run.Summary(t.Context()); err != nil {
				t.Error(err)
			}
			if !run.Input().IsRun() || run.Loaded().Reported.Spans == 0 {
				t.Errorf("opened %s with %+v", run.Input().Title(), run.Loaded().Reported)
			}
		})
	}
	all.Wait()
	for _, s := range summaries {
		if s == nil || s != summaries[0] || len(s.Findings) == 0 {
			t.Fatalf("summaries %p and %p differ, or say nothing", s, summaries[0])
		}
	}
	ref, err := link.Parse(o.Instances, failing)
	if err != nil {
		t.Fatal(err)
	}
	if state := runs.Begin(ref); state.Step != session.OpenReady || state.Counts.Done == 0 || state.Spans == 0 {
		t.Errorf("state %+v", state)
	}
	if err := runs.Close(); err != nil {
		t.Error(err)
	}
	if len(ended) != 1 || ended[0].Err != nil || ended[0].Bytes == 0 || ended[0].Spans == 0 {
		t.Errorf("loads %+v of %d requests", ended, len(server.Requests()))
	}
}

package history_test

import (
	"path/filepath"
	"slices"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/triage"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

// recorded is the history of a recorded failure: its run and the runs before it.
func recorded(t *testing.T, name string) *history.Job {
	t.Helper()
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(signatures)
	dirs, err := filepath.Glob("../../testdata/failures/" + name + "/history/*")
	if err != nil || len(dirs) < 3 {
		t.Fatal("the case has no history", err)
	}
	var base session.Baseline
	var evidence []*triage.Evidence
	var inputs []*session.Input
	for _, dir := range append(dirs, "../../testdata/failures/"+name+"/run") {
		in, e := runtest.Load(t, dir)
		inputs, evidence = append(inputs, in), append(evidence, e)
		if e.Metadata.State() == runfile.Passed && len(base.Runs) < 3 {
			base.Add(in, e)
		}
	}
	var runs []history.Run
	for i, e := range evidence {
		var finding *history.Finding
		if e.Metadata.State() != runfile.Passed {
			j, _, err := session.Judge(t.Context(), inputs[i], e, &base, known)
			if err != nil {
				t.Fatal(err)
			}
			if s := report.New(j, e, report.Context{}); len(s.Findings) > 0 {
				f := s.Findings[0]
				finding = &history.Finding{ID: f.ID, Title: f.Title, Category: f.Category, Phase: s.Verdict.Phase}
			}
		}
		r := history.Of(e, finding)
		r.Job = name
		runs = append(runs, r)
	}
	return history.Make(runs).Jobs[0]
}

// E7: three crashes of different kinds in one phase have one cause.
func TestPhaseDies(t *testing.T) {
	j := recorded(t, "E7")
	if len(j.Dying) != 1 || j.Dying[0].Hits != 3 || j.Dying[0].Causes < 2 {
		t.Errorf("phases that die: %+v of findings %+v", j.Dying, j.Groups)
	}
}

// I3: the runs that were slow or failed were on one node.
func TestNodeOfSlowRuns(t *testing.T) {
	j := recorded(t, "I3")
	const node = "gke-istio-prow-build-7c1e09b4-x2lq"
	if !slices.ContainsFunc(j.Bad, func(p history.Prevalent) bool { return p.Value == node }) {
		t.Errorf("no %s in %+v", node, j.Bad)
	}
}

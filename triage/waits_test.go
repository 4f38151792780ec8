package triage_test

import (
	"strings"
	"testing"
	"time"

	"prowtrace/internal/runtest"
	"prowtrace/internal/tracetest"
	"prowtrace/triage"
)

// A wait lasts as long as the command that waited, and is reported once.
func TestWaits(t *testing.T) {
	const run = "../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	_, e := runtest.Load(t, run)
	waits := judge(t, run).Waits(e)
	if len(waits) != 1 {
		t.Fatalf("%d waits: %+v", len(waits), waits)
	}
	w := waits[0]
	if w.Waiter != "kops validate cluster" || w.Took.Round(time.Minute) != 20*time.Minute || !strings.Contains(w.Text, "did not have enough nodes 3 vs 4") || w.Place.Source != triage.FromLog {
		t.Errorf("%s waited %s: %s", w.Waiter, w.Took, w.Text)
	}
}

// The waits of a run are found without decoding each of its spans, which took 20 s for a
// million.
func TestWaitsOfManySpans(t *testing.T) {
	if testing.Short() {
		t.Skip("needs files made for it")
	}
	dir := t.TempDir()
	tracetest.Generate(t, "100k", dir)
	_, e := runtest.Load(t, dir)
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	j, err := triage.Judge(t.Context(), e, triage.NewMatcher(all))
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(1, func() { j.Waits(e) })
	if spans := e.Tree.Len(); spans < 100_000 || n > float64(spans)/4 {
		t.Errorf("%.0f allocations for %d spans", n, spans)
	}
}

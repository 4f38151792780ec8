package session

import (
	"testing"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/history"
)

// What the cache knows of other runs is read once for those who are judged within a while.
// Each has a map of its own.
func TestRecalledForAWhile(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	known := triage.NewMatcher(nil)
	s := New(Options{CacheDir: t.TempDir(), Now: func() time.Time { return now }, recalled: &recalled{}})
	remember := func(n int) {
		run := runNumber(n).Run
		s.remember(run, history.Run{Job: run.Job, Build: run.Build, State: runfile.Failed}, known)
	}
	remember(1)
	first := s.recallAll(known)
	clear(first)
	remember(2)
	if all := s.recallAll(known); len(all) != 1 {
		t.Errorf("%d runs are known at once, want the one of before", len(all))
	}
	now = now.Add(recalledFor)
	if all := s.recallAll(known); len(all) != 2 {
		t.Errorf("%d runs are known after a while", len(all))
	}
	s.o.recalled = nil
	remember(3)
	if all := s.recallAll(known); len(all) != 3 {
		t.Errorf("%d runs are known to who reads anew", len(all))
	}
}

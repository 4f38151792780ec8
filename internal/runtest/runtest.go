// Package runtest loads runs from directories, such as recorded failures, for tests.
package runtest

import (
	"testing"

	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// Load reads the run in a directory and gives what there is to judge it by. Both are let go
// of when the test ends.
func Load(t testing.TB, dir string) (*session.Input, *triage.Evidence) {
	t.Helper()
	s := session.New(session.Options{Join: join.ByTime, Untraced: true})
	refs, err := s.Parse([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Collect(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	view, release := l.Acquire()
	t.Cleanup(release)
	e, lost, err := session.Evidence(t.Context(), l.Inputs[0], view)
	if err != nil || len(lost) > 0 {
		t.Errorf("%s: %v %v", dir, lost, err)
	}
	return l.Inputs[0], e
}

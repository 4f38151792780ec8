package triage_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/session"
	"prowtrace/triage"
)

// eachFailure judges all recorded failures.
func eachFailure(t *testing.T, do func(t *testing.T, in *session.Input, e *triage.Evidence, known *triage.Matcher)) {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(all)
	dirs, err := filepath.Glob(recordedFailures() + "/*/run")
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are no recorded failures", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) {
			in, e := runtest.Load(t, dir)
			do(t, in, e, known)
		})
	}
}

// The findings and their order are the same in whatever order the sources come.
func TestOrderIsStable(t *testing.T) {
	titles := func(t *testing.T, e *triage.Evidence, known *triage.Matcher) string {
		j, err := triage.Judge(t.Context(), e, known)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range j.Findings {
			all = append(all, f.Title)
		}
		return strings.Join(all, "\n")
	}
	eachFailure(t, func(t *testing.T, _ *session.Input, e *triage.Evidence, known *triage.Matcher) {
		want := titles(t, e, known)
		random := rand.New(rand.NewPCG(1, 2))
		for range 3 {
			random.Shuffle(len(e.Logs), func(i, k int) { e.Logs[i], e.Logs[k] = e.Logs[k], e.Logs[i] })
			if got := titles(t, e, known); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		}
	})
}

// Each finding, and each step of its chain, can be opened: it is an existing line or file,
// or a span.
func TestFindingsCanBeOpened(t *testing.T) {
	eachFailure(t, func(t *testing.T, in *session.Input, e *triage.Evidence, known *triage.Matcher) {
		j, _, err := session.Judge(t.Context(), in, e, nil, known)
		if err != nil {
			t.Fatal(err)
		}
		check := func(p triage.Place, said string) {
			i := slices.IndexFunc(e.Logs, func(l triage.Log) bool { return l.Name == p.File })
			switch {
			case p.File == "" && (p.Span < 0 || e.Tree == nil || p.Span >= e.Tree.Len()):
				t.Errorf("%q has no place", said)
			case p.Line > 0 && (i < 0 || p.Line > e.Logs[i].Len()):
				t.Errorf("%q: there is no line %d of %s", said, p.Line, p.File)
			}
		}
		for i := range j.Findings {
			f := &j.Findings[i]
			check(f.Place, f.Title)
			for _, step := range j.Chain(e, f) {
				check(step.Place, step.Text)
			}
			if len([]rune(f.Title)) > 100 || f.Title == "" {
				t.Errorf("a title: %q", f.Title)
			}
		}
	})
}

// A fact that all passing runs have is not first, unless there is nothing else.
func TestOrdinaryIsNotFirst(t *testing.T) {
	eachFailure(t, func(t *testing.T, _ *session.Input, e *triage.Evidence, known *triage.Matcher) {
		again := *e
		e.Passing = []*triage.Evidence{&again}
		j, err := triage.Judge(t.Context(), e, known)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range j.Findings {
			if i == 0 && f.Passing > 0 && f.Confidence == triage.High && f.Source != triage.FromPod {
				t.Errorf("%q is in the passing run too, and first with high confidence", f.Title)
			}
		}
	})
}

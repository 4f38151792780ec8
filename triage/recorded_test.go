package triage_test

import (
	"bytes"
	"strings"
	"testing"

	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// recorded reads a run from a directory.
func recorded(t testing.TB, dir string) *triage.Evidence {
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
	return e
}

func judge(t testing.TB, e *triage.Evidence) *triage.Judgement {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	j, err := triage.Judge(t.Context(), e, triage.NewMatcher(all))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestSample(t *testing.T) {
	j := judge(t, recorded(t, "../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"))
	var out bytes.Buffer
	for i, f := range j.Findings {
		if i < 12 {
			out.WriteString(f.Title + " | " + string(f.Category) + " | " + string(f.Confidence) + " | " + strings.Join(f.Because, "; ") + " | " + f.File + "\n")
		}
	}
	t.Logf("%s, phase %s, %d facts\n%s", j.State, j.Phase, j.Facts, out.String())
}

package triage_test

import (
	"bytes"
	"strings"
	"testing"

	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// loaded reads a run from a directory.
func loaded(t testing.TB, dir string) (*session.Input, *triage.Evidence) {
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

// judge judges a run in a directory, against passing runs in others.
func judge(t testing.TB, dir string, passing ...string) *triage.Judgement {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	in, e := loaded(t, dir)
	var base session.Baseline
	for _, p := range passing {
		other, e := loaded(t, p)
		base.Add(other, e)
	}
	j, _, err := session.Judge(t.Context(), in, e, &base, triage.NewMatcher(all))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestSample(t *testing.T) {
	j := judge(t, "../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001")
	var out bytes.Buffer
	for i, f := range j.Findings {
		if i < 12 {
			out.WriteString(f.Title + " | " + string(f.Category) + " | " + string(f.Confidence) + " | " + strings.Join(f.Because, "; ") + " | " + f.File + "\n")
		}
	}
	t.Logf("%s, phase %s, %d facts\n%s", j.State, j.Phase, j.Facts, out.String())
}

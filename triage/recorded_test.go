package triage_test

import (
	"bytes"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/session"
	"prowtrace/triage"
)

// judge judges the run in a directory, with passing runs from others.
func judge(t testing.TB, dir string, passing ...string) *triage.Judgement {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	in, e := runtest.Load(t, dir)
	var base session.Baseline
	for _, p := range passing {
		other, e := runtest.Load(t, p)
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

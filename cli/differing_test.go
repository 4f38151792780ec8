package cli

import (
	"io"
	"testing"

	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The pages of two runs tell what changed between them, and keep it.
func TestDifferencesOfPages(t *testing.T) {
	r := testRequest(t, nil, io.Discard)
	r.join, r.logs = string(join.ByTime), true
	openedRequest(t, r)
	refs, err := r.session.Parse([]string{
		"../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002",
		"../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001",
	})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := r.load(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loaded.Close() })
	judges := r.newJudges(loaded, judgeFlags{baseline: session.BaselineNone})
	differ := judges.show(r.pageInfo(loaded.Inputs)).Differ
	good, bad := loaded.Inputs[0].Trace, loaded.Inputs[1].Trace
	first, err := differ(t.Context(), bad, good)
	if err != nil || len(first.Errors) == 0 || first.Bad.Build != "1900000000000000001" || first.Good[0].Build != "1900000000000000002" {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := differ(t.Context(), bad, good); err != nil || again != first {
		t.Errorf("asked again: another one, %v", err)
	}
	if _, err := differ(t.Context(), bad, trace.TraceID{1}); err == nil {
		t.Error("a trace of no run can be compared")
	}
	if one := judges.show(viewer.Info{}); one.Differ != nil {
		t.Error("one run can be compared")
	}
}

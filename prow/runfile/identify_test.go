package runfile

import (
	"fmt"
	"testing"

	"prowtrace/prow"
)

// A copied run is found by the link in its prowjob.json, else by its configuration.
func TestIdentify(t *testing.T) {
	const legacy = `{"bucket":"kubernetes-ci-logs","path_strategy":"legacy","default_org":"kubernetes","default_repo":"kubernetes"}`
	const explicit = `{"bucket":"gs://team-logs","path_prefix":"sub","path_strategy":"explicit","default_org":"a","default_repo":"b"}`
	for _, tt := range []struct{ name, kind, org, repo, storage, url, want string }{
		{"by its link", "periodic", "", "", "{}", "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e/19", "gs://kubernetes-ci-logs/logs/e2e/19"},
		{"the link of another run", "periodic", "", "", legacy, "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e/20", "gs://kubernetes-ci-logs/logs/e2e/19"},
		{"the link of another job", "periodic", "", "", "{}", "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e3e/19", ""},
		{"a link that is none", "postsubmit", "", "", legacy, "-", "gs://kubernetes-ci-logs/logs/e2e/19"},
		{"a link to this machine", "periodic", "", "", "{}", "file:///etc/passwd", ""},
		{"presubmit, legacy", "presubmit", "kubernetes", "kops", legacy, "", "gs://kubernetes-ci-logs/pr-logs/pull/kops/7/e2e/19"},
		{"presubmit, default repository", "presubmit", "kubernetes", "kubernetes", legacy, "", "gs://kubernetes-ci-logs/pr-logs/pull/7/e2e/19"},
		{"presubmit, other organisation", "presubmit", "kubernetes-sigs", "kind", legacy, "", "gs://kubernetes-ci-logs/pr-logs/pull/kubernetes-sigs_kind/7/e2e/19"},
		{"presubmit, explicit", "presubmit", "a", "b", explicit, "", "gs://team-logs/sub/pr-logs/pull/a_b/7/e2e/19"},
		{"presubmit without refs", "presubmit", "", "", legacy, "", ""},
		{"batch", "batch", "kubernetes", "kops", legacy, "", "gs://kubernetes-ci-logs/pr-logs/pull/batch/e2e/19"},
		{"climbing", "periodic", "", "", `{"bucket":"../../etc"}`, "", ""},
		{"unknown type", "cron", "", "", legacy, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refs := ""
			if tt.org != "" {
				refs = fmt.Sprintf(`,"refs":{"org":%q,"repo":%q,"pulls":[{"number":7}]}`, tt.org, tt.repo)
			}
			m := &Metadata{}
			err := m.Add("prowjob.json", fmt.Appendf(nil, `{"spec":{"type":%q,"job":"e2e","decoration_config":{"gcs_configuration":%s}%s},"status":{"build_id":"19","url":%q}}`, tt.kind, tt.storage, refs, tt.url))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if m.Identify(prow.Instances{}) {
				got = m.Run.URL()
			}
			if got != tt.want || m.Run.Job != "e2e" || m.Run.Build != "19" {
				t.Errorf("%q, job %q, build %q; want %q", got, m.Run.Job, m.Run.Build, tt.want)
			}
		})
	}
	if m := (&Metadata{}); m.Identify(prow.Instances{}) || m.Run != (prow.Run{}) {
		t.Errorf("without a prowjob.json: %+v", m.Run)
	}
}

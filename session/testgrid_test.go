package session_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/session"
)

// The tab of a TestGrid link is the jobs that the default Prow's configuration tells, for a
// day as it was; what it does not tell stays an error that says what to paste.
func TestTestGridTabs(t *testing.T) {
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	server := gcstest.New(t)
	config, err := os.ReadFile("../testdata/deck/config/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server.PutConfig(config)
	known, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{"prow.example.com"}, Provider: "gs", Bucket: "kubernetes-ci-logs", Default: true}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	jobsOf := func(offline bool, links ...string) (string, error) {
		s := session.New(session.Options{Instances: known, Offline: offline, Now: func() time.Time { return now },
			Tabs: func(ctx context.Context, deck string) ([]find.Tab, error) {
				if deck != "prow.example.com" {
					t.Errorf("asked %s", deck)
				}
				return find.DeckTabs(ctx, strings.TrimPrefix(server.Host, "http://"))
			}})
		refs, err := s.ParseAsking(t.Context(), links)
		var jobs []string
		for _, ref := range refs {
			if ref.Kind != prow.KindJob {
				t.Errorf("%v is no job", ref)
			}
			jobs = append(jobs, ref.Job)
		}
		return strings.Join(jobs, " "), err
	}
	const upgrade = "https://testgrid.k8s.io/sig-cluster-lifecycle-kops#gce-upgrade"
	for _, tt := range []struct {
		name, link string
		offline    bool
		after      time.Duration
		want       string // "" is an error
		asked      int
	}{
		{"offline, before any answer", upgrade, true, 0, "", 0},
		{"a tab", upgrade + "&width=20", false, 0, "e2e-kops-gce-upgrade-k134", 1},
		{"offline", upgrade, true, 0, "e2e-kops-gce-upgrade-k134", 0},
		{"a tab of two jobs", "https://testgrid.k8s.io/kops-nightly#aws-deb13", false, 0, "e2e-kops-aws-distro-deb13 e2e-kops-gce-upgrade-k134-nightly", 0},
		{"as the API names it", "https://testgrid.k8s.io/q/summary/kops-distros/aws-deb13/tests", false, 0, "e2e-kops-aws-distro-deb13", 0},
		{"named after its job", "testgrid.k8s.io/presubmits-kops#pull-kops-e2e-k8s-gce-cilium", false, 0, "pull-kops-e2e-k8s-gce-cilium", 0},
		{"an unknown tab", "https://testgrid.k8s.io/kops-nightly#other", false, 0, "", 0},
		{"a dashboard", "https://testgrid.k8s.io/kops-nightly", false, 0, "", 0},
		{"the next day", upgrade, false, 25 * time.Hour, "e2e-kops-gce-upgrade-k134", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server.ResetLog()
			now = now.Add(tt.after)
			got, err := jobsOf(tt.offline, tt.link)
			var wrong *session.ArgumentError
			if got != tt.want || errors.As(err, &wrong) != (tt.want == "") {
				t.Errorf("jobs %q, want %q; %v", got, tt.want, err)
			}
			if n := server.Count(gcstest.Config, ""); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}

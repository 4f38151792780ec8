package session_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/session"
	"prowtrace/triage"
)

// OpenShift's aggregator links its child runs in job-run-summary.html alone: they are found
// there, judged and grouped (O3).
func TestAggregatedJob(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	const bucket, dir = "test-platform-results-public", "../testdata/failures/O3"
	put := func(role string) (root string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, role, "prowjob.json"))
		if err != nil {
			t.Fatal(err)
		}
		var job struct {
			Spec   struct{ Job string }
			Status struct {
				Build string `json:"build_id"`
			}
		}
		if err := json.Unmarshal(data, &job); err != nil {
			t.Fatal(err)
		}
		root = "logs/" + job.Spec.Job + "/" + job.Status.Build
		files := os.DirFS(filepath.Join(dir, role))
		err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(files, name)
			server.PutBytes(bucket, root+"/"+name, data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return root
	}
	root, children := put("run"), []string{put("child/1"), put("child/2")}
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	l, err := load(t, o, "gs://"+bucket+"/"+root)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: triage.NewMatcher(signatures)})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Children) != len(children) {
		t.Fatalf("children: %+v", s.Children)
	}
	for i, c := range s.Children {
		if !strings.HasSuffix(children[i], "/"+c.Job+"/"+c.Build) || c.Result != "failed" || c.ID == "" {
			t.Errorf("child %d is %+v, not %s", i, c, children[i])
		}
	}
	const metric = "expected metric haproxy_process_cpu_seconds_total among 212 metrics, it is not there"
	if len(s.Children) == 2 && (s.Children[0].ID != s.Children[1].ID || s.Children[0].Title != metric || s.Verdict.Text != metric) {
		t.Errorf("children %+v, verdict %+v; want %q of all", s.Children, s.Verdict, metric)
	}
	if because := s.Verdict.Because; len(because) == 0 || because[0] != "2 of 2 child runs that failed have it" {
		t.Errorf("verdict %+v", s.Verdict)
	}
}

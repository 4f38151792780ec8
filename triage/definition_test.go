package triage

import (
	"testing"
	"time"

	"prowtrace/prow/runfile"
)

// defined is a run of a job with this definition.
func defined(image, args string, zone string, timeout time.Duration) *Evidence {
	return &Evidence{Metadata: &runfile.Metadata{ProwJob: &runfile.ProwJob{
		State: runfile.Failed, Cluster: "build", Timeout: timeout,
		Definition: runfile.Definition{Containers: []runfile.Configured{{Image: image, Args: []string{args}, Env: []runfile.Variable{{Name: "ZONE", Value: zone}}}}},
	}}}
}

// on is a run on a node.
func on(node string) *Evidence {
	e := defined("kubekins:v1", "", "a", 0)
	e.Metadata.Pod = &runfile.Pod{Node: node}
	return e
}

// Differences of the job's definition from the passing runs are reported if these agree.
func TestChangedDefinition(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     *Evidence
		passing []*Evidence
		want    []string
	}{
		{
			"image, flag, variable and limit", defined("kubekins:v2", "run --up --timeout=90m", "b", time.Hour),
			[]*Evidence{defined("kubekins:v1", "run --up --timeout=60m", "a", 2*time.Hour), defined("kubekins:v1", "run --timeout=60m", "a", 2*time.Hour)},
			[]string{
				"flag --timeout of test: 90m (in the passing runs 60m)", "image of test: kubekins:v2 (in the passing runs kubekins:v1)",
				"timeout of the job: 1h0m0s (in the passing runs 2h0m0s)", "variable ZONE of test: b (in the passing runs a)",
			},
		},
		{
			"a flag is missing", defined("kubekins:v1", "run", "a", 0), []*Evidence{defined("kubekins:v1", "run --skip='x'", "a", 0), defined("kubekins:v1", "run --skip='x'", "a", 0)},
			[]string{"flag --skip of test: not given (in the passing runs x)"},
		},
		{"a node", on("c"), []*Evidence{on("a"), on("a")}, []string{"node of the build cluster: c (in the passing runs a)"}},
		{"nodes as they come", on("c"), []*Evidence{on("a"), on("b")}, nil},
		{"they do not agree", defined("kubekins:v3", "", "a", 0), []*Evidence{defined("kubekins:v1", "", "a", 0), defined("kubekins:v2", "", "a", 0)}, nil},
		{"one is no rule", defined("kubekins:v2", "", "a", 0), []*Evidence{defined("kubekins:v1", "", "a", 0)}, nil},
		{"nothing is known", &Evidence{Metadata: &runfile.Metadata{}}, []*Evidence{defined("kubekins:v1", "", "a", 0), defined("kubekins:v1", "", "a", 0)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run.Passing = c.passing
			facts := changedDefinition(c.run)
			if len(facts) != len(c.want) {
				t.Fatalf("%d facts, not %d", len(facts), len(c.want))
			}
			for i, f := range facts {
				if f.Text != c.want[i] || f.File != "prowjob.json" {
					t.Errorf("%q, not %q", f.Text, c.want[i])
				}
			}
		})
	}
}

package runfile

import (
	"encoding/json"
	"strings"
	"time"
)

// Step is an element of ci-operator-step-graph.json (openshift/ci-tools,
// pkg/api/graph.go): what ci-operator did, and what it waited for.
type Step struct {
	Name, Description string
	Dependencies      []string  // names of steps
	Started, Finished time.Time // zero: it was not, or has not
	Failed            bool
	LogURL            string
	Limit             time.Duration // of the process in its pod; 0: not told
	Steps             []Step        // its parts
}

type stepFile struct {
	Name         word       `json:"name"`
	Description  word       `json:"description"`
	Dependencies []word     `json:"dependencies"`
	Started      instant    `json:"started_at"`
	Finished     instant    `json:"finished_at"`
	Duration     length     `json:"duration"` // ns
	Failed       truth      `json:"failed"`
	LogURL       word       `json:"log_url"`
	Manifests    limitOfPod `json:"manifests"`
	Substeps     []stepFile `json:"substeps"`
}

// Bounds of a step graph.
const (
	maxSteps     = 5000
	maxStepDepth = 8
	maxManifests = 20 // of a step
)

// limitOfPod is read from the objects that ci-operator made for a step: its pod runs the
// entrypoint of Prow, whose options have the timeout in ns (openshift/ci-tools,
// pkg/steps/multi_stage/gen.go; prow, pkg/entrypoint/options.go). Of several containers it
// is the longest.
type limitOfPod struct{ length }

// UnmarshalJSON implements [json.Unmarshaler].
func (l *limitOfPod) UnmarshalJSON(data []byte) error {
	_ = eachElement(data, maxManifests, func(element json.RawMessage) error {
		var pod struct {
			Spec struct {
				Containers []struct {
					Env []struct {
						Name  word `json:"name"`
						Value word `json:"value"`
					} `json:"env"`
				} `json:"containers"`
			} `json:"spec"`
		}
		_ = decode(element, &pod) // as far as it goes: of an object of another kind nothing is wanted
		for _, container := range pod.Spec.Containers {
			for _, v := range container.Env {
				var options struct {
					Timeout length `json:"timeout"`
				}
				if v.Name == "ENTRYPOINT_OPTIONS" && decode([]byte(v.Value), &options) == nil {
					l.Duration = max(l.Duration, options.Timeout.Duration)
				}
			}
		}
		return nil
	})
	return nil
}

func (m *Metadata) readSteps(_ string, data []byte) error {
	m.Steps = nil
	n := 0
	return eachElement(data, maxSteps, func(element json.RawMessage) error {
		var f stepFile
		err := decode(element, &f)
		m.Steps = append(m.Steps, f.step(&n, 1))
		return err
	})
}

func (f stepFile) step(n *int, depth int) Step {
	*n++
	s := Step{
		Name: Name(f.Name), Description: Name(f.Description), Started: f.Started.Time, Finished: f.Finished.Time,
		Failed: f.Failed.is, LogURL: Name(f.LogURL), Limit: f.Manifests.Duration,
	}
	if s.Finished.IsZero() && !s.Started.IsZero() && f.Duration.Duration > 0 {
		s.Finished = s.Started.Add(f.Duration.Duration)
	}
	for _, d := range f.Dependencies[:min(len(f.Dependencies), 100)] {
		s.Dependencies = append(s.Dependencies, Name(d))
	}
	for _, sub := range f.Substeps {
		if *n < maxSteps && depth < maxStepDepth {
			s.Steps = append(s.Steps, sub.step(n, depth+1))
		}
	}
	return s
}

// StepDir returns the directory below a run's root in which ci-operator keeps the files of a
// step: step S of test T is called T-S and has artifacts/T/S/.
func StepDir(test, step string) string {
	if short, ok := strings.CutPrefix(step, test+"-"); test != "" && ok && short != "" {
		return "artifacts/" + test + "/" + short + "/"
	}
	return "artifacts/" + step + "/"
}

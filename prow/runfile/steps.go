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
	Steps             []Step // its parts
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
	Substeps     []stepFile `json:"substeps"`
}

// Bounds of a step graph.
const (
	maxSteps     = 5000
	maxStepDepth = 8
)

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
		Failed: f.Failed.is, LogURL: Name(f.LogURL),
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

// StepDir is the directory below a run's root in which ci-operator keeps what a step
// leaves: step S of test T is called T-S and has artifacts/T/S/.
func StepDir(test, step string) string {
	if short, ok := strings.CutPrefix(step, test+"-"); test != "" && ok && short != "" {
		return "artifacts/" + test + "/" + short + "/"
	}
	return "artifacts/" + step + "/"
}

package runfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Clone is how one repository was cloned: an element of clone-records.json
// (Prow's pkg/pod-utils/clone). Repositories are cloned at the same time, the
// commands of one after each other; there are durations, but no times.
type Clone struct {
	Refs     Refs // without Org and Repo: setting up credentials
	Commands []CloneCommand
	SHA      string // what was checked out in the end
	Duration time.Duration
	Failed   bool
}

// CloneCommand is one command of a clone.
type CloneCommand struct {
	Command  string
	Duration time.Duration
	Error    string // of a failed one, with what it had printed
}

// Bounds of the lists in clone-records.json.
const (
	maxClones   = 200
	maxCommands = 200
)

func (m *Metadata) readClones(_ string, data []byte) error {
	m.Clones = nil
	return eachElement(data, maxClones, func(element json.RawMessage) error {
		var f struct {
			Refs     refsFile `json:"refs"`
			Commands []struct {
				Command  string `json:"command"`
				Output   string `json:"output"`
				Error    string `json:"error"`
				Duration int64  `json:"duration"`
			} `json:"commands"`
			Failed   bool   `json:"failed"`
			SHA      string `json:"final_sha"`
			Duration int64  `json:"duration"`
		}
		err := decode(element, &f)
		c := Clone{Refs: f.Refs.refs(), SHA: Name(f.SHA), Duration: positive(f.Duration), Failed: f.Failed}
		for _, o := range f.Commands[:min(len(f.Commands), maxCommands)] {
			command := CloneCommand{Command: Name(identity.ReplaceAllString(o.Command, "$1 …")), Duration: positive(o.Duration)}
			if o.Error != "" {
				command.Error = message(o.Error + ": " + o.Output)
			}
			c.Commands = append(c.Commands, command)
		}
		m.Clones = append(m.Clones, c)
		return err
	})
}

// identity is whom git is told to be.
var identity = regexp.MustCompile(`(user\.(?:name|email))[ =].*`)

// positive is a number of nanoseconds; nonsense is 0.
func positive(ns int64) time.Duration {
	if ns < 0 || ns > int64(10*365*24*time.Hour) {
		return 0
	}
	return time.Duration(ns)
}

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
	Name         string     `json:"name"`
	Description  string     `json:"description"`
	Dependencies []string   `json:"dependencies"`
	Started      instant    `json:"started_at"`
	Finished     instant    `json:"finished_at"`
	Duration     int64      `json:"duration"` // ns
	Failed       bool       `json:"failed"`
	LogURL       string     `json:"log_url"`
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
		Failed: f.Failed, LogURL: Name(f.LogURL),
	}
	if s.Finished.IsZero() && !s.Started.IsZero() && f.Duration > 0 {
		s.Finished = s.Started.Add(positive(f.Duration))
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

// eachElement calls f with up to most elements of a JSON array. Of one that breaks
// off, those before the break are good.
func eachElement(data []byte, most int, f func(json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		if errors.Is(err, io.EOF) || t == nil && err == nil {
			return nil // an empty file, or null
		}
		return errors.New("want a list in JSON")
	}
	var first error
	for n := 0; d.More(); n++ {
		if n == most {
			return fmt.Errorf("more than %d elements", most)
		}
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return fmt.Errorf("it breaks off: %w", err)
		}
		if err := f(element); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Upload is what the sidecar did after the test container had ended, read from
// its own log, sidecar-logs.json.
type Upload struct {
	Start, End time.Time
	Files      int // uploaded
	Failed     int // not uploaded
	Problems   []LogLine
}

// LogLine is one line of a log that speaks of trouble.
type LogLine struct {
	Time    time.Time
	Error   bool // else a warning
	Message string
}

const maxProblems = 100

func (m *Metadata) readUpload(_ string, data []byte) error {
	u := &Upload{}
	bad := 0
	for line := range bytes.Lines(data) {
		var f struct {
			Time    instant `json:"time"`
			Level   string  `json:"level"`
			Message string  `json:"msg"`
			Dest    string  `json:"dest"`
			Error   string  `json:"error"`
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if decode(line, &f) != nil && f.Time.IsZero() {
			bad++
			continue
		}
		u.line(f.Time.Time, f.Level, f.Message, f.Dest, f.Error)
	}
	if u.End.IsZero() && len(u.Problems) == 0 {
		u = nil
	}
	m.Upload = u
	if bad > 0 {
		return fmt.Errorf("not JSON: %s", counted(bad, "line"))
	}
	return nil
}

func (u *Upload) line(t time.Time, level, text, dest, cause string) {
	about := dest != "" || strings.Contains(strings.ToLower(text), "upload")
	if about && !t.IsZero() {
		if u.Start.IsZero() || t.Before(u.Start) {
			u.Start = t
		}
		if t.After(u.End) {
			u.End = t
		}
	}
	switch {
	case text == "Finished upload":
		u.Files++
	case strings.HasPrefix(text, "Failed upload"):
		u.Failed++
	}
	serious := level == "error" || level == "fatal" || level == "panic"
	if (serious || level == "warning") && !t.IsZero() && len(u.Problems) < maxProblems {
		if cause != "" {
			text += ": " + cause
		}
		u.Problems = append(u.Problems, LogLine{t, serious, message(text)})
	}
}

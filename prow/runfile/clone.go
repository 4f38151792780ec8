package runfile

import (
	"encoding/json"
	"regexp"
	"time"
)

// Clone says how one repository was cloned: an element of clone-records.json
// (Prow's pkg/pod-utils/clone). Repositories are cloned at the same time, and the
// commands of one repository run one after the other. There are durations, but no times.
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
				Command  word   `json:"command"`
				Output   word   `json:"output"`
				Error    word   `json:"error"`
				Duration length `json:"duration"`
			} `json:"commands"`
			Failed   truth  `json:"failed"`
			SHA      word   `json:"final_sha"`
			Duration length `json:"duration"`
		}
		err := decode(element, &f)
		c := Clone{Refs: f.Refs.refs(), SHA: Name(f.SHA), Duration: f.Duration.Duration, Failed: f.Failed.is}
		for _, o := range f.Commands[:min(len(f.Commands), maxCommands)] {
			command := CloneCommand{Command: Name(identity.ReplaceAllString(string(o.Command), "$1 …")), Duration: o.Duration.Duration}
			if o.Error != "" {
				command.Error = message(o.Error + ": " + o.Output)
			}
			c.Commands = append(c.Commands, command)
		}
		m.Clones = append(m.Clones, c)
		return err
	})
}

// identity is the user that git is configured with.
var identity = regexp.MustCompile(`(user\.(?:name|email))[ =].*`)

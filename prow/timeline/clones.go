package timeline

import (
	"strings"
	"time"

	"prowtrace/prow/runfile"
)

// clones draws the repositories below the container that clones them. All are
// cloned at the same time.
func (t *timeline) clones() {
	if len(t.m.Clones) == 0 {
		return
	}
	parent := t.containers["clonerefs"]
	guess := parent == nil
	var start time.Time
	if parent != nil {
		start = parent.begins()
	} else {
		// started.json is written right after cloning.
		if t.m.Started == nil || t.m.Started.ByCrier || t.m.Started.Time.IsZero() {
			return
		}
		var longest time.Duration
		for _, c := range t.m.Clones {
			longest = max(longest, cloning(c))
		}
		parent, start = t.parentPod, t.m.Started.Time.Add(-longest)
	}
	for _, c := range t.m.Clones {
		t.clone(parent, c, start, guess)
	}
}

func cloning(c runfile.Clone) time.Duration {
	var sum time.Duration
	for _, o := range c.Commands {
		sum += o.Duration
	}
	return max(sum, c.Duration)
}

func (t *timeline) clone(parent *node, c runfile.Clone, start time.Time, estimated bool) {
	n := t.add(parent, cloneTitle(c), start, start.Add(cloning(c)))
	n.text("prow.phase", "clone")
	n.estimated(estimated)
	n.refs(c.Refs, c.SHA)
	at := start
	for _, o := range c.Commands {
		s := t.add(n, commandName(o.Command), at, at.Add(o.Duration))
		s.text("process.command_line", o.Command)
		s.estimated(estimated)
		at = at.Add(o.Duration)
		if o.Error != "" {
			s.failed(o.Error, "command")
			n.failed(o.Command+": "+o.Error, "command")
		}
	}
	if c.Failed && n.span.Status == nil {
		n.failed("the clone failed", "command")
	}
}

func cloneTitle(c runfile.Clone) string {
	if c.Refs.Repo == "" {
		return "clone setup"
	}
	return "clone " + c.Refs.Org + "/" + c.Refs.Repo
}

// commandName is a command without what differs from run to run: "git fetch".
func commandName(command string) string {
	program, rest, _ := strings.Cut(command, " ")
	sub, _, _ := strings.Cut(rest, " ")
	if program == "git" && sub != "" {
		return program + " " + sub
	}
	return strings.TrimSuffix(program, ":")
}

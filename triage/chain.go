package triage

import (
	"fmt"
	"slices"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// A Link is a step on the way from a cause to the verdict, with the place where it can be
// read.
type Link struct {
	Place
	Time time.Time
	Text string
}

// mostFollowing bounds the steps between a cause and the failed phase.
const mostFollowing = 3

// Chain explains how a finding led to the verdict: the finding, its consequences, the failed
// phase, and the end of the run.
func (j *Judgement) Chain(e *Evidence, f *Finding) (chain []Link) {
	said := f.Text
	if f.Count > 1 {
		said += fmt.Sprintf(" (%s times)", text.Number(f.Count))
	}
	chain = append(chain, Link{f.Place, f.Time, said})
	for _, next := range j.following(f) {
		chain = append(chain, Link{next.Place, next.Time, next.Text})
	}
	o := &j.outcome
	if o.phase != "" && e.Tree != nil {
		at := o.path[len(o.path)-1]
		chain = append(chain, Link{Place{FromJUnit, "", 0, at}, o.failed, "phase " + o.phase + " failed"})
	}
	if o.killedBy != nil && o.killedBy != f.Fact {
		chain = append(chain, Link{o.killedBy.Place, o.killed, o.killedBy.Text})
	}
	if end, said := ended(e.Metadata); said != "" {
		chain = append(chain, Link{Place{FromProw, "finished.json", 0, -1}, end, said})
	}
	return chain
}

// following chooses among the consequences of a finding. It gives those that waited in vain
// and those that a signature knows, in order of time. If there are none, it gives the first.
func (j *Judgement) following(f *Finding) (chosen []*Fact) {
	for _, next := range f.Follows {
		if !j.outcome.behind(next) && !j.outcome.consequence(next) && next.Text != f.Text {
			chosen = append(chosen, next)
		}
	}
	for _, w := range j.waiters {
		if !slices.Contains(chosen, w) && w != f.Fact && !w.Time.Before(f.Time) {
			chosen = append(chosen, w)
		}
	}
	slices.SortStableFunc(chosen, func(a, b *Fact) int { return compareTimes(a.Time, b.Time) })
	if len(chosen) > mostFollowing {
		chosen = append(chosen[:mostFollowing-1:mostFollowing-1], chosen[len(chosen)-1])
	}
	return chosen
}

// ended says how the test container ended.
func ended(m *runfile.Metadata) (at time.Time, said string) {
	if m.Finished != nil {
		at = m.Finished.Time
	}
	if m.Pod != nil {
		for _, c := range m.Pod.Containers {
			if c.Role == runfile.RoleTest && c.End != nil && c.End.ExitCode != 0 {
				return cmpTime(c.End.Finished, at), fmt.Sprintf("container %s exited with %d", c.Name, c.End.ExitCode)
			}
		}
	}
	switch m.State() {
	case runfile.Failed:
		return at, "the run failed"
	case runfile.Errored:
		return at, "Prow could not run the job"
	case runfile.Aborted:
		return at, "the run was aborted"
	}
	return at, ""
}

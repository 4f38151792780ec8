package triage

import (
	"regexp"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// outcome is how a run ended, and where in it.
type outcome struct {
	state runfile.State
	start time.Time
	end   time.Time

	path   []int     // failed spans of Prow's own files, from the job down to the phase
	phase  string    // name of the failed phase; "" if none is known
	began  time.Time // when that phase began
	test   bool      // it is a case of a test suite
	failed time.Time // when that phase ended; zero where unknown

	killed   time.Time // when the run was ended from outside; zero means that it was not
	killedBy *Fact
}

// killText marks the end: everything after it is a consequence. It has the entrypoint's own
// words, and the pod's own reasons.
var killText = regexp.MustCompile(`Process did not finish before|Entrypoint received interrupt|DisruptionTarget|imminent node shutdown|Evicted|low on resource`)

// outcomeOf finds out how the run ended.
func outcomeOf(e *Evidence, facts []*Fact) (o outcome) {
	o.state = e.Metadata.State()
	o.start, o.end = e.Metadata.Span()
	for _, f := range facts {
		if killText.MatchString(f.Text) && !f.Time.IsZero() && (o.killed.IsZero() || f.Time.Before(o.killed)) {
			o.killed, o.killedBy = f.Time, f
		}
	}
	if e.Tree != nil && e.Tree.Len() > 0 {
		o.descend(e.Tree)
	}
	return o
}

// descend follows the errors of Prow's own spans from the job down. Of several errors it
// follows the one that ended first. A pod has no error of its own if its container has one.
func (o *outcome) descend(t *trace.Tree) {
	below := map[int][]int{} // failed spans by the next failed one above
	for i := range t.Len() {
		if !t.Own(i) || t.Status(i) != trace.StatusError {
			continue
		}
		p := t.Parent(i)
		for depth := 0; p >= 0 && t.Status(p) != trace.StatusError && depth < 32; depth++ {
			p = t.Parent(p)
		}
		below[p] = append(below[p], i)
	}
	at := -1
	for len(o.path) < 32 {
		next, first := -1, int64(0)
		for _, c := range below[at] {
			if _, end := t.Times(c); next < 0 || end < first {
				next, first = c, end
			}
		}
		if next < 0 {
			break
		}
		o.path, at = append(o.path, next), next
	}
	if n := len(o.path); n > 1 {
		s := t.Span(o.path[n-1])
		o.phase, o.failed, o.began = s.Name, time.Unix(0, s.End()).UTC(), time.Unix(0, s.Start).UTC()
		kind, file := phaseOf(t, o.path[n-1])
		o.test = kind == "case" && !OfRunner(file)
	}
}

// consequence reports whether a fact comes after the run was ended from outside.
func (o *outcome) consequence(f *Fact) bool {
	return !o.killed.IsZero() && f != o.killedBy && f.kind != reason && !f.Time.IsZero() && !f.Time.Before(o.killed)
}

// within reports whether a fact belongs to the failed phase.
func (o *outcome) within(f *Fact) bool {
	return !o.began.IsZero() && !f.Last.Before(o.began) && !o.behind(f)
}

// behind reports whether a fact comes after the failed phase, or when the job took down what
// was left. Bounds of phases are estimated, so some seconds do not count.
func (o *outcome) behind(f *Fact) bool {
	const unsure = 5 * time.Second
	if f.tearDown {
		return true
	}
	return !o.failed.IsZero() && !f.Time.IsZero() && f.Time.After(o.failed.Add(unsure))
}

// limitText is what Prow says about a run that it ended because of a time limit.
var limitText = regexp.MustCompile(`(?i)did not finish before|timed? ?out|timeout|took too long|pending for|exceeded`)

// timedOut reports whether an aborted run was ended because of a limit, and not by a person.
func (o *outcome) timedOut(e *Evidence) bool {
	if o.killedBy != nil && limitText.MatchString(o.killedBy.Text) {
		return true
	}
	return e.Metadata.ProwJob != nil && limitText.MatchString(e.Metadata.ProwJob.Description)
}

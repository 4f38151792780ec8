package diff

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"prowtrace/joblog"
	"prowtrace/triage"
)

func compareThings(a, b thing) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.print, b.print))
}

func (t thing) String() string { return fmt.Sprintf("%s %016x", t.name, t.print) }

// facts compares the errors of spans, the pod, clones and steps. Cases and logs have lists
// of their own.
func (c *comparison) facts(ctx context.Context) error {
	all := sightings{}
	tells := map[triage.Source][]bool{}
	telling, weights := map[thing]bool{}, map[thing]int64{}
	for run, s := range c.all() {
		for source, has := range map[triage.Source]bool{triage.FromSpan: s.Tree != nil, triage.FromPod: s.Metadata.Pod != nil, triage.FromStep: len(s.Metadata.Steps) > 0, triage.FromProw: len(s.Metadata.Clones) > 0} {
			tells[source] = append(tells[source], has)
		}
		without := *s.Evidence
		without.Logs, without.Passing = nil, nil
		facts, err := triage.Facts(ctx, &without, c.known)
		if err != nil {
			return err
		}
		for _, f := range facts {
			if f.Source == triage.FromJUnit || f.Severity < joblog.Error {
				continue
			}
			t := thing{string(f.Source), f.Print()}
			at := all.at(t, run)
			if at.count == 0 {
				at.where = func() (string, *Place) { return f.Text, s.place(f.Place, f.Time) }
				telling[t], weights[t] = triage.Telling(f.Text), weight(f.Severity, since(s, f.Time))
			}
			at.count += f.Count
			at.errors += f.Count
		}
	}
	for _, t := range all.sorted() {
		if change, ok := c.judge(all[t], tells[triage.Source(t.name)], 0); ok {
			change.Name, change.key, change.telling, change.weight = t.name, t.String(), telling[t], weights[t]
			c.Errors = append(c.Errors, change)
		}
	}
	return nil
}

// weight puts the more severe first, and then the earlier.
func weight(severity joblog.Severity, since int64) int64 { return int64(severity)<<56 - since }

// since is the time from the start of the run to something. An unknown time comes last.
func since(s Subject, at time.Time) int64 {
	start, end := s.Metadata.Span()
	if at.IsZero() {
		at = end
	}
	if at.IsZero() || start.IsZero() {
		return 0
	}
	return int64(at.Sub(start))
}

// phases compares the parts of the runs.
func (c *comparison) phases(context.Context) error {
	all := sightings{}
	tells := make([]bool, len(c.good)+1)
	for run, s := range c.all() {
		alone := *s.Evidence
		alone.Passing = nil
		for _, p := range triage.Phases(&alone) {
			tells[run] = true
			at := all.at(thing{name: p.Name}, run)
			if at.count++; at.count == 1 || p.Failed && at.errors == 0 {
				at.where = func() (string, *Place) { return "", s.span(p.Span) }
			}
			at.took += p.Duration
			if p.Failed {
				at.errors++
			}
		}
	}
	if !samePhases(all, tells) {
		c.gap("phases", "the files of the runs list different phases")
		return nil
	}
	for _, t := range all.sorted() {
		if change, ok := c.judge(all[t], tells, byOutcome|byTime); ok {
			change.Name, change.key = short(t.name), t.name
			c.Phases = append(c.Phases, change)
		}
	}
	return nil
}

// samePhases reports whether some phase is in the bad run and in another one. Otherwise
// their names come from files of different kinds.
func samePhases(all sightings, tells []bool) bool {
	for _, sights := range all {
		if len(sights) > 1 && sights[len(sights)-1].run == len(tells)-1 {
			return true
		}
	}
	return !tells[len(tells)-1] || !slices.Contains(tells[:len(tells)-1], true)
}

package triage

import (
	"slices"
	"time"
)

// A Wait is what was waited for in vain in the failed phase.
type Wait struct {
	*Fact         // what is told of it, the first that names something
	Waiter string // the command that waited; "" where none is known
	From   time.Time
	Took   time.Duration
}

// waitSlack is how far clocks of a log and of spans may be apart.
const waitSlack = time.Second

// Waits are what was waited for in vain (C4, K6). What one command tells of its wait, such as the last
// state and that it gives up, is one Wait, as long as the command ran.
func (j *Judgement) Waits(e *Evidence) (all []Wait) {
	commands := commandsOf(e)
	at := map[int]int{} // Waits by their command
	for _, f := range j.waiters {
		w := Wait{Fact: f, From: f.Time, Took: f.Last.Sub(f.Time)}
		c := slices.IndexFunc(commands, func(c command) bool { return c.covers(f) })
		if c < 0 {
			all = append(all, w)
			continue
		}
		w.Waiter, w.From, w.Took = commands[c].name, commands[c].start, commands[c].end.Sub(commands[c].start)
		k, known := at[c]
		switch {
		case !known:
			at[c] = len(all)
			all = append(all, w)
		case len(all[k].rare) == 0 && len(f.rare) > 0 || f.Count > all[k].Count:
			w.Count = max(w.Count, all[k].Count)
			all[k] = w
		}
	}
	return all
}

// A command is a process of a run, or what its log shows of one.
type command struct {
	name       string
	start, end time.Time
}

// covers reports whether a fact was written while the command ran, by which it can have been
// told.
func (c command) covers(f *Fact) bool {
	return !f.Time.IsZero() && !f.Time.Before(c.start.Add(-waitSlack)) && !f.Last.After(c.end.Add(waitSlack))
}

// commandsOf gives the commands of a run, the shortest first: those are the innermost.
func commandsOf(e *Evidence) (all []command) {
	if e.Tree == nil {
		return nil
	}
	add := func(i int) {
		s := e.Tree.Span(i)
		all = append(all, command{s.Name, time.Unix(0, s.Start).UTC(), time.Unix(0, s.Start+s.Duration).UTC()})
	}
	eachWork(e, add)
	for i := range e.Tree.Len() {
		if !e.Tree.Own(i) { // of a million spans all but some hundred are not
			continue
		}
		if kind, _ := phaseOf(e.Tree, i); kind == "command" {
			add(i)
		}
	}
	slices.SortStableFunc(all, func(a, b command) int {
		return int(min(max(a.end.Sub(a.start)-b.end.Sub(b.start), -1), 1))
	})
	return all
}

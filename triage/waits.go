package triage

import (
	"slices"
	"time"
)

// A Wait is a wait in vain in the failed phase.
type Wait struct {
	*Fact         // the first fact about it that names something
	Waiter string // the command that waited; "" if unknown
	From   time.Time
	Took   time.Duration
}

// waitSlack is how far the clocks of a log and of spans may differ.
const waitSlack = time.Second

// Waits are the waits in vain (C4, K6). All facts that one command reports about its wait
// while it runs are one Wait, such as the last state and that it gives up.
func (j *Judgement) Waits(e *Evidence) (all []Wait) {
	commands := commandsOf(e)
	at := map[int]int{} // index of the Wait by its command
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

// A command is a process of a run, or a command that its log shows.
type command struct {
	name       string
	start, end time.Time
}

// covers reports whether a fact was written while the command ran, and so may come from it.
func (c command) covers(f *Fact) bool {
	return !f.Time.IsZero() && !f.Time.Before(c.start.Add(-waitSlack)) && !f.Last.After(c.end.Add(waitSlack))
}

// commandsOf gives the commands of a run, the shortest first, because these are the
// innermost.
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
		if !e.Tree.Own(i) { // of a million spans only some hundred are
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

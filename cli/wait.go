package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// wait waits for the end of a run if that was asked for, and tells whether it had
// to. What came of it is for the fetch to tell, which looks in the same places.
func (g *sourcing) wait(ctx context.Context, store objstore.Store, run prow.Run, shown *progress) (waited bool, err error) {
	if !g.watch {
		return false, nil
	}
	name := run.Job + " " + run.Build
	var state runfile.State
	for _, bucket := range g.known.Buckets(run.Bucket) {
		there := run
		there.Bucket = bucket.Name
		state, err = find.Wait(ctx, store, there, find.WaitOptions{
			Told:  func(s find.Sight) { shown.wait(name, s, time.Now()) },
			Sleep: g.pause,
		})
		if err != nil || state != runfile.Unknown {
			break
		}
	}
	waited = shown.waited(name, time.Now())
	switch {
	case errors.Is(err, context.Canceled):
		return waited, advised{failure{"stopped waiting for the end of " + name, err}, "--watch " + run.URL() + " goes on with that"}
	case err != nil:
		return waited, fmt.Errorf("wait for the end of %s: %w", name, err)
	case waited && state != runfile.Unknown && state != runfile.Running:
		shown.note(name + " has ended: " + string(state))
	}
	return waited, nil
}

// awaited is what is known of a run that is waited for.
type awaited struct {
	find.Sight
	next time.Time
}

// wait enters a look at a run that has not ended, and says so where that is news:
// on a terminal the line that is drawn over says the rest.
func (p *progress) wait(name string, s find.Sight, now time.Time) {
	p.mu.Lock()
	before, known := p.waits[name]
	if p.waits == nil {
		p.waits = map[string]awaited{}
	}
	p.waits[name] = awaited{s, now.Add(s.Next)}
	p.mu.Unlock()
	if !known || s.State != before.State || (s.Err != nil) != (before.Err != nil) || !p.terminal && s.Interval != before.Interval {
		p.note(fmt.Sprintf("%s %s; looking again in %s", name, sighted(s, now), s.Next.Round(time.Second)))
	}
}

// waited takes a run out of those that are waited for, and tells if it was one.
func (p *progress) waited(name string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.waits[name]
	delete(p.waits, name)
	if known && p.counts.Counts().BytesDone == 0 {
		p.began = now // the rate of downloads is not that of waiting
	}
	return known
}

func sighted(s find.Sight, now time.Time) string {
	switch {
	case s.Err != nil:
		return "cannot be looked at: " + s.Err.Error()
	case s.State == runfile.Unknown:
		return "has no files yet"
	case s.State == runfile.Running:
		return stillRunning(s.Since, now)
	}
	return "has ended (" + string(s.State) + ") and may still upload"
}

func stillRunning(since, now time.Time) string {
	if since.IsZero() {
		return "is still running: artifacts come at the end"
	}
	return fmt.Sprintf("is still running since %s UTC (%s): artifacts come at the end", since.UTC().Format(time.DateTime), ago(now.Sub(since)))
}

// waiting is the line about runs that are waited for; "" if there are none.
func (p *progress) waiting(now time.Time) string {
	var text string
	var next time.Time
	for name, a := range p.waits {
		if next.IsZero() || a.next.Before(next) {
			next = a.next
		}
		switch {
		case a.State == runfile.Running && !a.Since.IsZero():
			text = name + " has been running for " + now.Sub(a.Since).Round(time.Second).String()
		default:
			text = "waiting for " + name
		}
	}
	if n := len(p.waits); n > 1 {
		text = "waiting for " + count(int64(n), "run")
	}
	if text == "" {
		return ""
	}
	return "next look in " + max(0, next.Sub(now)).Round(time.Second).String() + ": " + text
}

// untold words that a run had nothing to fetch because it has not ended, or not
// as it should; other errors stay as they are.
func (g *sourcing) untold(j *job, err error, now time.Time) error {
	var none *fetch.NoTracesError
	if !errors.As(err, &none) || none.Ended || j.result == nil {
		return err
	}
	m := metadata(j.result, func(string, ...any) {})
	since := m.Since()
	page := "its page in Prow may say more: " + g.runPage(m.Run)
	switch state := m.State(); {
	case state == runfile.Unknown:
		return err
	case state != runfile.Running:
		return advised{failure{fmt.Sprintf("%s ended (%s) before it could upload anything", j.title(), state), err}, page}
	case m.Overdue(now):
		return advised{failure{fmt.Sprintf("%s has not ended since %s UTC (%s), longer than it may run: its pod was probably deleted before it could upload anything",
			j.title(), since.Format(time.DateTime), ago(now.Sub(since))), err}, page}
	}
	return advised{failure{j.title() + " " + stillRunning(since, now), err}, "--watch waits for that"}
}

// unfinished says that a run had not ended when its bucket was asked, "" if it
// had: then there can be more by now.
func unfinished(j job) string {
	m := j.story
	if j.result != nil && !j.result.Ended {
		m = metadata(j.result, func(string, ...any) {})
	}
	if m == nil || m.State() != runfile.Running {
		return ""
	}
	text := "The run was still running"
	if !m.AsOf.IsZero() {
		text += " at " + m.AsOf.UTC().Format(time.DateTime) + " UTC"
	}
	if since := m.Since(); !since.IsZero() {
		text += ", since " + since.UTC().Format(time.DateTime) + " UTC"
	}
	if m.Overdue(m.AsOf) {
		return text + ", longer than it may run: its pod was probably deleted, so this may not be all."
	}
	text += ": artifacts come at the end, so this may not be all."
	if j.result == nil {
		return text
	}
	return text + " Ask again later, or with --watch, which waits for that."
}

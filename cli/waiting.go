package cli

import (
	"fmt"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// awaited is what is known of a run that is waited for.
type awaited struct {
	find.WaitProgress
	next time.Time
}

// wait enters a look at a run that has not ended, and says so where that is news:
// on a terminal the line that is drawn over says the rest.
func (p *progress) wait(name string, s find.WaitProgress, now time.Time) {
	p.mu.Lock()
	before, known := p.waits[name]
	if p.waits == nil {
		p.waits = map[string]awaited{}
	}
	p.waits[name] = awaited{s, now.Add(s.Next)}
	p.mu.Unlock()
	if !known || s.State != before.State || (s.Err != nil) != (before.Err != nil) || !p.terminal && s.Interval != before.Interval {
		p.note(fmt.Sprintf("%s %s; looking again in %s", name, looked(s, now), s.Next.Round(time.Second)))
	}
}

// waited takes a run out of those that are waited for.
func (p *progress) waited(name string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.waits[name]
	delete(p.waits, name)
	if known && p.counts().BytesDone == 0 {
		p.began = now // the rate of downloads is not that of waiting
	}
}

func looked(s find.WaitProgress, now time.Time) string {
	switch {
	case s.Err != nil:
		return "cannot be read: " + s.Err.Error()
	case s.State == runfile.Unknown:
		return "has no files yet"
	case s.State == runfile.Running:
		return stillRunning(s.Since, now)
	}
	return "has ended (" + string(s.State) + ") and may still upload"
}

func stillRunning(since, now time.Time) string {
	if since.IsZero() {
		return "is still running, and uploads artifacts at the end"
	}
	return fmt.Sprintf("is still running since %s UTC (%s), and uploads artifacts at the end", since.UTC().Format(time.DateTime), text.Age(now.Sub(since)))
}

// waiting is the line about runs that are waited for; "" if there are none.
func (p *progress) waiting(now time.Time) string {
	var line string
	var next time.Time
	for name, a := range p.waits {
		if next.IsZero() || a.next.Before(next) {
			next = a.next
		}
		switch {
		case a.State == runfile.Running && !a.Since.IsZero():
			line = name + " has been running for " + now.Sub(a.Since).Round(time.Second).String()
		default:
			line = "waiting for " + name
		}
	}
	if n := len(p.waits); n > 1 {
		line = "waiting for " + text.Count(n, "run")
	}
	if line == "" {
		return ""
	}
	return "next look in " + max(0, next.Sub(now)).Round(time.Second).String() + ": " + line
}

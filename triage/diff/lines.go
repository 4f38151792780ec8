package diff

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/triage"
)

// Bounds on what is kept of logs.
const (
	mostLines = 200_000 // different lines of a run
	lineBytes = 1000

	mostJudged = 5000 // lines on one side only whose words are judged
)

// A line is what a run has of lines that are equal except for numbers and ids.
type line struct {
	log, first int32 // of the run
	run, count int32
	last       int64 // Unix ns; 0 if no time is known
	severity   joblog.Severity
}

// lines compares the lines of logs. Lines with an error level become errors.
func (c *comparison) lines(ctx context.Context) error {
	all := map[thing][]line{}
	logs := map[string][]bool{} // which runs have a log
	for run, s := range c.all() {
		left := mostLines
		for at, l := range s.Logs {
			name := withoutIDs(l.Name)
			if logs[name] == nil {
				logs[name] = make([]bool, len(c.good)+1)
			}
			logs[name][run] = true
			if err := addLines(ctx, all, name, l, line{log: int32(at), run: int32(run)}, &left); err != nil {
				return err
			}
		}
		if left == 0 {
			c.gap("lines", "a run has more than "+text.Number(mostLines)+" different ones: the others are not compared")
		}
	}
	var only []candidate
	for t, list := range all {
		change, ok := c.judge(c.lineSights(list), logs[t.name], byEnd|byCount)
		switch {
		case !ok:
		case change.Kind == New || change.Kind == Gone:
			only = append(only, candidate{change, t, list[len(list)-1]})
		default:
			change.Name, change.key = t.name, t.String()
			c.Lines = append(c.Lines, change)
		}
	}
	c.addOnly(only)
	c.wholeLogs(logs)
	return nil
}

// addLines adds the lines of a log. left is how many more new lines are allowed.
func addLines(ctx context.Context, all map[thing][]line, name string, l triage.Log, of line, left *int) error {
	prints, err := l.Fingerprints(ctx)
	if err != nil {
		return err
	}
	for i, one := range l.Lines() {
		if len(one.Bytes) < 4 { // brackets and the like
			continue
		}
		t := thing{name, prints[i]}
		list := all[t]
		if n := len(list); n == 0 || list[n-1].run != of.run {
			if *left == 0 {
				continue
			}
			*left--
			of.first, of.severity = int32(i), one.Severity
			list = append(list, of)
			all[t] = list
		}
		seen := &list[len(list)-1]
		seen.count++
		if !one.Time.IsZero() {
			seen.last = max(seen.last, one.Time.UnixNano())
		}
	}
	return nil
}

// lineSights are the sights of a line.
func (c *comparison) lineSights(list []line) (all []sight) {
	for _, seen := range list {
		s := c.subject(int(seen.run))
		l := s.Logs[seen.log]
		one := sight{run: int(seen.run), count: int(seen.count), where: func() (string, *Place) {
			at := l.Line(int(seen.first))
			return s.textOf(seen), s.place(triage.Place{Source: triage.FromLog, File: l.Name, Line: numberOf(l, int(seen.first)), Span: -1}, at.Time)
		}}
		if seen.severity >= joblog.Error {
			one.errors = one.count
		}
		one.tail = tailOf(s, l, seen)
		all = append(all, one)
	}
	return all
}

// textOf is the text of a line, without the time at its beginning.
func (s Subject) textOf(l line) string {
	said := s.Logs[l.log].Said(int(l.first), lineBytes)
	return short(strings.ReplaceAll(triage.Message(said), "\t", " "))
}

// subject gives a run by its number.
func (c *comparison) subject(run int) Subject {
	if run < len(c.good) {
		return c.good[run]
	}
	return c.bad
}

// tailOf is the time from the last sight of a line to the end of its run. If a log has
// another clock, its end is its last line.
func tailOf(s Subject, l triage.Log, seen line) tail {
	first, last, ok := l.Times()
	if !ok || seen.last == 0 {
		return tail{}
	}
	start, end := s.Metadata.Span()
	if l.Foreign() || start.IsZero() || end.IsZero() {
		start, end = first, last
	}
	return tail{int(seen.count), end.Sub(time.Unix(0, seen.last)), end.Sub(start)}
}

// A candidate is a line that only one side has.
type candidate struct {
	Change
	thing
	line
}

// addOnly adds lines that only one side has. Lines without a time that directly follow
// another line, such as a dump, are counted with that line.
func (c *comparison) addOnly(only []candidate) {
	slices.SortFunc(only, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.log, b.log), cmp.Compare(a.first, b.first))
	})
	few := len(only) <= mostJudged
	for i := 0; i < len(only); {
		head, n := only[i], 1
		for i+n < len(only) && c.belongs(only[i+n-1].line, only[i+n].line) {
			if only[i+n].severity > head.severity {
				head = only[i+n]
			}
			n++
		}
		i += n
		head.With, head.Name, head.Change.key = n-1, head.thing.name, head.thing.String()
		s := c.subject(int(head.run))
		raw := s.Logs[head.log].Line(int(head.first)).Bytes
		if !bytes.ContainsFunc(raw, unicode.IsLetter) {
			continue
		}
		head.weight = weight(head.severity, since(s, s.Logs[head.log].Line(int(head.first)).Time))
		_, known := c.known.Line(raw)
		_, command := joblog.Command(raw)
		head.telling = !command && (!few || triage.Telling(s.textOf(head.line)))
		if head.severity >= joblog.Error || known && !command {
			c.Errors = append(c.Errors, head.Change)
		} else {
			c.Lines = append(c.Lines, head.Change)
		}
	}
}

// belongs reports whether a line belongs to the previous one.
func (c *comparison) belongs(before, l line) bool {
	return l.run == before.run && l.log == before.log && l.first == before.first+1 &&
		c.subject(int(l.run)).Logs[l.log].Line(int(l.first)).Origin != joblog.Read
}

// wholeLogs adds a row for each log that only one side has.
func (c *comparison) wholeLogs(logs map[string][]bool) {
	bad := len(c.good)
	for name, has := range logs {
		change := Change{Name: name, key: name, telling: true}
		switch some := slices.Contains(has[:bad], true); {
		case has[bad] && !some && bad > 0:
			change.Kind = New
		case !has[bad] && !slices.Contains(has[:bad], false):
			change.Kind = Gone
		default:
			continue
		}
		for run, s := range c.all() {
			side := &change.Good
			if run == bad {
				side = &change.Bad
			}
			for _, l := range s.Logs {
				if withoutIDs(l.Name) != name {
					continue
				}
				side.Runs++
				if side.Place == nil {
					side.Count, side.Place = l.Len(), s.place(triage.Place{Source: triage.FromLog, File: l.Name, Span: -1}, time.Time{})
				}
				break
			}
		}
		c.Lines = append(c.Lines, change)
	}
}

// numberOf gives the number of a line in the complete log.
func numberOf(l triage.Log, i int) int {
	if l.Number == nil {
		return i + 1
	}
	n, _ := l.Number(i)
	return n
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return short(s)
}

package viewer

import (
	"math"
	"strings"
	"time"

	"prowtrace/trace"
)

// A moment is a time as one writes it in a search.
//
//	12:03 12:03:05.25          UTC, on the day of the run
//	2025-03-13T12:03:05Z       also with the offset of a zone; without any it is UTC
//	2025-03-13T12:03 2025-03-13
//	+5m +1h30m                 after the start of the trace
type moment struct {
	since since
	ns    int64
}

// since is what a moment counts from.
type since int

const (
	sinceEpoch since = iota
	sinceMidnight
	sinceStart
)

const day = int64(24 * time.Hour)

func parseMoment(s string) (m moment, ok bool) {
	if rest, plus := strings.CutPrefix(s, "+"); plus {
		d, err := time.ParseDuration(rest)
		return moment{sinceStart, int64(d)}, err == nil && d >= 0
	}
	s = strings.ToUpper(s) // RFC 3339 has it in any case
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return moment{sinceMidnight, int64(t.Sub(t.Truncate(24 * time.Hour)))}, true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		switch y := t.Year(); {
		case y < 1970:
			return moment{}, true
		case y > 2261: // some of 2262 does not fit; no span is later
			return moment{ns: math.MaxInt64}, true
		}
		return moment{ns: t.UnixNano()}, true
	}
	return moment{}, false
}

// in gives the Unix ns of m in a trace. A time of day is on the day of the run;
// of a run that passes midnight, on the day on which it is within the run or
// nearest to it.
func (m moment) in(w times) int64 {
	switch m.since {
	case sinceMidnight:
		midnight := w.run.start - w.run.start%day
		at := plus(midnight, m.ns)
		if w.run.end-midnight >= day && at < w.run.start && at-w.run.end+day < w.run.start-at {
			return plus(at, day)
		}
		return at
	case sinceStart:
		return plus(w.trace, m.ns)
	}
	return m.ns
}

// extent is a range of time in Unix ns.
type extent struct{ start, end int64 }

// plus adds without going around; neither is negative.
func plus(a, b int64) int64 { return a + min(b, math.MaxInt64-a) }

// times are those that moments count from.
type times struct {
	trace int64 // the start of the trace, Unix ns
	run   extent
}

// timesOf gives those of a trace. Several runs are on several days: there the day
// is that of the trace.
func (m *matcher) timesOf(t trace.Tree) times {
	if m.of != t.Trace.ID {
		start, end := t.Extent()
		m.of, m.around = t.Trace.ID, times{start, extent{start, end}}
		if all := m.run(); all.End-all.Start < day {
			m.around.run = extent{all.Start, all.End}
		}
	}
	return m.around
}

// meets reports whether a time is on the side of the moment that the term asks for.
func (q *term) meets(at int64, w times) bool {
	limit := q.when.in(w)
	return at > 0 && (at >= limit) == (q.key == "after")
}

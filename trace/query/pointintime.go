package query

import (
	"cmp"
	"math"
	"strings"
	"time"
)

// A pointInTime is a time as it is written in a search.
//
//	12:03 12:03:05.25          UTC, on the day of the run
//	12:03Z 12:03+02:00         likewise, in a zone: on the day that the run has there
//	2025-03-13T12:03:05Z       also with the offset of a zone; without any it is UTC
//	2025-03-13T12:03 2025-03-13
//	2025-03-13 12:03:05 UTC+02:00  as the page shows it
//	+5m +1d12h                 after the start of the trace
type pointInTime struct {
	since since
	ns    int64
	east  int64 // for sinceMidnight: how far the zone is ahead of UTC, in ns
}

// since is the origin of a point in time.
type since int

const (
	sinceEpoch since = iota
	sinceDay
	sinceStart
)

var (
	timesOfDay = []string{"15:04", "15:04:05", "15:04Z07:00", "15:04:05Z07:00"}
	instants   = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}
)

func parseTime(s string) (m pointInTime, ok bool) {
	if rest, plus := strings.CutPrefix(s, "+"); plus {
		d, err := parseDuration(rest)
		return pointInTime{since: sinceStart, ns: int64(d)}, err == nil && d >= 0
	}
	s = fromShown(strings.ToUpper(s)) // RFC 3339 allows any case
	for _, layout := range timesOfDay {
		if t, err := time.Parse(layout, s); err == nil {
			_, east := t.Zone()
			sinceMidnight := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
			return pointInTime{sinceDay, int64(sinceMidnight), int64(east) * int64(time.Second)}, true
		}
	}
	for _, layout := range instants {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		switch y := t.UTC().Year(); {
		case y < 1970:
			return pointInTime{}, true
		case y > 2261: // part of 2262 does not fit; no span is later
			return pointInTime{ns: math.MaxInt64}, true
		}
		return pointInTime{ns: t.UnixNano()}, true
	}
	return pointInTime{}, false
}

// fromShown reads a time as the page shows it: 2025-03-13 12:03:05.250 UTC−05:00.
func fromShown(s string) string {
	if at, zone, ok := strings.Cut(s, " UTC"); ok {
		s = at + cmp.Or(strings.ReplaceAll(zone, "−", "-"), "Z")
	}
	if date, at, ok := strings.Cut(s, " "); ok {
		s = date + "T" + at
	}
	return s
}

// in gives m in Unix ns, in a trace that starts at start. A time of day is on the day of the
// run. If the run passes midnight, it is on the day on which it is within the run or nearest
// to it.
func (m pointInTime) in(start int64, run extent) int64 {
	switch m.since {
	case sinceDay:
		there := plus(run.start, m.east) // what the clocks of the zone show
		midnight := run.start - (there%day+day)%day
		at := plus(midnight, m.ns)
		if run.end-day >= midnight && at < run.start && at-run.end+day < run.start-at {
			at = plus(at, day)
		}
		return max(at, 0)
	case sinceStart:
		return plus(start, m.ns)
	}
	return m.ns
}

// ParseTime reads a point in time as it follows after: or before: in a search (see Parse).
// The trace starts at trace, and the run lasts from from to to. All are in Unix ns.
func ParseTime(s string, trace, from, to int64) (ns int64, ok bool) {
	m, ok := parseTime(s)
	return m.in(trace, extent{from, to}), ok
}

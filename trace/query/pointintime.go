package query

import (
	"math"
	"strings"
	"time"
)

// A pointInTime is a time as one writes it in a search.
//
//	12:03 12:03:05.25          UTC, on the day of the run
//	2025-03-13T12:03:05Z       also with the offset of a zone; without any it is UTC
//	2025-03-13T12:03 2025-03-13
//	+5m +1h30m                 after the start of the trace
type pointInTime struct {
	since since
	ns    int64
}

// since is what a point in time counts from.
type since int

const (
	sinceEpoch since = iota
	sinceMidnight
	sinceStart
)

func parseTime(s string) (m pointInTime, ok bool) {
	if rest, plus := strings.CutPrefix(s, "+"); plus {
		d, err := time.ParseDuration(rest)
		return pointInTime{sinceStart, int64(d)}, err == nil && d >= 0
	}
	s = strings.ToUpper(s) // RFC 3339 has it in any case
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return pointInTime{sinceMidnight, int64(t.Sub(t.Truncate(24 * time.Hour)))}, true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		switch y := t.Year(); {
		case y < 1970:
			return pointInTime{}, true
		case y > 2261: // some of 2262 does not fit; no span is later
			return pointInTime{ns: math.MaxInt64}, true
		}
		return pointInTime{ns: t.UnixNano()}, true
	}
	return pointInTime{}, false
}

// in gives the Unix ns of m in a trace that starts at a time. A time of day is on the
// day of the run; of a run that passes midnight, on the day on which it is within the
// run or nearest to it.
func (m pointInTime) in(start int64, run extent) int64 {
	switch m.since {
	case sinceMidnight:
		midnight := run.start - run.start%day
		at := plus(midnight, m.ns)
		if run.end-midnight >= day && at < run.start && at-run.end+day < run.start-at {
			return plus(at, day)
		}
		return at
	case sinceStart:
		return plus(start, m.ns)
	}
	return m.ns
}

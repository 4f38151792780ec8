package joblog

import (
	"time"
)

// clock turns the stamps of lines into times. It follows the log: what a line
// leaves out may come from the lines before.
type clock struct {
	loc  *time.Location
	run  extent // of the run; empty if it is not known
	last int64  // the latest time that was resolved
	has  bool   // last is a time

	// the day that was last asked for
	day      int // as dayKey
	midnight int64
	even     bool // the zone does not change on that day, so times count from midnight

	// the date without a year that was last asked for, and its year
	yearless, year int

	started   int64 // when the program that counts from its start was started
	counted   int64 // where its count stands
	hasCounts bool
}

func newClock(o Options) clock {
	c := clock{loc: o.Location, run: extent{maxTime, minTime}}
	if c.loc == nil {
		c.loc = time.UTC
	}
	for _, t := range []time.Time{o.Start, o.End} {
		if !t.IsZero() {
			c.run.add(nanos(t, 0))
		}
	}
	return c
}

func (c *clock) hasRun() bool { return c.run.min <= c.run.max }

// far reports whether t cannot belong to the run.
func (c *clock) far(t int64) bool {
	return c.hasRun() && distance(t, extent{c.run.min - foreignBeyond, c.run.max + foreignBeyond}) > 0
}

// distance returns how far t is outside of e.
func distance(t int64, e extent) int64 { return max(e.min-t, t-e.max, 0) }

// resolve returns the time that s means; false if too little is known of it.
func (c *clock) resolve(s stamp) (t int64, ok bool) {
	switch s.form {
	case dated:
		t, ok = c.date(s, int(s.year))
	case undated:
		t, ok = c.nearestYear(s)
	case daytime:
		t, ok = c.nearestDay(s)
	case elapsed:
		t, ok = c.sinceStart(s.nanos)
	case epoch:
		t, ok = s.nanos, true
	}
	if ok {
		c.last, c.has = t, true
	}
	return t, ok
}

// date is a date of a given year.
func (c *clock) date(s stamp, year int) (int64, bool) {
	month, day := int(s.month), int(s.day)
	if day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	if s.zoned {
		return daysSince1970(year, month, day)*int64(24*time.Hour) + s.nanos - int64(s.zone)*int64(time.Second), true
	}
	if key := year<<9 | month<<5 | day; key != c.day {
		midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, c.loc)
		next := time.Date(year, time.Month(month), day+1, 0, 0, 0, 0, c.loc)
		c.day, c.midnight, c.even = key, midnight.UnixNano(), next.Sub(midnight) == 24*time.Hour
	}
	if c.even {
		return c.midnight + s.nanos, true
	}
	n := s.nanos
	return time.Date(year, time.Month(month), day, int(n/int64(time.Hour)), 0, 0, 0, c.loc).UnixNano() + n%int64(time.Hour), true
}

// nearestYear returns a date in the year in which it is nearest to the run.
func (c *clock) nearestYear(s stamp) (int64, bool) {
	key := int(s.month)<<5 | int(s.day)
	if key == c.yearless {
		return c.date(s, c.year)
	}
	near, ok := c.reference()
	if !ok {
		return 0, false
	}
	middle := time.Unix(0, near.min).In(c.loc).Year()
	best, year := int64(maxTime), 0
	for y := middle - 1; y <= middle+1; y++ { // a run may go over a new year
		if t, ok := c.date(s, y); ok && distance(t, near) < best {
			best, year = distance(t, near), y
		}
	}
	if year == 0 { // 29 February, far from a leap year
		return 0, false
	}
	c.yearless, c.year = key, year
	return c.date(s, year)
}

// reference is what a date without a year is near to.
func (c *clock) reference() (extent, bool) {
	switch {
	case c.hasRun():
		return c.run, true
	case c.has:
		return extent{c.last, c.last}, true
	}
	return extent{}, false
}

// nearestDay returns a time of day on the day on which it is nearest to the line before,
// or to the start of the run.
func (c *clock) nearestDay(s stamp) (int64, bool) {
	near := c.last
	if !c.has {
		if !c.hasRun() {
			return 0, false
		}
		near = c.run.min
	}
	const day = int64(24 * time.Hour)
	there := near
	if s.zoned {
		there += int64(s.zone) * int64(time.Second)
	} else {
		_, offset := time.Unix(0, near).In(c.loc).Zone()
		there += int64(offset) * int64(time.Second)
	}
	delta := s.nanos - (there%day+day)%day
	switch {
	case delta > day/2:
		delta -= day
	case delta < -day/2:
		delta += day
	}
	return near + delta, true
}

// sinceStart resolves a count from the start of a program. It assumes that the program
// wrote its first line at the time of the line before, or at the start of the run.
// A count that falls belongs to another program.
func (c *clock) sinceStart(n int64) (int64, bool) {
	if !c.hasCounts || n < c.counted {
		switch {
		case c.has:
			c.started = c.last - n
		case c.hasRun():
			c.started = c.run.min - n
		default:
			return 0, false
		}
		c.hasCounts = true
	}
	c.counted = n
	return c.started + n, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar, by the length of the months
// from March on.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	days := 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1
	return int64(days - 719468)
}

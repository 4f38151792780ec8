package diff

import (
	"slices"
	"time"
)

// A sight is what one run has of a thing.
type sight struct {
	run    int // the number of a good run, or that of the bad run, which is the last
	count  int
	errors int
	took   time.Duration
	tail   tail
	where  func() (text string, place *Place) // called only for rows that are kept
}

// rules are the rules that apply to a list, in the order in which they are tried. The rule
// for what only one side has always applies.
type rules uint8

const (
	byOutcome rules = 1 << iota // it goes wrong, or no longer goes wrong
	byEnd                       // it stopped early
	byTime
	byCount
)

// judge says how a thing differs, by its sights in the order of runs. tells says which runs
// have its source. Runs without the source say nothing.
func (c *comparison) judge(sights []sight, tells []bool, by rules) (out Change, differs bool) {
	bad := len(c.good)
	if !tells[bad] {
		return out, false
	}
	var here *sight
	good := sights
	if n := len(sights); n > 0 && sights[n-1].run == bad {
		here, good = &sights[n-1], sights[:n-1]
	}
	if !out.differs(good, here, count(tells[:bad], true), by) {
		return Change{}, false
	}
	out.Good = sideOf(good)
	if here != nil {
		out.Bad = sideOf(sights[len(sights)-1:])
	}
	if out.Kind == Stopped || out.Kind == Lasted {
		out.Good.Left = int64(median(each(good, func(s sight) time.Duration { return s.tail.before })))
		out.Bad.Left = int64(here.tail.before)
	}
	return out, true
}

// differs tries the rules.
func (c *Change) differs(good []sight, here *sight, tell int, by rules) bool {
	switch {
	case tell == 0:
		return false
	case here == nil:
		c.Kind = Gone
		return len(good) == tell
	case len(good) == 0:
		c.Kind = New
		return true
	}
	timed := by&byTime != 0 && c.timed(each(good, func(s sight) time.Duration { return s.took }), here.took)
	wrong := count(each(good, func(s sight) bool { return s.errors > 0 }), true)
	switch {
	case by&byOutcome != 0 && here.errors > 0 && wrong == 0:
		c.Kind = Fails
	case by&byOutcome != 0 && here.errors == 0 && wrong == len(good):
		c.Kind = Passes
	case by&byEnd != 0 && c.ended(each(good, func(s sight) tail { return s.tail }), here.tail):
	case timed:
	case by&byCount != 0 && len(good) == tell && c.counted(each(good, func(s sight) int { return s.count }), here.count):
	default:
		return false
	}
	return true
}

// sideOf sums up the sights of a side, the newest run first.
func sideOf(all []sight) (s Side) {
	if len(all) == 0 {
		return s
	}
	s = Side{
		Runs: len(all), Count: median(each(all, func(s sight) int { return s.count })), Errors: median(each(all, func(s sight) int { return s.errors })),
		Duration: int64(median(each(all, func(s sight) time.Duration { return s.took }))),
	}
	s.where = all[0].where
	return s
}

func each[A, B any](all []A, of func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = of(a)
	}
	return out
}

func count[T comparable](all []T, wanted T) (n int) {
	for _, v := range all {
		if v == wanted {
			n++
		}
	}
	return n
}

// A thing is what is compared. It is the same in each run that has it.
type thing struct {
	name  string
	print uint64
}

// sightings are the sights of things, those of each in the order of runs.
type sightings map[thing][]sight

// at gives the sight of a thing in a run, and adds it if necessary. Runs must come in order.
func (all sightings) at(t thing, run int) *sight {
	list := all[t]
	if n := len(list); n == 0 || list[n-1].run != run {
		list = append(list, sight{run: run})
		all[t] = list
	}
	return &list[len(list)-1]
}

// sorted gives the things in a fixed order.
func (all sightings) sorted() []thing {
	things := make([]thing, 0, len(all))
	for t := range all {
		things = append(things, t)
	}
	slices.SortFunc(things, compareThings)
	return things
}

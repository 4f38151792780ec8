package diff

import (
	"context"
	"slices"

	"prowtrace/triage"
)

// A Band is a phase in two runs, on an axis that both share. It begins at the same place for
// both, and is as wide as the longer of the two.
//
//	good  queue│Up       ·····│Test      │·····│Down
//	bad   queue│Up            │··········│Build│Down
//	           ↑              ↑          ↑     ↑       each begins at one place
type Band struct {
	Name      string
	At, Width int64 // ns on the shared axis
	Good, Bad *Slot // nil: the run does not have the phase here
}

// A Slot is the time of a run that its phase takes on the axis: from the start of the phase
// to the start of the next one. So every time of the run is in a slot. The phase can end
// earlier, or overlap with the next one.
type Slot struct {
	*triage.Part        // nil before the first phase
	From, To     int64  // Unix ns
	Moved        *int64 // set if the other run has the phase elsewhere in the order: how long it takes there
}

// Took is how long the phase itself lasts.
func (s *Slot) Took() int64 {
	if s.Part == nil {
		return s.To - s.From
	}
	return s.End - s.Start
}

// phasedRun is a run and its parts, in order. From and To are its beginning and end, in Unix
// ns.
type phasedRun struct {
	Parts    []triage.Part
	From, To int64
}

// slots divides the time of a run among its phases. The first slot is the time before them.
func (p phasedRun) slots() []Slot {
	out := []Slot{{From: p.From, To: p.To}}
	for i := range p.Parts {
		start := min(max(p.Parts[i].Start, out[len(out)-1].From), max(p.To, out[len(out)-1].From))
		out[len(out)-1].To = start
		out = append(out, Slot{Part: &p.Parts[i], From: start, To: max(p.To, start)})
	}
	return out
}

// alignPhases aligns the phases of two runs by their names, in their order. The first band
// is the time before the phases, or the whole time if there are none. It has no name, and
// exists only if it has a width.
func alignPhases(ctx context.Context, good, bad phasedRun) ([]Band, error) {
	sides := [2][]Slot{good.slots(), bad.slots()}
	var names [2][]string
	for k, slots := range sides {
		for _, s := range slots {
			names[k] = append(names[k], s.name())
		}
	}
	same, err := align(ctx, names[0], names[1])
	if err != nil {
		return nil, err
	}
	var all []Band
	at := int64(0)
	put := func(g, b *Slot) {
		band := Band{At: at, Good: g, Bad: b}
		for _, s := range []*Slot{g, b} {
			if s != nil {
				band.Name, band.Width = s.name(), max(band.Width, s.To-s.From)
			}
		}
		if band.Width > 0 || band.Name != "" {
			all, at = append(all, band), at+band.Width
		}
	}
	i, j := 0, 0
	for _, m := range append(same, Match{len(names[0]), len(names[1]), 0}) {
		for ; i < m.Good; i++ {
			sides[0][i].elsewhere(sides[1])
			put(&sides[0][i], nil)
		}
		for ; j < m.Bad; j++ {
			sides[1][j].elsewhere(sides[0])
			put(nil, &sides[1][j])
		}
		for range m.N {
			put(&sides[0][i], &sides[1][j])
			i, j = i+1, j+1
		}
	}
	return all, nil
}

func (s *Slot) name() string {
	if s.Part == nil {
		return ""
	}
	return withoutIDs(s.Name)
}

// elsewhere looks for the phase at another place in the other run.
func (s *Slot) elsewhere(others []Slot) {
	i := slices.IndexFunc(others, func(o Slot) bool { return o.Part != nil && s.Part != nil && o.name() == s.name() })
	if i >= 0 {
		took := others[i].Took()
		s.Moved = &took
	}
}

// An Axis gives the places of a run's times in its bands.
type Axis struct {
	slots []Slot
	at    []int64
	band  []int
}

// Axes gives the axes of both runs.
func Axes(bands []Band) (good, bad Axis) {
	for i, b := range bands {
		good.add(b.Good, b.At, i)
		bad.add(b.Bad, b.At, i)
	}
	return good, bad
}

func (a *Axis) add(s *Slot, at int64, band int) {
	if s != nil {
		a.slots, a.at, a.band = append(a.slots, *s), append(a.at, at), append(a.band, band)
	}
}

// slot is the number of the last slot that begins at or before a time, or -1.
func (a Axis) slot(t int64) int {
	i, _ := slices.BinarySearchFunc(a.slots, t, func(s Slot, t int64) int {
		if s.From <= t {
			return -1
		}
		return 1
	})
	return i - 1
}

// Band gives the number of the band that contains a time, or -1.
func (a Axis) Band(t int64) int {
	i := a.slot(t)
	if i < 0 || t > a.slots[i].To {
		return -1
	}
	return a.band[i]
}

// Place gives the place of a time, in ns from the beginning of the axis. A time before or
// after the run is at its beginning or end. A later time is never before an earlier one.
func (a Axis) Place(t int64) int64 {
	i := a.slot(t)
	if i < 0 {
		if len(a.at) == 0 {
			return 0
		}
		return a.at[0]
	}
	s := a.slots[i]
	return a.at[i] + min(t, s.To) - s.From
}

// End gives the place of the end of something that began at start and ends at t. If it ends
// together with a phase, its end is in that phase, and not at the beginning of the next one.
func (a Axis) End(start, t int64) int64 {
	if t <= start {
		return a.Place(start)
	}
	return a.Place(t-1) + 1
}

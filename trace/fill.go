package trace

import (
	"cmp"
	"context"
	"runtime"
	"slices"
)

// operation is one distinct service, span name and kind in a group.
type operation struct {
	service, name uint32
	group         int
	kind          Kind
}

// A tally is what one goroutine counts while it fills columns.
type tally struct {
	ops  map[operation]struct{}
	odd  [16]int        // by bit of Flags
	last [256]operation // some of ops but for the zero one, by what tells most apart: hashing each took longer
}

// fill writes the linked spans into the columns and the table of traces.
func (s *Set) fill(ctx context.Context, l *linker) error {
	s.traces.first = make([]uint32, len(l.extents)+1)
	s.traces.total = make([]uint32, len(l.extents))
	several := uint32(0)
	for t, rows := range l.rows {
		s.traces.first[t+1] = s.traces.first[t] + rows
		s.traces.total[t] = several
		if rows > 1 {
			several++
		}
	}
	s.traces.totals = make([]total, several)
	s.makeColumns(int(s.traces.first[len(l.rows)]))

	tallies := make([]tally, runtime.GOMAXPROCS(0))
	for w := range tallies {
		tallies[w].ops = map[operation]struct{}{}
	}
	err := eachTrace(ctx, len(tallies), len(l.extents), func(w, t int) {
		s.fillTrace(t, l.segment(t))
		s.describe(t, &tallies[w])
	})
	if err != nil {
		return err
	}
	s.gather(tallies)
	s.collectSightings(l)
	return nil
}

func (s *Set) makeColumns(rows int) {
	s.columns = columns{
		trace: make([]uint32, rows), id: make([]uint64, rows), parent: make([]int32, rows),
		start: make([]int64, rows), end: make([]int64, rows),
		name: make([]uint32, rows), resource: make([]uint32, rows), scope: make([]uint32, rows),
		kind: make([]Kind, rows), status: make([]Status, rows), flags: make([]Flags, rows),
		origin: make([]origin, rows), length: make([]uint32, rows),
	}
}

// fillTrace copies a segment into the rows of trace t. The scanned spans are
// not needed afterwards: their trace field takes the row.
func (s *Set) fillTrace(t int, g segment) {
	first := int(s.traces.first[t])
	rows := int(s.traces.first[t+1]) - first
	for k, i := range g.order[:rows] {
		g.spans[i].trace = uint32(first + k)
	}
	for k, i := range g.order[:rows] {
		r, row := &g.spans[i], first+k
		s.trace[row], s.id[row] = uint32(t), r.id
		s.start[row], s.end[row] = r.start, r.end
		s.name[row], s.resource[row], s.scope[row] = r.name, r.resource, r.scope
		s.kind[row], s.status[row] = r.kind, r.status
		s.origin[row], s.length[row] = r.origin, r.length
		s.parent[row] = -1
		if p := g.parent[i]; p >= 0 {
			parent := &g.spans[p]
			s.parent[row] = int32(parent.trace)
			if r.start < parent.start || r.end > parent.end {
				r.flags |= Outside
			}
		}
		s.flags[row] = r.flags
	}
}

// describe fills the entry of trace t in the table of traces, and counts.
func (s *Set) describe(t int, count *tally) {
	lo, hi := s.traces.first[t], s.traces.first[t+1]
	if hi-lo > 1 {
		s.traces.totals[s.traces.total[t]] = s.sum(lo, hi)
	}
	for row := lo; row < hi; row++ {
		for f := s.flags[row]; f != 0; f &= f - 1 {
			count.odd[trailingZeros(f)]++
		}
		r := &s.resources[s.resource[row]]
		op := operation{r.service, s.name[row], r.group, s.kind[row]}
		if last := &count.last[uint8(op.name)^uint8(op.service)<<4^uint8(op.kind)<<2]; op != *last || op == (operation{}) {
			count.ops[op] = struct{}{}
			*last = op
		}
	}
}

// gather adds up the tallies.
func (s *Set) gather(tallies []tally) {
	ops := map[operation]struct{}{}
	s.stats.Spans = len(s.id)
	s.stats.Odd = map[string]int{}
	for _, c := range tallies {
		for op := range c.ops {
			ops[op] = struct{}{}
		}
		for _, f := range flagNames {
			if n := c.odd[trailingZeros(f.flag)]; n > 0 {
				s.stats.Odd[f.name] += n
			}
		}
	}
	for op := range ops {
		s.ops = append(s.ops, op)
	}
}

// collectSightings lists the further origins of repeated spans by row.
func (s *Set) collectSightings(l *linker) {
	for _, repeats := range l.again {
		for _, r := range repeats {
			spans := l.segment(int(r.trace)).spans
			s.sightings = append(s.sightings, sighting{spans[r.first].trace, spans[r.copy].origin})
		}
	}
	s.stats.Repeated = len(s.sightings)
	slices.SortFunc(s.sightings, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.origin, b.origin))
	})
}

package trace

import (
	"cmp"
	"slices"

	"prowtrace/internal/hugepage"
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
	last [256]operation // some of ops except the zero one, indexed by the part that differs most: hashing each took longer
}

// makeRows makes the columns and the table of traces, with one row for each span.
func (s *Set) makeRows(l *linker) {
	s.columns = makeColumns(len(l.places))
	s.traces.first = l.base
	s.traces.total = hugepage.Make[uint32](len(l.extents))
	several := uint32(0)
	for t, e := range l.extents {
		s.traces.total[t] = several
		if e.spans > 1 {
			several++
		}
	}
	s.traces.totals = hugepage.Make[total](int(several))
}

func makeColumns(rows int) columns {
	return columns{
		trace: hugepage.Make[uint32](rows), id: hugepage.Make[uint64](rows), parent: hugepage.Make[int32](rows),
		start: hugepage.Make[int64](rows), end: hugepage.Make[int64](rows),
		name: hugepage.Make[uint32](rows), resource: hugepage.Make[uint32](rows), scope: hugepage.Make[uint32](rows),
		kind: hugepage.Make[Kind](rows), status: hugepage.Make[Status](rows), flags: hugepage.Make[Flags](rows),
		origin: hugepage.Make[origin](rows), length: hugepage.Make[uint32](rows),
	}
}

// fillTrace copies a segment into the rows of trace t, starting at row first. The scanned
// spans are not needed afterwards: their trace field takes the row.
func (s *Set) fillTrace(t, first uint32, g segment) {
	for k, i := range g.order {
		g.spans[i].trace = first + uint32(k)
	}
	for _, i := range g.order {
		r := &g.spans[i]
		row := r.trace
		s.trace[row], s.id[row] = t, r.id
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

// describe fills the entry of trace t in the table of traces and adds to the counts. The
// rows of the trace are lo to hi.
func (s *Set) describe(t, lo, hi uint32, count *tally) {
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

// gather adds up what the workers have counted.
func (s *Set) gather(workers []worker) {
	ops := map[operation]struct{}{}
	s.stats.Odd = map[string]int{}
	for _, w := range workers {
		for op := range w.ops {
			ops[op] = struct{}{}
		}
		for _, f := range flagNames {
			if n := w.odd[trailingZeros(f.flag)]; n > 0 {
				s.stats.Odd[f.name] += n
			}
		}
		s.sightings = append(s.sightings, w.again...)
	}
	for op := range ops {
		s.ops = append(s.ops, op)
	}
	s.stats.Repeated = len(s.sightings)
	s.stats.Spans = len(s.id) - len(s.sightings)
}

// closeUp removes the rows that repeated spans have left empty. In each trace these come
// after the other rows.
func (s *Set) closeUp(l *linker) {
	if len(s.sightings) == 0 {
		return
	}
	wide, first := s.columns, make([]uint32, len(l.rows)+1)
	s.columns = makeColumns(s.stats.Spans)
	for t, rows := range l.rows {
		from, to := l.base[t], first[t]
		first[t+1] = to + rows
		s.columns.copyRows(int(to), wide, int(from), int(rows))
		for row := to; row < to+rows; row++ {
			if s.parent[row] >= 0 {
				s.parent[row] -= int32(from - to)
			}
		}
		if rows > 1 {
			s.traces.totals[s.traces.total[t]].root -= from - to
		}
	}
	for i := range s.sightings {
		row := &s.sightings[i].row
		t := wide.trace[*row]
		*row -= l.base[t] - first[t]
	}
	s.traces.first = first
	slices.SortFunc(s.sightings, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.origin, b.origin))
	})
}

// copyRows copies n rows of other columns, starting at row from, to the rows that start at
// to.
func (c *columns) copyRows(to int, other columns, from, n int) {
	copy(c.trace[to:], other.trace[from:][:n])
	copy(c.id[to:], other.id[from:][:n])
	copy(c.parent[to:], other.parent[from:][:n])
	copy(c.start[to:], other.start[from:][:n])
	copy(c.end[to:], other.end[from:][:n])
	copy(c.name[to:], other.name[from:][:n])
	copy(c.resource[to:], other.resource[from:][:n])
	copy(c.scope[to:], other.scope[from:][:n])
	copy(c.kind[to:], other.kind[from:][:n])
	copy(c.status[to:], other.status[from:][:n])
	copy(c.flags[to:], other.flags[from:][:n])
	copy(c.origin[to:], other.origin[from:][:n])
	copy(c.length[to:], other.length[from:][:n])
}

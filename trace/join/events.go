package join

import (
	"cmp"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// placedEvents are the events of one span.
type placedEvents struct {
	row     int
	events  []Event
	leftOut int
}

// writer is an own span that events can belong to.
type writer struct {
	row, depth int
	start, end int64
	name, file string
	pid        int64
	unplaced   bool
}

// writers are the own spans of a joined trace.
type writers struct {
	all    []writer // in the order of the trace
	root   int      // row
	below  [][]int  // by writer: its children
	byID   map[uint64]int
	within map[uint64][]writer // what is below a span, and itself, the deepest first
}

// placeEvents finds the span for each event: the innermost own span that ran at its time and
// was written by its program, if that is known. An event outside of all such spans belongs
// to the span in which it was written, or else to the root.
func placeEvents(set, own *trace.Set, job *Job, joined *trace.Joined) []placedEvents {
	if len(job.Events) == 0 && job.MoreEvents == 0 {
		return nil
	}
	all := writersOf(set, own, joined)
	events := slices.Clone(job.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	at := map[int]*placedEvents{} // by row
	of := func(row int) *placedEvents {
		if at[row] == nil {
			at[row] = &placedEvents{row: row}
		}
		return at[row]
	}
	kept := 0
	for _, e := range events {
		row := all.root // events that are left out stay at the root
		if kept < MaxEvents {
			row = all.innermost(e)
		}
		p := of(row)
		if len(p.events) == MaxSpanEvents || kept == MaxEvents {
			p.leftOut++
			continue
		}
		p.events = append(p.events, e)
		kept++
	}
	if job.MoreEvents > 0 {
		of(all.root).leftOut += job.MoreEvents
	}
	var placed []placedEvents
	for _, p := range at {
		placed = append(placed, *p)
	}
	slices.SortFunc(placed, func(a, b placedEvents) int { return cmp.Compare(a.row, b.row) })
	return placed
}

// writersOf lists the own spans of a joined trace.
func writersOf(set, own *trace.Set, joined *trace.Joined) *writers {
	c := &writers{byID: map[uint64]int{}, within: map[uint64][]writer{}}
	number := map[int32]int{} // of a writer, by its number in the trace
	for n, row := range joined.Rows {
		if local := int(row) - set.Len(); local >= 0 {
			number[int32(n)] = len(c.all)
			c.byID[own.Columns().ID[local]] = len(c.all)
			c.all = append(c.all, writerOf(own, local, int(row)))
			c.all[len(c.all)-1].unplaced = joined.Unplaced[n]
		}
	}
	c.below = make([][]int, len(c.all))
	var roots []int
	for n := range joined.Rows {
		i, isOwn := number[int32(n)]
		if !isOwn {
			continue
		}
		if p, ok := number[joined.Parent[n]]; ok {
			c.below[p] = append(c.below[p], i)
		} else {
			roots = append(roots, i)
		}
	}
	for _, r := range roots {
		c.walk(r, func(i, depth int) { c.all[i].depth = depth })
	}
	if len(roots) > 0 {
		c.root = c.all[roots[0]].row
	}
	c.within[0] = deepestFirst(slices.Clone(c.all))
	return c
}

func writerOf(own *trace.Set, local, row int) writer {
	s := own.Span(local)
	w := writer{row: row, start: s.Start, end: s.End(), name: s.Name}
	for num, kv := range otlpwire.Messages(own.Raw(local)) {
		if num != 9 {
			continue
		}
		if key, value := otlpwire.KeyValue(kv); string(key) == attrFile {
			w.file = string(otlpwire.Bytes(value, 1))
			w.pid = pid(w.file)
		}
	}
	return w
}

// walk visits a writer and all writers below it. Own spans are a tree.
func (c *writers) walk(from int, visit func(i, depth int)) {
	type step struct{ i, depth int }
	stack := []step{{from, 0}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(at.i, at.depth)
		for _, i := range c.below[at.i] {
			stack = append(stack, step{i, at.depth + 1})
		}
	}
}

func deepestFirst(all []writer) []writer {
	slices.SortStableFunc(all, func(a, b writer) int { return cmp.Compare(b.depth, a.depth) })
	return all
}

// belowSpan gives the writers to which an event written in a span can belong, the deepest
// first. The span itself is last.
func (c *writers) belowSpan(id trace.SpanID) []writer {
	key := spanNumber(id)
	from, ok := c.byID[key]
	if !ok {
		return c.within[0]
	}
	if c.within[key] == nil {
		var all []writer
		c.walk(from, func(i, _ int) { all = append(all, c.all[i]) })
		c.within[key] = deepestFirst(all)
	}
	return c.within[key]
}

// afterEnd is how long after the end of its last span a process may still write, in ns: the
// error with which it ends.
const afterEnd = 1e9

// innermost finds the row of the span that an event belongs to.
func (c *writers) innermost(e Event) int {
	all := c.belowSpan(e.Within)
	best := -1
	for _, s := range all { // the deepest first
		if e.Time < s.start || e.Time > s.end+afterEnd {
			continue
		}
		switch {
		case s.file != "":
			if e.PID > 0 && e.PID == s.pid || e.Program != "" && (e.Program == s.name || e.Program == s.file) {
				return s.row
			}
		case best < 0 && !s.unplaced && e.Time <= s.end: // a phase: anything may have been written in it
			best = s.row
		}
	}
	if best < 0 {
		return all[len(all)-1].row
	}
	return best
}

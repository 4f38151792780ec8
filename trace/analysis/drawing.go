package analysis

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"prowtrace/trace"
)

// A Drawing is a trace laid out for display, with the times of its lines and the analyses of
// it that were needed so far. It is safe for concurrent use. Its results are shared and must
// not be changed. Its strings must not be used after the View's Set is closed.
type Drawing struct {
	Tree       trace.Tree
	Layout     *Layout
	Self       []int64 // self times in ns, by span
	Line       []int32 // where each span is in Layout.Lines
	Start, End int64   // of all spans, Unix ns
	groups     map[int32]extent
	kept       *analyses
	critical   func() []Segment
	recovered  func() []bool
	closed     func() []bool
}

type extent struct{ start, end int64 }

// Draw lays out a tree and computes its self times. It takes time and memory in
// proportion to the number of spans.
func Draw(t trace.Tree) *Drawing {
	d := &Drawing{Tree: t, Line: make([]int32, t.Len())}
	together(func() { d.Layout = LayOut(t) }, func() { d.Self = SelfTimes(t) })
	for i, l := range d.Layout.Lines {
		if l.Group == NoGroup {
			d.Line[l.Span] = int32(i)
		}
	}
	d.Start, d.End = t.Extent()
	d.measureGroups()
	d.kept = &analyses{of: Traces{view: t.View(), tree: &t, self: d.Self}}
	d.critical = sync.OnceValue(func() []Segment { return CriticalPath(t) })
	d.recovered = sync.OnceValue(func() []bool { return Recovered(t) })
	d.closed = sync.OnceValue(func() []bool { return closedAtFirst(d.Layout.Lines, t.Joined(), d.Failed) })
	return d
}

// Critical gives the critical path (see CriticalPath).
func (d *Drawing) Critical() []Segment { return d.critical() }

// Recovered says which spans with an error were made good (see Recovered).
func (d *Drawing) Recovered() []bool { return d.recovered() }

// Failed reports whether a line is a span with an error.
func (d *Drawing) Failed(line int) bool {
	l := d.Layout.Lines[line]
	return l.Group == NoGroup && d.Tree.Status(int(l.Span)) == trace.StatusError
}

// Closed says which lines are closed when the trace is first shown.
func (d *Drawing) Closed() []bool { return d.closed() }

// Operations gives the operations of the trace.
func (d *Drawing) Operations() []Operation { return d.kept.operations() }

// OperationsBy sums them up by an attribute (see OperationsBy).
func (d *Drawing) OperationsBy(ctx context.Context, key string) ([]Operation, error) {
	return d.kept.operationsBy(ctx, key)
}

// Keys gives the attributes of the spans.
func (d *Drawing) Keys() []Key { return d.kept.keys() }

// Flame gives the call paths of the trace.
func (d *Drawing) Flame() Flame { return d.kept.flame() }

// Services gives who called whom in the trace.
func (d *Drawing) Services() ServiceMap { return d.kept.services() }

// Extent gives the start and the end of a line in Unix ns. For a group these are of all its
// members together.
func (d *Drawing) Extent(line int) (start, end int64) {
	l := d.Layout.Lines[line]
	if l.Group != NoGroup {
		e := d.groups[int32(line)]
		return e.start, e.end
	}
	return d.Tree.Times(int(l.Span))
}

// Slowest gives the lines of the n spans with the most self time, in descending order. It
// looks at every line, and moves at most n others for each line that it keeps.
func (d *Drawing) Slowest(n int) (lines []int) {
	self := func(line int) int64 { return d.Self[d.Layout.Lines[line].Span] }
	for i, l := range d.Layout.Lines {
		if l.Group != NoGroup || self(i) <= 0 || len(lines) == n && self(lines[n-1]) >= self(i) {
			continue
		}
		at, _ := slices.BinarySearchFunc(lines, i, func(a, b int) int { return cmp.Or(cmp.Compare(self(b), self(a)), cmp.Compare(a, b)) })
		lines = slices.Insert(lines, at, i)
		lines = lines[:min(len(lines), n)]
	}
	return lines
}

// measureGroups goes from the last line to the first, because members come after their
// group.
func (d *Drawing) measureGroups() {
	d.groups = map[int32]extent{}
	lines := d.Layout.Lines
	for i := len(lines) - 1; i >= 0; i-- {
		p := lines[i].Parent
		if p < 0 || lines[p].Group == NoGroup {
			continue
		}
		start, end := d.Extent(i)
		if g, ok := d.groups[p]; ok {
			start, end = min(start, g.start), max(end, g.end)
		}
		d.groups[p] = extent{start, end}
	}
}

// Find gives the span with an id. If several have it, it gives the one that has children. It
// looks at every span.
func (d *Drawing) Find(id trace.SpanID) (span int, ok bool) {
	for i := range d.Tree.Len() {
		if d.Tree.ID(i) != id {
			continue
		}
		if !d.Tree.Span(i).Flags.Has(trace.Conflict) {
			return i, true
		}
		if !ok {
			span, ok = i, true
		}
	}
	return span, ok
}

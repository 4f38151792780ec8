package analysis

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// A Drawing is a trace laid out to be shown, with the times of its lines. It is
// immutable. Its strings must not be used after the View's Set is closed.
type Drawing struct {
	Tree       trace.Tree
	Layout     *Layout
	Self       []int64 // self times in ns, by span
	Line       []int32 // where each span is in Layout.Lines
	Start, End int64   // of all spans, Unix ns
	groups     map[int32]extent
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
	return d
}

// Extent gives the start and the end of a line in Unix ns: of a group those of its
// members together.
func (d *Drawing) Extent(line int) (start, end int64) {
	l := d.Layout.Lines[line]
	if l.Group != NoGroup {
		e := d.groups[int32(line)]
		return e.start, e.end
	}
	return d.Tree.Times(int(l.Span))
}

// Slowest gives the lines of the n spans with the most self time, the most first. It
// looks at every line, and at most n others for each that is among them.
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

// measureGroups goes from the last line to the first: members come after their
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

// Find gives the span with an id; of several the one that children are with. It
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

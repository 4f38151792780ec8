package trace

import (
	"prowtrace/internal/otlpwire"
)

// A Tree is one trace as it is shown and served: its spans in order of start, and the parent
// of each. Making one costs almost nothing.
//
// Spans are numbered from 0 in their order. A parent is such a number too. It can come after
// its child if the child starts first.
//
// A joined tree holds spans of many traces. They keep their rows, and are also in the trees
// of their own traces.
type Tree struct {
	Trace  Trace // of a joined tree, the trace of its own spans
	view   *View
	joined *Joined // nil for a trace as it was reported
}

// Tree gives trace t as a tree.
func (v *View) Tree(t Trace) Tree {
	tree := Tree{Trace: t, view: v}
	for i, base := range v.base {
		if base == t.Index {
			tree.joined = v.joined[i]
		}
	}
	return tree
}

// Jobs gives the traces that head the joined ones, in the order of Material. Their trees are
// the joined trees.
func (v *View) Jobs() []Trace {
	jobs := make([]Trace, len(v.base))
	for i, base := range v.base {
		jobs[i] = v.Trace(base)
	}
	return jobs
}

// View gives the View that the tree is of.
func (t Tree) View() *View { return t.view }

// Joined reports whether the tree is a joined one.
func (t Tree) Joined() bool { return t.joined != nil }

// Len is the number of spans.
func (t Tree) Len() int {
	if t.joined != nil {
		return len(t.joined.Rows)
	}
	return t.Trace.Spans
}

// Row gives the row of span i in the View.
func (t Tree) Row(i int) int {
	if t.joined != nil {
		return int(t.joined.Rows[i])
	}
	return t.Trace.First + i
}

// Span gives span i as the View has it: its Parent is a row, not a number in the
// tree. In a joined tree its service has no label (see Description).
func (t Tree) Span(i int) Span {
	s := t.view.Span(t.Row(i))
	if t.joined != nil {
		s.Service = t.view.ReportedService(s.Row)
	}
	return s
}

// Times gives the start and the end of span i in Unix ns. Most analyses need only these of a
// Span, and they cost a tenth of it.
func (t Tree) Times(i int) (start, end int64) {
	set, row := t.view.set, t.Row(i)
	if n := set.Len(); row >= n {
		set, row = t.view.own, row-n
	}
	return set.start[row], set.end[row]
}

// Status gives the status of span i, at a tenth of the cost of a Span.
func (t Tree) Status(i int) Status {
	part, local := t.view.at(t.Row(i))
	return part.Set.status[local]
}

// Marks gives the kind, the status and the flags of span i, at a tenth of the cost of a
// Span.
func (t Tree) Marks(i int) (Kind, Status, Flags) {
	part, local := t.view.at(t.Row(i))
	return part.Set.kind[local], part.Set.status[local], part.Set.flags[local]
}

// Source names the file that span i was read from, or the first of several files.
func (t Tree) Source(i int) string {
	part, local := t.view.at(t.Row(i))
	return part.Set.sources[part.Set.SourceOf(local)].name
}

// ReportedService gives the service of span i as its file names it.
func (t Tree) ReportedService(i int) string { return t.view.ReportedService(t.Row(i)) }

// Resource gives the number of the resource that span i is served with.
func (t Tree) Resource(i int) int {
	n := t.view.Resource(t.Row(i))
	if t.joined != nil {
		return t.view.unlabelledOf(n)
	}
	return n
}

// ID is the id of span i in the tree. In a joined tree it differs from the id of the row if
// an earlier span has the same id.
func (t Tree) ID(i int) SpanID {
	if t.joined != nil {
		if id, ok := t.joined.Renamed[i]; ok {
			return spanID(id)
		}
	}
	part, local := t.view.at(t.Row(i))
	return spanID(part.Set.id[local])
}

// RenamedIDs ranges over the spans of a joined tree whose id differs from the id of their
// row, in no particular order.
func (t Tree) RenamedIDs(yield func(i int, id SpanID) bool) {
	if t.joined == nil {
		return
	}
	for i, id := range t.joined.Renamed {
		if !yield(i, spanID(id)) {
			return
		}
	}
}

// Parent gives the number of span i's parent, or -1.
func (t Tree) Parent(i int) int {
	if t.joined != nil {
		return int(t.joined.Parent[i])
	}
	part, local := t.view.at(t.Row(i))
	if p := part.Set.parent[local]; p >= 0 {
		return int(p) + part.FirstRow - t.Trace.First
	}
	return -1
}

// Inferred reports whether span i's parent was not reported but found by time.
func (t Tree) Inferred(i int) bool { return t.joined != nil && t.joined.Inferred[i] }

// Own reports whether span i was added, so that no file holds it.
func (t Tree) Own(i int) bool { return t.view.Added(t.Row(i)) }

// Unplaced reports whether only the duration of span i is known, and not when it ran. Then
// nothing is known to have happened in it.
func (t Tree) Unplaced(i int) bool { return t.joined != nil && t.joined.Unplaced[i] }

// Extent gives the first start and the last end of the spans of t, in Unix ns. In a joined
// tree they can lie outside of the trace of its own spans.
func (t Tree) Extent() (start, end int64) {
	start, end = t.Trace.Start, t.Trace.End
	if !t.Joined() {
		return start, end
	}
	for i := range t.Len() {
		from, to := t.Times(i)
		start, end = min(start, from), max(end, to)
	}
	return start, end
}

// MissingParent gives the id of the parent that span i names but that is not in the set.
func (t Tree) MissingParent(i int) (id SpanID) {
	if v := otlpwire.Bytes(t.Encoded(i), 4); len(v) == len(id) {
		copy(id[:], v)
	}
	return id
}

// Attributes that joined traces add to spans.
const (
	AttrTraceID  = "prowtrace.trace_id" // as reported
	AttrSpanID   = "prowtrace.span_id"
	AttrInferred = "prowtrace.inferred"
)

// Encoded gives span i as it is served, which is what View.Encoded gives. In a joined tree
// the span has the ids of that tree, its reported ids as attributes, a mark if the parent is
// inferred, and the fields that were added.
func (t Tree) Encoded(i int) []byte {
	row := t.Row(i)
	b := t.view.Encoded(row)
	if t.joined == nil {
		return b
	}
	b = b[:len(b):len(b)] // the appends below copy
	if !t.view.Added(row) {
		b = t.appendJoined(b, i, row)
	}
	return append(b, t.view.added[row]...)
}

func (t Tree) appendJoined(b []byte, i, row int) []byte {
	part, local := t.view.at(row)
	reported, id := spanID(part.Set.id[local]), t.ID(i)
	b = otlpwire.AppendBytes(b, 1, t.Trace.ID[:])
	if id != reported {
		b = otlpwire.AppendBytes(b, 2, id[:])
	}
	if p := t.Parent(i); p >= 0 {
		parent := t.ID(p)
		b = otlpwire.AppendBytes(b, 4, parent[:])
	}
	traceID := part.Set.traces.id[part.Set.trace[local]]
	b = otlpwire.AppendText(b, 9, AttrTraceID, traceID.String())
	b = otlpwire.AppendText(b, 9, AttrSpanID, reported.String())
	if t.joined.Inferred[i] {
		b = otlpwire.AppendBool(b, 9, AttrInferred, true)
	}
	return b
}

// Detail decodes span i as it is served (see Encoded).
func (t Tree) Detail(i int) (Detail, error) {
	return t.view.decode(t.Row(i), t.Resource(i), t.Encoded(i))
}

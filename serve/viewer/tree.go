package viewer

import "prowtrace/trace"

// node is one line of a drawn trace: a span, or a parent that no file holds.
type node struct {
	row    int   // of the span, or -1 for a missing parent
	parent int32 // index of the node it is drawn under, or -1
	depth  int32
	errors int32 // spans with an error below it
	lost   *lost // what is known of a missing parent
}

// lost is a span that others name as their parent but no file holds. Its time
// is that of its children.
type lost struct {
	id         trace.SpanID
	children   int
	start, end int64 // Unix ns
}

// newTree gives the nodes of a trace in the order they are drawn: each parent
// before its children, children by start. Orphans come under one node for each
// missing parent. Time and memory grow with the number of spans only, however
// deep or wide the trace is.
func newTree(set *trace.Set, t trace.Trace) []node {
	f := newFamily(set, t)
	nodes := make([]node, 0, len(f.kin)-1)
	place := make([]int32, len(f.kin)) // of each kin among the nodes
	place[0] = -1
	depth := int32(0)
	for at := f.kin[0].child; at != 0; {
		place[at] = int32(len(nodes))
		n := node{row: t.First + int(at) - 1, parent: place[f.kin[at].up], depth: depth}
		if l := int(at) - 1 - t.Spans; l >= 0 {
			n.row, n.lost = -1, &f.lost[l]
		}
		nodes = append(nodes, n)
		if child := f.kin[at].child; child != 0 {
			at = child
			depth++
			continue
		}
		for at != 0 && f.kin[at].next == 0 {
			at = f.kin[at].up
			depth--
		}
		at = f.kin[at].next
	}
	countErrors(set, nodes)
	return nodes
}

// countErrors adds up from the last line to the first: children come after
// their parent.
func countErrors(set *trace.Set, nodes []node) {
	for i := len(nodes) - 1; i >= 0; i-- {
		n := &nodes[i]
		if n.parent < 0 {
			continue
		}
		nodes[n.parent].errors += n.errors
		if n.row >= 0 && set.Span(n.row).Status == trace.StatusError {
			nodes[n.parent].errors++
		}
	}
}

// family links the spans of a trace to their children. Entry 0 stands for the
// trace, and as a link for none; then come its spans by row, then the missing
// parents.
type family struct {
	kin  []kin
	lost []lost
}

type kin struct{ up, child, last, next int32 }

func newFamily(set *trace.Set, t trace.Trace) *family {
	f := &family{kin: make([]kin, t.Spans+1)}
	missing := map[trace.SpanID]int32{}
	for i := range t.Spans {
		s := set.Span(t.First + i)
		switch {
		case s.Parent >= 0:
			f.adopt(int32(s.Parent-t.First)+1, int32(i)+1)
		case s.Flags.Has(trace.Orphan):
			id := peek(set.Raw(s.Row)).parent
			at, known := missing[id]
			if !known {
				at = int32(len(f.kin))
				missing[id] = at
				f.kin = append(f.kin, kin{})
				f.lost = append(f.lost, lost{id: id, start: s.Start, end: s.End()})
				f.adopt(0, at)
			}
			l := &f.lost[int(at)-1-t.Spans]
			l.children++
			l.end = max(l.end, s.End())
			f.adopt(at, int32(i)+1)
		default:
			f.adopt(0, int32(i)+1)
		}
	}
	return f
}

// adopt makes child the last child of parent.
func (f *family) adopt(parent, child int32) {
	f.kin[child].up = parent
	p := &f.kin[parent]
	if p.last == 0 {
		p.child = child
	} else {
		f.kin[p.last].next = child
	}
	p.last = child
}

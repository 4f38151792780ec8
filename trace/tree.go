package trace

// A Tree is one trace as it is shown and served: its spans in order of start,
// and the parent of each. It is a view of the set and costs next to nothing.
//
// Spans are numbered from 0 in their order; a parent is such a number too, and
// can come after its child where the child starts first.
type Tree struct {
	Trace Trace
	set   *Set
}

// Tree gives trace t as a tree.
func (s *Set) Tree(t Trace) Tree { return Tree{Trace: t, set: s} }

// Len is the number of spans.
func (t Tree) Len() int { return t.Trace.Spans }

// Row gives the row of span i in the set.
func (t Tree) Row(i int) int { return t.Trace.First + i }

// Span gives span i as the set has it: its Parent is a row, not a number in the
// tree.
func (t Tree) Span(i int) Span { return t.set.Span(t.Row(i)) }

// Parent gives the number of span i's parent, or -1.
func (t Tree) Parent(i int) int {
	if p := t.set.parent[t.Row(i)]; p >= 0 {
		return int(p) - t.Trace.First
	}
	return -1
}

// Inferred reports whether span i's parent was not reported but found by time.
func (t Tree) Inferred(i int) bool { return false }

// Encoded gives span i as it is served; see Set.Encoded.
func (t Tree) Encoded(i int) []byte { return t.set.Encoded(t.Row(i)) }

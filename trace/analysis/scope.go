package analysis

import (
	"iter"
	"sync"

	"prowtrace/trace"
)

// Traces are the traces that are analysed together: see All and One.
type Traces struct {
	view *trace.View
	tree *trace.Tree // nil means all
	self []int64     // of the tree, if they are known
}

// All are the traces of a View as they were reported. Joined trees are left out, because
// they would count their spans again.
func All(v *trace.View) Traces { return Traces{view: v} }

// One is a single tree.
func One(t trace.Tree) Traces { return Traces{view: t.View(), tree: &t} }

// forest is some traces one after the other, with their self times.
type forest struct {
	*spans
	self func() []int64 // computed when first needed
}

func newForest(s *spans) forest { return forest{s, sync.OnceValue(s.selfTimes)} }

// ofRows is some whole traces of the files.
func ofRows(v *trace.View, first, behind int) forest {
	s := rowsOf(v, first, behind)
	s.numbers = numbersOf(v)
	return newForest(&s)
}

// forests splits traces into parts of whole traces, in order, to divide them among
// processors.
func (of Traces) forests() (all []forest) {
	if of.tree != nil {
		f := newForest(spansOf(*of.tree))
		if of.self != nil {
			f.self = func() []int64 { return of.self }
		}
		return []forest{f}
	}
	set := of.view.Set()
	size := rangeSize(set.Len())
	next := 0 // trace of the set
	upTo := func(behind int) {
		for next < behind {
			first, last := next, 0
			begin, _ := set.TraceRows(first)
			if begin+size < set.Len() {
				next = max(first+1, int(set.Columns().Trace[begin+size]))
			} else {
				next = behind
			}
			next = min(next, behind)
			_, last = set.TraceRows(next - 1)
			all = append(all, ofRows(of.view, begin, last))
		}
	}
	for _, part := range of.view.Parts()[1:] {
		for i := range part.Set.NumTraces() {
			at := of.view.TraceIndex(part, i)
			tree := of.view.Tree(of.view.Trace(at))
			if tree.Joined() {
				continue
			}
			upTo(at - i) // the traces of files before this one
			all = append(all, newForest(spansOf(tree)))
		}
	}
	upTo(set.NumTraces())
	return all
}

// A piece is some spans of a forest that are counted together.
type piece struct {
	forest
	at     int // index of the forest
	lo, hi int
}

// pieces splits traces into pieces, in order. Pieces of one forest can be counted in
// parallel if each span counts on its own.
func (of Traces) pieces() (all []piece) {
	forests, n := of.forests(), 0
	for _, f := range forests {
		n += f.len()
	}
	size := rangeSize(n)
	for at, f := range forests {
		for lo := 0; lo < f.len(); lo += size {
			all = append(all, piece{f, at, lo, min(f.len(), lo+size)})
		}
	}
	return all
}

// inOrder ranges over the spans of a piece.
func (p *piece) inOrder() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := p.lo; i < p.hi && yield(i); i++ {
		}
	}
}

// inFileOrder ranges over the spans of a piece in the order that is fastest for reading
// them.
func (p *piece) inFileOrder() iter.Seq[int] {
	if p.tree != nil {
		return p.inOrder()
	}
	return func(yield func(int) bool) {
		for _, row := range p.view.Set().FileOrder(int(p.from)+p.lo, int(p.from)+p.hi) {
			if !yield(p.lo + int(row)) {
				return
			}
		}
	}
}

package analysis

import (
	"iter"
	"sync"

	"prowtrace/trace"
)

// Traces are those that an analysis is made of: see All and One.
type Traces struct {
	view *trace.View
	tree *trace.Tree // nil for all
	self []int64     // of the tree, where they are known
}

// All are the traces of a View as they were reported: joined trees would count their
// spans again.
func All(v *trace.View) Traces { return Traces{view: v} }

// One is a single tree.
func One(t trace.Tree) Traces { return Traces{view: t.View(), tree: &t} }

// forest is some traces one after the other, with their self times.
type forest struct {
	*spans
	self func() []int64 // computed when it is first asked for
}

func newForest(s *spans) forest { return forest{s, sync.OnceValue(s.selfTimes)} }

// ofRows is some whole traces of the files.
func ofRows(v *trace.View, first, behind int) forest {
	s := rowsOf(v, first, behind)
	s.numbers = numbersOf(v)
	return newForest(&s)
}

// forests cuts traces into parts of whole traces, in order, to be shared out among
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

// A piece is some spans of a forest, to be counted at once.
type piece struct {
	forest
	at     int // of the forest among all
	lo, hi int
}

// pieces cuts traces into pieces, in order. Those of one forest can be counted at the
// same time where spans count one by one.
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

// inFileOrder ranges over them as it is fastest to read them.
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

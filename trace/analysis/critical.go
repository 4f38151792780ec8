package analysis

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// A Segment is a piece of the critical path: from From to To, in Unix ns, the end of the
// trace waited for Span and for none of its children.
type Segment struct {
	Span     int // number in the tree
	From, To int64
}

// CriticalPath gives the path through t that decided how long it took, the latest segment
// first. From the end of a span the path goes back to the child that ended last before,
// along that child to its start, and on from there. If any other span had been shorter, the
// trace would have taken as long.
//
// A child that outlasts its parent counts up to its parent's end. Spans without a parent are
// treated as children of the whole trace. A job's own spans are left out if they are
// unplaced and hold nothing else: the duration of a JUnit case is known, but not when it ran
// or what waited for it.
func CriticalPath(t trace.Tree) []Segment {
	s := timesOf(t)
	w := walk{spans: &s, children: s.childrenByEnd(), guessed: guessed(t)}
	start, end := t.Extent()
	w.enter(-1, start, end)
	for len(w.stack) > 0 {
		w.step()
	}
	return w.segments
}

// walk is the state of CriticalPath: the spans it is in, the outermost first.
type walk struct {
	spans    *spans
	children children
	guessed  map[int]bool
	stack    []visit
	segments []Segment
}

// visit is a span that the walk is in.
type visit struct {
	span       int   // -1 for the whole trace
	start, end int64 // of the span, cut to those of the span above
	at         int64 // how far back the path has come
	waiting    []int32
}

func (w *walk) enter(span int, start, end int64) {
	w.stack = append(w.stack, visit{span, start, end, end, w.children.of(span)})
}

// step goes to the next child that the innermost span waited for, or leaves
// the span.
func (w *walk) step() {
	v := &w.stack[len(w.stack)-1]
	for len(v.waiting) > 0 {
		i := int(v.waiting[0])
		v.waiting = v.waiting[1:]
		start, end := max(w.spans.start[i], v.start), min(w.spans.end[i], v.end)
		// A child that ends after at ran in parallel to the path so far.
		if end > v.at || start >= end || w.guessed[i] {
			continue
		}
		w.add(v.span, end, v.at)
		v.at = start
		w.enter(i, start, end)
		return
	}
	w.add(v.span, v.start, v.at)
	w.stack = w.stack[:len(w.stack)-1]
}

func (w *walk) add(span int, from, to int64) {
	if span >= 0 && from < to {
		w.segments = append(w.segments, Segment{span, from, to})
	}
}

// children lists the children of each span, the last to end first.
type children struct {
	first []int32 // by span + 1, where its children begin in all; one more entry at the end
	all   []int32
}

func (c children) of(span int) []int32 { return c.all[c.first[span+1]:c.first[span+2]] }

func (s *spans) childrenByEnd() children {
	n := s.len()
	c := children{first: make([]int32, n+2), all: make([]int32, n)}
	for i := range n {
		c.first[s.parentOf(i)+2]++
	}
	for i := range n + 1 {
		c.first[i+1] += c.first[i]
	}
	next := slices.Clone(c.first)
	for i := range n {
		p := s.parentOf(i) + 1
		c.all[next[p]] = int32(i)
		next[p]++
	}
	for span := -1; span < n; span++ {
		if own := c.of(span); len(own) > 1 {
			slices.SortStableFunc(own, func(a, b int32) int { return cmp.Compare(s.end[b], s.end[a]) })
		}
	}
	return c
}

// guessed finds the spans of a job that are unplaced and whose descendants are all unplaced.
func guessed(t trace.Tree) map[int]bool {
	if !t.Joined() {
		return nil
	}
	unplaced := map[int]bool{}
	for i := range t.Len() {
		if t.Unplaced(i) {
			unplaced[i] = true
		}
	}
	for i := range t.Len() {
		if unplaced[i] {
			continue
		}
		for p := t.Parent(i); p >= 0 && unplaced[p]; p = t.Parent(p) {
			delete(unplaced, p)
		}
	}
	return unplaced
}

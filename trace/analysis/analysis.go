// Package analysis computes what traces say as a whole: the order they are drawn
// in, self times, the critical path, what operations and call paths cost, who called
// whom, and how two traces differ.
//
// Its functions take a trace.Tree, several of them, or a trace.View. They are pure:
// the same traces give the same answer, and nothing is changed. Each says how it
// computes and what that costs. None recurses, so the depth of a tree costs nothing
// but time. Times are Unix ns, durations ns.
//
// What is asked again and again of one View, a Cache keeps with it.
//
// The package never makes text fit to be shown: names come as they were reported. It
// reads neither files nor the clock.
package analysis

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"prowtrace/trace"
)

// Trees ranges over all traces of a View as they were reported: a joined tree would
// count its spans again.
func Trees(v *trace.View) iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) {
		for i := range v.NumTraces() {
			if t := v.Tree(v.Trace(i)); !t.Joined() && !yield(t) {
				return
			}
		}
	}
}

// One ranges over a single tree.
func One(t trace.Tree) iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) { yield(t) }
}

// plus adds two times that are not negative, and stops at the largest there is:
// files can hold spans of centuries.
func plus(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}

// parentsFirst orders the spans of t so that each comes after its parent. Most do
// already; a child can start before.
func parentsFirst(t trace.Tree) []int32 {
	order := make([]int32, 0, t.Len())
	done := make([]bool, t.Len())
	var waiting []int32
	for i := range t.Len() {
		for at := i; at >= 0 && !done[at]; at = t.Parent(at) {
			done[at] = true
			waiting = append(waiting, int32(at))
		}
		for len(waiting) > 0 {
			order = append(order, waiting[len(waiting)-1])
			waiting = waiting[:len(waiting)-1]
		}
	}
	return order
}

// heaviest chooses the limit heaviest of n paths, in their order. What a path is in
// comes before it and has to weigh no less: then it is chosen too.
func heaviest(n, limit int, weight func(i int) int64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n > limit {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
		order = order[:limit]
		slices.Sort(order)
	}
	return order
}

// Package analysis computes what traces say as a whole: the order they are drawn
// in, self times, the critical path, what operations and call paths cost, who called
// whom, and how two traces differ.
//
// Its functions take a trace.Tree, a trace.View, or Traces: all of a View or one. They are
// pure: the same traces give the same answer, and nothing is changed. Each says how it
// computes and what that costs. Those of Traces use all processors. None recurses, so the depth of a tree costs nothing
// but time. Times are Unix ns, durations ns.
//
// What is asked again and again of one View, a Cache keeps with it.
//
// The package never makes text fit to be shown: names come as they were reported. It
// reads neither files nor the clock.
package analysis

import (
	"cmp"
	"math"
	"slices"
)

// plus adds two times that are not negative, and stops at the largest there is:
// files can hold spans of centuries.
func plus(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}

// parentsFirst ranges over the spans so that each comes after its parent. Most do
// already; a child can start before.
func (s *spans) parentsFirst(yield func(i int) bool) {
	for i := range s.len() {
		if int(s.parentOf(i)) > i {
			s.parentsFoundFirst(yield)
			return
		}
	}
	for i := range s.len() {
		if !yield(i) {
			return
		}
	}
}

// parentsFoundFirst is parentsFirst where some parents come later.
func (s *spans) parentsFoundFirst(yield func(i int) bool) {
	done := make([]bool, s.len())
	var waiting []int
	for i := range s.len() {
		for at := i; at >= 0 && !done[at]; at = int(s.parentOf(at)) {
			done[at] = true
			waiting = append(waiting, at)
		}
		for len(waiting) > 0 {
			if !yield(waiting[len(waiting)-1]) {
				return
			}
			waiting = waiting[:len(waiting)-1]
		}
	}
}

// heaviest chooses the limit heaviest of n paths, in their order. What a path is in
// comes before it and has to weigh no less: then it is chosen too.
func heaviest(n, limit int, weight func(i int) int64) []int {
	if n <= limit {
		return inOrderOf(n, func(_, _ int) int { return 0 })
	}
	order := inOrderOf(n, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })[:limit]
	slices.Sort(order)
	return order
}

// inOrderOf gives the numbers from 0 to n in an order; those that are equal in it stay
// as they are. It is faster than to move what they number.
func inOrderOf(n int, compare func(a, b int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })
	return order
}

// ordered gives values in an order; those that are equal in it stay as they are.
func ordered[T any](all []T, compare func(a, b *T) int) (sorted []T) {
	for _, i := range inOrderOf(len(all), func(a, b int) int { return compare(&all[a], &all[b]) }) {
		sorted = append(sorted, all[i])
	}
	return sorted
}

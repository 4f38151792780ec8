// Package analysis computes what traces say as a whole: the order in which they are drawn,
// self times, the critical path, what operations and call paths cost, who called whom, and
// how two traces differ.
//
// Its functions take a trace.Tree, a trace.View, or Traces: all traces of a View or a single
// one. They are pure: the same traces give the same answer, and nothing is changed. Each
// says how it computes and what that costs. Functions of Traces use all processors. None
// recurses, so a deep tree costs nothing but time. Times are Unix ns, durations ns.
//
// A Cache keeps results that are needed often, for as long as their View lives.
//
// The package never prepares text for display: names are given as they were reported. It
// reads neither files nor the clock.
package analysis

import "math"

// plus adds two times that are not negative, and stops at the largest int64: files can hold
// spans of centuries.
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

// parentsFoundFirst is parentsFirst for spans of which some parents come later.
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

// heaviest chooses the limit heaviest of n, in their order, and of equally heavy ones the
// first. The path around a path comes before it and weighs at least as much, so it is chosen
// too.
func heaviest(n, limit int, weight func(i int) int64) (chosen []int) {
	least, room := int64(math.MinInt64), limit // the least weight that is chosen; how many of exactly that weight
	if n > limit {
		weights := make([]int64, n)
		for i := range weights {
			weights[i] = weight(i)
		}
		least = smallest(weights, n-limit)
		for _, w := range weights[n-limit:] {
			if w > least {
				room--
			}
		}
	}
	for i := range n {
		w := weight(i)
		if w == least {
			room--
		}
		if w > least || w == least && room >= 0 {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

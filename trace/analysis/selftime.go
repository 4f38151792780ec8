package analysis

import "prowtrace/trace"

// SelfTimes gives the self time of each span of t in ns: the part of its duration in which
// no child was running. The part of a child outside its parent does not count, and children
// that run at the same time count once.
func SelfTimes(t trace.Tree) []int64 {
	s := timesOf(t)
	return s.selfTimes()
}

func (s *spans) selfTimes() []int64 {
	n := s.len()
	self := make([]int64, n)
	covered := make([]int64, n) // the time up to which the children seen so far reach
	for i := range n {
		start, end := s.start[i], s.end[i]
		self[i] += end - start
		p := s.parentOf(i)
		if p < 0 {
			continue
		}
		// Spans are ordered by start, so the children of each parent are too. The parent
		// itself may come later, which only delays adding its duration.
		from := max(start, s.start[p], covered[p])
		if to := min(end, s.end[p]); to > from {
			self[p] -= to - from
			covered[p] = to
		}
	}
	return self
}

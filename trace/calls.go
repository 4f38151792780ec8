package trace

import (
	"cmp"
	"slices"
)

// Calls counts how often the spans of one service are children of another's,
// or of its own, in the traces that overlap a range of Unix ns; 0 leaves an end
// open. They are ordered by parent, then child.
func (s *Set) Calls(start, end int64) []Calls {
	counts := map[[2]uint32]uint64{}
	for t := range s.NumTraces() {
		if start != 0 && s.traces.end[t] < start || end != 0 && s.traces.start[t] > end {
			continue
		}
		for row := s.traces.first[t]; row < s.traces.first[t+1]; row++ {
			if p := s.parent[row]; p >= 0 {
				counts[[2]uint32{s.resources[s.resource[p]].service, s.resources[s.resource[row]].service}]++
			}
		}
	}
	var calls []Calls
	for pair, n := range counts {
		calls = append(calls, Calls{Parent: s.services[pair[0]], Child: s.services[pair[1]], Count: n})
	}
	slices.SortFunc(calls, func(a, b Calls) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child))
	})
	return calls
}

// Calls is how often one service called another.
type Calls struct {
	Parent, Child string
	Count         uint64
	Source        string // how the calls were seen; empty for spans and their parents
}

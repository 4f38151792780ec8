package analysis

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// Sums are of the spans of one operation or call path in one trace.
type Sums struct {
	Count  int
	Errors int
	Total  int64 // ns: the durations
	Self   int64 // ns
}

func (sums *Sums) add(s *spans, i int, self int64) {
	sums.Count++
	sums.Total = plus(sums.Total, s.duration(i))
	sums.Self = plus(sums.Self, self)
	if s.status[i] == trace.StatusError {
		sums.Errors++
	}
}

// A ComparedOperation is what an operation cost here, in one trace, and there, in
// another one.
type ComparedOperation struct {
	Name        string
	Service     string // as the files name it
	Here, There Sums

	// The services in the two trees, which can have a label (see trace.Description).
	HereService, ThereService string
}

// A Comparison is two traces of a View beside each other.
type Comparison struct {
	Operations []ComparedOperation
	Paths      []ComparedPath
	Left       int // paths that are left out
}

// Compare compares two traces of one View by operation and by call path. It
// looks at every span twice, at the same time.
func Compare(here, there *Drawing) (c Comparison) {
	a, b := spansOf(here.Tree), spansOf(there.Tree)
	together(func() { c.Operations = compareOperations([2]*spans{a, b}, [2][]int64{here.Self, there.Self}) },
		func() { c.Paths, c.Left = comparePaths([2]*spans{a, b}, [2][]int64{here.Self, there.Self}) })
	return c
}

// compareOperations pairs the operations of two traces by their names and reported
// services, those that differ most in self time first.
func compareOperations(sides [2]*spans, self [2][]int64) (all []ComparedOperation) {
	var index numbering
	for side, s := range sides {
		for i := range s.len() {
			service := s.reported[s.resource[i]]
			at, fresh := index.number(pair(s.name[i], service))
			if fresh {
				reported := s.services[service]
				all = append(all, ComparedOperation{Name: s.text(s.name[i]), Service: reported, HereService: reported, ThereService: reported})
			}
			o := &all[at]
			if side == 0 {
				o.HereService = s.services[s.serviceOf(i)]
				o.Here.add(s, i, self[side][i])
			} else {
				o.ThereService = s.services[s.serviceOf(i)]
				o.There.add(s, i, self[side][i])
			}
		}
	}
	return ordered(all, func(a, b *ComparedOperation) int {
		return cmp.Compare(apart(b.Here.Self, b.There.Self), apart(a.Here.Self, a.There.Self))
	})
}

// apart says how far two times are from each other.
func apart(a, b int64) int64 { return max(a-b, b-a) }

// A ComparedPath is the calls of one path in two traces.
type ComparedPath struct {
	Parent      int // index, or -1
	Name        string
	Service     string // as the files name it
	Here, There Sums
	Leads       bool // to one of the paths that differ most: worth opening at first
}

// MaxComparedPaths bounds the paths of a comparison. Those with the largest
// differences in and under them are kept.
const MaxComparedPaths = 2000

// comparePaths puts calls of the same name and reported service under the same path
// together, as a Flame does. The roots are one path whatever their names: those of
// two jobs have different ones.
//
// Each path stands before those in it, which follow at once, those whose durations
// differ most first. left counts those that differ least and are left out.
func comparePaths(sides [2]*spans, self [2][]int64) (paths []ComparedPath, left int) {
	var operations, index numbering
	var all []ComparedPath
	for side, s := range sides {
		of := make([]int32, s.len()) // the path of each span
		for i := range s.parentsFirst {
			service := s.reported[s.resource[i]]
			operation, _ := operations.number(pair(s.name[i], service))
			under := int32(-1)
			if p := s.parentOf(i); p >= 0 {
				under = of[p]
			} else if s.row(i) == s.root {
				under, operation = -2, -1
			}
			at, fresh := index.number(pair(uint32(under), uint32(operation)))
			if fresh {
				all = append(all, ComparedPath{Parent: max(int(under), -1), Name: s.text(s.name[i]), Service: s.services[service]})
			}
			of[i] = at
			if side == 0 {
				all[at].Here.add(s, i, self[side][i])
			} else {
				all[at].There.add(s, i, self[side][i])
			}
		}
	}
	kept, left := mostDifferent(all)
	paths = inOrder(kept)
	markLeads(paths)
	return paths, left
}

// mostDifferent keeps the paths with the largest differences in and under them.
func mostDifferent(all []ComparedPath) (kept []ComparedPath, left int) {
	weight := make([]int64, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		weight[i] = plus(weight[i], apart(all[i].Here.Self, all[i].There.Self))
		if p := all[i].Parent; p >= 0 {
			weight[p] = plus(weight[p], weight[i])
		}
	}
	index := map[int]int{-1: -1}
	for _, i := range heaviest(len(all), MaxComparedPaths, func(i int) int64 { return weight[i] }) {
		index[i] = len(kept)
		p := all[i]
		p.Parent = index[p.Parent]
		kept = append(kept, p)
	}
	return kept, len(all) - len(kept)
}

// inOrder puts paths, of which each stands after the one that it is in, into the order
// of comparePaths.
func inOrder(all []ComparedPath) []ComparedPath {
	under := make([][]int32, len(all)+1) // by path + 1
	for i := range all {
		under[all[i].Parent+1] = append(under[all[i].Parent+1], int32(i))
	}
	for _, paths := range under {
		slices.SortStableFunc(paths, func(a, b int32) int {
			return cmp.Compare(apart(all[b].Here.Total, all[b].There.Total), apart(all[a].Here.Total, all[a].There.Total))
		})
		slices.Reverse(paths) // the first is taken off the end below
	}
	out := make([]ComparedPath, 0, len(all))
	index := make([]int, len(all))
	for waiting := under[0]; len(waiting) > 0; {
		i := waiting[len(waiting)-1]
		waiting = append(waiting[:len(waiting)-1], under[i+1]...)
		p := all[i]
		if p.Parent >= 0 {
			p.Parent = index[p.Parent]
		}
		index[i] = len(out)
		out = append(out, p)
	}
	return out
}

// leading is how many of the paths that differ most are led to.
const leading = 12

// markLeads marks what the paths that differ most in self time are in.
func markLeads(paths []ComparedPath) {
	order := inOrderOf(len(paths), func(a, b int) int {
		return cmp.Compare(apart(paths[b].Here.Self, paths[b].There.Self), apart(paths[a].Here.Self, paths[a].There.Self))
	})
	for _, i := range order[:min(len(order), leading)] {
		for p := paths[i].Parent; p >= 0 && !paths[p].Leads; p = paths[p].Parent {
			paths[p].Leads = true
		}
	}
}

package analysis

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// Sums are the sums over the spans of one operation or call path in one trace.
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

// A ComparedOperation is what an operation cost in one trace (here) and in another one
// (there).
type ComparedOperation struct {
	Name        string
	Service     string // as the files name it
	Here, There Sums

	// The services in the two trees. They can have a label (see trace.Description).
	HereService, ThereService string
}

// A Comparison is two traces of a View side by side.
type Comparison struct {
	Operations     []ComparedOperation // those that differ most in self time first
	LeftOperations int                 // how many are left out
	Paths          []ComparedPath
	LeftPaths      int
}

// MaxCompared bounds the operations, and the paths, of a comparison. The operations that
// differ most are kept, and the paths with the largest differences in and under them.
const MaxCompared = 2000

// Compare compares two traces of one View. Operations are paired by their names and reported
// services. Calls of the same name and reported service under the same path are put
// together, as in a Flame. The roots are one path whatever their names, because two jobs
// have roots of different names. Each path comes directly before the paths in it, and those
// whose durations differ most come first.
//
// It looks at every span twice, parents first, and at both traces in parallel.
func Compare(here, there *Drawing) (c Comparison) {
	sides := [2]side{{spansOf(here.Tree), here.Self}, {spansOf(there.Tree), there.Self}}
	together(func() { c.Operations, c.LeftOperations = compareOperations(sides) },
		func() { c.Paths, c.LeftPaths = comparePaths(sides) })
	return c
}

// side is one of two compared traces.
type side struct {
	*spans
	self []int64
}

// reportedOperation is one number for the name of span i and its service as its file names
// it.
func (s *side) reportedOperation(i int) uint64 { return pair(s.name[i], s.reported[s.resource[i]]) }

// bothSums are the sums over the spans of one operation or path in two traces.
type bothSums [2]Sums

func (b *bothSums) apart() int64 { return apart(b[0].Self, b[1].Self) }

func compareOperations(sides [2]side) (all []ComparedOperation, left int) {
	var index numbering
	var sums []bothSums
	var services [2][]uint32 // by operation; 0 means none, any other the number of the service + 1
	for k, s := range sides {
		for i := range s.len() {
			at, fresh := index.number(s.reportedOperation(i))
			if fresh {
				sums = append(sums, bothSums{})
				services[0], services[1] = append(services[0], 0), append(services[1], 0)
			}
			sums[at][k].add(s.spans, i, s.self[i])
			services[k][at] = s.serviceOf(i) + 1
		}
	}
	chosen := heaviest(len(sums), MaxCompared, func(i int) int64 { return sums[i].apart() })
	slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(sums[b].apart(), sums[a].apart()) })
	of := sides[0].numbers
	for _, at := range chosen {
		name, service := parts(index.keys[at])
		o := ComparedOperation{Name: of.text(name), Service: of.services[service], Here: sums[at][0], There: sums[at][1]}
		o.HereService, o.ThereService = o.Service, o.Service
		if n := services[0][at]; n > 0 {
			o.HereService = of.services[n-1]
		}
		if n := services[1][at]; n > 0 {
			o.ThereService = of.services[n-1]
		}
		all = append(all, o)
	}
	return all, len(sums) - len(all)
}

// apart gives the distance between two times.
func apart(a, b int64) int64 { return max(a-b, b-a) }

// A ComparedPath is the calls of one path in two traces.
type ComparedPath struct {
	Parent      int // index, or -1
	Name        string
	Service     string // as the files name it
	Here, There Sums
	Leads       bool // contains one of the paths that differ most: worth opening at first
}

// comparedPaths are paths that are being compared, each after the one that it is in.
type comparedPaths struct {
	numbers *numbers
	parent  []int32  // or -1
	first   []uint64 // name and reported service of the first span of each
	sums    []bothSums
}

func comparePaths(sides [2]side) (paths []ComparedPath, left int) {
	all := comparedPaths{numbers: sides[0].numbers}
	var operations, index numbering
	for k, s := range sides {
		of := make([]int32, s.len()) // the path of each span
		for i := range s.parentsFirst {
			reported := s.reportedOperation(i)
			operation, _ := operations.number(reported)
			under := int32(-1)
			if p := s.parentOf(i); p >= 0 {
				under = of[p]
			} else if s.row(i) == s.root {
				under, operation = -2, -1
			}
			at, fresh := index.number(pair(uint32(under), uint32(operation)))
			if fresh {
				all.parent = append(all.parent, max(under, -1))
				all.first = append(all.first, reported)
				all.sums = append(all.sums, bothSums{})
			}
			of[i] = at
			all.sums[at][k].add(s.spans, i, s.self[i])
		}
	}
	kept := all.mostDifferent()
	paths = inOrder(kept)
	markLeads(paths)
	return paths, len(all.sums) - len(kept)
}

// mostDifferent keeps the paths with the largest differences in and under them.
func (c *comparedPaths) mostDifferent() (kept []ComparedPath) {
	weight := make([]int64, len(c.sums))
	for i := len(weight) - 1; i >= 0; i-- {
		weight[i] = plus(weight[i], c.sums[i].apart())
		if p := c.parent[i]; p >= 0 {
			weight[p] = plus(weight[p], weight[i])
		}
	}
	index := map[int32]int{-1: -1}
	for _, i := range heaviest(len(weight), MaxCompared, func(i int) int64 { return weight[i] }) {
		index[int32(i)] = len(kept)
		name, service := parts(c.first[i])
		kept = append(kept, ComparedPath{
			Parent: index[c.parent[i]], Name: c.numbers.text(name), Service: c.numbers.services[service],
			Here: c.sums[i][0], There: c.sums[i][1],
		})
	}
	return kept
}

// inOrder puts paths into the order of Compare. In all, each path comes after the one that
// it is in.
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

// leading is how many of the paths that differ most are marked with Leads.
const leading = 12

// markLeads marks the paths around those that differ most in self time.
func markLeads(paths []ComparedPath) {
	order := make([]int, len(paths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(apart(paths[b].Here.Self, paths[b].There.Self), apart(paths[a].Here.Self, paths[a].There.Self))
	})
	for _, i := range order[:min(len(order), leading)] {
		for p := paths[i].Parent; p >= 0 && !paths[p].Leads; p = paths[p].Parent {
			paths[p].Leads = true
		}
	}
}

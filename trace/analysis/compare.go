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

func (s *Sums) add(span trace.Span, self int64) {
	s.Count++
	s.Total = plus(s.Total, span.Duration)
	s.Self = plus(s.Self, self)
	if span.Status == trace.StatusError {
		s.Errors++
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

// CompareOperations pairs the operations of two traces by their names and reported
// services, those that differ most in self time first. It looks at every span once.
func CompareOperations(here, there *Drawing) (all []ComparedOperation) {
	type key struct{ name, service string }
	index := map[key]int{}
	for side, d := range []*Drawing{here, there} {
		for i := range d.Tree.Len() {
			s := d.Tree.Span(i)
			k := key{s.Name, d.Tree.ReportedService(i)}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				all = append(all, ComparedOperation{Name: k.name, Service: k.service, HereService: k.service, ThereService: k.service})
			}
			o := &all[at]
			if side == 0 {
				o.HereService = s.Service
				o.Here.add(s, d.Self[i])
			} else {
				o.ThereService = s.Service
				o.There.add(s, d.Self[i])
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ComparedOperation) int {
		return cmp.Compare(apart(b.Here.Self, b.There.Self), apart(a.Here.Self, a.There.Self))
	})
	return all
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

// ComparePaths puts calls of the same name and reported service under the same path
// together, as a Flame does. The roots are one path whatever their names: those of
// two jobs have different ones.
//
// Each path stands before those in it, which follow at once, those whose durations
// differ most first. left counts those that differ least and are left out. It looks at
// every span once, parents first, and sorts paths.
func ComparePaths(here, there *Drawing) (paths []ComparedPath, left int) {
	index := map[frameKey]int32{}
	var all []ComparedPath
	for side, d := range []*Drawing{here, there} {
		of := make([]int32, d.Tree.Len()) // the path of each span
		for _, i := range parentsFirst(d.Tree) {
			s := d.Tree.Span(int(i))
			service := d.Tree.ReportedService(int(i))
			k := frameKey{-1, s.Name, service}
			if p := d.Tree.Parent(int(i)); p >= 0 {
				k.parent = of[p]
			} else if s.Row == d.Tree.Trace.Root {
				k = frameKey{parent: -2}
			}
			at, known := index[k]
			if !known {
				at = int32(len(all))
				index[k] = at
				all = append(all, ComparedPath{Parent: max(int(k.parent), -1), Name: s.Name, Service: service})
			}
			of[i] = at
			if side == 0 {
				all[at].Here.add(s, d.Self[i])
			} else {
				all[at].There.add(s, d.Self[i])
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
// of ComparePaths.
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

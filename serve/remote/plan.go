package remote

import (
	"cmp"
	"slices"
	"sync"

	"prowtrace/trace"
)

// A plan is how a trace is streamed. A View is immutable, so what it takes to find the
// order of a trace's spans, and those with values that Jaeger cannot have, is done once
// a View: it was half of the processor time of GetTraces.
type plan struct {
	order []uint32            // numbers in the tree; nil for the tree's own order
	odd   map[uint32]struct{} // spans that finiteSpan changes
}

// leastKept is the size of a tree, in spans, from which on its plan is kept: of smaller
// ones it costs less than to look it up, and there can be a million of them.
const leastKept = 64

type plansKey struct{}

// plan gives how a tree is streamed.
func (p *splicer) plan(t trace.Tree) plan {
	if t.Len() < leastKept {
		return p.newPlan(t)
	}
	plans := p.view.Kept(plansKey{}, func() any { return new(sync.Map) }).(*sync.Map)
	if kept, ok := plans.Load(t.Trace.Index); ok {
		return kept.(plan)
	}
	made := p.newPlan(t)
	plans.Store(t.Trace.Index, made)
	return made
}

func (p *splicer) newPlan(t trace.Tree) plan {
	made := plan{order: p.order(t)}
	for i := range t.Len() {
		if b := t.Encoded(i); changed(b, finiteSpan(b)) {
			if made.odd == nil {
				made.odd = map[uint32]struct{}{}
			}
			made.odd[uint32(i)] = struct{}{}
		}
	}
	return made
}

// changed reports whether finiteSpan gave another slice than it was given.
func changed(before, after []byte) bool {
	return len(before) != len(after) || len(before) > 0 && &before[0] != &after[0]
}

// order lists the spans of a tree so that those with the same resource and scope lie
// together: each description is then sent once a message. It is nil where they do.
func (p *splicer) order(t trace.Tree) []uint32 {
	groups, of := p.group(t)
	if len(groups) < 2 {
		return nil
	}
	// Groups become neighbours by resource, and start behind the ones before them.
	sorted := make([]uint32, len(groups))
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, func(a, b uint32) int {
		x, y := groups[a], groups[b]
		return cmp.Or(cmp.Compare(x.resource, y.resource), cmp.Compare(x.scope, y.scope))
	})
	next, behind := make([]uint32, len(groups)), uint32(0)
	for _, g := range sorted {
		next[g] = behind
		behind += groups[g].spans
	}
	order := make([]uint32, len(of))
	for i, g := range of {
		order[next[g]] = uint32(i)
		next[g]++
	}
	return order
}

// group is the spans of one resource and scope in a tree.
type group struct {
	description
	spans uint32
}

// group finds the groups of a tree, and the group of each span.
func (p *splicer) group(t trace.Tree) (groups []group, of []uint32) {
	of = make([]uint32, t.Len())
	known := map[description]uint32{}
	last, at := description{-1, -1}, uint32(0)
	for i := range of {
		if d := p.describe(t, i); d != last {
			var ok bool
			if at, ok = known[d]; !ok {
				at = uint32(len(groups))
				known[d], groups = at, append(groups, group{description: d})
			}
			last = d
		}
		groups[at].spans++
		of[i] = at
	}
	return groups, of
}

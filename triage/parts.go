package triage

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// A Part is one of the phases of a run, with all levels of phases as one row: a phase that
// has parts does not count itself. Parts are ordered by their starts and can overlap.
type Part struct {
	Name       string
	Span       int   // number in the Tree
	Start, End int64 // Unix ns
	Failed     bool
}

// maxParts bounds the parts of a run.
const maxParts = 100

// partKinds are the kinds of phases that can be parts. Steps or a runner's cases, if there
// are any, are within a container of the pod.
var partKinds = map[string]bool{"queue": true, "scheduling": true, "init": true, "test": true, "sidecar": true, "step": true, "running": true, "case": true}

// Parts gives the parts of a run from its queue to its upload, at most a hundred. It looks
// only at Prow's own spans.
func Parts(t *trace.Tree) []Part {
	isPart := make([]bool, t.Len())
	for i := range isPart {
		if !t.Own(i) {
			continue
		}
		kind, file := phaseOf(t, i)
		isPart[i] = partKinds[kind] && (kind != "case" || OfRunner(file))
	}
	hasParts := make([]bool, t.Len())
	for i, is := range isPart {
		if !is {
			continue
		}
		for p := t.Parent(i); p >= 0 && !hasParts[p]; p = t.Parent(p) {
			hasParts[p] = true
		}
	}
	var all []Part
	for i, is := range isPart {
		if !is || hasParts[i] {
			continue
		}
		start, end := t.Times(i)
		all = append(all, Part{t.Span(i).Name, i, start, end, t.Status(i) == trace.StatusError})
	}
	slices.SortStableFunc(all, func(a, b Part) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	return all[:min(len(all), maxParts)]
}

package viewer

import (
	"cmp"
	"net/http"
	"slices"

	"prowtrace/trace"
)

// comparison is two traces beside each other: what each operation and each
// call path cost here, in the trace that the address names, and there, in the
// other one.
type comparison struct {
	Here           summary             `json:"here"`
	There          summary             `json:"there"`
	Operations     []comparedOperation `json:"operations"` // the largest difference of self time first
	Paths          []comparedPath      `json:"paths"`      // each after the one it is in
	LeftOperations int                 `json:"leftOperations"`
	LeftPaths      int                 `json:"leftPaths"` // those that differ least are not sent
}

// sums are of the spans of one operation or path in one trace.
type sums struct {
	Count  int   `json:"count"`
	Errors int   `json:"errors"`
	Total  int64 `json:"total"` // ns: the durations
	Self   int64 `json:"self"`
}

func (s *sums) add(span trace.Span, self int64) {
	s.Count++
	s.Total = sum(s.Total, span.Duration)
	s.Self = sum(s.Self, self)
	if span.Status == trace.StatusError {
		s.Errors++
	}
}

type comparedOperation struct {
	Name    string `json:"name"`
	Service string `json:"service"`
	Exact   bool   `json:"exact"` // name and service are whole, and can be searched for
	Here    sums   `json:"here"`
	There   sums   `json:"there"`

	// The service by which each trace is searched, where it is another one: with
	// the run behind its name.
	HereService  string `json:"hereService,omitempty"`
	ThereService string `json:"thereService,omitempty"`
}

type comparedPath struct {
	Parent  int    `json:"parent"` // index, or -1
	Name    string `json:"name"`
	Service string `json:"service"`
	Here    sums   `json:"here"`
	There   sums   `json:"there"`
}

const (
	maxComparedOperations = 2000
	maxComparedPaths      = 2000
)

func (v *viewer) getComparison(r *http.Request, here *drawing) (any, error) {
	other := r.URL.Query().Get("with")
	if other == "" {
		return nil, badRequest("with= names no trace to compare with", "Write the id of another trace of this run: with=5b8efff798038103d269b633813fc60c.")
	}
	t, err := v.lookup(other)
	if err != nil {
		return nil, err
	}
	there := v.drawings.of(v.set, t)
	out := comparison{Here: v.summary(here.tree), There: v.summary(there.tree)}
	out.Operations, out.LeftOperations = comparedOperations(here, there)
	out.Paths, out.LeftPaths = comparedPaths(here, there)
	return out, nil
}

func comparedOperations(here, there *drawing) (all []comparedOperation, left int) {
	type key struct{ name, service string }
	index := map[key]int{}
	all = []comparedOperation{}
	for side, d := range []*drawing{here, there} {
		for i := range d.tree.Len() {
			s := d.tree.Span(i)
			k := key{s.Name, d.tree.ReportedService(i)}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				o := comparedOperation{Name: name(k.name), Service: name(k.service)}
				o.Exact = o.Name == k.name && o.Service == k.service
				all = append(all, o)
			}
			o := &all[at]
			[]*sums{&o.Here, &o.There}[side].add(s, d.self[i])
			if s.Service != k.service {
				*[]*string{&o.HereService, &o.ThereService}[side] = name(s.Service)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b comparedOperation) int {
		return cmp.Compare(differenceOf(b.Here, b.There), differenceOf(a.Here, a.There))
	})
	n := min(len(all), maxComparedOperations)
	return all[:n], len(all) - n
}

// differenceOf says how far two sums are apart in self time.
func differenceOf(a, b sums) int64 { return max(a.Self-b.Self, b.Self-a.Self) }

// comparedPaths puts calls of the same name and service under the same path
// together, as the flame graph does. The roots are one path whatever their
// names: those of two jobs have different ones.
func comparedPaths(here, there *drawing) (all []comparedPath, left int) {
	index := map[frameKey]int32{}
	all = []comparedPath{}
	for side, d := range []*drawing{here, there} {
		of := make([]int32, d.tree.Len()) // the path of each span
		for _, i := range parentsFirst(d.tree) {
			s := d.tree.Span(int(i))
			k := frameKey{-1, s.Name, d.tree.ReportedService(int(i))}
			if p := d.tree.Parent(int(i)); p >= 0 {
				k.parent = of[p]
			} else if s.Row == d.tree.Trace.Root {
				k = frameKey{parent: -2}
			}
			at, known := index[k]
			if !known {
				at = int32(len(all))
				index[k] = at
				all = append(all, comparedPath{Parent: max(int(k.parent), -1), Name: name(s.Name), Service: name(d.tree.ReportedService(int(i)))})
			}
			of[i] = at
			p := &all[at]
			[]*sums{&p.Here, &p.There}[side].add(s, d.self[i])
		}
	}
	return mostDifferent(all)
}

// mostDifferent keeps the paths with the largest differences in and under them.
func mostDifferent(all []comparedPath) (kept []comparedPath, left int) {
	weight := make([]int64, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		weight[i] = sum(weight[i], differenceOf(all[i].Here, all[i].There))
		if p := all[i].Parent; p >= 0 {
			weight[p] = sum(weight[p], weight[i])
		}
	}
	kept = []comparedPath{}
	place := map[int]int{-1: -1}
	for _, i := range heaviest(len(all), maxComparedPaths, func(i int) int64 { return weight[i] }) {
		place[i] = len(kept)
		p := all[i]
		p.Parent = place[p.Parent]
		kept = append(kept, p)
	}
	return kept, len(all) - len(kept)
}

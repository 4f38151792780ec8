package viewer

import (
	"cmp"
	"iter"
	"slices"

	"prowtrace/trace"
)

// operation sums up the spans of one name and service. Spans without an end
// count, but not in P50, P95 and Max: nobody knows how long they lasted.
type operation struct {
	Name       string `json:"name"`
	Service    string `json:"service"`
	Exact      bool   `json:"exact"` // name and service are whole, and can be searched for
	Count      int    `json:"count"`
	Errors     int    `json:"errors"`
	Unfinished int    `json:"unfinished"`
	Total      int64  `json:"total"` // ns
	Self       int64  `json:"self"`
	P50        int64  `json:"p50"`
	P95        int64  `json:"p95"`
	Max        int64  `json:"max"`

	durations []int64
}

const maxOperations = 5000

// operations sums up by name and service, the most self time first.
func operations(trees iter.Seq[trace.Tree]) []operation {
	type key struct{ name, service string }
	index := map[key]int{}
	all := []operation{}
	for t := range trees {
		self := t.SelfTimes()
		for i := range t.Len() {
			s := t.Span(i)
			at, known := index[key{s.Name, s.Service}]
			if !known {
				at = len(all)
				index[key{s.Name, s.Service}] = at
				shownName, shownService := name(s.Name), name(s.Service)
				all = append(all, operation{Name: shownName, Service: shownService, Exact: shownName == s.Name && shownService == s.Service})
			}
			all[at].add(s, self[i])
		}
	}
	for i := range all {
		all[i].finish()
	}
	slices.SortStableFunc(all, func(a, b operation) int { return cmp.Compare(b.Self, a.Self) })
	return all[:min(len(all), maxOperations)]
}

func (o *operation) add(s trace.Span, self int64) {
	o.Count++
	if s.Status == trace.StatusError {
		o.Errors++
	}
	o.Total += s.Duration
	o.Self += self
	if s.Flags.Has(trace.Unfinished) {
		o.Unfinished++
		return
	}
	o.durations = append(o.durations, s.Duration)
}

func (o *operation) finish() {
	slices.Sort(o.durations)
	o.P50, o.P95, o.Max = percentile(o.durations, 50), percentile(o.durations, 95), percentile(o.durations, 100)
	o.durations = nil
}

// percentile gives the smallest value that p percent of all do not exceed.
func percentile(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

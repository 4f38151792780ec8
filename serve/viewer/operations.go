package viewer

import (
	"cmp"
	"iter"
	"net/http"
	"slices"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// operation sums up the spans of one name, or of one value of an attribute, and
// service. Spans without an end
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

// operations sums up by service and what group gives, the most self time first.
func operations(trees iter.Seq[trace.Tree], group func(trace.Tree, int, trace.Span) string) []operation {
	type key struct{ name, service string }
	index := map[key]int{}
	all := []operation{}
	for t := range trees {
		self := analysis.SelfTimes(t)
		for i := range t.Len() {
			s := t.Span(i)
			k := key{group(t, i, s), s.Service}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				shownName, shownService := name(k.name), name(k.service)
				all = append(all, operation{Name: shownName, Service: shownService, Exact: shownName == k.name && shownService == k.service})
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

func (v *viewer) getOperations(r *http.Request) (any, error) {
	if r.URL.Query().Get("by") == "" {
		return v.operations(), nil
	}
	return operations(v.trees(), v.grouping(r)), nil
}

func (o *operation) add(s trace.Span, self int64) {
	o.Count++
	if s.Status == trace.StatusError {
		o.Errors++
	}
	o.Total = sum(o.Total, s.Duration)
	o.Self = sum(o.Self, self)
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

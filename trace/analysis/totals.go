package analysis

import (
	"cmp"
	"slices"

	"prowtrace/trace"
)

// Totals are sums over a whole View, added spans included.
type Totals struct {
	Start, End int64          // Unix ns; of the traces with a time
	Errors     int            // spans
	Services   []ServiceTotal // the most spans first
}

// A ServiceTotal sums up the spans of a service.
type ServiceTotal struct {
	Name   string
	Spans  int
	Errors int
}

// NewTotals looks at every span once; 1 M spans take about 30 ms.
func NewTotals(v *trace.View) (all Totals) {
	for i := range v.NumTraces() {
		t := v.Trace(i)
		if t.Start == 0 {
			continue
		}
		if all.Start == 0 {
			all.Start = t.Start // traces are ordered by start
		}
		all.End = max(all.End, t.End)
		all.Errors += t.Errors
	}
	byName := map[string]int{}
	for _, s := range v.Services() {
		byName[s] = len(all.Services)
		all.Services = append(all.Services, ServiceTotal{Name: s})
	}
	for row := range v.Len() {
		s := v.Span(row)
		t := &all.Services[byName[s.Service]]
		t.Spans++
		if s.Status == trace.StatusError {
			t.Errors++
		}
	}
	slices.SortStableFunc(all.Services, func(a, b ServiceTotal) int { return cmp.Compare(b.Spans, a.Spans) })
	return all
}

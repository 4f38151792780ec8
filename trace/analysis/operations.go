package analysis

import (
	"cmp"
	"iter"
	"slices"

	"prowtrace/trace"
)

// An Operation sums up the spans of one service that have the same name, or the same
// value of an attribute. Spans without an end count, but not in P50, P95 and Max:
// nobody knows how long they lasted.
type Operation struct {
	Name       string // or the value, "" where there is none
	Service    string
	Count      int
	Errors     int
	Unfinished int
	Total      int64 // ns: the durations
	Self       int64 // ns
	P50        int64 // ns: half of the spans were not slower
	P95        int64
	Max        int64
}

// A Grouping gives what span i of a tree is summed up by. It is for one goroutine.
type Grouping func(t trace.Tree, i int, s trace.Span) string

// ByName sums up by the names of spans.
func ByName(_ trace.Tree, _ int, s trace.Span) string { return s.Name }

// Operations sums up spans by service and by what group gives, the most self time
// first. It looks at every span once, and holds 8 bytes a span for the percentiles.
func Operations(trees iter.Seq[trace.Tree], group Grouping) []Operation {
	type key struct{ name, service string }
	index := map[key]int{}
	var all []Operation
	var durations [][]int64
	for t := range trees {
		self := SelfTimes(t)
		for i := range t.Len() {
			s := t.Span(i)
			k := key{group(t, i, s), s.Service}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				all = append(all, Operation{Name: k.name, Service: k.service})
				durations = append(durations, nil)
			}
			all[at].add(s, self[i])
			if !s.Flags.Has(trace.Unfinished) {
				durations[at] = append(durations[at], s.Duration)
			}
		}
	}
	for i, d := range durations {
		slices.Sort(d)
		all[i].P50, all[i].P95, all[i].Max = percentile(d, 50), percentile(d, 95), percentile(d, 100)
	}
	slices.SortStableFunc(all, func(a, b Operation) int { return cmp.Compare(b.Self, a.Self) })
	return all
}

func (o *Operation) add(s trace.Span, self int64) {
	o.Count++
	if s.Status == trace.StatusError {
		o.Errors++
	}
	if s.Flags.Has(trace.Unfinished) {
		o.Unfinished++
	}
	o.Total = plus(o.Total, s.Duration)
	o.Self = plus(o.Self, self)
}

// percentile gives the smallest value that p percent of all do not exceed.
func percentile(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

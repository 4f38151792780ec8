package analysis

import (
	"cmp"
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

// A Grouping says what spans are summed up by.
type Grouping struct{ key string }

// ByName sums up by the names of spans.
func ByName() Grouping { return Grouping{} }

// ByAttribute sums up by the values of an attribute as text: that of the span, else
// that of its resource, "" where neither has it.
func ByAttribute(key string) Grouping { return Grouping{key} }

// Operations sums up spans by service and by what a Grouping says, the most self time
// first. It looks at every span once, on all processors, and by an attribute reads it.
// It holds 20 bytes a span for self times and percentiles.
func Operations(of Traces, by Grouping) []Operation {
	pieces := of.pieces()
	sums := make([]operationSums, len(pieces))
	each(len(pieces), func(i int) { sums[i] = pieces[i].sumUp(by) })
	return mergeOperations(sums)
}

// operationSums are the operations of a piece, in the order in which they come.
type operationSums struct {
	of        *piece
	keys      []uint64 // what they are summed up by, and their service
	values    []string // by number in a key; nil where that is of a name
	all       []Operation
	durations [][]int64 // by operation, of spans with an end
}

// sumUp sums up the operations of a piece.
func (p *piece) sumUp(by Grouping) operationSums {
	sums := operationSums{of: p}
	n := p.hi - p.lo
	of := make([]int32, n) // the operation of each span
	index := numbering{}
	count := func(i int, key uint64) {
		at, fresh := index.number(key)
		if fresh {
			sums.keys = append(sums.keys, key)
		}
		of[i] = at
	}
	if by.key == "" {
		for i := range n {
			count(i, p.operation(p.lo+i))
		}
	} else {
		values := valueNumbers{piece: p, key: by.key}
		for i := range n {
			count(i, values.operation(p.lo+i))
		}
		sums.values = values.numbered.values
	}
	sums.all = make([]Operation, len(sums.keys))
	self := p.self()
	for i, at := range of {
		sums.all[at].add(p.spans, p.lo+i, self[p.lo+i])
	}
	sums.durations = make([][]int64, len(sums.all))
	room := make([]int64, n)
	for at, o := range sums.all {
		finished := o.Count - o.Unfinished
		sums.durations[at], room = room[:0:finished], room[finished:]
	}
	for i, at := range of {
		if !p.flags[p.lo+i].Has(trace.Unfinished) {
			sums.durations[at] = append(sums.durations[at], p.duration(p.lo+i))
		}
	}
	return sums
}

func (o *Operation) add(s *spans, i int, self int64) {
	o.Count++
	if s.status[i] == trace.StatusError {
		o.Errors++
	}
	if s.flags[i].Has(trace.Unfinished) {
		o.Unfinished++
	}
	o.Total = plus(o.Total, s.duration(i))
	o.Self = plus(o.Self, self)
}

// mergeOperations adds up what pieces came to, in their order.
func mergeOperations(sums []operationSums) (all []Operation) {
	var index numbering
	var values numbered
	var durations [][][]int64 // by operation, of each piece
	for _, s := range sums {
		for i, key := range s.keys {
			name, service := parts(key)
			if s.values != nil {
				key = pair(values.number(s.values[name]), service)
			}
			at, fresh := index.number(key)
			if fresh {
				o := Operation{Service: s.of.services[service]}
				if s.values != nil {
					o.Name = s.values[name]
				} else {
					o.Name = s.of.text(name)
				}
				all = append(all, o)
				durations = append(durations, nil)
			}
			all[at].merge(s.all[i])
			durations[at] = append(durations[at], s.durations[i])
		}
	}
	each(len(all), func(i int) {
		d := slices.Concat(durations[i]...)
		all[i].P50, all[i].P95, all[i].Max = percentiles(d)
	})
	return ordered(all, func(a, b *Operation) int { return cmp.Compare(b.Self, a.Self) })
}

func (o *Operation) merge(more Operation) {
	o.Count += more.Count
	o.Errors += more.Errors
	o.Unfinished += more.Unfinished
	o.Total = plus(o.Total, more.Total)
	o.Self = plus(o.Self, more.Self)
}

// percentiles gives the smallest values that 50, 95 and 100 percent of all do not
// exceed. It changes their order.
func percentiles(all []int64) (p50, p95, most int64) {
	n := len(all)
	if n == 0 {
		return 0, 0, 0
	}
	rank := func(p int) int { return max(0, (n*p+99)/100-1) }
	at50, at95 := rank(50), rank(95)
	p95 = smallest(all, at95)
	p50 = smallest(all[:at95+1], at50)
	return p50, p95, slices.Max(all[at95:])
}

// smallest gives value number k of all in order, and puts none that is larger before it
// and none that is smaller behind it. It takes about 3 looks a value.
func smallest(all []int64, k int) int64 {
	lo, hi := 0, len(all)-1
	for tries := 0; hi-lo > 12; tries++ {
		if tries > 60 { // values made so that the choice below is bad each time
			break
		}
		pivot := median(all[lo], all[(lo+hi)/2], all[hi])
		i, j := lo, hi
		for i <= j {
			for all[i] < pivot {
				i++
			}
			for all[j] > pivot {
				j--
			}
			if i <= j {
				all[i], all[j] = all[j], all[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return all[k]
		}
	}
	slices.Sort(all[lo : hi+1])
	return all[k]
}

func median(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }

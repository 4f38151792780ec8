package analysis

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"prowtrace/trace"
)

// An Operation sums up the spans of one service that have the same name, or the same value
// of an attribute. Spans without an end count, but not in P50, P95 and Max, because their
// durations are unknown.
type Operation struct {
	Name       string // or the value, "" if there is none
	Service    string
	Count      int
	Errors     int
	Unfinished int
	Total      int64 // ns: the durations
	Self       int64 // ns
	P50        int64 // ns: half of the spans were no slower
	P95        int64
	Max        int64
}

// MaxOperations bounds the results of Operations and OperationsBy. The operations with the
// most self time are kept.
const MaxOperations = 5000

// Operations sums up spans by service and name, in descending order of self time. It looks
// at every span once, on all processors. It holds 20 bytes a span for self times and
// percentiles.
func Operations(of Traces) []Operation {
	pieces := of.pieces()
	sums := make([]operationSums, len(pieces))
	each(len(pieces), func(i int) {
		p := &pieces[i]
		sums[i] = p.sumUp(func(i int) uint64 { return p.operation(p.lo + i) })
	})
	return mostSelf(sums, maphash.Seed{})
}

// OperationsBy sums up spans by service and by the values of an attribute as text. The value
// is that of the span, or else that of its resource, or "" if neither has the attribute. It
// reads each span with the places of the View (see trace.Places), so the caller must not
// have a place. It holds 8 bytes a span more than Operations. Its only errors are those of
// ctx, which it checks once a MiB.
func OperationsBy(ctx context.Context, of Traces, key string) ([]Operation, error) {
	pieces := of.pieces()
	sums := make([]operationSums, len(pieces))
	seed := maphash.MakeSeed()
	var next atomic.Int64
	err := of.view.Places().Work(ctx, func(turn *trace.Turn) error {
		for i := int(next.Add(1)) - 1; i < len(pieces); i = int(next.Add(1)) - 1 {
			p := &pieces[i]
			values := valueNumbers{piece: p, key: key, numbered: numbered{seed: seed}, turn: turn}
			numbers, err := values.all()
			if err != nil {
				return err
			}
			sums[i] = p.sumUp(func(i int) uint64 { return pair(numbers[i], p.serviceOf(p.lo+i)) })
			sums[i].values = &values.numbered
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return mostSelf(sums, seed), nil
}

// operationSums are the operations of a piece, by number.
type operationSums struct {
	of        *piece
	keys      []uint64  // what they are summed up by, combined with their service
	values    *numbered // texts by number in a key; nil if that is the number of a name
	sums      []operationSum
	durations []int64 // of spans with an end: those of the first operation, of the second, …
}

type operationSum struct {
	count, errors, unfinished int
	total, self               int64
}

// sumUp sums up the operations of a piece. key tells the operation of span i of the piece.
func (p *piece) sumUp(key func(i int) uint64) operationSums {
	all := operationSums{of: p}
	of := make([]int32, p.hi-p.lo) // the operation of each span
	var index numbering
	for i := range of {
		of[i], _ = index.number(key(i))
	}
	all.keys = index.keys
	all.sums = make([]operationSum, len(all.keys))
	self := p.self()
	for i, at := range of {
		all.sums[at].add(p.spans, p.lo+i, self[p.lo+i])
	}
	next := make([]int32, len(all.sums)) // where the next duration of each is put
	n := int32(0)
	for at, sum := range all.sums {
		next[at] = n
		n += int32(sum.count - sum.unfinished)
	}
	all.durations = make([]int64, n)
	for i, at := range of {
		if !p.flags[p.lo+i].Has(trace.Unfinished) {
			all.durations[next[at]] = p.duration(p.lo + i)
			next[at]++
		}
	}
	return all
}

func (o *operationSum) add(s *spans, i int, self int64) {
	o.count++
	if s.status[i] == trace.StatusError {
		o.errors++
	}
	if s.flags[i].Has(trace.Unfinished) {
		o.unfinished++
	}
	o.total = plus(o.total, s.duration(i))
	o.self = plus(o.self, self)
}

func (o *operationSum) merge(more operationSum) {
	o.count += more.count
	o.errors += more.errors
	o.unfinished += more.unfinished
	o.total = plus(o.total, more.total)
	o.self = plus(o.self, more.self)
}

// mostSelf adds up the sums of pieces, in their order, and gives the operations with the
// most self time.
func mostSelf(pieces []operationSums, seed maphash.Seed) (all []Operation) {
	var index numbering
	values := numbered{seed: seed}
	of := make([][]int32, len(pieces)) // by operation of a piece, its number among all
	most := 0
	for _, p := range pieces {
		most += len(p.keys)
	}
	index.reserve(most)
	values.hashes.reserve(most)
	sums := make([]operationSum, 0, most)
	for k, p := range pieces {
		of[k] = make([]int32, len(p.keys))
		for i, key := range p.keys {
			if p.values != nil {
				value, service := parts(key)
				key = pair(values.hashed(p.values.hashes.keys[value], p.values.values[value]), service)
			}
			at, fresh := index.number(key)
			if fresh {
				sums = append(sums, operationSum{})
			}
			sums[at].merge(p.sums[i])
			of[k][i] = at
		}
	}
	chosen := heaviest(len(sums), MaxOperations, func(i int) int64 { return sums[i].self })
	slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(sums[b].self, sums[a].self) })
	durations := durationsOf(chosen, len(sums), pieces, of)
	for _, at := range chosen {
		name, service := parts(index.keys[at])
		o := Operation{Service: pieces[0].of.services[service]}
		if pieces[0].values != nil {
			o.Name = values.values[name]
		} else {
			o.Name = pieces[0].of.text(name)
		}
		s := sums[at]
		o.Count, o.Errors, o.Unfinished, o.Total, o.Self = s.count, s.errors, s.unfinished, s.total, s.self
		all = append(all, o)
	}
	each(len(all), func(i int) {
		all[i].P50, all[i].P95, all[i].Max = percentiles(slices.Concat(durations[i]...))
	})
	return all
}

// durationsOf gives the durations of the chosen operations, of n in all, from each piece.
func durationsOf(chosen []int, n int, pieces []operationSums, of [][]int32) [][][]int64 {
	durations := make([][][]int64, len(chosen))
	place := make([]int32, n) // among the chosen, + 1
	for i, at := range chosen {
		place[at] = int32(i + 1)
	}
	for k, p := range pieces {
		rest := p.durations
		for i, sum := range p.sums {
			finished := sum.count - sum.unfinished
			if at := place[of[k][i]]; at > 0 {
				durations[at-1] = append(durations[at-1], rest[:finished])
			}
			rest = rest[finished:]
		}
	}
	return durations
}

// percentiles gives the smallest values that 50, 95 and 100 percent of all values do not
// exceed. It changes the order of all.
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

// smallest gives value number k of all in ascending order. It puts no larger value before it
// and no smaller one after it. It looks at each value about 3 times.
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

package diff

import (
	"cmp"
	"context"
	"slices"
	"sort"
)

// A Match is a stretch of elements that two sequences have in common: N elements, starting
// at Good and at Bad.
type Match struct{ Good, Bad, N int }

// alignLevels bounds how often the parts between matches are looked at again.
const alignLevels = 8

// align aligns two sequences. Its matches are the same in both, in order, as long as
// possible, and never cross. Elements between matches are in only one of the sequences, or
// elsewhere in the other. Its only error is that of ctx.
//
//	good  a b c c d      e f
//	bad   a b   c d x y  e f
//	      └─┘   └─┘      └─┘
//
// It first pairs the elements that each sequence has once, as a reader would. If there are
// none, it pairs the first, the second, … occurrence of an element in each. Then it looks at
// the parts between these pairs again. So the time grows only with n log n, whatever the
// sequences are, and the memory with n. It does not promise the longest common subsequence,
// which would take n² in the worst case.
func align[T comparable](ctx context.Context, good, bad []T) ([]Match, error) {
	a := aligner[T]{good: good, bad: bad}
	waiting := []piece{{0, len(good), 0, len(bad), 0}}
	for len(waiting) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := a.trim(waiting[len(waiting)-1])
		waiting = waiting[:len(waiting)-1]
		if p.empty() || p.level == alignLevels {
			continue
		}
		found := increasing(a.common(p))
		before := p
		for _, at := range found {
			a.found = append(a.found, Match{at[0], at[1], 1})
			waiting = append(waiting, piece{before.good, at[0], before.bad, at[1], p.level + 1})
			before.good, before.bad = at[0]+1, at[1]+1
		}
		if len(found) > 0 {
			before.level++
			waiting = append(waiting, before)
		}
	}
	return a.merged(), nil
}

// piece is a part of each sequence that is to be aligned: from good to goodEnd and from bad
// to badEnd.
type piece struct{ good, goodEnd, bad, badEnd, level int }

func (p piece) empty() bool { return p.good >= p.goodEnd || p.bad >= p.badEnd }

type aligner[T comparable] struct {
	good, bad []T
	found     []Match
}

// trim removes the beginning and the end that both parts have in common.
func (a *aligner[T]) trim(p piece) piece {
	n := 0
	for p.good+n < p.goodEnd && p.bad+n < p.badEnd && a.good[p.good+n] == a.bad[p.bad+n] {
		n++
	}
	a.add(p.good, p.bad, n)
	p.good, p.bad = p.good+n, p.bad+n
	for n = 0; p.good < p.goodEnd-n && p.bad < p.badEnd-n && a.good[p.goodEnd-n-1] == a.bad[p.badEnd-n-1]; {
		n++
	}
	p.goodEnd, p.badEnd = p.goodEnd-n, p.badEnd-n
	a.add(p.goodEnd, p.badEnd, n)
	return p
}

func (a *aligner[T]) add(good, bad, n int) {
	if n > 0 {
		a.found = append(a.found, Match{good, bad, n})
	}
}

// common gives pairs of places with the same element, in the order of bad. It pairs the
// elements that each part has once. If there are none, it pairs the n-th occurrences of an
// element in both parts.
func (a *aligner[T]) common(p piece) (pairs [][2]int) {
	type seen struct{ goods, bads, last int } // last is the place in good
	all := make(map[T]seen, p.goodEnd-p.good)
	for i, t := range a.good[p.good:p.goodEnd] {
		s := all[t]
		s.goods, s.last = s.goods+1, p.good+i
		all[t] = s
	}
	for _, t := range a.bad[p.bad:p.badEnd] {
		if s, ok := all[t]; ok {
			s.bads++
			all[t] = s
		}
	}
	for j, t := range a.bad[p.bad:p.badEnd] {
		if s := all[t]; s.goods == 1 && s.bads == 1 {
			pairs = append(pairs, [2]int{s.last, p.bad + j})
		}
	}
	if len(pairs) > 0 {
		return pairs
	}
	places := map[T][]int{} // in good
	for i, t := range a.good[p.good:p.goodEnd] {
		if all[t].bads > 0 {
			places[t] = append(places[t], p.good+i)
		}
	}
	for j, t := range a.bad[p.bad:p.badEnd] {
		if left := places[t]; len(left) > 0 {
			pairs, places[t] = append(pairs, [2]int{left[0], p.bad + j}), left[1:]
		}
	}
	return pairs
}

// increasing chooses as many pairs as possible whose first places are in order. pairs must
// be in the order of their second places.
func increasing(pairs [][2]int) [][2]int {
	var ends []int // the last pair of chains of each length: the one with the smallest first place
	before := make([]int, len(pairs))
	for i, p := range pairs {
		k := sort.Search(len(ends), func(k int) bool { return pairs[ends[k]][0] >= p[0] })
		before[i] = -1
		if k > 0 {
			before[i] = ends[k-1]
		}
		if k == len(ends) {
			ends = append(ends, i)
		} else {
			ends[k] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	out := make([][2]int, len(ends))
	for i, k := ends[len(ends)-1], len(ends)-1; i >= 0; i, k = before[i], k-1 {
		out[k] = pairs[i]
	}
	return out
}

// merged puts matches in order, and joins those that directly follow each other.
func (a *aligner[T]) merged() []Match {
	slices.SortFunc(a.found, func(x, y Match) int { return cmp.Compare(x.Good, y.Good) })
	out := a.found[:0]
	for _, m := range a.found {
		if n := len(out); n > 0 && out[n-1].Good+out[n-1].N == m.Good && out[n-1].Bad+out[n-1].N == m.Bad {
			out[n-1].N += m.N
		} else {
			out = append(out, m)
		}
	}
	return out
}

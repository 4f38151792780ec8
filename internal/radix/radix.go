// Package radix sorts many things by a number each, in time that grows with their count
// alone: several times as fast as sorting by comparison from a few hundred on.
//
// It knows nothing about what is sorted; equal numbers keep their order. It holds no
// state: memory is its callers'.
package radix

import (
	"cmp"
	"iter"
	"slices"

	"prowtrace/internal/hugepage"
)

// A Key is the number that something is sorted by, and where it is.
type Key struct {
	By    uint64
	Index uint32
}

// few is the count below which comparison is faster.
const few = 128

// Sort sorts keys by By, and keeps the order of equal ones. spare is memory that it may
// use and give back for the next call, nil at first.
//
// It is the radix sort from the least significant byte on; bytes that all keys share
// cost nothing.
func Sort(keys, spare []Key) []Key {
	if len(keys) < few {
		slices.SortStableFunc(keys, byNumber)
		return spare
	}
	var counts [8][256]uint32 // of the keys with each value of each byte
	sorted := true
	for i, k := range keys {
		sorted = sorted && (i == 0 || keys[i-1].By <= k.By)
		for b := range counts {
			counts[b][byte(k.By>>(8*b))]++
		}
	}
	if sorted {
		return spare
	}
	if cap(spare) < len(keys) {
		spare = hugepage.Make[Key](len(keys))
	}
	from, to := keys, spare[:len(keys)]
	for b := range counts {
		if counts[b][byte(keys[0].By>>(8*b))] == uint32(len(keys)) {
			continue
		}
		pass(from, to, &counts[b], 8*b)
		from, to = to, from
	}
	if &from[0] != &keys[0] {
		copy(keys, from)
	}
	return spare
}

// pass sorts by the byte at shift, of which there are counts.
func pass(from, to []Key, counts *[256]uint32, shift int) {
	next := counts // where the next key with each byte goes
	behind := uint32(0)
	for b, n := range counts {
		next[b] = behind
		behind += n
	}
	for _, k := range from {
		at := &next[byte(k.By>>shift)]
		to[*at] = k
		*at++
	}
}

func byNumber(a, b Key) int { return cmp.Compare(a.By, b.By) }

// Equal ranges over the runs of keys with the same number, of more than one key each,
// with where they begin. The keys are sorted.
func Equal(keys []Key) iter.Seq2[int, []Key] {
	return func(yield func(at int, run []Key) bool) {
		for lo := 0; lo < len(keys); {
			hi := lo + 1
			for hi < len(keys) && keys[hi].By == keys[lo].By {
				hi++
			}
			if hi-lo > 1 && !yield(lo, keys[lo:hi]) {
				return
			}
			lo = hi
		}
	}
}

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
	differ, sorted := uint64(0), true
	for i, k := range keys[1:] {
		sorted = sorted && keys[i].By <= k.By
		differ |= k.By ^ keys[0].By
	}
	if sorted {
		return spare
	}
	if cap(spare) < len(keys) {
		spare = make([]Key, len(keys))
	}
	from, to := keys, spare[:len(keys)]
	for shift := 0; shift < 64; shift += 8 {
		if byte(differ>>shift) == 0 {
			continue
		}
		pass(from, to, shift)
		from, to = to, from
	}
	if &from[0] != &keys[0] {
		copy(keys, from)
	}
	return spare
}

// pass sorts by one byte.
func pass(from, to []Key, shift int) {
	var next [256]uint32 // where the next key with each byte goes
	for _, k := range from {
		next[byte(k.By>>shift)]++
	}
	behind := uint32(0)
	for b, n := range next {
		next[b] = behind
		behind += n
	}
	for _, k := range from {
		b := byte(k.By >> shift)
		to[next[b]] = k
		next[b]++
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

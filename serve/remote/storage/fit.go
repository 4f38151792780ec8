package storage

import (
	"cmp"
	"slices"
)

// AnswerSize bounds an answer that is one message, in bytes.
//
// Some answers are one message each. A client that is not told otherwise takes
// 4 MiB and fails with anything larger, so what does not fit is left out: the
// oldest traces of a list, and of other lists the longest entries, which are
// those that nobody can read.
const AnswerSize = 4<<20 - 4<<10

// AtMost bounds a limit, of which 0 means none.
func AtMost(limit, most int) int {
	if limit == 0 {
		return most
	}
	return min(limit, most)
}

// Fit gives the entries that fit room bytes, in their order. Where not all do, the
// longest are left out. size gives that of an entry in the answer.
func Fit[E any](entries []E, room int, size func(E) int) []E {
	total := 0
	for _, e := range entries {
		total += size(e)
	}
	if total <= room {
		return entries
	}
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(entries[a]), size(entries[b])) })
	n := 0
	for n < len(order) && size(entries[order[n]]) <= room {
		room -= size(entries[order[n]])
		n++
	}
	slices.Sort(order[:n])
	kept := make([]E, n)
	for i, at := range order[:n] {
		kept[i] = entries[at]
	}
	return kept
}

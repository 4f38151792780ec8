package remote

import (
	"cmp"
	"slices"

	"prowtrace/internal/text"
)

// Some answers are one message each. A client that is not told otherwise takes
// 4 MiB and fails with anything larger, so what does not fit is left out: the
// oldest traces of a list, and of other lists the longest entries, which are
// those that nobody can read.
const answerSize = 4<<20 - 4<<10

// The most ids that an answer of FindTraceIDs has room for.
const (
	mostIDs   = answerSize / 48 // a FoundTraceID: 16 bytes of id, two times of up to 12, the tags and lengths
	mostIDsV1 = answerSize / 18
)

// atMost bounds a limit, of which 0 means none.
func atMost(limit, most int) int {
	if limit == 0 {
		return most
	}
	return min(limit, most)
}

// fit gives the entries that fit room bytes, in their order.
func fit[E any](entries []E, room int, size func(E) int) []E {
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

// clip bounds a name that is too long for a line about it.
func clip(name string) string { return text.Short(name, 16<<10) }

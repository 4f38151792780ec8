package diff

import (
	"context"
	"slices"

	"prowtrace/joblog"
)

// Beside says how the lines of two logs are aligned. Lines are counted from 0.
type Beside struct {
	Same []Match // lines that are equal except for times, numbers and ids

	// New and Gone are lines that the other log does not have anywhere, in order. It does
	// have the remaining lines that are in no Match, at another place or more often.
	New  []Lines // of the bad run
	Gone []Lines // of the good one

	Cut bool // whether the logs are longer, or differ more often, than is compared
}

// Lines are the lines from From to To, including both.
type Lines struct{ From, To int }

// Bounds on what is compared. Lines beyond them are aligned in their order.
const (
	mostBeside  = 1_000_000 // lines of each log
	mostMatches = 100_000
)

// LinesBeside aligns the lines of two logs by their fingerprints. Its time and memory are
// bounded, whatever is in the logs. Its only error is that of ctx.
func LinesBeside(ctx context.Context, good, bad *joblog.Log) (*Beside, error) {
	var prints [2][]uint64
	for k, l := range []*joblog.Log{good, bad} {
		var err error
		if prints[k], err = l.Fingerprints(ctx); err != nil {
			return nil, err
		}
	}
	return beside(ctx, prints[0], prints[1], mostBeside, mostMatches)
}

func beside(ctx context.Context, good, bad []uint64, lines, matches int) (*Beside, error) {
	b := &Beside{Cut: max(len(good), len(bad)) > lines}
	good, bad = good[:min(len(good), lines)], bad[:min(len(bad), lines)]
	var err error
	if b.Same, err = align(ctx, good, bad); err != nil {
		return nil, err
	}
	if len(b.Same) > matches {
		b.Same, b.Cut = b.Same[:matches], true
	}
	var cut [2]bool
	b.New, cut[0] = onlyIn(bad, good, matches)
	b.Gone, cut[1] = onlyIn(good, bad, matches)
	b.Cut = b.Cut || cut[0] || cut[1]
	return b, nil
}

// onlyIn gives the places of the fingerprints that are in some and not in others.
func onlyIn(some, others []uint64, most int) (out []Lines, cut bool) {
	known := make(map[uint64]struct{}, len(others))
	for _, o := range others {
		known[o] = struct{}{}
	}
	for i, s := range some {
		if _, ok := known[s]; ok {
			continue
		}
		n := len(out)
		switch {
		case n > 0 && out[n-1].To == i-1:
			out[n-1].To = i
		case n == most:
			return out, true
		default:
			out = append(out, Lines{i, i})
		}
	}
	return out, false
}

// SameLog finds the log of another run that comes from the same container or step. It
// prefers a name that is equal except for ids, then one with the same file name, then the
// first. It returns -1 if there is none.
func SameLog(name string, others []string) int {
	for _, alike := range []func(a string) string{func(a string) string { return a }, withoutIDs, fileOf} {
		if i := slices.IndexFunc(others, func(o string) bool { return alike(o) == alike(name) }); i >= 0 {
			return i
		}
	}
	return min(0, len(others)-1)
}

func fileOf(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[i+1:]
		}
	}
	return name
}

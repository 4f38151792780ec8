package diff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/triage/history"
)

// Bounds for a row. Durations that differ by less than leastApart are noise. So are
// durations of two runs that differ by less than a fifth, because one run has no spread.
// With several runs, a value farZ spreads from their median is far from usual. The spread
// has a minimum.
const (
	leastApart = 2 * time.Second
	apartShare = 5
	farZ       = 3.5
)

// timed reports whether something took longer or shorter than in the good runs.
func (c *Change) timed(good []time.Duration, bad time.Duration) bool {
	if len(good) == 0 {
		return false
	}
	usual := history.SpreadOf(good)
	delta := bad - usual.Median
	far := max(delta, -delta) >= leastApart
	if len(good) == 1 {
		far = far && max(delta, -delta)*apartShare > min(bad, usual.Median)
	} else {
		c.Z = usual.Z(bad)
		far = far && max(c.Z, -c.Z) > farZ
	}
	if !far {
		c.Z = 0
		return false
	}
	c.Delta, c.Ratio = int64(delta), ratio(int64(bad), int64(usual.Median))
	c.Kind, c.weight = Slower, max(c.Delta, -c.Delta)
	if delta < 0 {
		c.Kind = Faster
	}
	return true
}

// A count differs from those of the good runs if it is twice as large as each of them plus a
// few. It also differs if each of them is twice as large plus a few.
const (
	timesMore = 2
	fewMore   = 3
)

// counted reports whether something occurred more or less often.
func (c *Change) counted(good []int, bad int) bool {
	if len(good) == 0 {
		return false
	}
	switch most, least := slices.Max(good), slices.Min(good); {
	case bad >= timesMore*most+fewMore:
		c.Kind = More
	case least >= timesMore*bad+fewMore:
		c.Kind = Fewer
	default:
		return false
	}
	usual := median(good)
	c.Ratio, c.weight = ratio(int64(bad), int64(usual)), int64(max(bad-usual, usual-bad))
	return true
}

// Something goes on until the end if it was seen several times, and also in the last tenth
// of the run. It stops early if it is not seen in the last fifth, nor in the last minutes.
const (
	seenOften    = 5
	tailShare    = 10
	stoppedShare = 5
	stoppedLeast = 2 * time.Minute
)

// tail is the time from the last sight of something to the end of the run.
type tail struct {
	count  int
	before time.Duration
	of     time.Duration // the run; 0 if that is unknown
}

func (t tail) lasts() bool { return t.of > 0 && t.count >= seenOften && t.before <= t.of/tailShare }

func (t tail) stops() bool {
	return t.of > 0 && t.count >= seenOften && t.before >= max(stoppedLeast, t.of/stoppedShare)
}

// ended reports whether something stopped early, or went on for longer.
func (c *Change) ended(good []tail, bad tail) bool {
	all := func(is func(tail) bool) bool {
		return len(good) > 0 && !slices.ContainsFunc(good, func(t tail) bool { return !is(t) })
	}
	switch {
	case bad.stops() && all(tail.lasts):
		c.Kind = Stopped
	case bad.lasts() && all(tail.stops):
		c.Kind = Lasted
	default:
		return false
	}
	c.weight = int64(max(bad.before, slices.MaxFunc(good, func(a, b tail) int { return cmp.Compare(a.before, b.before) }).before))
	return true
}

// ratio is the larger of two numbers divided by the smaller one, or 0 if one of them is 0.
func ratio(a, b int64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return float64(max(a, b)) / float64(min(a, b))
}

func median[T int | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// sorted gives the rows of a list that are kept, the most important first, and the number
// that are left out.
func sorted(all []Change) (kept []Change, left int) {
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(ranks[a.Kind], ranks[b.Kind]), -compareBool(a.telling, b.telling), cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
	})
	kept = []Change{}
	counts := map[Kind]int{}
	for _, c := range all {
		if counts[c.Kind]++; counts[c.Kind] > mostOfKind {
			left++
			continue
		}
		for _, s := range []*Side{&c.Good, &c.Bad} {
			if s.where != nil {
				s.Text, s.Place = s.where()
			}
		}
		kept = append(kept, c)
	}
	return kept, left
}

// short makes a copy of a name or a text that is safe to show.
func short(s string) string {
	s, cut := mask.Cut(text.Line(s), shortBytes)
	if cut {
		return s + "…"
	}
	return strings.Clone(s)
}

const shortBytes = 500

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

package history

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// median of values that are sorted; 0 of none.
func median(sorted []time.Duration) time.Duration {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Spread is what is usual: the median of values, and how far they usually are from it.
type Spread struct {
	Median time.Duration `json:"median_ns"`
	Off    time.Duration `json:"spread_ns"` // of a normal distribution the standard deviation
	Runs   int           `json:"runs"`
}

// toSigma makes the median of distances from the median, of a normal distribution, its
// standard deviation: 1/Φ⁻¹(3/4).
const toSigma = 1.4826

// SpreadOf gives the spread of values: the median and the median of the distances from it,
// which half of the values may be wild without moving far. Off is at least a twentieth of
// the median and one second, so that runs of nearly the same length do not make every other
// length an exception.
func SpreadOf(values []time.Duration) Spread {
	sorted := slices.Sorted(slices.Values(values))
	s := Spread{Median: median(sorted), Runs: len(sorted)}
	distances := make([]time.Duration, len(sorted))
	for i, v := range sorted {
		distances[i] = max(v-s.Median, s.Median-v)
	}
	slices.Sort(distances)
	s.Off = max(time.Duration(toSigma*float64(median(distances))), s.Median/20, time.Second)
	return s
}

// Z is how many spreads a value lies above the median; below it is negative.
func (s Spread) Z(v time.Duration) float64 {
	if s.Runs == 0 {
		return 0
	}
	return float64(v-s.Median) / float64(s.Off)
}

// unusualZ is from how many spreads on a duration is called unusual.
const unusualZ = 3.5

// A point is a duration of the run of a number.
type point struct {
	run  int
	took time.Duration
}

// trend fits a line to durations in their order: the median of the slopes between any two,
// a run (Theil and Sen), and where the line ends. sure reports whether it goes one way by no
// chance (Mann and Kendall's test, 5 % on both sides). Of more than 500 the last are taken.
func trend(points []point) (slope, end time.Duration, sure bool) {
	points = points[max(0, len(points)-500):]
	n := len(points)
	if n < 5 {
		return 0, 0, false
	}
	slopes := make([]time.Duration, 0, n*(n-1)/2)
	ups := 0
	for i, a := range points {
		for _, b := range points[i+1:] {
			slopes = append(slopes, (b.took-a.took)/time.Duration(b.run-a.run))
			ups += cmp.Compare(b.took, a.took)
		}
	}
	slices.Sort(slopes)
	slope = median(slopes)
	ends := make([]time.Duration, n) // of the line through each of them
	for i, p := range points {
		ends[i] = p.took + slope*time.Duration(points[n-1].run-p.run)
	}
	slices.Sort(ends)
	sigma := math.Sqrt(float64(n*(n-1)*(2*n+5)) / 18)
	return slope, median(ends), (math.Abs(float64(ups))-1)/sigma > 1.96
}

// chanceOf is how probable it is that of n runs, drawn from all of which some have a
// property, so many have it, or more (Fisher's exact test, one side).
func chanceOf(have, n, allHave, all int) float64 {
	p := 0.0
	for k := have; k <= min(n, allHave); k++ {
		p += math.Exp(choose(allHave, k) + choose(all-allHave, n-k) - choose(all, n))
	}
	return min(p, 1)
}

// choose is the logarithm of n over k; that of 0 where there is no such choice.
func choose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

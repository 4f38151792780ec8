package history

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// median gives the median of sorted values, or 0 if there are none.
func median(sorted []time.Duration) time.Duration {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Spread says what is usual: the median of values, and their usual distance from it.
type Spread struct {
	Median time.Duration `json:"median_ns"`
	Off    time.Duration `json:"spread_ns"` // for a normal distribution this is the standard deviation
	Runs   int           `json:"runs"`
}

// toSigma is the factor from the median distance to the standard deviation of a normal
// distribution: 1/Φ⁻¹(3/4).
const toSigma = 1.4826

// SpreadOf gives the spread of values: the median, and the median of the distances from it.
// Up to half of the values may be extreme without moving these far. Off is at least a
// twentieth of the median and one second. Otherwise every other length would be an exception
// among runs of nearly the same length.
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

// Z is how many spreads a value is above the median. It is negative below it.
func (s Spread) Z(v time.Duration) float64 {
	if s.Runs == 0 {
		return 0
	}
	return float64(v-s.Median) / float64(s.Off)
}

// unusualZ is the number of spreads from which on a duration is called unusual.
const unusualZ = 3.5

// A point is the duration of a run, with the run's number.
type point struct {
	run  int
	took time.Duration
}

// trend fits a line to durations in their order. The slope per run is the median of the
// slopes between any two (Theil and Sen); end is the end of the line. sure reports whether
// the trend is not due to chance (Mann and Kendall's test, 5 % on both sides). Of more than
// 500 points the last ones are used.
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
	ends := make([]time.Duration, n) // of the line through each point
	for i, p := range points {
		ends[i] = p.took + slope*time.Duration(points[n-1].run-p.run)
	}
	slices.Sort(ends)
	sigma := math.Sqrt(float64(n*(n-1)*(2*n+5)) / 18)
	return slope, median(ends), (math.Abs(float64(ups))-1)/sigma > 1.96
}

// chanceOf is the probability that so many or more of n runs have a property (Fisher's exact
// test, one side). The n runs are drawn from all runs, of which allHave have it.
func chanceOf(have, n, allHave, all int) float64 {
	p := 0.0
	for k := have; k <= min(n, allHave); k++ {
		p += math.Exp(choose(allHave, k) + choose(all-allHave, n-k) - choose(all, n))
	}
	return min(p, 1)
}

// choose is the logarithm of n over k. If there is no such choice, it is the logarithm of 0.
func choose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

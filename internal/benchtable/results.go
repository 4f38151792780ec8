package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A figure is what a benchmark measures in one unit. Names go without "Benchmark" and
// without the number of processors; 1m stands for the directory of the spans.
type figure struct{ bench, unit string }

// results are the values of figures, one for each round.
type results map[figure][]float64

func (r results) add(f figure, value float64) { r[f] = append(r[f], value) }

var processors = regexp.MustCompile(`-\d+$`)

// read adds the lines of `go test -bench` that are results, and passes over all others.
func (r results) read(out, spans string) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(strings.ReplaceAll(line, spans, "1m"))
		if len(fields) < 4 {
			continue
		}
		name, ok := strings.CutPrefix(fields[0], "Benchmark")
		if _, err := strconv.Atoi(fields[1]); err != nil || !ok {
			continue
		}
		name = processors.ReplaceAllString(name, "")
		for pair := range slices.Chunk(fields[2:], 2) {
			if value, err := strconv.ParseFloat(pair[0], 64); err == nil && len(pair) == 2 {
				r.add(figure{name, pair[1]}, value)
			}
		}
	}
}

// median gives the middle value of a figure over all rounds.
func (r results) median(f figure) (float64, bool) {
	values := slices.Sorted(slices.Values(r[f]))
	n := len(values)
	if n == 0 {
		return 0, false
	}
	return (values[(n-1)/2] + values[n/2]) / 2, true
}

// sum adds up the medians of figures; without one of them there is no sum.
func (r results) sum(figures []figure) (sum float64, ok bool) {
	for _, f := range figures {
		value, ok := r.median(f)
		if !ok {
			return 0, false
		}
		sum += value
	}
	return sum, len(figures) > 0
}

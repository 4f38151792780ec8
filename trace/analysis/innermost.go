package analysis

import "sort"

// Innermost gives for each of some times the line of the deepest span that runs then. If
// several are equally deep it gives the one that began last, and if none runs it gives -1.
// The times must be in order, without repeats. It looks at every span.
func (d *Drawing) Innermost(times []int64) (lines []int32) {
	lines = make([]int32, len(times))
	starts := make([]int64, len(times))
	for k := range lines {
		lines[k] = -1
	}
	if len(times) == 0 {
		return lines
	}
	first, last := times[0], times[len(times)-1]
	for i := range d.Tree.Len() {
		start, end := d.Tree.Times(i)
		line := d.Line[i]
		if end < first || start > last || line < 0 {
			continue
		}
		for k := sort.Search(len(times), func(k int) bool { return times[k] >= start }); k < len(times) && times[k] <= end; k++ {
			if lines[k] < 0 || d.inside(line, lines[k], start, starts[k]) {
				lines[k], starts[k] = line, start
			}
		}
	}
	return lines
}

// inside reports whether line a is drawn deeper than line b, or equally deep and begins no
// earlier.
func (d *Drawing) inside(a, b int32, startA, startB int64) bool {
	deep, other := d.Layout.Lines[a].Depth, d.Layout.Lines[b].Depth
	return deep > other || deep == other && startA >= startB
}

package lens

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/triage/report"
)

// chart is a small waterfall: the lines of a trace that say most, in their order.
type chart struct {
	Said   string // all of it in a sentence, for those who do not see it
	Height int    // pixels
	Floor  int    // where the lines of the ticks end
	Ticks  []tick
	Rows   []row
	Left   string // how many spans are left out; "" if none
	Marked bool   // it has marks
}

// tick is a time on the axis. Places on the axis are in percent of its width.
type tick struct {
	X, At    string
	End, Mid bool // the text stands before it; it is left out where there is little room
}

// row is a line of the chart.
type row struct {
	Y, Text, Bar, Path, Mark int // places in pixels, of the text's baseline and the tops of the others
	Indent                   int
	X, Width                 string
	Name, Took, Said         string
	Colour                   int // 0 to 7
	Failed                   bool
	Critical                 []piece
	Marks                    []mark
}

// piece is a piece of the critical path.
type piece struct{ X, Width string }

// mark is where a step of the chain is.
type mark struct {
	X  string
	No int // of the step, from 1
}

// Bounds and measures of a chart.
const (
	mostRows   = 36
	mostOnWay  = 12 // lines on the way to one step of the chain
	rowHeight  = 20
	axisHeight = 20
	cells      = 250 // of the axis, in which the critical path is drawn
	colours    = 8
	maxIndent  = 8
)

// drawn is the drawing of a View, which can take seconds.
type drawn struct {
	done    chan struct{}
	drawing *analysis.Drawing // nil: there is nothing to draw
}

type drawnKey struct{}

// chartOf draws a run with the steps of a finding, nil for none. It is nil if drawing takes
// longer than ctx; it goes on then, for those who ask later.
func (l *Lens) chartOf(ctx context.Context, run Run, f *report.Finding) *chart {
	view, release := run.Loaded().Acquire()
	if view == nil {
		release()
		return &chart{}
	}
	var readers atomic.Int32
	readers.Store(1)
	done := func() {
		if readers.Add(-1) == 0 {
			release()
		}
	}
	defer done()
	d := view.Kept(drawnKey{}, func() any {
		d := &drawn{done: make(chan struct{})}
		readers.Add(1)
		id := run.Input().Trace
		l.work.Go(func() {
			defer done()
			defer close(d.done)
			err := panics.Guard(func() error { // a fault leaves a frame without its picture, and the server up
				d.drawing = draw(view, id)
				return nil
			})
			if met := (*panics.Error)(nil); errors.As(err, &met) {
				l.o.Fault(run.Input().Ref.Run, met)
			}
		})
		return d
	}).(*drawn)
	select {
	case <-d.done:
	case <-ctx.Done():
		return nil
	}
	if d.drawing == nil {
		return &chart{}
	}
	return newChart(d.drawing, f)
}

// draw draws the joined trace of a run, or its largest one.
func draw(view *trace.View, id trace.TraceID) *analysis.Drawing {
	of, ok := view.Lookup(id)
	if !ok {
		for i := range view.NumTraces() {
			if t := view.Trace(i); !ok || t.Spans > of.Spans {
				of, ok = t, true
			}
		}
	}
	if !ok {
		return nil
	}
	d := analysis.Of(view).Drawing(of)
	d.Critical()
	d.Recovered()
	d.Closed()
	return d
}

// newChart draws the lines that say most: the way to the steps of a finding, then those that
// are on show as the trace opens, from the top.
func newChart(d *analysis.Drawing, f *report.Finding) *chart {
	places := stepsOf(d, f)
	rows := chosen(d, places)
	at := map[int]int{} // of each line that is drawn, its row
	for i, line := range rows {
		at[line] = i
	}
	c := &chart{Floor: axisHeight + len(rows)*rowHeight, Height: axisHeight + len(rows)*rowHeight + 2}
	a := axisOf(d)
	c.Ticks = a.ticks()
	indent := make([]int, len(rows))
	spans, colour := 0, map[uint32]int{}
	for i, line := range rows {
		if up := above(d, at, line); up >= 0 {
			indent[i] = min(indent[up]+1, maxIndent)
		}
		one := d.Layout.Lines[line]
		if _, ok := colour[one.Service]; !ok {
			colour[one.Service] = len(colour) % colours
		}
		if one.Group == analysis.NoGroup {
			spans++
		}
		c.Rows = append(c.Rows, rowOf(d, a, line, i, indent[i], colour[one.Service]))
	}
	c.addCritical(d, a, at)
	for i, p := range places {
		row := rowAt(d, at, p.line)
		if p.line < 0 || row < 0 {
			continue
		}
		c.Marked = true
		c.Rows[row].Marks = append(c.Rows[row].Marks, mark{a.percent(p.time), i + 1})
	}
	if left := d.Tree.Len() - spans; left > 0 {
		c.Left = text.Count(left, "more span")
	}
	c.Said = fmt.Sprintf("Waterfall of %s, %s", text.Count(d.Tree.Len(), "span"), text.Duration(time.Duration(a.to-a.from)))
	return c
}

// stepPlace is where a step of a chain is in a drawing: a line, or -1.
type stepPlace struct {
	line int
	time int64
}

// stepsOf finds the steps of a finding's chain: by their spans, else by their times.
func stepsOf(d *analysis.Drawing, f *report.Finding) []stepPlace {
	if f == nil {
		return nil
	}
	steps := f.Chain[:min(len(f.Chain), mostSteps)]
	places := make([]stepPlace, len(steps))
	spans := map[trace.SpanID]int{}
	var times []int64
	for i, s := range steps {
		places[i].line = -1
		if id, err := hex.DecodeString(s.SpanID); err == nil && len(id) == len(trace.SpanID{}) {
			spans[trace.SpanID(id)] = -1
		}
		if s.Time != nil {
			places[i].time = s.Time.UnixNano()
			times = append(times, places[i].time)
		}
	}
	for i := range d.Tree.Len() {
		if line, wanted := spans[d.Tree.ID(i)]; wanted && line < 0 {
			spans[d.Tree.ID(i)] = int(d.Line[i])
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	running := d.Innermost(times)
	for i, s := range steps {
		if id, err := hex.DecodeString(s.SpanID); err == nil && len(id) == len(trace.SpanID{}) && spans[trace.SpanID(id)] >= 0 {
			places[i].line = spans[trace.SpanID(id)]
			if s.Time == nil {
				places[i].time, _ = d.Extent(places[i].line)
			}
		} else if k, ok := slices.BinarySearch(times, places[i].time); ok {
			places[i].line = int(running[k])
		}
	}
	return places
}

// chosen gives the lines that are drawn, in order. It looks at every line once, and at most
// at all lines that each step is under.
func chosen(d *analysis.Drawing, places []stepPlace) []int {
	lines := d.Layout.Lines
	picked := map[int]bool{}
	pick := func(line int) {
		if len(picked) < mostRows {
			picked[line] = true
		}
	}
	for _, p := range places {
		var way []int // from the step up
		for at := p.line; at >= 0; at = int(lines[at].Parent) {
			way = append(way, at)
		}
		if half := mostOnWay / 2; len(way) > mostOnWay {
			way = append(way[:half:half], way[len(way)-half:]...)
		}
		if len(picked)+len(way) <= mostRows-mostOnWay {
			for _, at := range way {
				pick(at)
			}
		}
	}
	for _, line := range mostTelling(d) {
		pick(line)
	}
	all := make([]int, 0, len(picked))
	for line := range picked {
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// mostTelling gives the lines that come first of those on show as the trace opens: higher
// ones, then those that failed, then longer ones.
func mostTelling(d *analysis.Drawing) (best []int) {
	before := func(a, b int) int {
		la, lb := d.Layout.Lines[a], d.Layout.Lines[b]
		if c := cmp.Compare(la.Depth, lb.Depth); c != 0 {
			return c
		}
		if fa, fb := d.Failed(a), d.Failed(b); fa != fb {
			if fa {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(took(d, b), took(d, a)), cmp.Compare(a, b))
	}
	closed := d.Closed()
	for i := 0; i < len(closed); {
		if len(best) < mostRows || before(i, best[len(best)-1]) < 0 {
			at, _ := slices.BinarySearchFunc(best, i, before)
			best = slices.Insert(best, at, i)
			best = best[:min(len(best), mostRows)]
		}
		under, depth := closed[i], d.Layout.Lines[i].Depth
		for i++; under && i < len(closed) && d.Layout.Lines[i].Depth > depth; i++ {
		}
	}
	return best
}

func took(d *analysis.Drawing, line int) int64 {
	start, end := d.Extent(line)
	return max(end-start, 0)
}

// rowAt gives the row of a line, or of the nearest one above it that is drawn; -1 is none.
func rowAt(d *analysis.Drawing, at map[int]int, line int) int {
	for ; line >= 0; line = int(d.Layout.Lines[line].Parent) {
		if row, ok := at[line]; ok {
			return row
		}
	}
	return -1
}

// above gives the row of the nearest line above another that is drawn, or -1.
func above(d *analysis.Drawing, at map[int]int, line int) int {
	return rowAt(d, at, int(d.Layout.Lines[line].Parent))
}

// rowOf draws a line.
func rowOf(d *analysis.Drawing, a axis, line, number, indent, colour int) row {
	l := d.Layout.Lines[line]
	start, end := d.Extent(line)
	y := axisHeight + number*rowHeight
	r := row{
		Y: y, Text: y + 14, Bar: y + 4, Path: y + 15, Mark: y + rowHeight/2, Indent: 4 + 10*indent,
		X: a.percent(start), Width: a.width(start, end), Colour: colour,
		Name: said(d.Layout.Names[l.Name]), Took: text.Duration(time.Duration(max(end-start, 0))),
	}
	service := said(d.Layout.Services[l.Service])
	what := ""
	switch {
	case l.Group == analysis.Fold:
		r.Name = text.Number(int(l.Members)) + " × " + r.Name
	case l.Group == analysis.Missing:
		r.Name = "(a parent that was not exported)"
	case d.Failed(line) && d.Recovered()[l.Span]:
		what = ", failed, recovered later"
	case d.Failed(line):
		r.Failed, what = true, ", failed"
	}
	r.Said = fmt.Sprintf("%s (%s): %s, from %s%s", r.Name, service, r.Took, time.Unix(0, start).UTC().Format("15:04:05"), what)
	return r
}

// addCritical draws the critical path below the bars: each piece in the row of its span, or
// of what it is under. Pieces are as fine as the eye can see, whatever their number.
func (c *chart) addCritical(d *analysis.Drawing, a axis, at map[int]int) {
	on := make([][cells]bool, len(c.Rows))
	rows := make(map[int32]int) // by line: what many pieces ask for
	for _, s := range d.Critical() {
		line := d.Line[s.Span]
		row, known := rows[line]
		if !known {
			row = rowAt(d, at, int(line))
			rows[line] = row
		}
		if row < 0 {
			continue
		}
		from, to := a.cell(s.From), a.cell(s.To)
		for k := from; k <= to; k++ {
			on[row][k] = true
		}
	}
	for i := range c.Rows {
		for from := 0; from < cells; from++ {
			if !on[i][from] {
				continue
			}
			to := from
			for to < cells && on[i][to] {
				to++
			}
			c.Rows[i].Critical = append(c.Rows[i].Critical, piece{share(float64(from) / cells), share(float64(to-from) / cells)})
			from = to
		}
	}
}

func (a axis) cell(at int64) int { return min(int(a.part(at)*cells), cells-1) }

// ticks are the quarters of the time.
func (a axis) ticks() (all []tick) {
	const n = 4
	for k := range n + 1 {
		at := "0"
		if k > 0 {
			at = text.Duration(time.Duration((a.to - a.from) / n * int64(k)))
		}
		all = append(all, tick{share(float64(k) / n), at, k == n, k > 0 && k < n})
	}
	return all
}

// axis is the time that a chart shows: that of all spans but those of which one knows how
// long they took, and not when.
type axis struct{ from, to int64 }

func axisOf(d *analysis.Drawing) (a axis) {
	first := true
	for i := range d.Tree.Len() {
		if d.Tree.Unplaced(i) {
			continue
		}
		from, to := d.Tree.Times(i)
		if first {
			a, first = axis{from, to}, false
		}
		a = axis{min(a.from, from), max(a.to, to)}
	}
	return a
}

// part says how far a time is on the axis, from 0 to 1.
func (a axis) part(at int64) float64 {
	if a.to <= a.from {
		return 0
	}
	return min(max(float64(at-a.from)/float64(a.to-a.from), 0), 1)
}

func (a axis) percent(at int64) string { return share(a.part(at)) }

// width is that of a bar: thin ones can be seen.
func (a axis) width(start, end int64) string {
	return share(max(a.part(end)-a.part(start), 0.002))
}

func share(part float64) string { return strconv.FormatFloat(part*100, 'f', 2, 64) + "%" }

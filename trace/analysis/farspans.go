package analysis

import (
	"cmp"
	"slices"
	"time"

	"prowtrace/trace"
)

// A FarSpan is a span that begins or ends very far from all others because a clock was
// wrong. Its trace, or the whole run, is drawn many times as long because of it.
type FarSpan struct {
	Row        int
	Trace      trace.Trace  // a trace that has the span
	ID         trace.SpanID // the span's id in that trace
	Start, End int64        // its own, Unix ns
	From, To   int64        // of the other spans together, Unix ns
}

// farFrom is the least distance of a far span from the middle of its trace.
const farFrom = int64(24 * time.Hour)

// Bounds on far spans. If they are more than a certain share of all spans, nobody can tell
// which are wrong.
const (
	maxFarSpans   = 100 // in a result
	farShare      = 10  // at most one of so many spans in a trace
	farShareOfAll = 100 // at most one of so many spans in a run
	farTimes      = 10  // how many times as long they make the trace or run
)

// FarSpans gives the far spans of the View, those of joined traces first, and the number of
// far spans that were left out. If no span is far it looks at traces only.
func (c *Cache) FarSpans() (far []FarSpan, left int) {
	all := c.far()
	return all[:min(len(all), maxFarSpans)], max(len(all)-maxFarSpans, 0)
}

func farSpans(v *trace.View, all Totals) (far []FarSpan) {
	if all.End-all.Start <= farFrom {
		return nil
	}
	known := map[int]bool{}
	add := func(found []FarSpan) {
		for _, f := range found {
			if !known[f.Row] {
				known[f.Row] = true
				far = append(far, f)
			}
		}
	}
	for _, job := range v.Jobs() {
		add(farIn(v, job))
	}
	for i := range v.NumTraces() {
		if t := v.Trace(i); t.Spans > 1 && t.End-t.Start > farFrom && !v.Tree(t).Joined() {
			add(farIn(v, t))
		}
	}
	if len(v.Jobs()) == 0 {
		add(farInRun(v))
	}
	return far
}

// farIn looks at the spans of a trace.
func farIn(v *trace.View, of trace.Trace) (far []FarSpan) {
	t := v.Tree(of)
	rows := make([]int, t.Len())
	for i := range rows {
		rows[i] = t.Row(i)
	}
	far = farAmong(v, rows, farShare, func(int) trace.Trace { return of })
	if len(far) == 0 {
		return nil
	}
	at := map[int]int{}
	for k, f := range far {
		at[f.Row] = k
	}
	for i := range t.Len() {
		if k, ok := at[t.Row(i)]; ok {
			far[k].ID = t.ID(i)
		}
	}
	return far
}

// farInRun looks at the spans of all files.
func farInRun(v *trace.View) []FarSpan {
	rows := make([]int, v.Set().Len())
	for i := range rows {
		rows[i] = i
	}
	return farAmong(v, rows, farShareOfAll, func(row int) trace.Trace { return v.Trace(v.Span(row).Trace) })
}

// farAmong compares some rows with their median. It skips own spans of a job, because these
// are drawn around the others.
func farAmong(v *trace.View, rows []int, share int, traceOf func(row int) trace.Trace) (far []FarSpan) {
	columns := v.Set().Columns()
	times := func(row int) (start, end int64) {
		start, end = columns.Start[row], columns.End[row]
		if columns.Flags[row].Has(trace.Unfinished) {
			end = start // it lasts to the end of its trace, wherever that is
		}
		return start, end
	}
	rows = slices.DeleteFunc(rows, func(row int) bool { return row >= v.Set().Len() || columns.Start[row] <= 0 })
	if len(rows) < 2 {
		return nil
	}
	starts := make([]int64, len(rows))
	for i, row := range rows {
		starts[i] = columns.Start[row]
	}
	slices.Sort(starts)
	median := starts[len(starts)/2]
	near := extent{median, median}
	var away []int
	for _, row := range rows {
		start, end := times(row)
		if start < median-farFrom || end > plus(median, farFrom) {
			away = append(away, row)
			continue
		}
		near.start, near.end = min(near.start, start), max(near.end, end)
	}
	for _, row := range away {
		start, end := times(row)
		length := near.end - near.start
		if start <= near.end && end >= near.start { // it may have lasted while the others ran
			length = max(length, farFrom)
		}
		if max(end, near.end)-min(start, near.start) > farTimes*length {
			far = append(far, FarSpan{row, traceOf(row), v.Span(row).ID, start, end, near.start, near.end})
		}
	}
	if len(far) > max(1, len(rows)/share) {
		return nil
	}
	slices.SortStableFunc(far, func(a, b FarSpan) int { return cmp.Compare(b.distance(), a.distance()) })
	return far
}

// distance is how much longer the span makes its trace or run, in ns.
func (f FarSpan) distance() int64 { return max(f.From-f.Start, 0) + max(f.End-f.To, 0) }

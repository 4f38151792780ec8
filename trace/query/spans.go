package query

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"math"
	"runtime"
	"slices"
	"sort"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"prowtrace/trace"
)

// A SpanQuery says which spans to find, in which order, and how many.
type SpanQuery struct {
	StartMin int64  // Unix ns; the span's start is not before; 0 for any
	StartMax int64  // Unix ns; the span's start is not after; 0 for any
	Filter   Filter // nil for any
	Order    []SpanOrder
	After    *int // the row behind which the answer begins; nil for the beginning
	Limit    int  // spans; must be positive
}

// SpanOrder is a term of an order: the first decides, the next where it is
// equal, and so on.
type SpanOrder struct {
	By         SpanKey
	Descending bool
}

// SpanKey is what spans can be ordered by.
type SpanKey uint8

// The keys.
const (
	ByStart SpanKey = iota
	ByDuration
	ByTraceID
	BySpanID
)

// FindSpans gives the rows of the spans that match q. Where q.Order leaves two
// equal, newest first decides, then trace and span id; spans with the same ids
// come by row. So the order is total, and a page can begin where another ended.
//
// It returns ctx's error when ctx ends first.
func FindSpans(ctx context.Context, v *trace.View, q SpanQuery) ([]int, error) {
	q.Order = append(slices.Clone(q.Order), SpanOrder{ByStart, true}, SpanOrder{By: ByTraceID}, SpanOrder{By: BySpanID})
	var rows []int
	search := &spanSearch{SpanQuery: q, view: v}
	for _, part := range v.Parts() {
		found, err := findSpans(ctx, v, part, q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	slices.SortFunc(rows, search.compareRows)
	return rows[:min(len(rows), q.Limit)], nil
}

// findSpans gives the first rows of a part, in no order.
func findSpans(ctx context.Context, v *trace.View, part trace.Part, q SpanQuery) ([]int, error) {
	s := part.Set
	search := spanSearch{SpanQuery: q, view: v, part: part, set: s, columns: s.Columns(), startMin: q.StartMin, startMax: cmp.Or(q.StartMax, math.MaxInt64)}
	search.Filter = prepared(q.Filter)
	switch {
	case q.After == nil:
	case search.newestFirst():
		search.startMax = min(search.startMax, v.Span(*q.After).Start)
	case search.oldestFirst():
		search.startMin = max(search.startMin, v.Span(*q.After).Start)
	}
	// Traces are ordered by start: those behind the last that starts in time hold nothing.
	last := sort.Search(s.NumTraces(), func(t int) bool { start, _ := s.TraceExtent(t); return start > search.startMax })

	workers := runtime.GOMAXPROCS(0)
	best := make([]firstRows, workers)
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			best[w] = firstRows{search: &search}
			subject := newSubject(v, part)
			for {
				lo := int(next.Add(batch)) - batch
				if lo >= last {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for i := lo; i < min(lo+batch, last); i++ {
					t := i
					if search.newestFirst() {
						t = last - 1 - i
					}
					search.trace(t, subject, &best[w])
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var rows []int
	for _, b := range best {
		for _, row := range b.rows {
			rows = append(rows, part.FirstRow+row)
		}
	}
	return rows, nil
}

// batch is how many traces a goroutine takes at a time.
const batch = 256

type spanSearch struct {
	SpanQuery
	view               *trace.View
	part               trace.Part
	set                *trace.Set
	columns            trace.Columns
	startMin, startMax int64
}

// newestFirst and oldestFirst report whether rows by start come as they are
// wanted, from one end or from the other.
func (q *spanSearch) newestFirst() bool { return q.Order[0] == SpanOrder{ByStart, true} }
func (q *spanSearch) oldestFirst() bool { return q.Order[0] == SpanOrder{ByStart, false} }

// runRows is how many rows are looked at in the order they lie in before the next,
// older ones: row by row from the newest on, encoded spans were read half as fast.
const runRows = 64

// trace offers the matching spans of trace t. Its rows are ordered by start: where
// the answer is, too, none behind one that comes too late for it has room.
func (q *spanSearch) trace(t int, subject *subject, best *firstRows) {
	set := q.set
	if _, end := set.TraceExtent(t); end < q.startMin {
		return
	}
	lo, hi := set.TraceRows(t)
	starts := q.columns.Start[lo:hi]
	hi = lo + sort.Search(len(starts), func(i int) bool { return starts[i] > q.startMax })
	lo += sort.Search(len(starts), func(i int) bool { return starts[i] >= q.startMin })
	for lo < hi {
		from, to := lo, min(lo+runRows, hi)
		next := from
		if q.newestFirst() {
			from, to = max(lo, hi-runRows), hi
			next = to - 1
		}
		if q.tooLate(next, best) {
			return
		}
		for row := from; row < to; row++ {
			q.offer(row, subject, best)
		}
		if q.newestFirst() {
			hi = from
		} else {
			lo = to
		}
	}
}

// tooLate reports whether neither row has room in the answer nor those behind it
// in the order of start.
func (q *spanSearch) tooLate(row int, best *firstRows) bool {
	byStart := q.newestFirst() || q.oldestFirst()
	return byStart && !best.wants(row) && q.columns.Start[row] != q.columns.Start[best.rows[0]]
}

// offer adds a row that matches and has room in the answer. Whether there is room
// is asked first: it costs less than the filter.
func (q *spanSearch) offer(row int, subject *subject, best *firstRows) {
	switch {
	case q.After != nil && q.compareRows(q.part.FirstRow+row, *q.After) <= 0,
		!best.wants(row),
		q.Filter != nil && !q.Filter.holds(subject.at(row)):
	default:
		best.add(row)
	}
}

// compareRows orders two rows of the view.
func (q *spanSearch) compareRows(a, b int) int {
	x, y := q.view.Span(a), q.view.Span(b)
	for _, o := range q.Order {
		order := 0
		switch o.By {
		case ByStart:
			order = cmp.Compare(x.Start, y.Start)
		case ByDuration:
			order = cmp.Compare(x.Duration, y.Duration)
		case ByTraceID:
			if x.Trace != y.Trace {
				s, t := q.view.Trace(x.Trace).ID, q.view.Trace(y.Trace).ID
				order = bytes.Compare(s[:], t[:])
			}
		case BySpanID:
			order = bytes.Compare(x.ID[:], y.ID[:])
		}
		if order != 0 && o.Descending {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a, b)
}

// compare orders two rows of the part.
func (q *spanSearch) compare(a, b int) int {
	c := &q.columns
	for _, o := range q.Order {
		order := 0
		switch o.By {
		case ByStart:
			order = cmp.Compare(c.Start[a], c.Start[b])
		case ByDuration:
			order = cmp.Compare(c.End[a]-c.Start[a], c.End[b]-c.Start[b])
		case ByTraceID:
			if x, y := c.Trace[a], c.Trace[b]; x != y {
				s, t := q.set.TraceID(int(x)), q.set.TraceID(int(y))
				order = bytes.Compare(s[:], t[:])
			}
		case BySpanID:
			order = cmp.Compare(c.ID[a], c.ID[b])
		}
		if order != 0 && o.Descending {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a, b)
}

// firstRows keeps the first rows of those that were added, in a heap whose top
// is the last of them.
type firstRows struct {
	search *spanSearch
	rows   []int
}

// wants reports whether row would be kept.
func (h *firstRows) wants(row int) bool {
	return len(h.rows) < h.search.Limit || h.search.compare(row, h.rows[0]) < 0
}

// add keeps a row that is wanted, and drops the last one where there are too many.
func (h *firstRows) add(row int) {
	if len(h.rows) < h.search.Limit {
		heap.Push(h, row)
		return
	}
	h.rows[0] = row
	heap.Fix(h, 0)
}

func (h *firstRows) Len() int           { return len(h.rows) }
func (h *firstRows) Less(i, j int) bool { return h.search.compare(h.rows[i], h.rows[j]) > 0 }
func (h *firstRows) Swap(i, j int)      { h.rows[i], h.rows[j] = h.rows[j], h.rows[i] }
func (h *firstRows) Push(row any)       { h.rows = append(h.rows, row.(int)) }

// Pop is part of heap.Interface; rows only leave by being replaced.
func (h *firstRows) Pop() any {
	row := h.rows[len(h.rows)-1]
	h.rows = h.rows[:len(h.rows)-1]
	return row
}

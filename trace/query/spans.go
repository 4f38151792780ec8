package query

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
	"sort"
	"sync"

	"prowtrace/trace"
)

// A SpanQuery says which spans to find, in which order, and how many.
type SpanQuery struct {
	StartMin int64  // Unix ns; the span's start is not before; 0 means any
	StartMax int64  // Unix ns; the span's start is not after; 0 means any
	Filter   Filter // nil means any
	Order    []SpanOrder
	After    *int // the row after which the answer begins; nil means the beginning
	Limit    int  // spans; must be positive
}

// SpanOrder is a term of an order: the first term decides, the next one if the first is
// equal, and so on.
type SpanOrder struct {
	By         SpanKey
	Descending bool
}

// SpanKey is a key by which spans can be ordered.
type SpanKey uint8

// The keys.
const (
	ByStart SpanKey = iota
	ByDuration
	ByTraceID
	BySpanID
)

// FindSpans gives the rows of the spans that match q. If q.Order leaves two equal, the
// newest comes first, then trace id and span id decide. Spans with the same ids are ordered
// by row. So the order is total, and a page can begin where another ended.
//
// It returns ctx's error if ctx ends first, and another error if the filter needs something
// Derived.
func FindSpans(ctx context.Context, v *trace.View, q SpanQuery) ([]int, error) {
	c, err := compile(ctx, v, q.Filter, Derived{}, false)
	if err != nil {
		return nil, err
	}
	q.Order = append(slices.Clone(q.Order), SpanOrder{ByStart, true}, SpanOrder{By: ByTraceID}, SpanOrder{By: BySpanID})
	search := &spanSearch{SpanQuery: q, compiled: c, startMin: q.StartMin, startMax: cmp.Or(q.StartMax, math.MaxInt64)}
	for _, part := range v.Parts() {
		columns := part.Set.Columns()
		search.parts = append(search.parts, &partRows{part, &columns})
	}
	if q.After != nil {
		search.after = search.rowIn(*q.After)
		switch {
		case search.newestFirst():
			search.startMax = min(search.startMax, search.after.start())
		case search.oldestFirst():
			search.startMin = max(search.startMin, search.after.start())
		}
	}
	var found []placedRow
	for _, part := range search.parts {
		rows, err := search.in(ctx, part)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, search.compare)
	rows := make([]int, min(len(found), q.Limit))
	for i := range rows {
		rows[i] = found[i].part.FirstRow + found[i].row
	}
	return rows, nil
}

type spanSearch struct {
	SpanQuery
	*compiled
	parts              []*partRows
	after              placedRow
	startMin, startMax int64
}

// partRows are the rows of a part with their columns.
type partRows struct {
	trace.Part
	columns *trace.Columns
}

// A placedRow is a row of a part.
type placedRow struct {
	part *partRows
	row  int
}

func (r placedRow) start() int64 { return r.part.columns.Start[r.row] }

// rowIn finds a row of the View in its part.
func (q *spanSearch) rowIn(row int) placedRow {
	part := q.parts[0]
	if last := q.parts[len(q.parts)-1]; row >= last.FirstRow {
		part = last
	}
	return placedRow{part, row - part.FirstRow}
}

// batch is how many traces a goroutine takes at a time.
const batch = 256

// in searches a part. It gives the first rows that each goroutine found.
func (q *spanSearch) in(ctx context.Context, part *partRows) (found []placedRow, err error) {
	// Traces are ordered by start: traces after the last one that starts in time have no
	// match.
	last := sort.Search(part.Set.NumTraces(), func(t int) bool {
		start, _ := part.Set.TraceExtent(t)
		return start > q.startMax
	})
	traces := ranges{n: last, size: batch}
	var mu sync.Mutex
	err = q.work(ctx, func(turn *trace.Turn) error {
		s, best := q.subject(turn, part.Part), firstRows{search: q}
		for {
			lo, hi := traces.take()
			if lo == hi {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, best.rows...)
				return nil
			}
			for i := lo; i < hi; i++ {
				t := i
				if q.newestFirst() {
					t = last - 1 - i
				}
				if q.trace(part, t, s, &best); s.ended() {
					return turn.Err()
				}
			}
		}
	})
	return found, err
}

// newestFirst and oldestFirst report whether rows by start are in the wanted order, from one
// end or from the other.
func (q *spanSearch) newestFirst() bool { return q.Order[0] == SpanOrder{ByStart, true} }
func (q *spanSearch) oldestFirst() bool { return q.Order[0] == SpanOrder{ByStart, false} }

// runRows is how many rows are looked at in ascending order before the next, older ones.
// Encoded spans were read half as fast when rows were read one by one from the newest on.
const runRows = 64

// trace offers the matching spans of trace t. Its rows are ordered by start. If the answer
// is too, the rows after one that comes too late are not looked at.
func (q *spanSearch) trace(part *partRows, t int, s *subject, best *firstRows) {
	s.turn.Spend(1)
	if _, end := part.Set.TraceExtent(t); end < q.startMin {
		return
	}
	if q.needs.tree {
		q.enter(s, q.view.Tree(q.view.Trace(q.view.TraceIndex(part.Part, t))))
	}
	first, hi := part.Set.TraceRows(t)
	starts := part.columns.Start[first:hi]
	hi = first + sort.Search(len(starts), func(i int) bool { return starts[i] > q.startMax })
	lo := first + sort.Search(len(starts), func(i int) bool { return starts[i] >= q.startMin })
	for lo < hi && !s.ended() {
		s.turn.Spend(1)
		from, to := lo, min(lo+runRows, hi)
		next := from
		if q.newestFirst() {
			from, to = max(lo, hi-runRows), hi
			next = to - 1
		}
		if q.tooLate(placedRow{part, next}, best) {
			return
		}
		for row := from; row < to && !s.ended(); row++ {
			q.offer(placedRow{part, row}, row-first, s, best)
		}
		if q.newestFirst() {
			hi = from
		} else {
			lo = to
		}
	}
}

// tooLate reports whether neither row nor the rows after it by start have room in the
// answer.
func (q *spanSearch) tooLate(row placedRow, best *firstRows) bool {
	byStart := q.newestFirst() || q.oldestFirst()
	return byStart && !best.wants(row) && row.start() != best.rows[0].start()
}

// offer adds a row that matches and has room in the answer. It checks the room first,
// because that costs less than the filter.
func (q *spanSearch) offer(row placedRow, number int, s *subject, best *firstRows) {
	switch {
	case q.After != nil && q.compare(row, q.after) <= 0,
		!best.wants(row),
		!q.holds(s.at(row.row, number)):
	default:
		best.add(row)
	}
}

// first gives the first key of the order for a row, as a number: rows with less come first.
// It is the same for all rows if the key is an id.
func (q *spanSearch) first(r placedRow) (n int64) {
	switch c := r.part.columns; q.Order[0].By {
	case ByStart:
		n = c.Start[r.row]
	case ByDuration:
		n = c.End[r.row] - c.Start[r.row]
	}
	if q.Order[0].Descending {
		return ^n // reverses the order, and cannot overflow
	}
	return n
}

// compare gives the order of two rows.
func (q *spanSearch) compare(a, b placedRow) int {
	x, y := a.part.columns, b.part.columns
	for _, o := range q.Order {
		order := 0
		switch o.By {
		case ByStart:
			order = cmp.Compare(x.Start[a.row], y.Start[b.row])
		case ByDuration:
			order = cmp.Compare(x.End[a.row]-x.Start[a.row], y.End[b.row]-y.Start[b.row])
		case ByTraceID:
			if a.part != b.part || x.Trace[a.row] != y.Trace[b.row] {
				s, t := a.part.Set.TraceID(int(x.Trace[a.row])), b.part.Set.TraceID(int(y.Trace[b.row]))
				order = bytes.Compare(s[:], t[:])
			}
		case BySpanID:
			order = cmp.Compare(x.ID[a.row], y.ID[b.row])
		}
		if order != 0 && o.Descending {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a.part.FirstRow+a.row, b.part.FirstRow+b.row)
}

// firstRows keeps the first of the rows that were added, in a heap whose top is the last of
// them.
type firstRows struct {
	search *spanSearch
	rows   []placedRow
	last   int64 // the top's first key of the order
}

// wants reports whether row would be kept. The first key of the order decides this for
// nearly all rows.
func (h *firstRows) wants(row placedRow) bool {
	if len(h.rows) < h.search.Limit {
		return true
	}
	if first := h.search.first(row); first != h.last {
		return first < h.last
	}
	return h.search.compare(row, h.rows[0]) < 0
}

// add keeps a wanted row, and drops the last one if there are too many.
func (h *firstRows) add(row placedRow) {
	if len(h.rows) < h.search.Limit {
		heap.Push(h, row)
	} else {
		h.rows[0] = row
		heap.Fix(h, 0)
	}
	h.last = h.search.first(h.rows[0])
}

func (h *firstRows) Len() int           { return len(h.rows) }
func (h *firstRows) Less(i, j int) bool { return h.search.compare(h.rows[i], h.rows[j]) > 0 }
func (h *firstRows) Swap(i, j int)      { h.rows[i], h.rows[j] = h.rows[j], h.rows[i] }
func (h *firstRows) Push(row any)       { h.rows = append(h.rows, row.(placedRow)) }

// Pop is part of heap.Interface. Rows are only removed by being replaced.
func (h *firstRows) Pop() any {
	row := h.rows[len(h.rows)-1]
	h.rows = h.rows[:len(h.rows)-1]
	return row
}

// Package query searches a trace.View: for traces (Find), for spans (FindSpans), for
// the spans of one tree (InTree) and for their events (Events).
//
// There is one engine. A question is a Filter: a predicate over rows. Three languages make
// filters: the find box (Parse), Jaeger's tags (Tag) and Jaeger's structured filters
// (Compare, Exists, And and others). A search prepares its filter and then applies it to
// rows in parallel. The same question therefore has the same answer everywhere.
//
// A row has one meaning: everything that is served of it anywhere. This includes what its
// own trace serves and what a joined trace adds: fields, the attributes prowtrace.trace_id,
// prowtrace.span_id and prowtrace.inferred, an id of its own, and the name of its service
// without a label. Two things belong to the tree in which a row is looked at, and not to the
// row: what follows from its children (self times, peers, see Derived), and times that count
// from the start of a trace or from its day.
//
// Readers differ in how rows become traces. A trace is found by its rows. A joined trace
// holds rows of others: a reader that shows both, like the page, finds it by any of its
// spans (Query.Joined). Jaeger finds it only by the job's own spans, so nothing is counted
// twice.
//
// A search never changes the View and may run at the same time as others. A search that
// reads encoded spans is heavy: it takes places of the View, which all searches share. It
// checks its context at least once a MiB of encoded spans, and returns the context's error
// when that has ended. The caller provides the results of analyses that a search needs.
package query

import (
	"context"
	"math"
	"slices"
	"sort"

	"prowtrace/trace"
)

// A Query says which traces to find. A zero field has no condition. A trace is found if a
// single one of its spans meets all conditions.
type Query struct {
	Service     string // as the lists of services name it
	Operation   string
	Attributes  []trace.Attribute // see Tag
	StartMin    int64             // Unix ns; the span's start is not before
	StartMax    int64             // Unix ns; the span's start is not after
	DurationMin int64             // ns
	DurationMax int64             // ns
	Filter      Filter
	After       trace.TraceID // only traces that follow this one in the answer; it must be in the View
	Limit       int           // traces; 0 means all

	Joined  bool // a joined trace is found by any of its spans, not only by the job's own
	Derived Derived
}

// Find gives the traces that match q, newest first: by start, latest first.
//
// It returns ctx's error if ctx ends first, and another error if the filter needs something
// that q.Derived lacks.
func Find(ctx context.Context, v *trace.View, q Query) ([]trace.Trace, error) {
	f := q.Filter
	for _, a := range q.Attributes {
		f = both(f, Tag(a.Key, a.Value))
	}
	c, err := compile(ctx, v, f, q.Derived, q.Limit == 0)
	if err != nil {
		return nil, err
	}
	before := v.NumTraces()
	if !q.After.IsZero() {
		after, _ := v.Lookup(q.After)
		before = after.Index
	}
	var found []trace.Trace
	for _, part := range v.Parts() {
		m := newMatcher(c, part, q)
		if !m.possible {
			continue
		}
		// Traces are ordered by start: none after the last that starts in time can match.
		last := sort.Search(part.Set.NumTraces(), func(i int) bool {
			return m.startOf(i) > m.startMax || v.TraceIndex(part, i) >= before
		})
		more, err := m.search(ctx, last, q.Limit)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	if q.Joined || c.needs.tree {
		if found, err = withJoined(ctx, c, q, before, found); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b trace.Trace) int { return b.Index - a.Index })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

func both(f, g Filter) Filter {
	if f == nil {
		return g
	}
	return And(f, g)
}

// compiled is a filter prepared for a View.
type compiled struct {
	view    *trace.View
	filter  Filter // nil means no condition
	probes  int
	heavy   bool // it reads encoded spans, so it takes places
	needs   needs
	derived Derived
}

// compile prepares a filter. whole means that the search looks at all rows. A search that
// ends early is not worth a pass over them beforehand (see fieldKeys).
func compile(ctx context.Context, v *trace.View, f Filter, d Derived, whole bool) (*compiled, error) {
	c := &compiled{view: v, derived: d, needs: needsOf(f)}
	if err := d.check(c.needs); err != nil {
		return nil, err
	}
	c.needs.tree = c.needs.tree || c.needs.label && hasLabels(v)
	unused := fieldKeysOf(f)
	if unused != 0 {
		used, err := usedFieldKeys(ctx, v, whole)
		if err != nil {
			return nil, err
		}
		unused &^= used
	}
	c.filter, c.probes, c.heavy = prepared(f, unused)
	c.heavy = c.heavy || c.needs.self || c.needs.peer || c.needs.path || c.needs.link
	return c, nil
}

// subject makes a subject for one goroutine.
func (c *compiled) subject(turn *trace.Turn, part trace.Part) *subject {
	return newSubject(c.view, part, turn)
}

// enter sets the tree to which the next rows belong.
func (c *compiled) enter(s *subject, t trace.Tree) {
	if c.needs.tree {
		s.tree = &treeColumns{tree: t, derived: c.derived}
	}
}

func (c *compiled) holds(s *subject) bool { return c.filter == nil || c.filter.holds(s) }

// matcher is a query prepared for a part: numbers for comparison are looked up once.
type matcher struct {
	*compiled
	part                trace.Part
	set                 *trace.Set
	columns             trace.Columns
	possible            bool // something can match
	anyService, anyName bool
	ofService           []bool // by resource of the part
	name                uint32
	startMin, startMax  int64
	durMin, durMax      int64
}

func newMatcher(c *compiled, part trace.Part, q Query) *matcher {
	s := part.Set
	m := &matcher{
		compiled: c, part: part, set: s, columns: s.Columns(), possible: true, anyService: q.Service == "", anyName: q.Operation == "",
		startMin: math.MinInt64, startMax: math.MaxInt64, durMin: q.DurationMin, durMax: math.MaxInt64,
	}
	if q.StartMin != 0 {
		m.startMin = q.StartMin
	}
	if q.StartMax != 0 {
		m.startMax = q.StartMax
	}
	if q.DurationMax != 0 {
		m.durMax = q.DurationMax
	}
	if !m.anyService {
		m.ofService = make([]bool, s.NumResources())
		for i := range m.ofService {
			m.ofService[i] = c.view.ServiceOf(part.FirstResource+i) == q.Service
		}
		m.possible = slices.Contains(m.ofService, true)
	}
	if !m.anyName {
		n := slices.Index(s.Names(), q.Operation)
		m.name, m.possible = uint32(n), m.possible && n >= 0
	}
	return m
}

// blockRows is about how many spans one goroutine searches before it checks whether enough
// was found. If attributes are compared, this takes some milliseconds.
const blockRows = 1 << 14

// search gives the matching traces below index last, newest first. limit is the most that it
// gives; 0 means all.
func (m *matcher) search(ctx context.Context, last, limit int) ([]trace.Trace, error) {
	found := blocks[trace.Trace]{limit: limit, next: func() (lo, hi int) {
		hi = last
		last = m.blockBelow(hi)
		return last, hi
	}}
	err := m.work(ctx, func(turn *trace.Turn) error {
		s := m.subject(turn, m.part)
		for {
			number, lo, hi, ok := found.take()
			if !ok {
				return nil
			}
			traces, err := m.block(s, lo, hi, limit)
			if err != nil {
				return err
			}
			found.put(number, traces)
		}
	})
	return found.all(), err
}

// blockBelow gives the beginning of the block of traces that ends before index hi.
func (m *matcher) blockBelow(hi int) int {
	lo := hi
	for lo > 0 && m.firstRow(hi)-m.firstRow(lo) < blockRows {
		lo--
	}
	return lo
}

// block gives the matches in a range of traces, newest first.
func (m *matcher) block(s *subject, lo, hi, limit int) (found []trace.Trace, err error) {
	for t := hi - 1; t >= lo; t-- {
		s.turn.Spend(1)
		if m.trace(s, t) {
			found = append(found, m.view.Trace(m.view.TraceIndex(m.part, t)))
			if len(found) == limit {
				break
			}
		}
		if s.ended() {
			return nil, s.turn.Err()
		}
	}
	return found, nil
}

func (m *matcher) firstRow(t int) int {
	if t == m.set.NumTraces() {
		return m.set.Len()
	}
	first, _ := m.set.TraceRows(t)
	return first
}

func (m *matcher) startOf(t int) int64 {
	start, _ := m.set.TraceExtent(t)
	return start
}

// trace reports whether a span of trace t matches. It looks only at the rows that start in
// the range, and at none if the whole trace is too short.
func (m *matcher) trace(s *subject, t int) bool {
	if start, end := m.set.TraceExtent(t); end < m.startMin || end-start < m.durMin {
		return false
	}
	if m.needs.tree {
		tree := m.view.Tree(m.view.Trace(m.view.TraceIndex(m.part, t)))
		if tree.Joined() {
			return false // see withJoined
		}
		m.enter(s, tree)
	}
	first, behind := m.set.TraceRows(t)
	lo, _ := slices.BinarySearch(m.columns.Start[first:behind], m.startMin)
	for row := first + lo; row < behind && m.columns.Start[row] <= m.startMax; row++ {
		if m.span(s, row, row-first) {
			return true
		}
		if s.ended() {
			return false
		}
	}
	return false
}

// span reports whether a row that starts in the range matches. number is the row's number in
// its tree.
func (m *matcher) span(s *subject, row, number int) bool {
	if !m.anyName && m.columns.Name[row] != m.name {
		return false
	}
	if d := m.columns.End[row] - m.columns.Start[row]; d < m.durMin || d > m.durMax {
		return false
	}
	if !m.anyService && !m.ofService[m.columns.Resource[row]] {
		return false
	}
	return m.holds(s.at(row, number))
}

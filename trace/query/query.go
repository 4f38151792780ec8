// Package query searches a trace.View: for traces (Find) and for spans (FindSpans).
//
// A search never changes the View and may run beside any other. It returns the
// context's error when the context ends first.
package query

import (
	"context"
	"math"
	"slices"
	"sort"

	"prowtrace/trace"
)

// A Query says which traces to find. A zero field asks nothing. A trace is
// found when one and the same of its spans meets all conditions.
type Query struct {
	Service     string
	Operation   string
	Attributes  []trace.Attribute
	StartMin    int64 // Unix ns; the span's start is not before
	StartMax    int64 // Unix ns; the span's start is not after
	DurationMin int64 // ns
	DurationMax int64 // ns
	Filter      Filter
	After       trace.TraceID // only traces that come behind this one in the answer; it must be in the set
	Limit       int           // traces; 0 means all
}

// Find gives the traces that match q, newest first: by start, latest first.
//
// Attributes of the span, of its resource, of its scope, of its events and of
// its links match; with resource. before the key, those of the resource. These
// keys also ask for what is no attribute in OTLP, under the names that Jaeger
// has for it: error (true: the status is an error), span.kind, span.status,
// otel.status_code, otel.status_description, otel.scope.name and scope.name,
// otel.scope.version and scope.version.
//
// It returns ctx's error when ctx ends first.
func Find(ctx context.Context, v *trace.View, q Query) ([]trace.Trace, error) {
	var found []trace.Trace
	before := v.NumTraces()
	if !q.After.IsZero() {
		after, _ := v.Lookup(q.After)
		before = after.Index
	}
	for _, part := range v.Parts() {
		m, possible := newMatcher(v, part, q)
		if !possible {
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
	slices.SortFunc(found, func(a, b trace.Trace) int { return b.Index - a.Index })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

// matcher is a query prepared for a set: what is compared by number is looked
// up once.
type matcher struct {
	view                *trace.View
	part                trace.Part
	set                 *trace.Set
	columns             trace.Columns
	anyService, anyName bool
	ofService           []bool // by resource of the part
	name                uint32
	startMin, startMax  int64
	durMin, durMax      int64
	attributes          []predicate
	filter              Filter
	subject             *subject
}

// newMatcher prepares q; possible is false when nothing can match.
func newMatcher(v *trace.View, part trace.Part, q Query) (m *matcher, possible bool) {
	s := part.Set
	m = &matcher{set: s, columns: s.Columns(), view: v, part: part, filter: prepared(q.Filter), subject: newSubject(v, part), startMin: math.MinInt64, startMax: math.MaxInt64, durMin: 0, durMax: math.MaxInt64}
	if q.StartMin != 0 {
		m.startMin = q.StartMin
	}
	if q.StartMax != 0 {
		m.startMax = q.StartMax
	}
	if q.DurationMin != 0 {
		m.durMin = q.DurationMin
	}
	if q.DurationMax != 0 {
		m.durMax = q.DurationMax
	}
	m.anyService, m.anyName = q.Service == "", q.Operation == ""
	if !m.anyService {
		m.ofService = make([]bool, s.NumResources())
		for i := range m.ofService {
			m.ofService[i] = v.ServiceOf(part.FirstResource+i) == q.Service
		}
		if !slices.Contains(m.ofService, true) {
			return nil, false
		}
	}
	if !m.anyName {
		n := slices.Index(s.Names(), q.Operation)
		if n < 0 {
			return nil, false
		}
		m.name = uint32(n)
	}
	for _, a := range q.Attributes {
		m.attributes = append(m.attributes, newPredicate(v, part, a))
	}
	return m, true
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

// trace reports whether a span of trace t matches. Only the rows that start in
// the range are looked at, and none where the whole trace is too short.
func (m *matcher) trace(t int) bool {
	if start, end := m.set.TraceExtent(t); end < m.startMin || end-start < m.durMin {
		return false
	}
	first, behind := m.set.TraceRows(t)
	lo, _ := slices.BinarySearch(m.columns.Start[first:behind], m.startMin)
	for row := first + lo; row < behind && m.columns.Start[row] <= m.startMax; row++ {
		if m.span(row) {
			return true
		}
	}
	return false
}

func (m *matcher) span(row int) bool {
	if !m.anyName && m.columns.Name[row] != m.name {
		return false
	}
	if d := m.columns.End[row] - m.columns.Start[row]; d < m.durMin || d > m.durMax {
		return false
	}
	if !m.anyService && !m.ofService[m.columns.Resource[row]] {
		return false
	}
	for i := range m.attributes {
		if !m.attributes[i].span(row) {
			return false
		}
	}
	return m.filter == nil || m.filter.holds(m.subject.at(row))
}

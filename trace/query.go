package trace

import (
	"context"
	"math"
	"slices"
	"sort"
)

// A Query says which traces to find. A zero field asks nothing. A trace is
// found when one and the same of its spans meets all conditions.
type Query struct {
	Service     string
	Operation   string
	Attributes  []Attribute
	StartMin    int64 // Unix ns; the span's start is not before
	StartMax    int64 // Unix ns; the span's start is not after
	DurationMin int64 // ns
	DurationMax int64 // ns
	Filter      Filter
	After       TraceID // only traces that come behind this one in the answer; it must be in the set
	Limit       int     // traces; 0 means all
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
func (v *View) Find(ctx context.Context, q Query) ([]Trace, error) {
	var found []Trace
	before := v.NumTraces()
	if !q.After.IsZero() {
		after, _ := v.Lookup(q.After)
		before = after.Index
	}
	for _, part := range v.Parts() {
		m, possible := v.newMatcher(part, q)
		if !possible {
			continue
		}
		// Traces are ordered by start: none after the last that starts in time can match.
		last := sort.Search(part.Set.NumTraces(), func(i int) bool {
			return part.Set.startOf(i) > m.startMax || v.TraceIndex(part, i) >= before
		})
		more, err := m.search(ctx, last, q.Limit)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b Trace) int { return b.Index - a.Index })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

// matcher is a query prepared for a set: what is compared by number is looked
// up once.
type matcher struct {
	*Set
	view                *View
	part                Part
	anyService, anyName bool
	service, name       uint32
	startMin, startMax  int64
	durMin, durMax      int64
	attributes          []predicate
	filter              Filter
	subject             *subject
}

// newMatcher prepares q; possible is false when nothing can match.
func (v *View) newMatcher(part Part, q Query) (m *matcher, possible bool) {
	s := part.Set
	m = &matcher{Set: s, view: v, part: part, filter: v.prepared(part, q.Filter), subject: newSubject(v, part), startMin: math.MinInt64, startMax: math.MaxInt64, durMin: 0, durMax: math.MaxInt64}
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
		n, ok := numberOf(v.services, q.Service)
		if !ok {
			return nil, false
		}
		m.service = n
	}
	if !m.anyName {
		n, ok := numberOf(s.names, q.Operation)
		if !ok {
			return nil, false
		}
		m.name = n
	}
	for _, a := range q.Attributes {
		m.attributes = append(m.attributes, v.newPredicate(part, a))
	}
	return m, true
}

func numberOf(values []string, v string) (uint32, bool) {
	for i, have := range values {
		if have == v {
			return uint32(i), true
		}
	}
	return 0, false
}

// trace reports whether a span of trace t matches. Only the rows that start in
// the range are looked at, and none where the whole trace is too short.
func (m *matcher) trace(t int) bool {
	if end := m.endOf(t); end < m.startMin || end-m.startOf(t) < m.durMin {
		return false
	}
	rows := m.start[m.traces.first[t]:m.traces.first[t+1]]
	lo, _ := slices.BinarySearch(rows, m.startMin)
	for row := int(m.traces.first[t]) + lo; row < int(m.traces.first[t+1]) && m.start[row] <= m.startMax; row++ {
		if m.span(row) {
			return true
		}
	}
	return false
}

func (m *matcher) span(row int) bool {
	if !m.anyName && m.Set.name[row] != m.name {
		return false
	}
	if d := m.end[row] - m.start[row]; d < m.durMin || d > m.durMax {
		return false
	}
	if !m.anyService && m.view.resources[m.part.FirstResource+int(m.resource[row])].service != m.service {
		return false
	}
	for i := range m.attributes {
		if !m.attributes[i].span(row) {
			return false
		}
	}
	return m.filter == nil || m.filter.holds(m.subject.at(row))
}

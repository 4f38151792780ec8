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

// Attribute asks for a key with a value, both as text: 200 is found whether it
// was reported as an int, a double or a string, true likewise as a bool. See
// Set.Find for the keys that have a meaning of their own.
type Attribute struct{ Key, Value string }

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
func (s *Set) Find(ctx context.Context, q Query) ([]Trace, error) {
	m, possible := s.newMatcher(q)
	if !possible {
		return nil, nil
	}
	// Traces are ordered by start: none after the last that starts in time can match.
	last := sort.Search(s.NumTraces(), func(i int) bool { return s.startOf(i) > m.startMax })
	if !q.After.IsZero() {
		after, _ := s.Lookup(q.After)
		last = min(last, after.Index)
	}
	return m.search(ctx, last, q.Limit)
}

// matcher is a query prepared for a set: what is compared by number is looked
// up once.
type matcher struct {
	*Set
	anyService, anyName bool
	service, name       uint32
	startMin, startMax  int64
	durMin, durMax      int64
	attributes          []predicate
	filter              Filter
	subject             *subject
}

// newMatcher prepares q; possible is false when nothing can match.
func (s *Set) newMatcher(q Query) (m *matcher, possible bool) {
	m = &matcher{Set: s, filter: s.prepared(q.Filter), subject: newSubject(s), startMin: math.MinInt64, startMax: math.MaxInt64, durMin: 0, durMax: math.MaxInt64}
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
		n, ok := numberOf(s.services, q.Service)
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
		m.attributes = append(m.attributes, s.newPredicate(a))
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
	if !m.anyService && m.resources[m.resource[row]].service != m.service {
		return false
	}
	for i := range m.attributes {
		if !m.attributes[i].span(row) {
			return false
		}
	}
	return m.filter == nil || m.filter.holds(m.subject.at(row))
}

// Services lists the services of all spans, ordered by name.
func (s *Set) Services() []string {
	var services []string
	for _, op := range s.ops { // ordered by service
		if name := s.services[op.service]; len(services) == 0 || services[len(services)-1] != name {
			services = append(services, name)
		}
	}
	return services
}

// An Operation is a span name with the kind of its spans.
type Operation struct {
	Name string
	Kind Kind
}

// Operations lists the operations of a service, ordered by name and kind.
func (s *Set) Operations(service string) []Operation {
	var ops []Operation
	for _, op := range s.ops {
		if s.services[op.service] == service {
			ops = append(ops, Operation{s.names[op.name], op.kind})
		}
	}
	return ops
}

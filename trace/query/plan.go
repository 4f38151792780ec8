package query

import (
	"cmp"
	"math"
	"slices"

	"prowtrace/trace"
)

// prepared gives a filter that holds for the same spans as f and is faster. It checks cheap
// conditions first. A condition that depends only on a span's resource, scope, name, kind or
// status is checked once for each of these. A span is searched only for what it can have:
// not for an attribute whose key is nowhere in its bytes. unused are keys of fields under
// which no span has attributes (see fieldKeys). probes is how many answers a subject keeps
// about spans without their events. heavy is true if encoded spans are read.
func prepared(f Filter, unused uint64) (g Filter, probes int, heavy bool) {
	if f == nil {
		return nil, 0, false
	}
	p := &planner{unused: unused}
	plan := p.plan(f)
	return plan.Filter, p.probes, plan.cost >= costOfEncoded
}

type planner struct {
	unused        uint64
	memos, probes int
}

// planned is a prepared filter. Its cost stays below costOfEncoded if it reads no encoded
// span, however many filters it consists of.
type planned struct {
	Filter
	cost int
}

const (
	costOfColumn  = 1
	costOfRow     = 10
	costOfEncoded = 1 << 20
)

func (p *planner) plan(f Filter) planned {
	switch f := f.(type) {
	case all:
		filters, cost := p.ordered(f)
		return planned{all(filters), cost}
	case some:
		filters, cost := p.ordered(f)
		filters = slices.DeleteFunc(filters, func(f Filter) bool { return f == never{} })
		return planned{some(filters), cost}
	case not:
		inner := p.plan(f.Filter)
		return planned{not{inner.Filter}, inner.cost}
	case element:
		inner := p.plan(f.inner)
		return planned{carrying{carriers[f.level], element{f.level, inner.Filter}}, costOfEncoded + inner.cost}
	case inField:
		if f.column == noColumn {
			return planned{f, costOfRow}
		}
		return p.remember(f, f.column)
	case inResource:
		return p.remember(f, resourceColumn)
	case inScope:
		return p.remember(f, scopeColumn)
	case inSpan:
		if under, ok := f.probe.(*underKey); ok && p.unused&fieldKeys.of(under.key) != 0 {
			return planned{never{}, 0}
		}
		f.index = p.probes
		p.probes++
		return planned{f, costOfEncoded}
	case timing, startTime, selfTime:
		return planned{f, costOfColumn}
	case hasID:
		return planned{f, costOfRow}
	case comparison:
		if field, ok := f.ref.(Field); ok && field.level == SpanLevel && (field.typ == durationValue || field.typ == instantValue) {
			return planned{timing{field.name, f.op, f.right.value.num}, costOfColumn}
		}
	}
	if l, ok := f.(leaf); ok {
		return p.leaf(l)
	}
	return planned{f, costOfEncoded}
}

// ordered plans filters whose order does not matter, cheap ones first.
func (p *planner) ordered(filters []Filter) (ordered []Filter, cost int) {
	plans := make([]planned, len(filters))
	for i, f := range filters {
		plans[i] = p.plan(f)
		cost += plans[i].cost
	}
	slices.SortStableFunc(plans, func(a, b planned) int { return cmp.Compare(a.cost, b.cost) })
	for _, plan := range plans {
		ordered = append(ordered, plan.Filter)
	}
	return ordered, cost
}

// never holds for no span.
type never struct{}

func (never) holds(*subject) bool { return false }

// A leaf is a filter that is not a combination of others. It does not hold if one of its
// references holds no value.
type leaf interface {
	Filter
	references() []Reference
}

func (f comparison) references() []Reference { return []Reference{f.ref} }
func (f pairs) references() []Reference      { return []Reference{f.left, f.right} }
func (f membership) references() []Reference { return []Reference{f.ref} }
func (f presence) references() []Reference   { return []Reference{f.ref} }
func (f match) references() []Reference      { return []Reference{f.ref} }
func (f wordSearch) references() []Reference { return []Reference{f.ref} }

func (p *planner) leaf(l leaf) planned {
	refs := l.references()
	if c := columnOf(refs[0]); c != noColumn && !slices.ContainsFunc(refs, func(r Reference) bool { return columnOf(r) != c }) {
		return p.remember(l, c)
	}
	f := Filter(l)
	var admits func(*trace.Turn, value) bool
	if v, ok := l.(valued); ok {
		admits = v.admits
	}
	for _, r := range refs {
		level, key := levelAndKey(r)
		switch {
		case key == "", isJoinedKey(key):
		case level == AnyLevel:
			onResource := p.remember(presence{Attr{ResourceLevel, key}}, resourceColumn)
			f = either{keyed{newKeyFinder([]byte(key)), admits, f}, onResource.Filter}
		case level == SpanLevel, level == EventLevel, level == LinkLevel:
			f = keyed{newKeyFinder([]byte(key)), admits, f}
		}
		if flag := carriers[level]; flag != 0 {
			f = carrying{flag, f}
		}
	}
	return planned{f, costOfEncoded}
}

func levelAndKey(r Reference) (level Level, key string) {
	switch r := r.(type) {
	case Attr:
		return r.level, r.key
	case Field:
		return r.level, ""
	}
	return SpanLevel, ""
}

// valued is a leaf with one reference. It holds only if one of the reference's values is
// admitted, whatever the others are.
type valued interface {
	admits(*trace.Turn, value) bool
}

// keyed checks its filter only if the bytes of the span can have an attribute with the key
// and an admitted value. nil admits all values.
type keyed struct {
	key    *keyFinder
	admits func(*trace.Turn, value) bool
	Filter
}

func (f keyed) holds(s *subject) bool { return f.may(s) && f.Filter.holds(s) }

func (f keyed) may(s *subject) bool {
	return s.mayHave(f.key, func(v value) bool { return f.admits == nil || f.admits(s.turn, v) })
}

// either does the same if the resource may also have the key.
type either struct {
	keyed
	onResource Filter
}

func (f either) holds(s *subject) bool {
	return (f.onResource.holds(s) || f.may(s)) && f.Filter.holds(s)
}

// carrying checks its filter only if the span has events or links.
type carrying struct {
	flag trace.Flags
	Filter
}

var carriers = map[Level]trace.Flags{EventLevel: trace.Eventful, LinkLevel: trace.Linked}

func (f carrying) holds(s *subject) bool {
	return (s.columns.Flags[s.row].Has(f.flag) || s.added() != nil) && f.Filter.holds(s)
}

// timing compares a time of the span with a constant.
type timing struct {
	field string
	op    Op
	than  int64
}

func (f timing) holds(s *subject) bool {
	start, end := s.columns.Start[s.row], s.columns.End[s.row]
	order := 0
	switch f.field {
	case "startTime":
		order = cmp.Compare(start, f.than)
	case "endTime":
		order = cmp.Compare(end, f.than)
	case "duration":
		order = cmp.Compare(end-start, f.than)
	}
	switch f.op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Gte:
		return order >= 0
	case Lt:
		return order < 0
	}
	return order <= 0
}

// column names a column whose numbers are shared by many spans.
type column uint8

const (
	noColumn column = iota
	resourceColumn
	scopeColumn
	nameColumn
	kindColumn
	statusColumn
	flagsColumn
)

// columnOf gives the column that decides which values a reference holds.
func columnOf(r Reference) column {
	switch r := r.(type) {
	case Attr:
		return map[Level]column{ResourceLevel: resourceColumn, ScopeLevel: scopeColumn}[r.level]
	case Field:
		switch r.level {
		case ResourceLevel:
			return resourceColumn
		case ScopeLevel:
			return scopeColumn
		case SpanLevel:
			return map[string]column{"name": nameColumn, "kind": kindColumn, "status": statusColumn}[r.name]
		}
	}
	return noColumn
}

// of gives the number that a row has in the column. size gives how many numbers there are.
func (c column) of(s *trace.Columns, row int) int {
	switch c {
	case resourceColumn:
		return int(s.Resource[row])
	case scopeColumn:
		return int(s.Scope[row])
	case nameColumn:
		return int(s.Name[row])
	case kindColumn:
		return int(s.Kind[row])
	case flagsColumn:
		return int(s.Flags[row])
	}
	return int(s.Status[row])
}

func (c column) size(s *trace.Set) int {
	switch c {
	case resourceColumn:
		return s.NumResources()
	case scopeColumn:
		return s.NumScopes()
	case nameColumn:
		return len(s.Names())
	case kindColumn:
		return len(kindWords)
	case flagsColumn:
		return math.MaxUint16 + 1
	}
	return len(statusWords)
}

// memo checks its filter once for each number in a column. The subject keeps the answers, so
// each goroutine has its own.
type memo struct {
	column column
	index  int
	Filter
}

func (p *planner) remember(f Filter, c column) planned {
	p.memos++
	return planned{memo{c, p.memos - 1, f}, costOfColumn}
}

func (f memo) holds(s *subject) bool {
	const no, yes = 1, 2
	for len(s.answers) <= f.index {
		s.answers = append(s.answers, nil)
	}
	if s.answers[f.index] == nil {
		s.answers[f.index] = make([]uint8, f.column.size(s.set))
	}
	answer := &s.answers[f.index][f.column.of(&s.columns, s.row)]
	if *answer == 0 {
		*answer = no
		if f.Filter.holds(s) {
			*answer = yes
		}
	}
	return *answer == yes
}

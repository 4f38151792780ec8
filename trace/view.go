package trace

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// A View is what readers use: the rows of a Set with what was added to them. Rows and traces
// are numbered across both. As in a Set, the spans of a trace are consecutive rows ordered
// by start, and traces are ordered by their own start.
//
// A View is immutable and safe for concurrent readers. It does not keep its Set open: it
// must not be used after its Set is closed (see Shared).
type View struct {
	set, own  *Set // own is nil if no spans were added
	ownAt     []int
	resources []resource // as served: those of the set, those of own, then the unlabelled ones
	services  []string
	// unlabelled has, for each resource that spans name, the resource that joined traces use
	// instead. It is nil if no group has a label.
	unlabelled []uint32
	operations []namedOperation // by service, name and kind
	joined     []*Joined
	base       []int // trace of each of joined
	added      map[int][]byte
	stats      Stats
	problems   []Problem
	kept       sync.Map     // what other packages computed of the View, see Kept
	place      atomic.Int64 // see Place
}

// Material is what is added to a Set to make a View. NewView takes it over: it must not be
// changed afterwards.
type Material struct {
	// Own are spans that no file holds (see LoadEncoded), or nil. Their rows follow those of
	// the set.
	Own *Set
	// Groups describe the sources by their group. Own spans get only the attributes.
	Groups map[int]Description
	Joined []Joined
	// Added has encoded fields of an OTLP Span by row: events and attributes. A joined trace
	// has them after the reported fields.
	Added map[int][]byte
	// Problems are those of files that hold no spans. They follow those of the set.
	Problems []Problem
}

// Description is what a View adds to the sources of one group.
type Description struct {
	// Attributes are added to every resource of the group that lacks them.
	Attributes []Attribute
	// Label distinguishes the services of the group from those of other groups. It is served
	// after their names, as kops@LABEL, and the resources keep the reported name as
	// prowtrace.service. In a joined trace services have their reported names, because two
	// joined traces are compared by them. If it is "", services stay as they are.
	Label string
}

// Attribute is a key with a value, both as text.
type Attribute struct{ Key, Value string }

// Joined is a joined trace: spans of many traces as one tree, headed by a trace of the
// View's own spans. All slices are indexed by number in the tree.
type Joined struct {
	ID       TraceID  // that of the own spans
	Rows     []uint32 // ordered by start, longest first
	Parent   []int32  // numbers in the tree, -1 for none
	Inferred []bool   // the parent was not reported
	Unplaced map[int]bool
	Renamed  map[int]uint64 // ids of spans whose id an earlier one has
}

// Plain is the View of a Set to which nothing was added.
func Plain(set *Set) *View { return NewView(set, Material{}) }

// NewView makes the View of a set with some material. Its time depends on the resources,
// operations and own spans only, not on the rows of the set.
func NewView(set *Set, m Material) *View {
	v := &View{set: set, own: m.Own, added: m.Added, stats: set.stats, problems: slices.Concat(set.problems, m.Problems)}
	v.describe(m.Groups)
	v.listOperations()
	if v.own != nil {
		v.stats.Spans += v.own.Len()
		v.stats.Odd = maps.Clone(set.stats.Odd)
		for flag, n := range v.own.stats.Odd {
			v.stats.Odd[flag] += n
		}
		for t := range v.own.NumTraces() {
			before := sort.Search(set.NumTraces(), func(i int) bool { return !set.traceBefore(i, v.own, t) })
			v.ownAt = append(v.ownAt, before+t)
		}
	}
	for i := range m.Joined {
		if base, ok := v.Lookup(m.Joined[i].ID); ok && base.First >= set.Len() {
			v.joined = append(v.joined, &m.Joined[i])
			v.base = append(v.base, base.Index)
		}
	}
	return v
}

// traceBefore reports whether trace i of the set comes before trace k of another.
func (s *Set) traceBefore(i int, other *Set, k int) bool {
	return cmp.Or(cmp.Compare(s.startOf(i), other.startOf(k)), slices.Compare(s.traces.id[i][:], other.traces.id[k][:])) < 0
}

// describe makes the served form of all resources.
func (v *View) describe(groups map[int]Description) {
	var services interner[string]
	labelled := false
	for _, r := range v.set.resources {
		g := groups[r.group]
		labelled = labelled || g.Label != ""
		v.resources = append(v.resources, r.describedAs(g, v.set.services[r.service], &services))
	}
	if v.own != nil {
		for _, r := range v.own.resources {
			g := Description{Attributes: groups[r.group].Attributes}
			v.resources = append(v.resources, r.describedAs(g, v.own.services[r.service], &services))
		}
	}
	if labelled {
		v.unlabelled = make([]uint32, len(v.resources))
		for i := range v.unlabelled {
			v.unlabelled[i] = uint32(i)
		}
		for i, r := range v.set.resources {
			if g := groups[r.group]; g.Label != "" {
				v.unlabelled[i] = uint32(len(v.resources))
				v.resources = append(v.resources, r.describedAs(Description{Attributes: g.Attributes}, v.set.services[r.service], &services))
			}
		}
	}
	v.services = services.values
}

// A Part is the rows of one Set of a View, for readers of columns. Row r of the part's Set
// is row FirstRow+r of the View, and resource n is resource FirstResource+n.
type Part struct {
	Set                                 *Set
	FirstRow, FirstResource, FirstScope int
}

// Parts lists the parts in order of their rows.
func (v *View) Parts() []Part {
	parts := []Part{{Set: v.set}}
	if v.own != nil {
		parts = append(parts, Part{v.own, v.set.Len(), len(v.set.resources), len(v.set.scopes)})
	}
	return parts
}

// at finds the part that holds a row, and its number there.
func (v *View) at(row int) (part Part, local int) {
	if n := v.set.Len(); row >= n {
		return Part{v.own, n, len(v.set.resources), len(v.set.scopes)}, row - n
	}
	return Part{Set: v.set}, row
}

// PartOf finds the part that holds trace i, and its index there.
func (v *View) PartOf(i int) (part Part, local int) {
	k := sort.SearchInts(v.ownAt, i)
	if k < len(v.ownAt) && v.ownAt[k] == i {
		return Part{v.own, v.set.Len(), len(v.set.resources), len(v.set.scopes)}, k
	}
	return Part{Set: v.set}, i - k
}

// TraceIndex gives the index in the View of trace i of a part.
func (v *View) TraceIndex(p Part, i int) int {
	if p.FirstRow > 0 || p.Set == v.own {
		return v.ownAt[i]
	}
	for k, at := range v.ownAt { // few: one for each job
		if at-k > i {
			return i + k
		}
	}
	return i + len(v.ownAt)
}

// Kept gives what compute returned when a key was first asked for, and keeps it as long as
// the View lives. Packages that analyse Views keep their results in this way. Keys are
// compared as those of a context; each package uses a type of its own. It is safe for
// concurrent use. compute runs once for each key, and must not ask for the same key.
func (v *View) Kept(key any, compute func() any) any {
	once, known := v.kept.Load(key)
	if !known {
		once, _ = v.kept.LoadOrStore(key, sync.OnceValue(compute))
	}
	return once.(func() any)()
}

// Place is how many Views the same Shared had shared before this one. Numbers of rows and
// traces of one Place mean nothing in another.
func (v *View) Place() int64 { return v.place.Load() }

// Set gives the Set that the View is of.
func (v *View) Set() *Set { return v.set }

// Len is the number of spans, added ones included.
func (v *View) Len() int {
	if v.own == nil {
		return v.set.Len()
	}
	return v.set.Len() + v.own.Len()
}

// NumTraces is the number of traces. A joined trace counts once, as the trace of its own
// spans.
func (v *View) NumTraces() int { return v.set.NumTraces() + len(v.ownAt) }

// Trace gives trace i, in 0 ≤ i < NumTraces; traces are ordered by start.
func (v *View) Trace(i int) Trace {
	part, local := v.PartOf(i)
	return part.traceAt(i, local)
}

func (p Part) traceAt(index, local int) Trace {
	t := p.Set.Trace(local)
	t.Index = index
	t.First += p.FirstRow
	t.Root += p.FirstRow
	return t
}

// Lookup finds a trace by its id. An added trace hides a trace of the same id that files
// hold.
func (v *View) Lookup(id TraceID) (Trace, bool) {
	if v.own != nil {
		if t, ok := v.own.Lookup(id); ok {
			return v.Trace(v.ownAt[t.Index]), true
		}
	}
	t, ok := v.set.Lookup(id)
	if ok {
		t.Index = v.TraceIndex(Part{Set: v.set}, t.Index)
	}
	return t, ok
}

// Span gives the span in a row, in 0 ≤ row < Len.
func (v *View) Span(row int) Span {
	part, local := v.at(row)
	resource := &v.resources[part.FirstResource+int(part.Set.resource[local])]
	s := part.Set.spanOf(local, v.services[resource.service])
	s.Row = row
	if v.own != nil {
		s.Trace = v.TraceIndex(part, s.Trace)
	}
	if s.Parent >= 0 {
		s.Parent += part.FirstRow
	}
	return s
}

// Service is the service of the span in a row: its resource's service.name with the label of
// its group, or UnknownService.
func (v *View) Service(row int) string { return v.ServiceOf(v.Resource(row)) }

// ReportedService gives the service of a row as its file names it.
func (v *View) ReportedService(row int) string { return v.ServiceOf(v.unlabelledOf(v.Resource(row))) }

// ReportedResource gives the resource that joined traces use instead of another one: the
// same without the label of its group.
func (v *View) ReportedResource(resource int) int { return v.unlabelledOf(resource) }

// unlabelledOf gives the resource that joined traces use instead of another one.
func (v *View) unlabelledOf(resource int) int {
	if resource >= len(v.unlabelled) {
		return resource
	}
	return int(v.unlabelled[resource])
}

// Locations lists where the span in a row was read: once for each file that holds it.
func (v *View) Locations(row int) []Location {
	part, local := v.at(row)
	return part.Set.Locations(local)
}

// Added reports whether no file holds the span in a row.
func (v *View) Added(row int) bool { return row >= v.set.Len() }

// AddedFields gives the encoded fields that a joined trace has after those of a row's span,
// or nil.
func (v *View) AddedFields(row int) []byte { return v.added[row] }

// HasAddedFields reports whether some row has added fields.
func (v *View) HasAddedFields() bool { return len(v.added) > 0 }

// Files lists the files that were loaded. It looks at every row.
func (v *View) Files() []File { return v.set.Files() }

// Problems lists what was wrong with the files, ordered by group, file and offset. What was
// wrong with files that hold no spans follows.
func (v *View) Problems() []Problem { return v.problems }

// Stats counts what was loaded and what is odd about it, including added spans.
func (v *View) Stats() Stats { return v.stats }

// listOperations lists the distinct operations by service, name and kind.
func (v *View) listOperations() {
	// A service and a group name one service of the view.
	served := map[[2]int]uint32{}
	for i, r := range v.set.resources {
		served[[2]int{int(r.service), r.group}] = v.resources[i].service
	}
	seen := map[namedOperation]bool{}
	for _, op := range v.set.ops {
		seen[namedOperation{v.services[served[[2]int{int(op.service), op.group}]], v.set.names[op.name], op.kind}] = true
	}
	if v.own != nil {
		for _, op := range v.own.ops {
			seen[namedOperation{v.own.services[op.service], v.own.names[op.name], op.kind}] = true
		}
	}
	for op := range seen {
		v.operations = append(v.operations, op)
	}
	slices.SortFunc(v.operations, func(a, b namedOperation) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
}

// namedOperation is an operation with its names as text.
type namedOperation struct {
	service, name string
	kind          Kind
}

// Services lists the services of all spans, ordered by name.
func (v *View) Services() []string {
	var services []string
	for _, op := range v.operations { // ordered by service
		if len(services) == 0 || services[len(services)-1] != op.service {
			services = append(services, op.service)
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
func (v *View) Operations(service string) []Operation {
	var ops []Operation
	for _, op := range v.operations {
		if op.service == service {
			ops = append(ops, Operation{op.name, op.kind})
		}
	}
	return ops
}

package analysis

import "prowtrace/trace"

// FoldAt is how many similar siblings in a row are put under one line of their own. A retry
// loop writes dozens. Fewer siblings are read as fast as a summary of them.
const FoldAt = 8

// A Layout is a tree in the order in which it is drawn: each line before the lines under it,
// siblings by start. Besides spans it has lines that group others: a parent that no file
// holds, and a run of similar siblings.
//
// It is immutable and independent of the Set once made; 1 M spans take 28 MB.
type Layout struct {
	Lines    []Line
	Names    []string // distinct names of the spans
	Services []string // distinct services of the spans
}

// A Line is a span or a group.
type Line struct {
	Span    int32  // number in the tree; for a fold its first span, for a missing parent its first orphan
	Parent  int32  // index of the line it is drawn under, or -1
	Depth   int32  // 0 for a line without a parent
	Name    uint32 // index in Names
	Service uint32 // index in Services
	Members int32  // lines directly under it
	Group   Group
}

// Group says what a line stands for.
type Group uint8

// The groups.
const (
	NoGroup Group = iota // a span
	Missing              // a parent that spans name but no file holds
	Fold                 // similar siblings: same name, service and kind
)

// LayOut orders the lines of t. Time and memory depend only on the number of spans, however
// deep or wide the tree is.
func LayOut(t trace.Tree) *Layout {
	f := newFamily(t)
	f.fold()
	return &Layout{Lines: f.lines(), Names: f.names, Services: f.services}
}

// family links lines to the lines under them. As an entry, 0 stands for the whole tree; as a
// link, it means none. Next come the spans by number, then the groups.
type family struct {
	kin             []kin
	spans           int
	names, services []string
}

type kin struct {
	up, child, last, next int32
	span                  int32
	members               int32
	name, service         uint32
	kind                  trace.Kind
	group                 Group
}

func newFamily(t trace.Tree) *family {
	s := spansOf(t)
	n := s.len()
	f := &family{kin: make([]kin, n+1, n+n/FoldAt+2), spans: n}
	missing := map[trace.SpanID]int32{}
	var names, services numbering
	for i := range n {
		k := &f.kin[i+1]
		k.span, k.kind = int32(i), s.kind[i]
		name, fresh := names.number(uint64(s.name[i]))
		if fresh {
			f.names = append(f.names, s.text(s.name[i]))
		}
		service, fresh := services.number(uint64(s.serviceOf(i)))
		if fresh {
			f.services = append(f.services, s.services[s.serviceOf(i)])
		}
		k.name, k.service = uint32(name), uint32(service)
		up := s.parentOf(i) + 1
		if up == 0 && s.flags[i].Has(trace.Orphan) {
			id := t.MissingParent(i)
			group, known := missing[id]
			if !known {
				group = f.group(Missing, int32(i+1))
				missing[id] = group
				f.adopt(0, group)
			}
			up = group
		}
		f.adopt(up, int32(i+1))
	}
	return f
}

// group makes a line for a group whose first member is given.
func (f *family) group(g Group, first int32) int32 {
	k := f.kin[first]
	f.kin = append(f.kin, kin{span: k.span, name: k.name, service: k.service, kind: k.kind, group: g})
	return int32(len(f.kin) - 1)
}

// adopt makes child the last child of parent.
func (f *family) adopt(parent, child int32) {
	f.kin[child].up = parent
	p := &f.kin[parent]
	p.members++
	if p.last == 0 {
		p.child = child
	} else {
		f.kin[p.last].next = child
	}
	p.last = child
}

// fold puts runs of similar siblings under lines of their own.
func (f *family) fold() {
	for parent := range len(f.kin) { // folds that are made here were already handled
		if f.kin[parent].members < FoldAt {
			continue
		}
		before := int32(0)
		for first := f.kin[parent].child; first != 0; {
			last, n := f.run(first)
			next := f.kin[last].next
			// If a run is everything under a line, a second line for it would say nothing
			// new.
			if n < FoldAt || n == f.kin[parent].members && f.kin[parent].group == Missing {
				before, first = last, next
				continue
			}
			fold := f.group(Fold, first)
			k, p := &f.kin[fold], &f.kin[parent]
			k.up, k.child, k.last, k.next, k.members = int32(parent), first, last, next, n
			if before == 0 {
				p.child = fold
			} else {
				f.kin[before].next = fold
			}
			if p.last == last {
				p.last = fold
			}
			p.members -= n - 1
			f.kin[last].next = 0
			for at := first; at != 0; at = f.kin[at].next {
				f.kin[at].up = fold
			}
			before, first = fold, next
		}
	}
}

// run gives the last of the similar siblings that begin with first, and how
// many they are.
func (f *family) run(first int32) (last, n int32) {
	a := f.kin[first]
	last, n = first, 1
	if a.group != NoGroup {
		return last, n
	}
	for at := a.next; at != 0; at = f.kin[at].next {
		b := &f.kin[at]
		if b.group != NoGroup || b.name != a.name || b.service != a.service || b.kind != a.kind {
			break
		}
		last, n = at, n+1
	}
	return last, n
}

// lines walks over the family depth first.
func (f *family) lines() []Line {
	lines := make([]Line, 0, len(f.kin)-1)
	index := make([]int32, len(f.kin)) // of each kin among the lines
	index[0] = -1
	depth := int32(0)
	for at := f.kin[0].child; at != 0; {
		k := &f.kin[at]
		index[at] = int32(len(lines))
		lines = append(lines, Line{
			Span: k.span, Parent: index[k.up], Depth: depth,
			Name: k.name, Service: k.service, Members: k.members, Group: k.group,
		})
		if k.child != 0 {
			at = k.child
			depth++
			continue
		}
		for at != 0 && f.kin[at].next == 0 {
			at = f.kin[at].up
			depth--
		}
		at = f.kin[at].next
	}
	return lines
}

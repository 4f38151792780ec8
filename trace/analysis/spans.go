package analysis

import (
	"math"

	"prowtrace/trace"
)

// spans are the columns of some spans, numbered from 0: the rows of several traces, or a
// tree. A name or a service in the columns is a number, which is the same in all traces of a
// View. Counting by numbers takes a tenth of the time of counting by texts.
type spans struct {
	start, end []int64
	parent     []int32 // number + from, or -1
	from       int32
	name       []uint32 // see numbers.text
	resource   []uint32 // of the View
	kind       []trace.Kind
	status     []trace.Status
	flags      []trace.Flags
	traces     []uint32 // of the files; nil for a tree

	view *trace.View
	tree *trace.Tree // nil for rows of files, of which the first is from
	root int         // row of a trace's root
	*numbers
}

func (s *spans) len() int { return len(s.start) }

// parentOf gives the number of span i's parent, or -1.
func (s *spans) parentOf(i int) int32 {
	if p := s.parent[i]; p >= 0 {
		return p - s.from
	}
	return -1
}

func (s *spans) duration(i int) int64 { return s.end[i] - s.start[i] }

// serviceOf gives the number of the service of span i.
func (s *spans) serviceOf(i int) uint32 { return s.service[s.resource[i]] }

// encoded gives span i as it is served.
func (s *spans) encoded(i int) []byte {
	if s.tree != nil {
		return s.tree.Encoded(i)
	}
	return s.view.Set().Encoded(int(s.from) + i)
}

// row gives the row of span i in the View.
func (s *spans) row(i int) int {
	if s.tree != nil {
		return s.tree.Row(i)
	}
	return int(s.from) + i
}

// operation is the name and the service of span i as one number.
func (s *spans) operation(i int) uint64 { return pair(s.name[i], s.serviceOf(i)) }

func pair(high, low uint32) uint64 { return uint64(high)<<32 | uint64(low) }

func parts(pair uint64) (high, low uint32) { return uint32(pair >> 32), uint32(pair) }

// numbers gives the meaning of the numbers in columns of a View.
type numbers struct {
	names    []string // of the spans in files
	added    []uint32 // by the number of a name among the added spans, its number in the View
	more     []string // names that only added spans have
	service  []uint32 // by resource, as it is served
	reported []uint32 // by resource, as its file names it
	services []string
}

type numbersKey struct{}

// numbersOf gives the numbers of a View, which are made once.
func numbersOf(v *trace.View) *numbers {
	return v.Kept(numbersKey{}, func() any { return newNumbers(v) }).(*numbers)
}

func newNumbers(v *trace.View) *numbers {
	n := &numbers{names: v.Set().Names(), services: v.ServiceNames(), service: make([]uint32, v.NumResources()), reported: make([]uint32, v.NumResources())}
	for i := range n.service {
		n.service[i], n.reported[i] = v.ServiceNumber(i), v.ServiceNumber(v.ReportedResource(i))
	}
	for _, part := range v.Parts()[1:] {
		known := map[string]uint32{}
		for _, name := range part.Set.Names() {
			known[name] = math.MaxUint32
		}
		for i, name := range n.names {
			if _, wanted := known[name]; wanted {
				known[name] = uint32(i)
			}
		}
		for _, name := range part.Set.Names() {
			if known[name] == math.MaxUint32 {
				known[name] = uint32(len(n.names) + len(n.more))
				n.more = append(n.more, name)
			}
			n.added = append(n.added, known[name])
		}
	}
	return n
}

// text gives the name with a number.
func (n *numbers) text(name uint32) string {
	if int(name) < len(n.names) {
		return n.names[name]
	}
	return n.more[int(name)-len(n.names)]
}

// spansOf gives the spans of a tree. If it is a trace in files they are not copied.
func spansOf(t trace.Tree) *spans {
	s := timesOf(t)
	s.numbers, s.root = numbersOf(t.View()), t.Trace.Root
	if s.tree != nil {
		s.gather()
	}
	return &s
}

// timesOf gives only the times and parents of a tree whose spans are not in consecutive
// rows.
func timesOf(t trace.Tree) (s spans) {
	first, behind := t.Trace.First, t.Trace.First+t.Trace.Spans
	if !t.Joined() && behind <= t.View().Set().Len() {
		return rowsOf(t.View(), first, behind)
	}
	n := t.Len()
	s = spans{view: t.View(), tree: &t, start: make([]int64, n), end: make([]int64, n), parent: make([]int32, n)}
	for i := range n {
		s.start[i], s.end[i] = t.Times(i)
		s.parent[i] = int32(t.Parent(i))
	}
	return s
}

// rowsOf gives rows of the files of a View. They must be whole traces.
func rowsOf(v *trace.View, first, behind int) spans {
	c := v.Set().Columns()
	return spans{
		start: c.Start[first:behind], end: c.End[first:behind], parent: c.Parent[first:behind], from: int32(first),
		name: c.Name[first:behind], resource: c.Resource[first:behind],
		kind: c.Kind[first:behind], status: c.Status[first:behind], flags: c.Flags[first:behind],
		traces: c.Trace[first:behind], view: v,
	}
}

// gather copies the other columns. With the times, a span takes 35 bytes.
func (s *spans) gather() {
	n, set := s.len(), s.view.Set()
	s.name, s.resource = make([]uint32, n), make([]uint32, n)
	s.kind, s.status, s.flags = make([]trace.Kind, n), make([]trace.Status, n), make([]trace.Flags, n)
	inFiles := set.Columns()
	var added trace.Columns
	if all := s.view.Parts(); len(all) > 1 {
		added = all[1].Set.Columns()
	}
	inRanges(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c, row := &inFiles, s.tree.Row(i)
			if own := row - set.Len(); own >= 0 {
				c, row = &added, own
				s.name[i] = s.added[c.Name[row]]
			} else {
				s.name[i] = c.Name[row]
			}
			s.kind[i], s.status[i], s.flags[i] = c.Kind[row], c.Status[row], c.Flags[row]
			s.resource[i] = uint32(s.tree.Resource(i))
		}
	})
}

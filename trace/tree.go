package trace

import "prowtrace/internal/otlpwire"

// A Tree is one trace as it is shown and served: its spans in order of start,
// and the parent of each. It is a view of the set and costs next to nothing.
//
// Spans are numbered from 0 in their order; a parent is such a number too, and
// can come after its child where the child starts first.
//
// The tree of a job's trace is the joined one: it holds the spans of all the
// job's files. They keep their rows, and are in the trees of their own traces
// too.
type Tree struct {
	Trace  Trace // of a joined tree, the trace of the job's own spans
	set    *Set
	joined *joined // nil for a trace as it was reported
}

// Tree gives trace t as a tree.
func (s *Set) Tree(t Trace) Tree {
	tree := Tree{Trace: t, set: s}
	for _, j := range s.joined {
		if j.base == t.Index {
			tree.joined = j
		}
	}
	return tree
}

// Jobs gives the traces of the jobs that were loaded, in their order. Their trees
// are the joined ones.
func (s *Set) Jobs() []Trace {
	jobs := make([]Trace, len(s.joined))
	for i, j := range s.joined {
		jobs[i] = s.Trace(j.base)
	}
	return jobs
}

// Joined reports whether the tree is that of a job.
func (t Tree) Joined() bool { return t.joined != nil }

// Len is the number of spans.
func (t Tree) Len() int {
	if t.joined != nil {
		return len(t.joined.rows)
	}
	return t.Trace.Spans
}

// Row gives the row of span i in the set.
func (t Tree) Row(i int) int {
	if t.joined != nil {
		return int(t.joined.rows[i])
	}
	return t.Trace.First + i
}

// Span gives span i as the set has it: its Parent is a row, not a number in the
// tree. In a joined tree its service has no label (see Job).
func (t Tree) Span(i int) Span {
	s := t.set.Span(t.Row(i))
	if t.joined != nil {
		s.Service = t.set.ReportedService(s.Row)
	}
	return s
}

// ReportedService gives the service of span i as its file names it.
func (t Tree) ReportedService(i int) string { return t.set.ReportedService(t.Row(i)) }

// Resource gives the number of the resource that span i is served with.
func (t Tree) Resource(i int) int {
	n := t.set.Resource(t.Row(i))
	if t.joined != nil && t.set.unlabelled != nil {
		return int(t.set.unlabelled[n])
	}
	return n
}

// ID is the id of span i in the tree. In a joined tree it differs from that of
// the row where two traces have spans of the same id.
func (t Tree) ID(i int) SpanID {
	if t.joined != nil {
		if id, ok := t.joined.renamed[i]; ok {
			return spanID(id)
		}
	}
	return spanID(t.set.id[t.Row(i)])
}

// Parent gives the number of span i's parent, or -1.
func (t Tree) Parent(i int) int {
	if t.joined != nil {
		return int(t.joined.parent[i])
	}
	if p := t.set.parent[t.Row(i)]; p >= 0 {
		return int(p) - t.Trace.First
	}
	return -1
}

// Inferred reports whether span i's parent was not reported but found by time.
func (t Tree) Inferred(i int) bool { return t.joined != nil && t.joined.inferred[i] }

// own reports whether span i of a joined tree is one of the job's own.
func (t Tree) own(i int) bool { return int(t.set.trace[t.Row(i)]) == t.joined.base }

// Encoded gives span i as it is served: as Set.Encoded does, and in a joined tree
// with the ids that it has there, its reported ones as attributes, and a mark
// where the parent is inferred.
func (t Tree) Encoded(i int) []byte {
	row := t.Row(i)
	b := t.set.Encoded(row)
	if t.joined == nil || t.own(i) {
		return b
	}
	b = b[:len(b):len(b)] // the appends below copy
	reported, id := spanID(t.set.id[row]), t.ID(i)
	b = otlpwire.AppendBytes(b, 1, t.Trace.ID[:])
	if id != reported {
		b = otlpwire.AppendBytes(b, 2, id[:])
	}
	if p := t.Parent(i); p >= 0 {
		parent := t.ID(p)
		b = otlpwire.AppendBytes(b, 4, parent[:])
	}
	traceID := t.set.traces.id[t.set.trace[row]]
	b = otlpwire.AppendText(b, 9, attrTraceID, traceID.String())
	b = otlpwire.AppendText(b, 9, attrSpanID, reported.String())
	if t.joined.inferred[i] {
		b = otlpwire.AppendBool(b, 9, attrInferred, true)
	}
	return b
}

// Detail decodes span i as it is served (see Encoded).
func (t Tree) Detail(i int) (Detail, error) {
	return t.set.decode(t.Row(i), t.Resource(i), t.Encoded(i))
}

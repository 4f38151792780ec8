package trace

import "prowtrace/internal/otlpwire"

// What follows is for formats without loss: spans as their files have them, byte for byte,
// where Encoded gives what every reader takes. clean is false where strict readers refuse
// the bytes: invalid UTF-8, ids of a wrong length, broken fields.

// Exact gives span i as its file has it: not cleaned, and no time filled in. Only a span
// without a trace id has the one that the Set gave it, or spans of several files would
// become one trace. A joined tree says of its spans what no file says, and own spans are in
// none: these come as Encoded gives them.
func (t Tree) Exact(i int) (wire []byte, clean bool) {
	row := t.Row(i)
	if t.joined != nil || t.view.Added(row) {
		return t.Encoded(i), true
	}
	b := t.view.Raw(row)
	part, local := t.view.at(row)
	flags := part.Set.flags[local]
	if flags.Has(ZeroTrace) {
		b = otlpwire.AppendBytes(b[:len(b):len(b)], 1, t.Trace.ID[:])
	}
	return b, !flags.Has(unclean)
}

// ExactResource gives an encoded Resource as its file has it, followed by the attributes
// of its group's Description that it lacks, and its schema URL. No service.name is made up,
// and none has a label.
func (v *View) ExactResource(n int) (wire []byte, schemaURL string, clean bool) {
	r := &v.resources[v.unlabelledOf(n)]
	b := r.raw
	if len(r.added) > 0 {
		b = append(b[:len(b):len(b)], r.added...)
	}
	return b, r.schema, otlpwire.Resource.Valid(b)
}

// ExactScope gives an encoded InstrumentationScope as its file has it, and its schema URL.
func (v *View) ExactScope(n int) (wire []byte, schemaURL string, clean bool) {
	s := v.scopeOf(n)
	return s.raw, s.schema, otlpwire.Scope.Valid(s.raw)
}

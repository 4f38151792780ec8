package trace

import "prowtrace/internal/otlpwire"

// The functions below are for formats without loss: they give spans byte for byte as their
// files have them, while Encoded gives what every reader accepts. clean is false if strict
// readers refuse the bytes: invalid UTF-8, ids of a wrong length, broken fields.

// Exact gives span i as its file has it: not cleaned, and without filled-in times. There is
// one exception: a span without a trace id has the id that the Set gave it, because spans of
// several files would become one trace otherwise. Spans of a joined tree and own spans are
// given as Encoded gives them, because no file has them in this form.
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

// ExactResource gives an encoded Resource as its file has it, and its schema URL. The
// attributes of its group's Description that it lacks follow. It adds neither a missing
// service.name nor a label.
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

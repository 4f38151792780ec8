package export

import (
	"prowtrace/internal/otlpwire"
)

// Fields of opentelemetry.proto.trace.v1, all length-delimited.
const (
	fieldResourceSpans = 1 // TracesData, the same in ExportTraceServiceRequest
	fieldResource      = 1 // ResourceSpans
	fieldScopeSpans    = 2
	fieldScope         = 1 // ScopeSpans
	fieldSpans         = 2
	fieldSchemaURL     = 3 // ResourceSpans and ScopeSpans
)

// batchBytes bounds a batch of spans, in bytes. A larger span is alone in its batch. The
// bound is small enough for the buffers of programs that read files by records, or by lines.
const batchBytes = 1 << 20

// A batch is consecutive encoded spans with their resources and scopes.
type batch struct {
	runs  []run
	size  int
	clean bool // strict readers accept all of it
}

// A run is the spans of one resource and scope that follow each other.
type run struct {
	resource, scope part
	spans           []part
}

// batches passes all spans of a walk to write, in their order, so readers number them in the
// same way. Spans that strict readers refuse are in batches of their own, so these readers
// lose nothing else. The batch is reused after write returns.
func (w *walk) batches(write func(*batch) error) error {
	b := &batch{clean: true}
	flush := func() error {
		if len(b.runs) == 0 {
			return nil
		}
		err := write(b)
		*b = batch{runs: b.runs[:0], clean: true}
		return err
	}
	last := [2]int{-1, -1}
	var lastJoined bool
	var resource, scope part
	err := w.each(func(t Tree, i int) error {
		span := w.span(t, i)
		described := [2]int{t.Resource(i), w.View.Scope(t.Row(i))}
		same := described == last && t.Joined() == lastJoined
		if !same {
			resource, scope = w.resource(t, i), w.scope(t, i)
			last, lastJoined = described, t.Joined()
		}
		clean := span.clean && resource.clean && scope.clean
		if b.size+len(span.wire) > batchBytes || clean != b.clean || !clean {
			if err := flush(); err != nil {
				return err
			}
			b.clean = clean
		}
		if !same || len(b.runs) == 0 {
			b.runs = append(b.runs, run{resource: resource, scope: scope})
			b.size += len(resource.wire) + len(scope.wire)
		}
		r := &b.runs[len(b.runs)-1]
		r.spans = append(r.spans, span)
		b.size += len(span.wire) + otlpwire.MaxHead
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// appendTo appends the batch as the fields of TracesData.
func (b *batch) appendTo(out []byte) []byte {
	for i := range b.runs {
		out = b.runs[i].appendTo(out)
	}
	return out
}

func (r *run) appendTo(out []byte) []byte {
	spans := otlpwire.OptionalSize(len(r.scope.wire)) + otlpwire.OptionalSize(len(r.scope.schema))
	for _, s := range r.spans {
		spans += otlpwire.FieldSize(len(s.wire))
	}
	size := otlpwire.FieldSize(len(r.resource.wire)) + otlpwire.FieldSize(spans) + otlpwire.OptionalSize(len(r.resource.schema))
	out = otlpwire.AppendHead(out, fieldResourceSpans, size)
	out = otlpwire.AppendBytes(out, fieldResource, r.resource.wire)
	out = otlpwire.AppendHead(out, fieldScopeSpans, spans)
	out = otlpwire.AppendOptional(out, fieldScope, r.scope.wire)
	for _, s := range r.spans {
		out = otlpwire.AppendBytes(out, fieldSpans, s.wire)
	}
	out = otlpwire.AppendOptional(out, fieldSchemaURL, r.scope.schema)
	return otlpwire.AppendOptional(out, fieldSchemaURL, r.resource.schema)
}

package remote

import (
	"fmt"
	"iter"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// Fields of opentelemetry.proto.trace.v1, all length-delimited with numbers
// below 16, as otlpwire.FieldSize needs them.
const (
	fieldResourceSpans = 1 // TracesData
	fieldResource      = 1 // ResourceSpans
	fieldScopeSpans    = 2
	fieldScope         = 1 // ScopeSpans
	fieldSpans         = 2
	fieldSchemaURL     = 3 // ResourceSpans and ScopeSpans

	// And of jaeger.storage.v2.
	fieldFoundSpans    = 1 // FindSpansResponse
	fieldNextPageToken = 3
)

// A splicer cuts spans into encoded messages.
type splicer struct {
	view *trace.View
	runs []run
	size int // of the message so far
}

// served is a span to send: what describes it, and how it is encoded, without values
// that Jaeger cannot have.
type served struct {
	description
	encoded []byte
}

// description has the numbers of a span's resource and scope.
type description struct{ resource, scope int }

// run is a sequence of spans of one resource and scope in a message.
type run struct {
	description
	spans     [][]byte
	spanBytes int // of the spans as fields
}

// trace sends the spans of t in TracesData messages that hold nothing else: of a
// job's trace, those of the joined one.
func (p *splicer) trace(t trace.Trace, send func(storage.Encoded) error) error {
	tree := p.view.Tree(t)
	flush := func() error {
		if err := send(p.message(0, "")); err != nil {
			return fmt.Errorf("sending trace %v: %w", t.ID, err)
		}
		return nil
	}
	plan := p.plan(tree)
	spans := func(yield func(served) bool) {
		for n := range tree.Len() {
			i := n
			if plan.order != nil {
				i = int(plan.order[n])
			}
			span := tree.Encoded(i)
			if _, odd := plan.odd[uint32(i)]; odd {
				span = finiteSpan(span)
			}
			if !yield(served{p.describe(tree, i), span}) {
				return
			}
		}
	}
	if err := p.gather(spans, flush); err != nil {
		return err
	}
	return flush()
}

// spans sends rows in their order, as FindSpansResponse messages of which the
// last has the token; no rows, no message.
func (p *splicer) spans(rows []int, token string, send func(storage.Encoded) error) error {
	if len(rows) == 0 {
		return nil
	}
	spans := func(yield func(served) bool) {
		for _, row := range rows {
			if !yield(served{description{p.view.Resource(row), p.view.Scope(row)}, finiteSpan(p.view.Encoded(row))}) {
				return
			}
		}
	}
	if err := p.gather(spans, func() error { return send(p.message(fieldFoundSpans, "")) }); err != nil {
		return err
	}
	return send(p.message(fieldFoundSpans, token))
}

// gather makes runs of the spans, and flushes each time a message is full. What
// does not fill one is left.
func (p *splicer) gather(spans iter.Seq[served], flush func() error) error {
	last := description{-1, -1}
	for s := range spans {
		size := otlpwire.FieldSize(len(s.encoded))
		same := s.description == last
		if p.size > 0 && p.size+size > storage.ChunkSize {
			if err := flush(); err != nil {
				return err
			}
			same = false
		}
		if !same {
			p.runs = append(p.runs, run{description: s.description})
			p.size += p.headSize(s.description)
		}
		r := &p.runs[len(p.runs)-1]
		r.spans = append(r.spans, s.encoded)
		r.spanBytes += size
		p.size += size
		last = s.description
	}
	return nil
}

func (p *splicer) describe(t trace.Tree, i int) description {
	return description{t.Resource(i), p.view.Scope(t.Row(i))}
}

// headSize bounds what a run adds to a message besides its spans.
func (p *splicer) headSize(d description) int {
	resource, resourceSchema := p.resource(d)
	scope, scopeSchema := p.scope(d)
	return len(resource) + len(resourceSchema) + len(scope) + len(scopeSchema) + 6*otlpwire.MaxHead
}

func (p *splicer) resource(d description) (wire []byte, schema string) {
	wire, schema = p.view.EncodedResource(d.resource)
	return finiteResource(wire), schema
}

func (p *splicer) scope(d description) (wire []byte, schema string) {
	wire, schema = p.view.EncodedScope(d.scope)
	return finiteScope(wire), schema
}

// message encodes what was gathered and begins anew: TracesData, or where field
// is not 0 a message that has it in that field, and the token.
func (p *splicer) message(field protowire.Number, token string) storage.Encoded {
	pool := mem.DefaultBufferPool()
	buf := pool.Get(p.size + 2*otlpwire.MaxHead + len(token))
	b := (*buf)[:0]
	if field != 0 {
		size := 0
		for _, r := range p.runs {
			size += otlpwire.FieldSize(p.runSize(r))
		}
		b = otlpwire.AppendHead(b, field, size)
	}
	for _, r := range p.runs {
		b = p.appendRun(b, r)
	}
	b = otlpwire.AppendOptional(b, fieldNextPageToken, token)
	*buf = b
	p.runs, p.size = p.runs[:0], 0
	return storage.Encoded{Buffer: mem.NewBuffer(buf, pool)}
}

// runSize is the size of a run as a ResourceSpans.
func (p *splicer) runSize(r run) int {
	resource, schema := p.resource(r.description)
	return otlpwire.FieldSize(len(resource)) + otlpwire.FieldSize(p.scopeSize(r)) + otlpwire.OptionalSize(len(schema))
}

// scopeSize is the size of a run as a ScopeSpans.
func (p *splicer) scopeSize(r run) int {
	scope, schema := p.scope(r.description)
	return otlpwire.OptionalSize(len(scope)) + r.spanBytes + otlpwire.OptionalSize(len(schema))
}

func (p *splicer) appendRun(b []byte, r run) []byte {
	resource, resourceSchema := p.resource(r.description)
	scope, scopeSchema := p.scope(r.description)
	b = otlpwire.AppendHead(b, fieldResourceSpans, p.runSize(r))
	b = otlpwire.AppendBytes(b, fieldResource, resource)
	b = otlpwire.AppendHead(b, fieldScopeSpans, p.scopeSize(r))
	b = otlpwire.AppendOptional(b, fieldScope, scope)
	for _, span := range r.spans {
		b = otlpwire.AppendBytes(b, fieldSpans, span)
	}
	b = otlpwire.AppendOptional(b, fieldSchemaURL, scopeSchema)
	return otlpwire.AppendOptional(b, fieldSchemaURL, resourceSchema)
}

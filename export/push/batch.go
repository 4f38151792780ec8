package push

import (
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Bounds of one request, before compression. Receivers with gRPC take 4 MiB by default, so
// there is room for the encoding around the spans.
const (
	maxBytes   = 3 << 20
	maxSpans   = 8192
	leastBytes = 256 << 10 // receivers that take less are rare: later requests are not smaller
	tinyBytes  = 16 << 10  // a receiver that refuses even this size takes nothing
)

// Fields of opentelemetry.proto.trace.v1. A request is a TracesData under another name.
const (
	fieldResourceSpans = 1 // ExportTraceServiceRequest
	fieldResource      = 1 // ResourceSpans
	fieldScopeSpans    = 2
	fieldScope         = 1 // ScopeSpans
	fieldSpans         = 2
	fieldSchemaURL     = 3 // ResourceSpans and ScopeSpans
)

// A batch is the spans of one request.
type batch struct {
	view  *trace.View
	texts *masks
	spans []span
	size  int // about, in bytes
	known map[head]bool
}

// span is an encoded span with its resource and scope.
type span struct {
	head
	encoded []byte
}

// sizeOf is the size that a span would add, in bytes.
func (b *batch) sizeOf(s span) int {
	size := otlpwire.FieldSize(len(s.encoded))
	if b.known[s.head] {
		return size
	}
	resource, resourceSchema := b.resource(s.resource)
	scope, scopeSchema := b.scope(s.scope)
	return size + len(resource) + len(resourceSchema) + len(scope) + len(scopeSchema) + 6*otlpwire.MaxHead
}

func (b *batch) add(s span) {
	b.size += b.sizeOf(s)
	b.known[s.head] = true
	b.spans = append(b.spans, s)
}

// halves splits a batch of at least two spans in two.
func (b *batch) halves() (first, second batch) {
	cut := len(b.spans) / 2
	return b.part(b.spans[:cut]), b.part(b.spans[cut:])
}

func (b *batch) part(spans []span) batch {
	part := batch{view: b.view, texts: b.texts, known: map[head]bool{}}
	for _, s := range spans {
		part.add(s)
	}
	return part
}

func (b *batch) resource(n int) (wire []byte, schema string) {
	wire, schema = b.view.EncodedResource(n)
	if b.texts != nil {
		wire = b.texts.resource(n, wire)
	}
	return wire, schema
}

func (b *batch) scope(n int) (wire []byte, schema string) {
	wire, schema = b.view.EncodedScope(n)
	if b.texts != nil {
		wire = b.texts.scope(n, wire)
	}
	return wire, schema
}

// encode gives the request. Spans of one resource are put together, so the request has each
// resource once: in a joined trace the spans of many processes are mixed. Receivers do not
// keep the order.
func (b *batch) encode() []byte {
	spans := slices.Clone(b.spans)
	slices.SortStableFunc(spans, func(x, y span) int {
		if x.resource != y.resource {
			return x.resource - y.resource
		}
		return x.scope - y.scope
	})
	out := make([]byte, 0, b.size)
	for len(spans) > 0 {
		n := slices.IndexFunc(spans, func(s span) bool { return s.resource != spans[0].resource })
		if n < 0 {
			n = len(spans)
		}
		out = b.appendResource(out, spans[:n])
		spans = spans[n:]
	}
	return out
}

// appendResource appends the ResourceSpans of spans of one resource.
func (b *batch) appendResource(out []byte, spans []span) []byte {
	resource, schema := b.resource(spans[0].resource)
	out, start := otlpwire.Open(out, fieldResourceSpans)
	out = otlpwire.AppendBytes(out, fieldResource, resource)
	for len(spans) > 0 {
		scope, scopeSchema := b.scope(spans[0].scope)
		n, size := 0, otlpwire.OptionalSize(len(scope))+otlpwire.OptionalSize(len(scopeSchema))
		for n < len(spans) && spans[n].scope == spans[0].scope {
			size += otlpwire.FieldSize(len(spans[n].encoded))
			n++
		}
		out = otlpwire.AppendHead(out, fieldScopeSpans, size)
		out = otlpwire.AppendOptional(out, fieldScope, scope)
		for _, s := range spans[:n] {
			out = otlpwire.AppendBytes(out, fieldSpans, s.encoded)
		}
		out = otlpwire.AppendOptional(out, fieldSchemaURL, scopeSchema)
		spans = spans[n:]
	}
	out = otlpwire.AppendOptional(out, fieldSchemaURL, schema)
	return otlpwire.Seal(out, start)
}

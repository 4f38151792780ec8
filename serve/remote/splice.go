package remote

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that codec falls back on
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/trace"
)

// chunkSize bounds a message of spans. Jaeger's client takes 4 MiB by default;
// the protocols ask for well below that.
const chunkSize = 1<<20 - 1<<12

// encoded is a message that is already encoded. The receiver of the buffer
// frees it.
type encoded struct{ mem.Buffer }

// codec sends encoded messages as they are, and all others as protobuf.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(encoded); ok {
		return mem.BufferSlice{e.Buffer}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

// Fields of opentelemetry.proto.trace.v1, all length-delimited with numbers
// below 16: their tags take one byte.
const (
	fieldResourceSpans = 1 // TracesData
	fieldResource      = 1 // ResourceSpans
	fieldScopeSpans    = 2
	fieldScope         = 1 // ScopeSpans
	fieldSpans         = 2
	fieldSchemaURL     = 3 // ResourceSpans and ScopeSpans
)

// A splicer cuts traces into encoded TracesData messages.
type splicer struct {
	set  *trace.Set
	rows []int
	runs []run
	size int // of the message so far
}

// run is a sequence of spans of one resource and scope in a message.
type run struct {
	first     int // row that names the resource and the scope
	spans     [][]byte
	spanBytes int // of the spans as fields
}

// trace sends the spans of t in messages that hold nothing else.
func (p *splicer) trace(t trace.Trace, send func(encoded) error) error {
	p.order(t)
	last := -1
	for _, row := range p.rows {
		span := finiteSpan(p.set.Encoded(row))
		size := fieldSize(len(span))
		same := last >= 0 && p.set.Resource(last) == p.set.Resource(row) && p.set.Scope(last) == p.set.Scope(row)
		if p.size > 0 && p.size+size > chunkSize {
			if err := p.flush(send); err != nil {
				return fmt.Errorf("sending trace %v: %w", t.ID, err)
			}
			same = false
		}
		if !same {
			p.runs = append(p.runs, run{first: row})
			p.size += p.headSize(row)
		}
		r := &p.runs[len(p.runs)-1]
		r.spans = append(r.spans, span)
		r.spanBytes += size
		p.size += size
		last = row
	}
	return p.flush(send)
}

// order lists the rows of t so that those with the same resource and scope lie
// together: each description is then sent once a message.
func (p *splicer) order(t trace.Trace) {
	p.rows = p.rows[:0]
	mixed := false
	for row := t.First; row < t.First+t.Spans; row++ {
		p.rows = append(p.rows, row)
		mixed = mixed || p.set.Resource(row) != p.set.Resource(t.First) || p.set.Scope(row) != p.set.Scope(t.First)
	}
	if mixed {
		slices.SortFunc(p.rows, func(a, b int) int {
			return cmp.Or(
				cmp.Compare(p.set.Resource(a), p.set.Resource(b)),
				cmp.Compare(p.set.Scope(a), p.set.Scope(b)),
				cmp.Compare(a, b))
		})
	}
}

// headSize bounds what a run adds to a message besides its spans.
func (p *splicer) headSize(row int) int {
	resource, resourceSchema := p.resource(row)
	scope, scopeSchema := p.scope(row)
	const tagsAndLengths = 6 * 6
	return len(resource) + len(resourceSchema) + len(scope) + len(scopeSchema) + tagsAndLengths
}

func (p *splicer) resource(row int) (wire []byte, schema string) {
	wire, schema = p.set.EncodedResource(p.set.Resource(row))
	return finiteResource(wire), schema
}

func (p *splicer) scope(row int) (wire []byte, schema string) {
	wire, schema = p.set.EncodedScope(p.set.Scope(row))
	return finiteScope(wire), schema
}

// flush sends what was gathered, if anything.
func (p *splicer) flush(send func(encoded) error) error {
	if len(p.runs) == 0 {
		return nil
	}
	pool := mem.DefaultBufferPool()
	buf := pool.Get(p.size)
	b := (*buf)[:0]
	for _, r := range p.runs {
		b = p.appendRun(b, r)
	}
	*buf = b
	p.runs, p.size = p.runs[:0], 0
	return send(encoded{mem.NewBuffer(buf, pool)})
}

func (p *splicer) appendRun(b []byte, r run) []byte {
	resource, resourceSchema := p.resource(r.first)
	scope, scopeSchema := p.scope(r.first)
	scopeSpans := fieldSize(len(scope)) + r.spanBytes + optionalSize(scopeSchema)
	resourceSpans := fieldSize(len(resource)) + fieldSize(scopeSpans) + optionalSize(resourceSchema)

	b = appendHead(b, fieldResourceSpans, resourceSpans)
	b = append(appendHead(b, fieldResource, len(resource)), resource...)
	b = appendHead(b, fieldScopeSpans, scopeSpans)
	b = append(appendHead(b, fieldScope, len(scope)), scope...)
	for _, span := range r.spans {
		b = append(appendHead(b, fieldSpans, len(span)), span...)
	}
	b = appendOptional(b, fieldSchemaURL, scopeSchema)
	return appendOptional(b, fieldSchemaURL, resourceSchema)
}

func fieldSize(content int) int { return 1 + protowire.SizeBytes(content) }

func optionalSize(s string) int {
	if s == "" {
		return 0
	}
	return fieldSize(len(s))
}

func appendHead(b []byte, field protowire.Number, size int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
}

func appendOptional(b []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return append(appendHead(b, field, len(s)), s...)
}

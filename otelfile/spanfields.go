package otelfile

import (
	"prowtrace/internal/otlpwire"

	"google.golang.org/protobuf/encoding/protowire"
)

// spanFields is a span that is being read from a format with another order of fields. It is
// encoded as exporters encode it, so that the same span from two files has the same
// bytes. Its memory is used for the next one.
type spanFields struct {
	traceID, id, parent []byte
	state, name         []byte
	kind                uint64
	start, end          uint64 // Unix ns
	attributes          []byte // encoded fields of a Span
	events, links       []byte
	droppedAttributes   uint64
	droppedEvents       uint64
	droppedLinks        uint64
	hasStatus           bool
	code                uint64
	message             []byte
	flags               uint32
}

// maxSpan bounds the attributes, the events and the links of one span, each in bytes.
// What comes beyond is counted as dropped.
const maxSpan = 32 << 20

func (f *spanFields) reset() {
	*f = spanFields{
		traceID: f.traceID[:0], id: f.id[:0], parent: f.parent[:0], state: f.state[:0], name: f.name[:0],
		attributes: f.attributes[:0], events: f.events[:0], links: f.links[:0], message: f.message[:0],
	}
}

// Fields of a Span.
const (
	spanAttributes protowire.Number = 9
	spanEvents     protowire.Number = 11
	spanLinks      protowire.Number = 13
)

// append appends the encoded span.
func (f *spanFields) append(b []byte) []byte {
	b = otlpwire.AppendOptional(b, 1, f.traceID)
	b = otlpwire.AppendOptional(b, 2, f.id)
	b = otlpwire.AppendOptional(b, 3, f.state)
	b = otlpwire.AppendOptional(b, 4, f.parent)
	b = otlpwire.AppendOptional(b, 5, f.name)
	b = otlpwire.AppendNumber(b, 6, f.kind)
	b = appendTime(b, 7, f.start)
	b = appendTime(b, 8, f.end)
	b = append(b, f.attributes...)
	b = otlpwire.AppendNumber(b, 10, f.droppedAttributes)
	b = append(b, f.events...)
	b = otlpwire.AppendNumber(b, 12, f.droppedEvents)
	b = append(b, f.links...)
	b = otlpwire.AppendNumber(b, 14, f.droppedLinks)
	if f.hasStatus {
		var at int
		b, at = otlpwire.Open(b, 15)
		b = otlpwire.AppendOptional(b, 2, f.message)
		b = otlpwire.AppendNumber(b, 3, f.code)
		b = otlpwire.Seal(b, at)
	}
	return appendFlags(b, 16, f.flags)
}

// appendTime appends a time, unless it is missing.
func appendTime(b []byte, num protowire.Number, ns uint64) []byte {
	if ns == 0 {
		return b
	}
	return otlpwire.AppendFixed64(b, num, ns)
}

func appendFlags(b []byte, num protowire.Number, flags uint32) []byte {
	if flags == 0 {
		return b
	}
	return protowire.AppendFixed32(otlpwire.AppendTag(b, num, protowire.Fixed32Type), flags)
}

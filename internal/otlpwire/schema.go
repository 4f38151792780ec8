package otlpwire

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"
)

// Producers can write what a strict reader refuses: invalid UTF-8 in a string,
// ids of a wrong length, fields of a wrong wire type, values nested without
// end. One such span would make Jaeger fail a whole answer. Valid finds these
// spans; Clean makes of each one the nearest that every reader takes. Neither
// changes the bytes it is given.

// maxDepth bounds nested attribute values (kvlist in array in kvlist …).
// protobuf-go gives up at 10,000, other readers at 100.
const maxDepth = 48

type fieldType uint8

const (
	unknown fieldType = iota
	varint
	fixed32
	fixed64
	text
	rawBytes
	traceIDField
	spanIDField
	message
)

func (t fieldType) wire() protowire.Type {
	switch t {
	case varint:
		return protowire.VarintType
	case fixed32:
		return protowire.Fixed32Type
	case fixed64:
		return protowire.Fixed64Type
	}
	return protowire.BytesType
}

// FieldSchema describes a field of a message.
type FieldSchema struct {
	typ     fieldType
	wire    protowire.Type
	message *Schema
}

// Wrong reports whether the field is known and a wire type is not its own.
func (f *FieldSchema) Wrong(typ protowire.Type) bool { return f.typ != unknown && f.wire != typ }

// Valid reports whether every reader will take v as the content of the field,
// which is length-delimited.
func (f *FieldSchema) Valid(v []byte) bool { return validBytes(v, f, 0) }

// Schema describes a message by field number, as opentelemetry-proto 1.x has
// it. It is immutable.
type Schema struct {
	fields [17]FieldSchema // 0 does not exist and stands for all that are unknown
	depth  int             // at which the message is checked by itself
}

// Field gives the schema of a field, that of no known field for other numbers.
func (s *Schema) Field(n protowire.Number) *FieldSchema {
	if uint(n) < uint(len(s.fields)) {
		return &s.fields[n]
	}
	return &s.fields[0]
}

// schemas are the messages that are asked for by themselves. keyValue and
// anyValue contain each other, so they are tied together by newSchemas.
type schemas struct {
	span, resource, scope, keyValue, anyValue *Schema
}

var messages = newSchemas()

// The schemas of the messages.
var (
	Span     = messages.span
	Resource = messages.resource
	Scope    = messages.scope
	AnyValue = messages.anyValue
	keyValue = messages.keyValue
)

func newSchemas() schemas {
	f := func(t fieldType) FieldSchema { return FieldSchema{typ: t, wire: t.wire()} }
	m := func(s *Schema) FieldSchema { return FieldSchema{message, message.wire(), s} }
	keyValue, anyValue := &Schema{depth: 1}, &Schema{depth: 1}
	array := &Schema{fields: [17]FieldSchema{1: m(anyValue)}}
	list := &Schema{fields: [17]FieldSchema{1: m(keyValue)}}
	keyValue.fields = [17]FieldSchema{1: f(text), 2: m(anyValue)}
	anyValue.fields = [17]FieldSchema{1: f(text), 2: f(varint), 3: f(varint), 4: f(fixed64), 5: m(array), 6: m(list), 7: f(rawBytes)}
	event := &Schema{fields: [17]FieldSchema{1: f(fixed64), 2: f(text), 3: m(keyValue), 4: f(varint)}}
	link := &Schema{fields: [17]FieldSchema{1: f(traceIDField), 2: f(spanIDField), 3: f(text), 4: m(keyValue), 5: f(varint), 6: f(fixed32)}}
	status := &Schema{fields: [17]FieldSchema{2: f(text), 3: f(varint)}}
	return schemas{
		keyValue: keyValue, anyValue: anyValue,
		span: &Schema{fields: [17]FieldSchema{
			1: f(traceIDField), 2: f(spanIDField), 3: f(text), 4: f(spanIDField), 5: f(text), 6: f(varint), 7: f(fixed64), 8: f(fixed64),
			9: m(keyValue), 10: f(varint), 11: m(event), 12: f(varint), 13: m(link), 14: f(varint), 15: m(status), 16: f(fixed32),
		}},
		resource: &Schema{fields: [17]FieldSchema{1: m(keyValue), 2: f(varint)}},
		scope:    &Schema{fields: [17]FieldSchema{1: f(text), 2: f(text), 3: m(keyValue), 4: f(varint)}},
	}
}

// Valid reports whether every reader will take b as a message of schema s.
// Fields that the schema does not know are valid if their framing is.
func (s *Schema) Valid(b []byte) bool { return valid(b, s, s.depth) }

func valid(b []byte, s *Schema, depth int) bool {
	if depth > maxDepth {
		return false
	}
	c := Read(b)
	for {
		f, ok, bad := c.Next()
		if !ok {
			return !bad
		}
		want := s.Field(f.Num)
		if want.typ == unknown {
			continue
		}
		if want.wire != f.Typ || f.Typ == protowire.BytesType && !validBytes(b[f.Lo:f.Hi], want, depth) {
			return false
		}
	}
}

func validBytes(v []byte, f *FieldSchema, depth int) bool {
	switch f.typ {
	case text:
		return ValidText(v)
	case traceIDField:
		return len(v) == 16 || len(v) == 0
	case spanIDField:
		return len(v) == 8 || len(v) == 0
	case message:
		return valid(v, f.message, depth+1)
	}
	return true
}

// ValidAttribute is Valid for a KeyValue.
func ValidAttribute(b []byte) bool { return keyValue.Valid(b) }

// Clean gives a copy of what can be kept of b as a message of schema s: strings
// with U+FFFD for invalid bytes, fields up to the first broken one; fields of a
// wrong type and ids of a wrong length are left out, and so is what is nested
// deeper than 48 messages.
func (s *Schema) Clean(b []byte) []byte { return clean(nil, b, s, 0) }

func clean(dst, b []byte, s *Schema, depth int) []byte {
	c := Read(b)
	for {
		at := c.Pos
		f, ok, _ := c.Next()
		if !ok {
			return dst
		}
		want := s.Field(f.Num)
		switch {
		case want.typ == unknown || want.wire != f.Typ:
		case f.Typ == protowire.BytesType:
			dst = cleanBytes(dst, f.Num, b[f.Lo:f.Hi], want, depth)
		default:
			dst = append(dst, b[at:c.Pos]...)
		}
	}
}

func cleanBytes(dst []byte, num protowire.Number, v []byte, f *FieldSchema, depth int) []byte {
	switch {
	case f.typ == text:
		return AppendBytes(dst, num, bytes.ToValidUTF8(v, []byte("\uFFFD")))
	case f.typ == message && depth >= maxDepth:
		return dst
	case f.typ == message:
		return AppendBytes(dst, num, clean(nil, v, f.message, depth+1))
	case validBytes(v, f, depth):
		return AppendBytes(dst, num, v)
	}
	return dst
}

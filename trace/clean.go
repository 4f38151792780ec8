package trace

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Producers can write what a strict reader refuses: invalid UTF-8 in a string,
// ids of a wrong length, fields of a wrong wire type, values nested without
// end. One such span would make Jaeger fail a whole answer. valid finds these
// spans while loading; clean makes of each one the nearest that every reader
// takes. The original bytes stay in the file.

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

type fieldSchema struct {
	typ     fieldType
	message *schema
}

// schema describes a message by field number, as opentelemetry-proto 1.x has it.
type schema struct {
	fields [17]fieldSchema
}

func (s *schema) field(n protowire.Number) fieldSchema {
	if n < 0 || int(n) >= len(s.fields) {
		return fieldSchema{}
	}
	return s.fields[n]
}

// The messages that can occur in a span, a resource and a scope. keyValue and
// anyValue contain each other, so they are tied together by newSchemas.
type schemas struct {
	span, resource, scope, keyValue, event, link, status *schema
}

var wireSchemas = newSchemas()

func newSchemas() schemas {
	f := func(t fieldType) fieldSchema { return fieldSchema{typ: t} }
	m := func(s *schema) fieldSchema { return fieldSchema{message, s} }
	keyValue, anyValue := &schema{}, &schema{}
	array := &schema{[17]fieldSchema{1: m(anyValue)}}
	list := &schema{[17]fieldSchema{1: m(keyValue)}}
	keyValue.fields = [17]fieldSchema{1: f(text), 2: m(anyValue)}
	anyValue.fields = [17]fieldSchema{1: f(text), 2: f(varint), 3: f(varint), 4: f(fixed64), 5: m(array), 6: m(list), 7: f(rawBytes)}
	event := &schema{[17]fieldSchema{1: f(fixed64), 2: f(text), 3: m(keyValue), 4: f(varint)}}
	link := &schema{[17]fieldSchema{1: f(traceIDField), 2: f(spanIDField), 3: f(text), 4: m(keyValue), 5: f(varint), 6: f(fixed32)}}
	status := &schema{[17]fieldSchema{2: f(text), 3: f(varint)}}
	return schemas{
		keyValue: keyValue, event: event, link: link, status: status,
		span: &schema{[17]fieldSchema{
			1: f(traceIDField), 2: f(spanIDField), 3: f(text), 4: f(spanIDField), 5: f(text), 6: f(varint), 7: f(fixed64), 8: f(fixed64),
			9: m(keyValue), 10: f(varint), 11: m(event), 12: f(varint), 13: m(link), 14: f(varint), 15: m(status), 16: f(fixed32),
		}},
		resource: &schema{[17]fieldSchema{1: m(keyValue), 2: f(varint)}},
		scope:    &schema{[17]fieldSchema{1: f(text), 2: f(text), 3: m(keyValue), 4: f(varint)}},
	}
}

// valid reports whether every reader will take b as a message of schema s.
// Fields that the schema does not know are well if their framing is.
func valid(b []byte, s *schema, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for len(b) > 0 {
		num, typ, n := consumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, typ, b)
		if size < 0 {
			return false
		}
		f := s.field(num)
		if f.typ != unknown {
			if f.typ.wire() != typ {
				return false
			}
			if typ == protowire.BytesType && !validBytes(b[:size], f, depth) {
				return false
			}
		}
		b = b[size:]
	}
	return true
}

// consumeTag is protowire's, but for field numbers that proto.Unmarshal refuses.
func consumeTag(b []byte) (protowire.Number, protowire.Type, int) {
	num, typ, n := protowire.ConsumeTag(b)
	if n > 0 && num > protowire.MaxValidNumber {
		return 0, 0, -1
	}
	return num, typ, n
}

func validBytes(field []byte, f fieldSchema, depth int) bool {
	v, _ := protowire.ConsumeBytes(field)
	switch f.typ {
	case text:
		return utf8.Valid(v)
	case traceIDField:
		return len(v) == 16 || len(v) == 0
	case spanIDField:
		return len(v) == 8 || len(v) == 0
	case message:
		return valid(v, f.message, depth+1)
	}
	return true
}

// validAttribute is valid for a KeyValue, with a short way for the common one:
// a short key with a string value. It saves two thirds of the time that
// checking takes while loading.
func validAttribute(b []byte) bool {
	if len(b) > 6 && b[0] == 1<<3|2 && b[1] < 0x80 {
		key := int(b[1])
		rest := b[2:]
		if len(rest) > key+4 {
			value := rest[key:]
			inner := len(value) - 4
			if value[0] == 2<<3|2 && int(value[1]) == inner+2 && inner+2 < 0x80 && value[2] == 1<<3|2 && int(value[3]) == inner {
				return utf8.Valid(rest[:key]) && utf8.Valid(value[4:])
			}
		}
	}
	return valid(b, wireSchemas.keyValue, 1)
}

// clean appends to dst what can be kept of b as a message of schema s: strings
// with U+FFFD for invalid bytes, fields up to the first broken one; fields of a
// wrong type and ids of a wrong length are left out, and so is what is nested
// deeper than maxDepth.
func clean(dst, b []byte, s *schema, depth int) []byte {
	for len(b) > 0 {
		num, typ, n := consumeTag(b)
		if n < 0 {
			break
		}
		size := protowire.ConsumeFieldValue(num, typ, b[n:])
		if size < 0 {
			break
		}
		if f := s.field(num); f.typ != unknown && f.typ.wire() == typ {
			if typ == protowire.BytesType {
				dst = cleanBytes(dst, num, b[n:n+size], f, depth)
			} else {
				dst = append(dst, b[:n+size]...)
			}
		}
		b = b[n+size:]
	}
	return dst
}

func cleanBytes(dst []byte, num protowire.Number, field []byte, f fieldSchema, depth int) []byte {
	v, _ := protowire.ConsumeBytes(field)
	switch f.typ {
	case text:
		dst = protowire.AppendTag(dst, num, protowire.BytesType)
		return protowire.AppendString(dst, strings.ToValidUTF8(string(v), "\uFFFD"))
	case message:
		if depth >= maxDepth {
			return dst
		}
		inner := clean(nil, v, f.message, depth+1)
		dst = protowire.AppendTag(dst, num, protowire.BytesType)
		return protowire.AppendBytes(dst, inner)
	}
	if !validBytes(field, f, depth) {
		return dst
	}
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return append(dst, field...)
}

package remote

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Spans are translated from encoded to encoded. What a set serves is valid to
// the bottom (see trace.Set.Encoded), so that a broken field here is only the
// end of its message.

// wireField is one field of an encoded message.
type wireField struct {
	tag   uint64 // number and wire type
	bytes []byte // the content of a length-delimited field, the encoding of a scalar
}

// Wire types, as they are added to a field's number.
const (
	asVarint  = uint64(protowire.VarintType)
	asFixed64 = uint64(protowire.Fixed64Type)
	asBytes   = uint64(protowire.BytesType)
)

// cut takes the first field off a message; it is not ok at the end.
func cut(b []byte) (f wireField, rest []byte, ok bool) {
	if len(b) >= 2 && b[0] < 0x80 && uint64(b[0])&7 == asBytes && b[1] < 0x80 && int(b[1]) <= len(b)-2 {
		end := 2 + int(b[1]) // three in four fields are short
		return wireField{uint64(b[0]), b[2:end]}, b[end:], true
	}
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return wireField{}, nil, false
	}
	b = b[n:]
	size := 0
	switch tag & 7 {
	case asBytes:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return wireField{}, nil, false
		}
		b, size = b[n:], int(length)
	case asVarint:
		for size < len(b) && b[size] >= 0x80 {
			size++
		}
		size++
	case asFixed64:
		size = 8
	default:
		if size = protowire.ConsumeFieldValue(protowire.Number(tag>>3), protowire.Type(tag&7), b); size < 0 {
			return wireField{}, nil, false
		}
	}
	if size > len(b) {
		return wireField{}, nil, false
	}
	return wireField{tag, b[:size]}, b[size:], true
}

// number is the value of a varint or fixed64 field.
func (f wireField) number() uint64 {
	if f.tag&7 == asFixed64 {
		return binary.LittleEndian.Uint64(f.bytes)
	}
	v, _ := binary.Uvarint(f.bytes)
	return v
}

// All fields that are written have numbers below 16: their tags take one byte.

func appendHead(b []byte, field protowire.Number, size int) []byte {
	return binary.AppendUvarint(append(b, byte(field)<<3|byte(asBytes)), uint64(size))
}

func fieldSize(content int) int { return 1 + protowire.SizeBytes(content) }

func optionalSize(content int) int {
	if content == 0 {
		return 0
	}
	return fieldSize(content)
}

// Fields of proto3 are left out where they say nothing.

func appendOptional[T string | []byte](b []byte, field protowire.Number, content T) []byte {
	if len(content) == 0 {
		return b
	}
	return append(appendHead(b, field, len(content)), content...)
}

func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(append(b, byte(field)<<3|byte(asVarint)), v)
}

// open begins a message in a field, and seal ends it: the length is known only
// then, and what was written makes way for one of more than a byte.
func open(b []byte, field protowire.Number) (message []byte, start int) {
	b = append(b, byte(field)<<3|byte(asBytes), 0)
	return b, len(b)
}

func seal(b []byte, start int) []byte {
	length := len(b) - start
	if length < 0x80 {
		b[start-1] = byte(length)
		return b
	}
	more := protowire.SizeVarint(uint64(length)) - 1
	b = append(b, make([]byte, more)...)
	copy(b[start+more:], b[start:start+length])
	binary.PutUvarint(b[start-1:], uint64(length))
	return b
}

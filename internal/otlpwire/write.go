package otlpwire

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Text is what a length-delimited field can hold.
type Text interface{ string | []byte }

// AppendBytes appends a length-delimited field.
func AppendBytes[T Text](b []byte, num protowire.Number, v T) []byte {
	return append(AppendHead(b, num, len(v)), v...)
}

// AppendOptional is AppendBytes without what proto3 leaves out: an empty field.
func AppendOptional[T Text](b []byte, num protowire.Number, v T) []byte {
	if len(v) == 0 {
		return b
	}
	return AppendBytes(b, num, v)
}

// AppendHead appends what comes before the size bytes of a length-delimited field.
func AppendHead(b []byte, num protowire.Number, size int) []byte {
	if num < 16 && size < 0x80 { // small enough to be inlined
		return append(b, byte(num<<3|2), byte(size))
	}
	return appendLongHead(b, num, size)
}

//go:noinline
func appendLongHead(b []byte, num protowire.Number, size int) []byte {
	return binary.AppendUvarint(AppendTag(b, num, protowire.BytesType), uint64(size))
}

// AppendFixed64 appends a fixed64 field.
func AppendFixed64(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(AppendTag(b, num, protowire.Fixed64Type), v)
}

// AppendVarint appends a varint field.
func AppendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return binary.AppendUvarint(AppendTag(b, num, protowire.VarintType), v)
}

// AppendNumber is AppendVarint without what proto3 leaves out: a zero.
func AppendNumber(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return AppendVarint(b, num, v)
}

// AppendTag appends the tag of a field; the field itself must follow.
func AppendTag(b []byte, num protowire.Number, typ protowire.Type) []byte {
	if num < 16 { // small enough to be inlined
		return append(b, byte(num)<<3|byte(typ))
	}
	return appendLongTag(b, num, typ)
}

//go:noinline
func appendLongTag(b []byte, num protowire.Number, typ protowire.Type) []byte {
	return protowire.AppendTag(b, num, typ)
}

// Open begins a message in field num. The caller appends its fields, and then
// calls Seal with the same start: only then is the length known.
func Open(b []byte, num protowire.Number) (message []byte, start int) {
	b = append(AppendTag(b, num, protowire.BytesType), 0)
	return b, len(b)
}

// Seal ends a message that Open began. What was written makes way for a length
// of more than a byte.
func Seal(b []byte, start int) []byte {
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

// MaxHead is the most that AppendHead appends for a number below 16 and less than
// 16 GiB, in bytes.
const MaxHead = 6

// FieldSize is the size of a length-delimited field of size bytes whose number
// is below 16, and OptionalSize that of one which is left out if it is empty.
func FieldSize(size int) int { return 1 + protowire.SizeBytes(size) }

// OptionalSize is the size of what AppendOptional appends; see FieldSize.
func OptionalSize(size int) int {
	if size == 0 {
		return 0
	}
	return FieldSize(size)
}

// AppendText appends to a message, as field num, the KeyValue of a text.
func AppendText(b []byte, num protowire.Number, key, value string) []byte {
	b = appendKey(b, num, key, FieldSize(len(value)))
	return AppendBytes(b, 1, value)
}

// AppendInt appends to a message, as field num, the KeyValue of an integer.
func AppendInt(b []byte, num protowire.Number, key string, value int64) []byte {
	b = appendKey(b, num, key, 1+protowire.SizeVarint(uint64(value)))
	return AppendVarint(b, 3, uint64(value))
}

// AppendBool appends to a message, as field num, the KeyValue of a boolean.
func AppendBool(b []byte, num protowire.Number, key string, value bool) []byte {
	return AppendVarint(appendKey(b, num, key, 2), 2, protowire.EncodeBool(value))
}

// appendKey begins a KeyValue whose AnyValue takes size bytes.
func appendKey(b []byte, num protowire.Number, key string, size int) []byte {
	b = AppendHead(b, num, FieldSize(len(key))+FieldSize(size))
	return AppendHead(AppendBytes(b, 1, key), 2, size)
}

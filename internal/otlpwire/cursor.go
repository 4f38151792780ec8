// Package otlpwire reads and writes the protobuf wire bytes of OpenTelemetry's
// trace messages (opentelemetry-proto 1.x) without decoding them into objects.
// It is the one place that knows how a field is laid out; every other package
// asks it for fields.
//
// The package promises that no input makes it panic, recurse without bound or
// allocate more than the input's own size. Slices and strings that it returns
// alias the input. All functions are safe for concurrent use.
//
// It never looks at what a field means beyond its type: times, ids and names are
// interpreted by its callers.
package otlpwire

import (
	"encoding/binary"
	"iter"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Cursor reads the fields of the message in Data[Pos:End]. Positions are
// absolute: the place of a field in its file needs no further arithmetic.
type Cursor struct {
	Data     []byte
	Pos, End int
}

// Read gives a cursor over a whole message.
func Read(b []byte) Cursor { return Cursor{b, 0, len(b)} }

// Field is one field as it lies in the data. The compiler keeps it in registers
// as long as no struct in it has more than four fields.
type Field struct {
	Tag
	Value  uint64 // of the scalar types
	Lo, Hi int    // the content of a length-delimited field is Data[Lo:Hi]
}

// Tag is a field's number and wire type.
type Tag struct {
	Num protowire.Number
	Typ protowire.Type
}

// Next reads one field. ok is false at the end of the message, and where the
// message is broken: then bad is true.
func (c *Cursor) Next() (f Field, ok, bad bool) {
	if c.Pos >= c.End {
		return Field{}, false, false
	}
	b := c.Data[c.Pos:c.End]
	tag, n := uint64(b[0]), 1
	if tag >= 0x80 {
		if tag, n = protowire.ConsumeVarint(b); n < 0 {
			return Field{}, false, true
		}
	}
	f.Num, f.Typ = protowire.DecodeTag(tag)
	if f.Num < protowire.MinValidNumber || f.Num > protowire.MaxValidNumber {
		return Field{}, false, true
	}
	size := 0
	switch f.Typ {
	case protowire.BytesType:
		length, m := consumeLength(b[n:])
		if m < 0 || length > uint64(len(b)-n-m) {
			return Field{}, false, true
		}
		f.Lo = c.Pos + n + m
		f.Hi = f.Lo + int(length)
		c.Pos = f.Hi
		return f, true, false
	case protowire.VarintType:
		f.Value, size = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed64Type:
		f.Value, size = protowire.ConsumeFixed64(b[n:])
	case protowire.Fixed32Type:
		var v uint32
		v, size = protowire.ConsumeFixed32(b[n:])
		f.Value = uint64(v)
	default:
		size = protowire.ConsumeFieldValue(f.Num, f.Typ, b[n:])
	}
	if size < 0 {
		return Field{}, false, true
	}
	c.Pos += n + size
	return f, true, false
}

func consumeLength(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return protowire.ConsumeVarint(b)
}

// Messages ranges over the length-delimited fields of a message, up to the first
// field that is broken.
func Messages(b []byte) iter.Seq2[protowire.Number, []byte] {
	return func(yield func(protowire.Number, []byte) bool) {
		c := Read(b)
		for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
			if f.Typ == protowire.BytesType && !yield(f.Num, b[f.Lo:f.Hi:f.Hi]) {
				return
			}
		}
	}
}

// Bytes gives the last length-delimited field of a number, which is the one that
// counts in protobuf; nil if there is none.
func Bytes(b []byte, num protowire.Number) (content []byte) {
	c := Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == num && f.Typ == protowire.BytesType {
			content = b[f.Lo:f.Hi]
		}
	}
	return content
}

// Fixed64 gives the last fixed64 field of a number, 0 if there is none.
func Fixed64(b []byte, num protowire.Number) (v uint64) {
	c := Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == num && f.Typ == protowire.Fixed64Type {
			v = f.Value
		}
	}
	return v
}

// KeyValue gives the key and the encoded value of a KeyValue; of several the last.
func KeyValue(b []byte) (key, value []byte) {
	if key, rest, ok := cutField(b, 1); ok { // nearly all have the one, then the other
		if value, rest, ok := cutField(rest, 2); ok && len(rest) == 0 {
			return key, value
		}
	}
	c := Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		switch {
		case f.Typ != protowire.BytesType:
		case f.Num == 1:
			key = b[f.Lo:f.Hi]
		case f.Num == 2:
			value = b[f.Lo:f.Hi]
		}
	}
	return key, value
}

// SimpleAttribute cuts up a KeyValue that has its key first and then a value
// which is one field with a number below 16, as nearly all have. key is the
// field of the key with its tag and length. kind is the number of the value's
// field: 1 text, 2 boolean, 3 integer, 4 double; value is what follows its tag.
func SimpleAttribute(b []byte) (key []byte, kind protowire.Number, value []byte, ok bool) {
	c := Read(b)
	k, _, _ := c.Next()
	v, _, _ := c.Next()
	if k.Tag != (Tag{1, protowire.BytesType}) || v.Tag != (Tag{2, protowire.BytesType}) || v.Hi != len(b) {
		return nil, 0, nil, false
	}
	c = Cursor{b, v.Lo, v.Hi}
	f, ok, _ := c.Next()
	if !ok || c.Pos != v.Hi || f.Num >= 16 || b[v.Lo] >= 0x80 { // such a tag can be written longer
		return nil, 0, nil, false
	}
	return b[:k.Hi], f.Num, b[v.Lo+1 : v.Hi], true
}

// StatusMessage gives the message of an encoded span's status. Of several parts
// of the status the last one with a message counts.
func StatusMessage(span []byte) (message []byte) {
	c := Read(span)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 15 || f.Typ != protowire.BytesType {
			continue
		}
		if m := Bytes(span[f.Lo:f.Hi], 2); m != nil {
			message = m
		}
	}
	return message
}

// ID reads an id of up to 8 bytes, big-endian.
func ID(b []byte) uint64 {
	if len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	var v uint64
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

// String is b as a string without a copy. It lives as long as b does, and b must
// not change.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

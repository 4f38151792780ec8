// Package otlpwire reads and writes the protobuf wire bytes of OpenTelemetry's
// trace messages (opentelemetry-proto 1.x) without decoding them into objects.
// Only this package knows the layout of fields; other packages get fields from it.
//
// The package promises that no input makes it panic, recurse without bound or
// allocate more than the input's own size. Slices and strings that it returns
// alias the input. All functions are safe for concurrent use.
//
// A Cursor reads any bytes and says where fields are. Cut is faster for messages that
// were checked before.
//
// It never looks at what a field means beyond its type: times, ids and names are
// interpreted by its callers.
package otlpwire

import (
	"bytes"
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
	if tag := b[0]; tag >= 1<<3 && tag < 0x80 { // nearly all fields are of these two kinds
		f.Num, f.Typ = protowire.Number(tag>>3), protowire.Type(tag&7)
		if f.Typ == protowire.BytesType && len(b) >= 3 { // whose length has one byte, or two as that of a span
			n, at := int(b[1]), 2
			if n >= 0x80 {
				n, at = n&0x7f|int(b[2])<<7, 3
			}
			if n <= len(b)-at && b[at-1] < 0x80 {
				f.Lo = c.Pos + at
				f.Hi = f.Lo + n
				c.Pos = f.Hi
				return f, true, false
			}
		}
		if f.Typ == protowire.Fixed64Type && len(b) >= 1+8 {
			f.Value = binary.LittleEndian.Uint64(b[1:])
			c.Pos += 1 + 8
			return f, true, false
		}
	}
	return c.next(b)
}

// next reads any field from b, which is what is left of the message.
func (c *Cursor) next(b []byte) (f Field, ok, bad bool) {
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
		length, m := protowire.ConsumeVarint(b[n:])
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

// Cut takes the first field off a message: the value of a scalar or the content of
// a length-delimited field. It is the fastest way through a message whose fields
// are known to have their own wire types. It is not ok at the end of the message
// and where the message is broken.
func Cut(b []byte) (num protowire.Number, value uint64, content, rest []byte, ok bool) {
	// Nearly all fields have one byte for their number, and three in four are short texts.
	if len(b) >= 2 && b[0] >= 1<<3 && b[0] < 0x80 {
		num = protowire.Number(b[0] >> 3)
		switch protowire.Type(b[0] & 7) {
		case protowire.BytesType:
			if end := 2 + int(b[1]); b[1] < 0x80 && end <= len(b) {
				return num, 0, b[2:end], b[end:], true
			}
		case protowire.VarintType:
			if b[1] < 0x80 {
				return num, uint64(b[1]), nil, b[2:], true
			}
		case protowire.Fixed64Type:
			if len(b) >= 9 {
				return num, binary.LittleEndian.Uint64(b[1:]), nil, b[9:], true
			}
		}
	}
	c := Read(b)
	f, ok, _ := c.Next()
	return f.Num, f.Value, b[f.Lo:f.Hi], b[c.Pos:], ok
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

// SimpleAttribute cuts up a KeyValue that has its key first and then a value which
// is one field of a simple type, as nearly all have. key is the field of the key
// with its tag and length. kind is the number of the value's field: 1 text,
// 2 boolean, 3 integer, 4 double; value is what follows its tag.
func SimpleAttribute(b []byte) (key []byte, kind protowire.Number, value []byte, ok bool) {
	_, rest, _ := cutField(b, 1)
	v, end, ok := cutField(rest, 2)
	if !ok || len(end) > 0 || len(v) == 0 {
		return nil, 0, nil, false
	}
	key, value = b[:len(b)-len(rest)], v[1:]
	switch v[0] {
	case 1<<3 | byte(protowire.BytesType):
		_, end, ok = cutField(v, 1)
		return key, 1, value, ok && len(end) == 0
	case 2<<3 | byte(protowire.VarintType), 3<<3 | byte(protowire.VarintType):
		_, n := protowire.ConsumeVarint(value)
		return key, protowire.Number(v[0] >> 3), value, n == len(value)
	case 4<<3 | byte(protowire.Fixed64Type):
		return key, 4, value, len(value) == 8
	}
	return nil, 0, nil, false
}

// cutField cuts the length-delimited field num off the start of b. It is not ok
// where another field comes first.
func cutField(b []byte, num protowire.Number) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != byte(num)<<3|byte(protowire.BytesType) {
		return nil, nil, false
	}
	if b[1] < 0x80 && int(b[1]) <= len(b)-2 {
		end := 2 + int(b[1])
		return b[2:end], b[end:], true
	}
	length, n := protowire.ConsumeVarint(b[1:])
	if n < 0 || length > uint64(len(b)-1-n) {
		return nil, nil, false
	}
	end := 1 + n + int(length)
	return b[1+n : end], b[end:], true
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

// MayHaveNonFinite reports whether a NaN or an infinity can be among the values in a
// message. It may take other bytes for one, but never misses one: it looks for the
// tag of a double value with a number behind it whose exponent has all bits set.
// Nearly all spans pass at the speed of bytes.IndexByte.
func MayHaveNonFinite(b []byte) bool {
	const tag, size = 4<<3 | byte(protowire.Fixed64Type), 8
	for {
		i := bytes.IndexByte(b, tag)
		if i < 0 || i+size >= len(b) {
			return false
		}
		if b[i+size]&0x7f == 0x7f && b[i+size-1]&0xf0 == 0xf0 {
			return true
		}
		b = b[i+1:]
	}
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

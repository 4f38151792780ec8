package trace

import (
	"encoding/binary"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// A cursor reads the fields of the message in data[pos:end]. Positions are
// absolute, so that the offset of a span in its file comes for nothing.
type cursor struct {
	data     []byte
	pos, end int
}

// field is one field as it lies in the data. The compiler keeps it in registers
// as long as no struct in it has more than four fields.
type field struct {
	tag
	value  uint64 // of the scalar types
	lo, hi int    // the content of a length-delimited field
}

type tag struct {
	num protowire.Number
	typ protowire.Type
}

// next reads one field. ok is false at the end of the message, and where the
// message is broken: then bad is true.
func (c *cursor) next() (f field, ok, bad bool) {
	if c.pos >= c.end {
		return field{}, false, false
	}
	b := c.data[c.pos:c.end]
	tag, n := uint64(b[0]), 1
	if tag >= 0x80 {
		if tag, n = protowire.ConsumeVarint(b); n < 0 {
			return field{}, false, true
		}
	}
	f.num, f.typ = protowire.DecodeTag(tag)
	if f.num < protowire.MinValidNumber || f.num > protowire.MaxValidNumber {
		return field{}, false, true
	}
	size := 0
	switch f.typ {
	case protowire.BytesType:
		length, m := consumeLength(b[n:])
		if m < 0 || length > uint64(len(b)-n-m) {
			return field{}, false, true
		}
		f.lo = c.pos + n + m
		f.hi = f.lo + int(length)
		c.pos = f.hi
		return f, true, false
	case protowire.VarintType:
		f.value, size = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed64Type:
		f.value, size = protowire.ConsumeFixed64(b[n:])
	case protowire.Fixed32Type:
		var v uint32
		v, size = protowire.ConsumeFixed32(b[n:])
		f.value = uint64(v)
	default:
		size = protowire.ConsumeFieldValue(f.num, f.typ, b[n:])
	}
	if size < 0 {
		return field{}, false, true
	}
	c.pos += n + size
	return f, true, false
}

func consumeLength(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return protowire.ConsumeVarint(b)
}

// number reads an id of up to 8 bytes, big-endian.
func number(b []byte) uint64 {
	if len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	var v uint64
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

// viewString is b as a string without a copy. The interned names and resource
// keys alias the mapped files this way.
func viewString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

package otlpwire

import (
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// SkipPlain passes over the attributes that lie behind each other at data[pos:end], as
// length-delimited fields of the given number, below 16. It stops at the first field that
// is another one or that is not plain, and gives its position. Plain is what exporters
// write and every reader takes: a key, then one text, boolean, integer or double, each
// shorter than 16 KiB. What it stops at can be valid all the same (see ValidAttribute).
//
// Two thirds of a span are attributes. Reading them field by field took half of the
// time of loading.
func SkipPlain(data []byte, pos, end int, num protowire.Number) int {
	tag := byte(num)<<3 | byte(protowire.BytesType)
	for pos < end && data[pos] == tag {
		lo, hi, ok := short(data, pos, end)
		if !ok || !plain(data[lo:hi]) {
			return pos
		}
		pos = hi
	}
	return pos
}

// short finds the content of the length-delimited field at data[pos:end], where its tag
// has one byte and its length at most two.
func short(data []byte, pos, end int) (lo, hi int, ok bool) {
	if pos+1 >= end {
		return 0, 0, false
	}
	n := int(data[pos+1])
	lo = pos + 2
	if n >= 0x80 {
		if lo >= end || data[lo] >= 0x80 {
			return 0, 0, false
		}
		n, lo = n&0x7f|int(data[lo])<<7, pos+3
	}
	hi = lo + n
	return lo, hi, hi <= end
}

// plain reports whether b is a KeyValue as SkipPlain passes over.
func plain(b []byte) bool {
	const (
		text     = 1<<3 | byte(protowire.BytesType)
		value    = 2<<3 | byte(protowire.BytesType)
		boolean  = 2<<3 | byte(protowire.VarintType)
		integer  = 3<<3 | byte(protowire.VarintType)
		fraction = 4<<3 | byte(protowire.Fixed64Type)
	)
	if len(b) < 2 || b[0] != text {
		return false
	}
	key, end, ok := short(b, 0, len(b))
	if !ok || end+3 >= len(b) || b[end] != value {
		return false
	}
	at, last, ok := short(b, end, len(b))
	if !ok || last != len(b) || last-at < 2 {
		return false
	}
	switch b[at] {
	case text:
		from, to, ok := short(b, at, len(b))
		if !ok || to != len(b) {
			return false
		}
		// All of it at once: what lies around the two texts is ASCII where they are short.
		return ascii(b) || utf8.Valid(b[key:end]) && utf8.Valid(b[from:])
	case boolean, integer:
		if _, n := protowire.ConsumeVarint(b[at+1:]); n != len(b)-at-1 {
			return false
		}
	case fraction:
		if len(b)-at != 1+8 {
			return false
		}
	default:
		return false
	}
	return ValidText(b[key:end])
}

// ValidText is utf8.Valid, faster where b is short and ASCII.
func ValidText(b []byte) bool { return ascii(b) || utf8.Valid(b) }

// ascii reports whether all bytes are below 0x80. It looks at eight at a time, at some
// of them twice: no byte is looked at alone but in texts shorter than four.
func ascii(b []byte) bool {
	const high = 0x8080808080808080
	var seen uint64
	switch n := len(b); {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			seen |= binary.LittleEndian.Uint64(b[i:])
		}
		seen |= binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		seen = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))
	default:
		for _, c := range b {
			seen |= uint64(c)
		}
	}
	return seen&high == 0
}

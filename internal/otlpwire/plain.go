package otlpwire

import (
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// A SpanHead is the fields that begin a span, in the order of their numbers, as exporters
// write them. What is missing is zero.
type SpanHead struct {
	TraceID        [16]byte
	ID, Parent     uint64
	NameLo, NameHi int // of the name in the data
	Kind           byte
	Start, End     uint64 // ns
}

// Read reads as many of the fields at data[pos:end] as come in that order, each in its
// usual form, and gives the position behind them. What follows is for a Cursor, which
// takes four times as long.
func (h *SpanHead) Read(data []byte, pos, end int) int {
	b := data[pos:end]
	if len(b) >= 28 && b[0] == 1<<3|2 && b[1] == 16 && b[18] == 2<<3|2 && b[19] == 8 {
		h.TraceID = [16]byte(b[2:18])
		h.ID = binary.BigEndian.Uint64(b[20:])
		b = b[28:]
	}
	if len(b) >= 10 && b[0] == 4<<3|2 && b[1] == 8 {
		h.Parent = binary.BigEndian.Uint64(b[2:])
		b = b[10:]
	}
	if len(b) >= 2 && b[0] == 5<<3|2 && b[1] < 0x80 && int(b[1]) <= len(b)-2 {
		h.NameLo = end - len(b) + 2
		h.NameHi = h.NameLo + int(b[1])
		b = b[2+int(b[1]):]
	}
	if len(b) >= 2 && b[0] == 6<<3 && b[1] < 0x80 {
		h.Kind = b[1]
		b = b[2:]
	}
	if len(b) >= 9 && b[0] == 7<<3|1 {
		h.Start = binary.LittleEndian.Uint64(b[1:])
		b = b[9:]
	}
	if len(b) >= 9 && b[0] == 8<<3|1 {
		h.End = binary.LittleEndian.Uint64(b[1:])
		b = b[9:]
	}
	return end - len(b)
}

// SkipPlain passes over the attributes that lie behind each other at data[pos:end], as
// length-delimited fields of the given number, below 16. It stops at the first field that
// is another one or that is not plain, and gives its position. Plain is what exporters
// write and every reader takes: a key, then one text, boolean, integer or double, each
// shorter than 16 KiB. What it stops at can be valid all the same (see ValidAttribute).
//
// Two thirds of a span are attributes. Reading them field by field took half of the
// time of loading. Texts are checked together as far as they lie behind each other:
// between ASCII texts shorter than 128 bytes there is nothing but ASCII.
func SkipPlain(data []byte, pos, end int, num protowire.Number) int {
	tag := byte(num)<<3 | byte(protowire.BytesType)
	data = data[:end]
	checked := pos // all texts before it are known to be valid
	for pos < end && data[pos] == tag {
		lo, hi, ok := short(data, pos, end)
		if !ok {
			break
		}
		texts, ok := laidOut(data[lo:hi])
		if !ok {
			break
		}
		long := hi-lo >= 0x80 // its lengths can be no ASCII
		behind := lo + texts  // of a number's bytes nothing is asked
		if long {
			behind = pos
		}
		if (long || behind < hi) && checked < behind && !ascii(data[checked:behind]) {
			if at := skipTexts(data, checked, pos, tag); at < pos {
				return at
			}
			long = true
		}
		if long && !plain(data[lo:hi]) {
			return pos
		}
		if long || behind < hi {
			checked = hi
		}
		pos = hi
	}
	if checked < pos && !ascii(data[checked:pos]) {
		return skipTexts(data, checked, pos, tag)
	}
	return pos
}

// skipTexts passes over attributes that are laid out plainly at data[pos:end], up to the
// first one with a text that is not valid.
func skipTexts(data []byte, pos, end int, tag byte) int {
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

const (
	plainText    = 1<<3 | byte(protowire.BytesType)
	plainValue   = 2<<3 | byte(protowire.BytesType)
	plainBoolean = 2<<3 | byte(protowire.VarintType)
	plainInteger = 3<<3 | byte(protowire.VarintType)
	plainDouble  = 4<<3 | byte(protowire.Fixed64Type)
)

// laidOut reports whether b is a KeyValue as SkipPlain passes over, whatever its texts
// are. They end before texts: at the end of b, or at the number that is its value.
func laidOut(b []byte) (texts int, ok bool) {
	if len(b) < 2 || b[0] != plainText {
		return 0, false
	}
	_, end, ok := short(b, 0, len(b))
	if !ok || end+3 >= len(b) || b[end] != plainValue {
		return 0, false
	}
	at, last, ok := short(b, end, len(b))
	if !ok || last != len(b) || last-at < 2 {
		return 0, false
	}
	switch b[at] {
	case plainText:
		_, to, ok := short(b, at, len(b))
		return len(b), ok && to == len(b)
	case plainBoolean, plainInteger:
		if b[at+1] < 0x80 {
			return at, len(b)-at == 2
		}
		_, n := protowire.ConsumeVarint(b[at+1:])
		return at, n == len(b)-at-1
	case plainDouble:
		return at, len(b)-at == 1+8
	}
	return 0, false
}

// plain reports whether b is a KeyValue as SkipPlain passes over.
func plain(b []byte) bool {
	texts, ok := laidOut(b)
	if !ok {
		return false
	}
	key, end, _ := short(b, 0, len(b))
	if !ValidText(b[key:end]) {
		return false
	}
	if texts < len(b) {
		return true
	}
	at, _, _ := short(b, end, len(b))
	from, to, _ := short(b, at, len(b))
	return ValidText(b[from:to])
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

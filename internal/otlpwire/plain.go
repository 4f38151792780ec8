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

// SpanTail reports whether data[pos:end] is the fields that end a span, as exporters write
// them: a status, flags, both or none, each in its usual form and valid. It gives the code
// of the status, -1 where it has none.
func SpanTail(data []byte, pos, end int) (code int, ok bool) {
	b, code := data[pos:end], -1
	if len(b) >= 2 && b[0] == 15<<3|2 && b[1] < 0x80 && int(b[1]) <= len(b)-2 {
		status := b[2 : 2+int(b[1])]
		b = b[2+len(status):]
		if len(status) >= 2 && status[0] == 2<<3|2 && status[1] < 0x80 && int(status[1]) <= len(status)-2 {
			message := status[2 : 2+int(status[1])]
			if !ValidText(message) {
				return -1, false
			}
			status = status[2+len(message):]
		}
		if len(status) == 2 && status[0] == 3<<3 && status[1] < 0x80 {
			code, status = int(status[1]), nil
		}
		if len(status) > 0 {
			return -1, false
		}
	}
	const flags = 16<<3 | uint16(protowire.Fixed32Type)
	ok = len(b) == 0 || len(b) == 2+4 && b[0] == byte(flags&0x7f|0x80) && b[1] == byte(flags>>7)
	return code, ok
}

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
	for {
		pos = skipShort(data, pos, end, tag)
		b := data[pos:end]
		if len(b) < 3 || b[0] != tag {
			return pos
		}
		n, at := int(b[1]), 2
		if n >= 0x80 {
			if b[2] >= 0x80 {
				return pos
			}
			n, at = n&0x7f|int(b[2])<<7, 3
		}
		if n > len(b)-at || !plain(b[at:at+n]) {
			return pos
		}
		pos += at + n
	}
}

// ahead is how many bytes skipShort looks at, whether they are the attribute's or not.
const ahead = 64

// skipShort passes over the fields at data[pos:end] that are short plain attributes of ASCII,
// but not where data ends soon, and gives the position of the first that is none. Text is
// looked at all at once, without a branch on how long it is: those branches were often
// predicted wrongly.
func skipShort(data []byte, pos, end int, tag byte) int {
	for len(data)-pos >= 2+ahead {
		b := (*[2 + ahead]byte)(data[pos:])
		n, key := int(b[1]), int(b[3])
		value := n - key - 4 // bytes of the field of the value
		if b[0] != tag || b[2] != plainText || n > min(ahead, end-pos-2) || value < 2 {
			break
		}
		v := b[4+key:]
		if v[0] != plainValue || int(v[1]) != value {
			break
		}
		text := n
		if v[2] != plainText {
			if !plainNumber(v[2 : 2+value]) {
				break
			}
			text = 2 + key
		} else if int(v[3]) != value-2 {
			break
		}
		w, m := (*[ahead]byte)(b[2:]), (*[ahead]byte)(highBits[ahead-text:])
		seen := binary.LittleEndian.Uint64(w[0:])&binary.LittleEndian.Uint64(m[0:]) |
			binary.LittleEndian.Uint64(w[8:])&binary.LittleEndian.Uint64(m[8:]) |
			binary.LittleEndian.Uint64(w[16:])&binary.LittleEndian.Uint64(m[16:]) |
			binary.LittleEndian.Uint64(w[24:])&binary.LittleEndian.Uint64(m[24:]) |
			binary.LittleEndian.Uint64(w[32:])&binary.LittleEndian.Uint64(m[32:]) |
			binary.LittleEndian.Uint64(w[40:])&binary.LittleEndian.Uint64(m[40:]) |
			binary.LittleEndian.Uint64(w[48:])&binary.LittleEndian.Uint64(m[48:]) |
			binary.LittleEndian.Uint64(w[56:])&binary.LittleEndian.Uint64(m[56:])
		if seen != 0 {
			break
		}
		pos += 2 + n
	}
	return pos
}

// highBits has the high bit of each of its first bytes: from ahead-n on it masks n bytes.
var highBits = [2 * ahead]byte{
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
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

// plain reports whether b is a KeyValue as SkipPlain passes over. Lengths are read here,
// not by functions: those took as long as all else.
func plain(b []byte) bool {
	if len(b) < 6 || b[0] != plainText {
		return false
	}
	n, key := int(b[1]), 2
	if n >= 0x80 {
		if b[2] >= 0x80 {
			return false
		}
		n, key = n&0x7f|int(b[2])<<7, 3
	}
	behind := key + n
	if behind+4 > len(b) || b[behind] != plainValue {
		return false
	}
	n, value := int(b[behind+1]), behind+2
	if n >= 0x80 {
		if b[value] >= 0x80 {
			return false
		}
		n, value = n&0x7f|int(b[value])<<7, value+1
	}
	if value+n != len(b) || n < 2 {
		return false
	}
	if b[value] != plainText {
		return plainNumber(b[value:]) && ValidText(b[key:behind])
	}
	n, text := int(b[value+1]), value+2
	if n >= 0x80 {
		if text >= len(b) || b[text] >= 0x80 {
			return false
		}
		n, text = n&0x7f|int(b[text])<<7, text+1
	}
	if text+n != len(b) {
		return false
	}
	if len(b) < 0x80 && ascii(b) { // and so are its lengths
		return true
	}
	return ValidText(b[key:behind]) && ValidText(b[text:])
}

// plainNumber reports whether v is an AnyValue that is one boolean, integer or double.
func plainNumber(v []byte) bool {
	switch v[0] {
	case plainDouble:
		return len(v) == 1+8
	case plainBoolean, plainInteger:
		last := len(v) - 1
		for _, b := range v[1:last] {
			if b < 0x80 {
				return false
			}
		}
		return v[last] < 0x80 && (last < 10 || last == 10 && v[last] <= 1)
	}
	return false
}

// ValidText is utf8.Valid, faster where b is short and ASCII.
func ValidText(b []byte) bool { return ascii(b) || utf8.Valid(b) }

// ascii reports whether all bytes are below 0x80. It looks at eight at a time, at some
// of them twice: no byte is looked at alone but in texts shorter than four.
func ascii(b []byte) bool {
	const high = 0x8080808080808080
	if len(b) < 8 {
		return fewASCII(b)
	}
	seen := binary.LittleEndian.Uint64(b[len(b)-8:])
	for len(b) > 32 {
		seen |= binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) | binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		b = b[32:]
	}
	for len(b) > 8 {
		seen |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	return seen&high == 0
}

// fewASCII is ascii for less than eight bytes.
func fewASCII(b []byte) bool {
	const high = 0x80808080
	if len(b) >= 4 {
		return (binary.LittleEndian.Uint32(b)|binary.LittleEndian.Uint32(b[len(b)-4:]))&high == 0
	}
	var seen byte
	for _, c := range b {
		seen |= c
	}
	return seen < 0x80
}

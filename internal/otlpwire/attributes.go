package otlpwire

import "google.golang.org/protobuf/encoding/protowire"

// Attributes reads the attributes of a message one after the other. It takes what
// Messages and KeyValue together take, in a third of the time: nearly all attributes are
// short, and have a key and then a value.
type Attributes struct {
	data []byte
	pos  int
	tag  byte
}

// ReadAttributes gives the attributes in the fields of a message that have a number,
// which is below 16.
func ReadAttributes(message []byte, num protowire.Number) Attributes {
	return Attributes{data: message, tag: byte(num)<<3 | byte(protowire.BytesType)}
}

// Next gives a key and an encoded value. It is not ok behind the last one, and where the
// message is broken.
func (a *Attributes) Next() (key, value []byte, ok bool) {
	data, pos := a.data, a.pos
	for pos < len(data) {
		if data[pos] == a.tag {
			if lo, hi, ok := short(data, pos, len(data)); ok {
				a.pos = hi
				key, value = keyThenValue(data[lo:hi])
				return key, value, true
			}
		} else if behind := skip(data, pos); behind > 0 {
			pos = behind
			continue
		}
		f, behind := fieldAt(data, pos)
		if behind < 0 {
			break
		}
		pos = behind
		if f.Num == protowire.Number(a.tag>>3) && f.Typ == protowire.BytesType {
			a.pos = pos
			key, value = KeyValue(data[f.Lo:f.Hi])
			return key, value, true
		}
	}
	a.pos = len(data)
	return nil, nil, false
}

// skip gives the position behind the field at data[pos], 0 where that is not one of the
// usual short forms. The position may be behind the end of a message that is broken.
func skip(data []byte, pos int) int {
	tag := data[pos]
	if pos+1 >= len(data) || tag >= 0x80 || tag < 1<<3 {
		return 0
	}
	switch next := data[pos+1]; {
	case tag&7 == byte(protowire.Fixed64Type):
		return pos + 1 + 8
	case next >= 0x80:
		return 0
	case tag&7 == byte(protowire.BytesType):
		return pos + 2 + int(next)
	case tag&7 == byte(protowire.VarintType):
		return pos + 2
	}
	return 0
}

// fieldAt reads any field, and gives the position behind it: -1 where it is broken. It is
// no part of Next, which is faster without a Cursor of its own.
func fieldAt(data []byte, pos int) (f Field, behind int) {
	c := Cursor{data, pos, len(data)}
	f, ok, _ := c.Next()
	if !ok {
		return Field{}, -1
	}
	return f, c.Pos
}

// keyThenValue is KeyValue, faster where both are short, in this order, and nothing else
// is there.
func keyThenValue(b []byte) (key, value []byte) {
	const (
		keyTag   = 1<<3 | byte(protowire.BytesType)
		valueTag = 2<<3 | byte(protowire.BytesType)
	)
	if len(b) < 2 || b[0] != keyTag || b[1] >= 0x80 {
		return KeyValue(b)
	}
	end := 2 + int(b[1])
	if end >= len(b) || b[end] != valueTag {
		return KeyValue(b)
	}
	lo, hi, ok := short(b, end, len(b))
	if !ok || hi != len(b) {
		return KeyValue(b)
	}
	return b[2:end], b[lo:]
}

package query

import (
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// shapes record which rows are plain. In a plain row each attribute lies in the bytes as a
// key followed by one text, number or boolean. If a text is not among the bytes of a plain
// row, none of the row's texts contains it, and each key is where the bytes have it. Arrays,
// maps and bytes have a text that differs from their encoding. A row is checked when it is
// first needed.
type shapes struct{ known, odd []atomic.Uint64 } // by row of the View, as bits

type shapesKey struct{}

func shapesOf(v *trace.View) *shapes {
	return v.Kept(shapesKey{}, func() any {
		n := (v.Len() + 63) / 64
		return &shapes{make([]atomic.Uint64, n), make([]atomic.Uint64, n)}
	}).(*shapes)
}

// plain reports whether the subject's span is plain, without what was added to it.
func (s *subject) plain() bool {
	if s.shapes == nil {
		s.shapes = shapesOf(s.view)
	}
	row := s.part.FirstRow + s.row
	at, bit := row/64, uint64(1)<<(row%64)
	if s.shapes.known[at].Load()&bit == 0 {
		if !isPlain(s.turn, s.encoded()) {
			s.shapes.odd[at].Or(bit)
		}
		if s.ended() {
			return false
		}
		s.shapes.known[at].Or(bit)
	}
	return s.shapes.odd[at].Load()&bit == 0
}

func isPlain(turn *trace.Turn, span []byte) bool {
	for num, content := range otlpwire.Messages(span) {
		turn.Spend(min(len(content), trace.TurnInterval))
		switch {
		case turn.Err() != nil, num == 9 && !isPlainAttribute(content),
			num == 11 && !plainIn(turn, content, attributeFields[EventLevel]),
			num == 13 && !plainIn(turn, content, attributeFields[LinkLevel]):
			return false
		}
	}
	return true
}

func plainIn(turn *trace.Turn, message []byte, attributes protowire.Number) bool {
	for num, content := range otlpwire.Messages(message) {
		turn.Spend(min(len(content), trace.TurnInterval))
		if num == attributes && !isPlainAttribute(content) || turn.Err() != nil {
			return false
		}
	}
	return true
}

// isPlainAttribute is also false for keys of 128 bytes or more, because the length of
// shorter keys is one byte.
func isPlainAttribute(b []byte) bool {
	key, _, _, ok := otlpwire.SimpleAttribute(b)
	return ok && key[1] < 0x80
}

// A keyFinder looks for attributes with a key.
type keyFinder struct {
	key    *finder
	prefix *finder // for a plain attribute: its key as a field, and the tag of its value
}

func newKeyFinder(key []byte) *keyFinder {
	f := &keyFinder{key: newFinder(string(key), false)}
	if len(key) < 0x80 {
		f.prefix = newFinder(string(append(otlpwire.AppendBytes(nil, 1, key), 2<<3|byte(protowire.BytesType))), false)
	}
	return f
}

// keyed reports whether bytes of a span can have an attribute with the key and an encoded
// value for which ok holds. own means that they are the bytes of the subject's span. If that
// is plain, the values are looked at where the key lies, and the span is not decoded.
func (s *subject) keyed(f *keyFinder, span []byte, own bool, ok func(value []byte) bool) bool {
	switch {
	case !own:
		return f.key.find(s.turn, span) >= 0
	case f.prefix == nil:
		return !s.plain()
	}
	// A part of a text can look like an attribute. The work on such parts is bounded.
	for rest, most := span, 2*len(span); !s.ended(); {
		i := f.prefix.find(s.turn, rest)
		if i < 0 {
			return !s.plain() && f.key.find(s.turn, span) >= 0
		}
		rest = rest[i+len(f.prefix.want):]
		s.turn.Spend(i%trace.TurnInterval + len(f.prefix.want))
		length, n := protowire.ConsumeVarint(rest)
		if n < 0 || length > uint64(len(rest)-n) {
			continue
		}
		if most -= int(length); most < 0 || ok(rest[n:n+int(length)]) {
			return true
		}
	}
	return false
}

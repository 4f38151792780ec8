package analysis

import (
	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	"google.golang.org/protobuf/encoding/protowire"
)

// valueNumbers numbers the texts that an attribute has in a piece.
type valueNumbers struct {
	*piece
	key        string
	turn       *trace.Turn
	numbered   numbered
	ofResource map[uint32]uint32
}

// all gives the number of the text of each span. It reads the spans in the order of the
// files. Its only error is that of its turn's context.
func (v *valueNumbers) all() ([]uint32, error) {
	numbers := make([]uint32, v.hi-v.lo)
	for i := range v.inFileOrder() {
		numbers[i-v.lo] = v.value(i)
		if err := v.turn.Err(); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// value gives the number of the text that span i or its resource has.
func (v *valueNumbers) value(i int) uint32 {
	span := v.encoded(i)
	v.turn.Spend(min(len(span), trace.TurnInterval))
	if value, ok := attributeOf(span, 9, v.key); ok {
		return v.numberOf(value)
	}
	resource := v.resource[i]
	n, known := v.ofResource[resource]
	if !known {
		wire, _ := v.view.EncodedResource(int(resource))
		value, _ := attributeOf(wire, 1, v.key)
		n = v.numberOf(value)
		if v.ofResource == nil {
			v.ofResource = map[uint32]uint32{}
		}
		v.ofResource[resource] = n
	}
	return n
}

// numberOf gives the number of the text of an encoded AnyValue. Plain texts are not copied:
// they stay in the bytes of the files.
func (v *valueNumbers) numberOf(value []byte) uint32 {
	if text, ok := plainText(value); ok {
		return v.numbered.number(otlpwire.String(text))
	}
	return v.numbered.number(trace.EncodedText(value))
}

// plainText gives the text of an encoded AnyValue that consists of a text only.
func plainText(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != 1<<3|2 {
		return nil, false
	}
	num, _, text, rest, ok := otlpwire.Cut(value)
	return text, ok && num == 1 && len(rest) == 0
}

// attributeOf gives the encoded value of the attribute with a key. It looks at the fields
// with the given number.
func attributeOf(message []byte, number protowire.Number, wanted string) (value []byte, ok bool) {
	attributes := otlpwire.ReadAttributes(message, number)
	for key, value, ok := attributes.Next(); ok; key, value, ok = attributes.Next() {
		if string(key) == wanted {
			return value, true
		}
	}
	return nil, false
}

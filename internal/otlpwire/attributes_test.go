package otlpwire

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// checkAttributes compares Attributes with what takes any form field by field.
func checkAttributes(t *testing.T, message []byte) {
	t.Helper()
	attributes := ReadAttributes(message, 9)
	for num, field := range Messages(message) {
		if num != 9 {
			continue
		}
		wantKey, wantValue := KeyValue(field)
		key, value, ok := attributes.Next()
		if !ok || !bytes.Equal(key, wantKey) || !bytes.Equal(value, wantValue) {
			t.Fatalf("of %x got %q %x %v, want %q %x", message, key, value, ok, wantKey, wantValue)
		}
	}
	if key, _, ok := attributes.Next(); ok {
		t.Fatalf("of %x got %q behind the last attribute", message, key)
	}
}

func attributeSamples() (all [][]byte) {
	text := func(n int) []byte { return bytes.Repeat([]byte("x"), n) }
	field := func(num protowire.Number, content []byte) []byte { return AppendBytes(nil, num, content) }
	value := func(n int) []byte { return field(2, field(1, text(n))) }
	attributes := [][]byte{
		nil, field(1, text(3)), value(4), append(value(4), field(1, text(3))...),
		append(field(1, text(3)), append(value(4), value(5)...)...),
		{1<<3 | 2}, {1<<3 | 2, 5, 'x'},
	}
	for _, n := range []int{0, 1, 100, 127, 128, 200, 1 << 14, 1 << 15} {
		attributes = append(attributes, append(field(1, text(n)), value(3)...), append(field(1, text(3)), value(n)...))
	}
	before := bytes.Join([][]byte{
		field(1, text(16)), field(5, text(4)), field(5, text(300)), {6 << 3, 3}, {6 << 3, 0x83, 1}, AppendFixed64(nil, 7, 1),
		{16<<3&0x7f | 5 | 0x80, 1, 1, 2, 3, 4},
	}, nil)
	for _, a := range attributes {
		one := append(bytes.Clone(before), field(9, a)...)
		all = append(all, field(9, a), one, bytes.Join([][]byte{one, one, before}, nil))
		long := append([]byte{9<<3 | 2 | 0x80, 0}, field(9, a)[1:]...) // a tag of two bytes
		all = append(all, append(bytes.Clone(one), long...))
	}
	return all
}

func TestAttributesAreThoseOfMessages(t *testing.T) {
	for _, message := range attributeSamples() {
		checkAttributes(t, message)
		for cut := range min(len(message), 400) {
			checkAttributes(t, message[:len(message)-cut])
		}
	}
}

func FuzzAttributes(f *testing.F) {
	for _, message := range attributeSamples() {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) { checkAttributes(t, message) })
}

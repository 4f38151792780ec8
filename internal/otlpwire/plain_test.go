package otlpwire

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

func attribute(key string, value ...byte) []byte {
	return AppendBytes(AppendBytes(nil, 1, key), 2, value)
}

// SkipPlain passes over what exporters write and stops at all else.
func TestSkipPlain(t *testing.T) {
	text := func(s string) []byte { return AppendBytes(nil, 1, s) }
	integer := func(v uint64) []byte { return protowire.AppendVarint([]byte{3 << 3}, v) }
	double := []byte{4<<3 | 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}
	for _, test := range []struct {
		name  string
		b     []byte
		plain bool
	}{
		{"text", attribute("http.method", text("GET")...), true},
		{"no text", attribute("k", text("")...), true},
		{"no key", attribute("", text("v")...), true},
		{"long text", attribute("args", text(strings.Repeat("x", 5000))...), true},
		{"text of 127 and 128 bytes", attribute(strings.Repeat("k", 127), text(strings.Repeat("x", 128))...), true},
		{"text beyond ASCII", attribute("schlüssel", text("größe")...), true},
		{"number", attribute("n", integer(7)...), true},
		{"negative number", attribute("n", integer(1<<64-1)...), true},
		{"boolean", attribute("b", 2<<3, 1), true},
		{"double", attribute("d", double...), true},
		{"text of 16 KiB", attribute("k", text(strings.Repeat("x", 16<<10))...), false},
		{"list", attribute("l", AppendBytes(nil, 5, "")...), false},
		{"bytes", attribute("l", AppendBytes(nil, 7, []byte{0xff})...), false},
		{"no value", attribute("k"), false},
		{"a value of one byte", attribute("k", 1<<3|2), false},
		{"torn length", attribute("k", 1<<3|2, 0x80), false},
		{"length beyond the value", attribute("k", 1<<3|2, 5, 'a'), false},
		{"length within the value", attribute("k", 1<<3|2, 1, 'a', 'b'), false},
		{"torn number", attribute("k", 3<<3, 0x80), false},
		{"short double", attribute("k", double[:5]...), false},
		{"two values in one", attribute("k", append(integer(1), integer(2)...)...), false},
		{"key alone", AppendBytes(nil, 1, "k"), false},
		{"value first", append(AppendBytes(nil, 2, text("v")), AppendBytes(nil, 1, "k")...), false},
		{"key that is not UTF-8", attribute("k\xff", text("v")...), false},
		{"text that is not UTF-8", attribute("k", text("v\xff")...), false},
		{"text that is cut in a rune", attribute("k", text("gr\xc3")...), false},
		{"empty", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, good := []byte("before"), AppendBytes(nil, 9, attribute("a", text("b")...))
			data := append(append(bytes.Clone(before), good...), AppendBytes(nil, 9, test.b)...)
			behind := len(data)
			data = append(data, good...)
			want := len(before) + len(good)
			if test.plain {
				want = len(data)
			}
			if got := SkipPlain(data, len(before), len(data), 9); got != want {
				t.Errorf("stops at %d, want %d", got, want)
			}
			if got := SkipPlain(data, len(before), behind, 9); got != min(want, behind) {
				t.Errorf("stops at %d where the message ends, want %d", got, min(want, behind))
			}
			if test.plain && !ValidAttribute(test.b) {
				t.Error("plain but not valid")
			}
		})
	}
}

// Read stops at what is not in its usual form, and what it has read is what a Cursor
// reads there.
func FuzzSpanHead(f *testing.F) {
	whole := AppendBytes(AppendBytes(nil, 1, "0123456789abcdef"), 2, "abcdefgh")
	whole = AppendBytes(AppendBytes(whole, 4, "12345678"), 5, "a name")
	whole = append(whole, 6<<3, 3)
	whole = protowire.AppendFixed64(append(whole, 7<<3|1), 1000)
	whole = protowire.AppendFixed64(append(whole, 8<<3|1), 2000)
	for n := range len(whole) {
		f.Add(whole[:n])
	}
	f.Add(append(whole, whole...))
	f.Add(whole[28:])
	f.Fuzz(func(t *testing.T, data []byte) {
		var h, want SpanHead
		behind := h.Read(data, 0, len(data))
		c := Cursor{Data: data, End: behind}
		for c.Pos < behind {
			f, ok, _ := c.Next()
			if !ok {
				t.Fatalf("%d bytes of %q are no fields", behind, data)
			}
			switch content := data[f.Lo:f.Hi]; f.Num {
			case 1:
				want.TraceID = [16]byte(content)
			case 2:
				want.ID = ID(content)
			case 4:
				want.Parent = ID(content)
			case 5:
				want.NameLo, want.NameHi = f.Lo, f.Hi
			case 6:
				want.Kind = byte(f.Value)
			case 7:
				want.Start = f.Value
			case 8:
				want.End = f.Value
			}
		}
		if h != want {
			t.Fatalf("read %+v of %q, want %+v", h, data, want)
		}
	})
}

// What SkipPlain passes over is a run of whole, valid attributes.
func FuzzSkipPlain(f *testing.F) {
	f.Add(AppendBytes(AppendBytes(nil, 9, attribute("key", AppendBytes(nil, 1, "value")...)), 9, attribute("n", 3<<3, 0x80, 1)), 0)
	f.Add([]byte{0x4a, 0x80, 0x01}, 0)
	f.Add([]byte{0x4a, 6, 0x0a, 0, 0x12, 2, 0x0a, 0x80}, 1)
	f.Fuzz(func(t *testing.T, data []byte, pos int) {
		if pos < 0 || pos > len(data) {
			return
		}
		at := SkipPlain(data, pos, len(data), 9)
		c := Cursor{Data: data, Pos: pos, End: at}
		for c.Pos < at {
			f, ok, _ := c.Next()
			if !ok || f.Num != 9 || f.Typ != protowire.BytesType || !ValidAttribute(data[f.Lo:f.Hi]) {
				t.Fatalf("passed over %q of %q", data[pos:at], data)
			}
		}
		if text := data[pos:]; ValidText(text) != utf8.Valid(text) || ascii(text) && !utf8.Valid(text) {
			t.Fatalf("%q is text or not", text)
		}
	})
}

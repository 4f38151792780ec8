package otlpwire

import (
	"bytes"
	"slices"
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
			for _, more := range []string{strings.Repeat("a", 2+ahead), strings.Repeat("\xff", 2+ahead)} {
				if got := SkipPlain(append(bytes.Clone(data), more...), len(before), len(data), 9); got != want {
					t.Errorf("stops at %d where more follows, want %d", got, want)
				}
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

// What SpanTail reads is valid, and a Cursor reads the same status.
func FuzzSpanTail(f *testing.F) {
	status := func(b ...byte) []byte { return AppendBytes(nil, 15, b) }
	code, message := []byte{3 << 3, 2}, AppendBytes(nil, 2, "größe")
	flags := protowire.AppendFixed32(protowire.AppendTag(nil, 16, protowire.Fixed32Type), 0x101)
	for _, seed := range [][]byte{
		{}, flags, status(), status(code...), status(message...), status(append(message, code...)...),
		append(status(code...), flags...), append(status(message...), flags...),
		status(append(code, message...)...), status(2<<3|2, 1, 0xff), append(flags, flags...), append(flags, status()...), {15<<3 | 2, 3, 3 << 3},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := SpanTail(data, 0, len(data))
		if !ok {
			return
		}
		if !Span.Valid(data) {
			t.Fatalf("%q is not valid", data)
		}
		code := -1
		for num, content := range Messages(data) {
			if num != 15 {
				t.Fatalf("%q has field %d", data, num)
			}
			c := Read(content)
			for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
				if f.Num == 3 {
					code = int(f.Value)
				}
			}
		}
		if got != code {
			t.Fatalf("code %d of %q, want %d", got, data, code)
		}
	})
}

func TestSpanTailReadsWhatExportersWrite(t *testing.T) {
	flags := protowire.AppendFixed32(protowire.AppendTag(nil, 16, protowire.Fixed32Type), 0x101)
	failed := append(AppendBytes(nil, 2, "not found"), 3<<3, 2)
	for _, tail := range [][]byte{nil, flags, AppendBytes(nil, 15, ""), AppendBytes(nil, 15, failed), append(AppendBytes(nil, 15, failed), flags...)} {
		got, ok := SpanTail(append([]byte("before"), tail...), 6, 6+len(tail))
		if want := 2; !ok || len(tail) > 10 && got != want {
			t.Errorf("code %d of %q, %v, want %d", got, tail, ok, want)
		}
	}
}

// BenchmarkSkipPlain passes over the attributes of a request as kOps' client traces it.
func BenchmarkSkipPlain(b *testing.B) {
	text := func(key, value string) []byte {
		return AppendBytes(nil, 9, attribute(key, AppendBytes(nil, 1, value)...))
	}
	number := func(key string, value ...byte) []byte { return AppendBytes(nil, 9, attribute(key, value...)) }
	data := slices.Concat(
		text("http.request.method", "GET"),
		text("url.full", "https://compute.example/compute/v1/projects/an-example/zones/us-central1-a/operations/operation-"+strings.Repeat("f", 40)),
		text("server.address", "compute.example.com"),
		number("http.response.status_code", 3<<3, 0xc8, 1),
		number("http.request.resend_count", 3<<3, 0),
		number("http.response.body.size", 3<<3, 0xeb, 0xf2, 1),
		number("kops.cache.ratio", 4<<3|1, 0x77, 0xbe, 0x9f, 0x1a, 0x2f, 0xdd, 0xe0, 0x3f),
		number("kops.cache.hit", 2<<3, 1),
		text("kops.request.id", "2pz3r9a92x8il"),
	)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if SkipPlain(data, 0, len(data), 9) != len(data) {
			b.Fatal("not plain")
		}
	}
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
		for _, behind := range []byte{'a', 0xff} { // where more follows, short ones are looked at all at once
			longer := append(bytes.Clone(data), bytes.Repeat([]byte{behind}, 2+ahead)...)
			if got := SkipPlain(longer, pos, len(data), 9); got != at {
				t.Fatalf("stops at %d of %q where more follows, want %d", got, data, at)
			}
		}
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

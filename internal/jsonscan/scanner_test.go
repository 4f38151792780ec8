package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// dump reads all values and writes them in a form of its own. composites are taken whole
// from this depth on.
func dump(s *Scanner, whole int) string {
	var b strings.Builder
	var value func(depth int)
	value = func(depth int) {
		switch c := s.Next(); {
		case c == '{' && depth < whole && s.Object():
			b.WriteByte('{')
			for key, ok := s.Member(); ok; key, ok = s.Member() {
				fmt.Fprintf(&b, "%q:", key)
				value(depth + 1)
				b.WriteByte(' ')
			}
			b.WriteByte('}')
		case c == '[' && depth < whole && s.Array():
			b.WriteByte('[')
			for s.Element() {
				value(depth + 1)
				b.WriteByte(' ')
			}
			b.WriteByte(']')
		default:
			text, kind := s.Scalar()
			fmt.Fprintf(&b, "%d%q", kind, text)
		}
	}
	for !s.End() && s.Err() == nil {
		value(0)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestScanner(t *testing.T) {
	for _, tt := range []struct{ name, in, want, err string }{
		{"empty", " \n", "", ""},
		{"scalars", `"a" 1 -2.5e3 true false null`, "1\"a\"\n2\"1\"\n2\"-2.5e3\"\n3\"true\"\n4\"false\"\n5\"null\"\n", ""},
		{"object", ` { "a" : 1 , "b":{}} [ 1,[ ] ]`, "{\"a\":2\"1\" \"b\":{} }\n[2\"1\" [] ]\n", ""},
		{"escapes", `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, "1\"\\\"\\\\/\\b\\f\\n\\r\\té😀\"\n", ""},
		{"half a pair", `"\ud83d" "\ude00x" "\ud83d\u0041"`, "1\"\uFFFD\"\n1\"\uFFFDx\"\n1\"\uFFFDA\"\n", ""},
		{"torn in a text", "[\"ab", "", "the text ends where the end of a text should be, at line 1 (byte 4)"},
		{"torn in an object", "{\"a\":1", "", "the text ends where a comma or } should be,"},
		{"torn behind a colon", "{\"a\":", "", "the text ends where a value should be,"},
		{"no comma", "[1 2]", "", "'2' instead of a comma or ] at line 1 (byte 3)"},
		{"comma at the end", "\n[1,]", "", "']' instead of a value behind the comma at line 2 (byte 4)"},
		{"no key", "{1:2}", "", "'1' instead of a key"},
		{"no colon", `{"a" 1}`, "", "'1' instead of a colon"},
		{"line break in a text", "[\"a\nb\"]", "", "'\\n' instead of a character of a text"},
		{"unknown escape", `"\x41"`, "", "'\\\\' instead of an escape"},
		{"broken escape", `"\u12g4"`, "", "instead of an escape"},
		{"torn escape", `"\u12`, "", "the text ends where an escape should be,"},
		{"half an escape", `"\`, "", "the text ends where the end of a text should be,"},
		{"unknown word", `truth`, "", "'t' instead of a value"},
		{"other bytes", "\x00", "", "instead of a value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, s := range scanners([]byte(tt.in)) {
				got, err := dump(s, 9), ""
				if s.Err() != nil {
					err = s.Err().Error()
				}
				if tt.err == "" && got != tt.want || !strings.Contains(err, tt.err) || (err == "") != (tt.err == "") {
					t.Errorf("%s: got %q, error %q; want %q, %q", name, got, err, tt.want, tt.err)
				}
				if torn := strings.HasPrefix(err, "the text ends"); s.Err() != nil && s.Err().Torn != torn {
					t.Errorf("%s: torn %v", name, s.Err().Torn)
				}
			}
		})
	}
}

// scanners read the same in several ways.
func scanners(in []byte) map[string]*Scanner {
	small := New(iotest.OneByteReader(bytes.NewReader(in)))
	small.buf = make([]byte, 4)
	return map[string]*Scanner{
		"bytes": OfBytes(bytes.Clone(in)), "reader": New(bytes.NewReader(in)), "byte by byte": small,
		"error with data": New(iotest.DataErrReader(bytes.NewReader(in))),
	}
}

func TestWrongTypesArePassedOver(t *testing.T) {
	s := OfBytes([]byte(`{"a":[1],"b":{"c":2},"d":null,"e":"x"}`))
	s.Object()
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		if key[0] == 'a' && s.Object() || key[0] == 'b' && s.Array() || key[0] == 'd' && s.Object() || key[0] == 'e' && s.Array() {
			t.Errorf("entered %s", key)
		}
	}
	if s.Err() != nil || s.Odd.N != 3 || s.Odd.Place.Offset != 5 {
		t.Errorf("error %v, odd %+v", s.Err(), s.Odd)
	}
}

func TestBounds(t *testing.T) {
	long := strings.Repeat("é", MaxText/2+10)
	deep := strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000)
	in := `{"text":"` + long + `","escaped":"\n` + long + `","` + long + `":1,"list":["` + long + `"],"deep":` + deep + `,"last":true}`
	s := New(strings.NewReader(in))
	s.Object()
	var sizes []int
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		at := len(key)
		text, kind := s.Scalar()
		sizes = append(sizes, at, len(text), int(kind))
	}
	want := []int{4, MaxText, 1, 7, MaxText - 1, 1, window, 1, 2, 4, 0, 6, 4, 2_000_000, 6, 4, 4, 3}
	if fmt.Sprint(sizes) != fmt.Sprint(want) || s.Err() != nil || s.Cut.N != 4 {
		t.Errorf("got %v, error %v, cut %+v; want %v", sizes, s.Err(), s.Cut, want)
	}
	if len(s.buf) > 4*MaxText {
		t.Errorf("the window has grown to %d bytes", len(s.buf))
	}
	s = OfBytes([]byte(deep))
	n := 0
	for s.Array() && s.Element() {
		n++
	}
	if n != maxDepth || s.Odd.N != 1 {
		t.Errorf("%d levels, odd %+v", n, s.Odd)
	}
	if s = OfBytes(bytes.Repeat([]byte("1"), maxNumber+10)); dump(s, 1) == "" || s.Err() != nil {
		t.Error("a long number has an error")
	}
}

func TestNextLine(t *testing.T) {
	s := OfBytes([]byte("{\"a\":1}\n{\"b\n  {\"inner\":1}\n\n[2]\n{\"torn"))
	var got []string
	for {
		got = append(got, dump(s, 9))
		if s.Err() == nil {
			break
		}
		got = append(got, s.Err().Error())
		if !s.NextLine() {
			break
		}
	}
	want := []string{"{\"a\":2\"1\" }\n{\"\":1}", "'\\n' instead of a character of a text at line 2 (byte 11)"}
	if len(got) != 4 || got[1] != want[1] || !strings.HasPrefix(got[2], "[2\"2\" ]\n") || !strings.Contains(got[3], "line 6") {
		t.Errorf("got %q", got)
	}
}

func TestReaderErrors(t *testing.T) {
	broken := errors.New("the disk is gone")
	s := New(io.MultiReader(strings.NewReader(`[1,2`), iotest.ErrReader(broken)))
	if got := dump(s, 9); s.Err() == nil || !errors.Is(s.Err(), broken) || s.NextLine() || !strings.Contains(got, "2") {
		t.Errorf("got %q, error %v", got, s.Err())
	}
	if s := New(idle{}); s.End() || !errors.Is(s.Err(), io.ErrNoProgress) {
		t.Errorf("error %v", s.Err())
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// FuzzScanner checks that all ways to read give the same, and that valid JSON is read as
// the standard library reads it.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\ud83d\ude00",{"b":null}],"c":-1.5e3}`))
	f.Add([]byte("{\"a\":1}\n[true,false]\n{\"torn\":\""))
	f.Add([]byte(`["\u00e9\n` + "\xff" + `"]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var first string
		for name, s := range scanners(in) {
			got := dump(s, 200)
			if s.Err() != nil {
				got += s.Err().Error()
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Fatalf("%s gave %q, another %q", name, got, first)
			}
			for n := 0; s.Err() != nil && s.NextLine(); n++ {
				if dump(s, 3); n > len(in) {
					t.Fatal("it does not end")
				}
			}
		}
		if !json.Valid(in) {
			return
		}
		s := OfBytes(in)
		if dump(s, 0); s.Err() != nil {
			t.Fatalf("valid JSON gave the error %v", s.Err())
		}
		var want string
		if json.Unmarshal(in, &want) == nil && bytes.TrimSpace(in)[0] == '"' {
			if got, _ := OfBytes(in).Scalar(); string([]rune(string(got))) != want && !bytes.Contains(in, []byte(`\u`)) {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	})
}

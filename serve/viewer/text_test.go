package viewer

import (
	"math"
	"strings"
	"testing"
)

func TestClip(t *testing.T) {
	for _, test := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"plain", "kops update", 100, "kops update"},
		{"empty", "", 100, ""},
		{"newline and tab", "a\nb\tc\r", 100, `a\nb\tc\r`},
		{"terminal escape", "\x1b[2J\x9b", 100, `\x1b[2J�`},
		{"C1 control", "a\u0085b", 100, `a\u0085b`},
		{"nul and delete", "\x00\x7f", 100, `\x00\x7f`},
		{"right-to-left override", "exe.\u202egnp", 100, `exe.\u202egnp`},
		{"isolates and marks", "\u2066\u2069\u200f", 100, `\u2066\u2069\u200f`},
		{"line separator", "a\u2028b", 100, `a\u2028b`},
		{"invisible", "a\u200bb\ufeff", 100, `a\u200bb\ufeff`},
		{"invalid UTF-8", "a\xff\xfeb", 100, "a��b"},
		{"emoji with joiner", "👩‍💻", 100, "👩‍💻"},
		{"right-to-left text", "שלום", 100, "שלום"},
		{"letters with marks", "é̂ ạ̈", 100, "é̂ ạ̈"},
		{"a tower of marks", "Z" + strings.Repeat("\u0301", 6), 100, "Z" + strings.Repeat("\u0301", 4) + `\u0301\u0301`},
		{"markup is not its business", "<script>", 100, "<script>"},
		{"cut", "abcdef", 3, "abc…"},
		{"cut before a rune", "aéé", 2, "a…"},
		{"cut in what is no rune", "\x80\x80\x80\x80\x80\x80", 5, "�…"},
		{"just fits", "abc", 3, "abc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := clip(test.in, test.limit); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBlockKeepsLines(t *testing.T) {
	got, cut := block("panic:\r\n\tmain.go:1\n\x1b[0m", 100)
	if want := "panic:\n\tmain.go:1\n\\x1b[0m"; got != want || cut {
		t.Errorf("got %q %t, want %q", got, cut, want)
	}
	if got, cut := block(strings.Repeat("x", 10), 4); got != "xxxx" || !cut {
		t.Errorf("got %q %t", got, cut)
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		ns   int64
		want string
	}{
		{0, "0"},
		{1, "1 ns"},
		{999, "999 ns"},
		{1_000, "1 µs"},
		{45_678, "45.7 µs"},
		{999_499, "999 µs"},
		{999_500, "1 ms"},
		{45_000_000, "45 ms"},
		{999_600_000, "1 s"},
		{1_234_000_000, "1.23 s"},
		{59_940_000_000, "59.9 s"},
		{59_960_000_000, "1 m 00 s"},
		{192_000_000_000, "3 m 12 s"},
		{3_599_600_000_000, "1 h 00 m"},
		{2 * 3600e9, "2 h 00 m"},
		{90 * 3600e9, "3 d 18 h"},
		{math.MaxInt64, "106,751 d 23 h"},
	} {
		if got := duration(test.ns); got != test.want {
			t.Errorf("duration(%d) = %q, want %q", test.ns, got, test.want)
		}
	}
}

func TestOffset(t *testing.T) {
	for _, test := range []struct {
		ns   int64
		want string
	}{
		{0, "0"}, {59_000_000_000, "59 s"}, {60_000_000_000, "1 m 00.0 s"}, {97_180_000_000, "1 m 37.1 s"},
		{3_599_990_000_000, "59 m 59.9 s"}, {2 * 3600e9, "2 h 00 m"},
	} {
		if got := offset(test.ns); got != test.want {
			t.Errorf("offset(%d) = %q, want %q", test.ns, got, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(1234567), "1,234,567"}, {count(-123456), "-123,456"},
		{size(999), "999 B"}, {size(1000), "1 kB"}, {size(999_600), "1 MB"}, {size(526_000_000), "526 MB"}, {size(math.MaxInt64), "9.22e+06 TB"},
		{percent(1, 3), "33.33"}, {percent(0, 0), "0"}, {percent(5, 0), "0"}, {percent(-5, 10), "0.00"}, {percent(math.MaxInt64, 1), "100.00"},
		{moment(base + 123_456_789), "2025-01-02 03:04:05.123 UTC"}, {instant(base + 123_456_789), "2025-01-02 03:04:05.123456789 UTC"},
		{moment(0), "unknown"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestPercentNeverLeavesTheDrawing(t *testing.T) {
	b := newBar(math.MaxInt64-1, math.MaxInt64, 0, math.MaxInt64)
	if b.X != "100.00" || !b.Tick {
		t.Errorf("got %+v", b)
	}
}

package viewer

import (
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

package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
		cut   bool
	}{
		{"", 0, "", false},
		{"abc", 3, "abc", false},
		{"abc", 2, "ab", true},
		{"abc", 0, "", true},
		{"abc", -1, "", true},
		{"aéé", 2, "a", true},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80", true}, // not one character that goes back further
	} {
		if got, cut := Cut(tt.in, tt.limit); got != tt.want || cut != tt.cut {
			t.Errorf("Cut(%q, %d) = %q, %t; want %q", tt.in, tt.limit, got, cut, tt.want)
		}
	}
}

func TestOneArgument(t *testing.T) {
	short := func(s string) string { return Short(s, 4) }
	quote := func(s string) string { return Quote(s, 4) }
	for _, tt := range []struct {
		name     string
		f        func(string) string
		in, want string
	}{
		{"Valid", Valid, "a\xff\xfe\n", "a\ufffd\n"},
		{"Short", short, "abcd", "abcd"},
		{"Short", short, "abcde", "abcd…"},
		{"Short", short, "ab\xff", "ab\ufffd"},
		{"Line", Line, "kops update", "kops update"},
		{"Line", Line, "größer שלום 👩", "größer שלום 👩"},
		{"Line", Line, "a\nb\tc", "a\ufffdb\ufffdc"},
		{"Line", Line, "\x1b[2J\x9b\u202e\xff", "\ufffd[2J\ufffd\ufffd\ufffd"},
		{"Line", Line, "\u202e\xff", "\ufffd\ufffd"},
		{"Lines", Lines, "a\n\x1bb\r\n", "a\n\ufffdb\ufffd\n"},
		{"Quote", quote, "a\n\u202e", `"a\n…"`},
		{"Quote", quote, "\x1bé", `"\x1bé"`},
		{"Name", Name, "", ""},
		{"Name", Name, "artifacts/größe/1.otel", "artifacts/größe/1.otel"},
		{"Name", Name, "a\nb", `"a\nb"`},
		{"Name", Name, `a"b`, `"a\"b"`},
		{"Name", Name, strings.Repeat("x", 2049), `"` + strings.Repeat("x", 2048) + `…"`},
	} {
		if got := tt.f(tt.in); got != tt.want {
			t.Errorf("%s(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                 "plain",
		" spaces around\n":                      "spaces around",
		"a\nb\tc":                               "a b c",
		"\x1b[1;31mred\x1b[0m":                  "red",
		"\x1b]0;title\x07a\x1b]8;;u\x1b\\b":     "ab",
		"\x1bPdcs\x1b\\c\x1b(Bd\x1b7e":          "cde",
		"cut \x1b[12":                           "cut",
		"cut \x1b]0;never ends":                 "cut",
		"cut \x1b":                              "cut",
		"c1 \u009b31m":                          "c1 31m",
		"bad \xff utf8":                         "bad \ufffd utf8",
		"bidi \u202eevil":                       "bidi evil",
		"tab\tbell\a del\x7f sep\u2028 nul\x00": "tab bell del sep nul",
		strings.Repeat("x", 40):                 strings.Repeat("x", 40),
		strings.Repeat("x", 41):                 strings.Repeat("x", 40) + "…",
		strings.Repeat("€", 14):                 strings.Repeat("€", 13) + "…",
	} {
		if got := Plain(in, 40); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
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
		{"private use", "\ue000\U0010fffd", 100, `\ue000\U0010fffd`},
		{"invalid UTF-8", "a\xff\xfeb", 100, "a��b"},
		{"emoji with joiner", "👩‍💻", 100, "👩‍💻"},
		{"right-to-left text", "שלום", 100, "שלום"},
		{"letters with marks", "é̂ ạ̈", 100, "é̂ ạ̈"},
		{"a tower of marks", "Z" + strings.Repeat("\u0301", 6), 100, "Z" + strings.Repeat("\u0301", 4) + `\u0301\u0301`},
		{"markup is not its business", "<script>", 100, "<script>"},
		{"cut", "abcdef", 3, "abc…"},
		{"cut before a rune", "aéé", 2, "a…"},
		{"cut in invalid bytes", "\x80\x80\x80\x80\x80\x80", 5, "�…"},
		{"just fits", "abc", 3, "abc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clip(tt.in, tt.limit); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBlockKeepsLines(t *testing.T) {
	got, cut := Block("panic:\r\n\tmain.go:1\n\x1b[0m", 100)
	if want := "panic:\n\tmain.go:1\n\\x1b[0m"; got != want || cut {
		t.Errorf("got %q %t, want %q", got, cut, want)
	}
	if got, cut := Block(strings.Repeat("x", 10), 4); got != "xxxx" || !cut {
		t.Errorf("got %q %t", got, cut)
	}
}

// Whatever comes in: valid UTF-8 of bounded length comes out, without control
// characters and without characters that turn the direction of text.
func FuzzText(f *testing.F) {
	f.Add("\x1b[31mred\x1b]0;t\x07 \xff", 10)
	f.Add("exe.\u202egnp\u2066\u0085\U000e0001", 100)
	f.Add("Z"+strings.Repeat("\u0301", 50), 20)
	f.Add("a\r\nb\u2028\x00\x80\x80\x80\x80", 5)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 0), 1<<16)
		block, _ := Block(s, limit)
		for _, out := range []struct {
			name, text, keeps string
			most              int
		}{
			{"Line", Line(s), "", 3 * len(s)},
			{"Lines", Lines(s), "\n", 3 * len(s)},
			{"Plain", Plain(s, limit), "", limit + len(ellipsis)},
			{"Clip", Clip(s, limit), "\u200c\u200d", 4*limit + len(ellipsis)},
			{"Block", block, "\n\t\u200c\u200d", 4 * limit},
			{"Quote", Quote(s, limit), "", 4*limit + len(ellipsis) + 2},
			{"Name", Name(s), "", 4*maxName + len(ellipsis) + 2},
		} {
			if !utf8.ValidString(out.text) {
				t.Errorf("%s: %q is not valid UTF-8", out.name, out.text)
			}
			if len(out.text) > out.most {
				t.Errorf("%s: %d bytes, want at most %d", out.name, len(out.text), out.most)
			}
			if i := strings.IndexFunc(out.text, func(r rune) bool { return isUnseen(r) && !strings.ContainsRune(out.keeps, r) }); i >= 0 {
				t.Errorf("%s: %q holds an unseen character at %d", out.name, out.text, i)
			}
		}
		if !utf8.ValidString(Valid(s)) || !utf8.ValidString(Short(s, limit)) || len(Short(s, limit)) > 3*limit+len(ellipsis) {
			t.Errorf("Valid or Short: %q, %q", Valid(s), Short(s, limit))
		}
	})
}

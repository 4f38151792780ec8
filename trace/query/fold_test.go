package query

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"prowtrace/trace"
)

// A text is found in any case where the slow way finds it.
func FuzzFolded(f *testing.F) {
	for _, w := range []string{"", "x", "Nope", "istanbul", "kelvin", "Ünï", "straße", "e.t", "{[", "12"} {
		f.Add(w, "NoPE İSTANBUL \u212aelvin ÜNÏ STRASSE {[ x 12")
		f.Add(w, strings.Repeat("e", 100)+w)
	}
	f.Fuzz(func(t *testing.T, word, text string) {
		if !utf8.ValidString(text) {
			return // spans are clean when they are searched
		}
		folded, turn := newFolded(word), trace.LightTurn(t.Context())
		lower := func(s string) string { return string(bytes.Map(unicode.ToLower, []byte(s))) }
		want := strings.Contains(lower(text), lower(word))
		if got := folded.in(turn, []byte(text)); got != want {
			t.Errorf("%q in %q: %v", word, text, got)
		}
		if want && !folded.may(turn, []byte(text)) {
			t.Errorf("%q cannot be in %q, but is", word, text)
		}
		if got := folded.equals([]byte(text)); got != (lower(text) == lower(word)) {
			t.Errorf("%q equals %q: %v", word, text, got)
		}
	})
}

// The facts about letters outside of ASCII hold for all of them.
func TestSpellings(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		switch lower := unicode.ToLower(r); {
		case lower == r:
		case lower < 0x80:
			if r != '\u0130' && r != '\u212a' {
				t.Errorf("%c is lower case for %c", lower, r)
			}
		case !strings.Contains(strings.Join(spellings(string(lower)), ""), string(r)):
			t.Errorf("%c is not among the spellings of %c", r, lower)
		}
	}
}

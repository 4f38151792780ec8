package query

import (
	"bytes"
	"strings"
	"testing"

	"prowtrace/trace"
)

// Bytes are found where the slow way finds them, also in pieces.
func FuzzFinder(f *testing.F) {
	for _, want := range []string{"", "x", "ab", "\x0a\x04code\x12", "needle", "aaa"} {
		f.Add(want, "aab\x0a\x04code\x12 x "+strings.Repeat("y", 30)+want)
		f.Add(want, strings.Repeat("a", 70))
	}
	f.Fuzz(func(t *testing.T, want, text string) {
		turn := trace.LightTurn(t.Context())
		if got := newFinder(want, false).find(turn, []byte(text)); got != strings.Index(text, want) {
			t.Errorf("%q in %q: at %d, want %d", want, text, got, strings.Index(text, want))
		}
	})
}

// A match across two pieces of a long text is found.
func TestFinderAcrossPieces(t *testing.T) {
	turn, want := trace.LightTurn(t.Context()), "Needle İ"
	for _, at := range []int{0, 5, trace.TurnInterval - len(want), trace.TurnInterval - 3, trace.TurnInterval, 2*trace.TurnInterval - 1, 3*trace.TurnInterval - len(want)} {
		text := bytes.Repeat([]byte("-"), 3*trace.TurnInterval)
		copy(text[at:], want)
		if got := newFinder(want, false).find(turn, text); got != at {
			t.Errorf("found at %d, want %d", got, at)
		}
		for _, word := range []string{"nEEdle", "dle i", "LE İ"} {
			if !newFolded(word).in(turn, text) {
				t.Errorf("%q at %d is not found", word, at)
			}
		}
		if newFolded("needles").in(turn, text) || newFolded("needle Ü").in(turn, text) {
			t.Errorf("at %d something is found that is not there", at)
		}
	}
}

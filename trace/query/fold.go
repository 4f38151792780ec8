package query

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"prowtrace/trace"
)

// folded is a text to look for in any case: texts are equal if unicode.ToLower makes them
// equal. A search for words spends nearly all its time here, on bytes that do not contain
// the text.
type folded struct {
	lower  string
	ascii  *finder   // of a text in ASCII; nil for any other
	others []*finder // letters outside of ASCII whose lower case is in such a text

	// For any other text: one of its letters in all spellings.
	spellings []*finder
}

func newFolded(text string) *folded {
	f := &folded{lower: strings.Map(unicode.ToLower, text)}
	if strings.ContainsFunc(f.lower, func(r rune) bool { return r >= utf8.RuneSelf }) {
		for _, s := range spellings(strings.TrimLeftFunc(f.lower, func(r rune) bool { return r < utf8.RuneSelf })) {
			f.spellings = append(f.spellings, newFinder(s, false))
		}
		return f
	}
	f.ascii = newFinder(f.lower, true)
	for ascii, other := range map[string]string{"i": "\u0130", "k": "\u212a"} { // the only two
		if strings.Contains(f.lower, ascii) {
			f.others = append(f.others, newFinder(other, false))
		}
	}
	return f
}

// spellings gives the first letter of a text in all cases.
func spellings(text string) (all []string) {
	r, _ := utf8.DecodeRuneInString(text)
	all = append(all, string(r))
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if unicode.ToLower(other) == r {
			all = append(all, string(other))
		}
	}
	return all
}

// in reports whether s contains the text.
func (f *folded) in(turn *trace.Turn, s []byte) bool {
	if f.ascii != nil {
		return f.ascii.find(turn, s) >= 0 || f.hasOther(turn, s) && f.inLower(turn, s)
	}
	return f.may(turn, s) && f.inLower(turn, s)
}

// inLower looks through s in lower case, piece by piece. Pieces overlap by the greatest
// length that the text can have in s.
func (f *folded) inLower(turn *trace.Turn, s []byte) bool {
	overlap := utf8.UTFMax * (len(f.lower) + 1)
	for {
		piece := s[:min(trace.TurnInterval+overlap, len(s))]
		if bytes.Contains(bytes.Map(unicode.ToLower, piece), []byte(f.lower)) {
			return true
		}
		turn.Spend(min(len(piece), trace.TurnInterval))
		if len(piece) == len(s) || turn.Err() != nil {
			return false
		}
		next := trace.TurnInterval
		for !utf8.RuneStart(s[next]) && next > trace.TurnInterval-utf8.UTFMax {
			next--
		}
		s = s[next:]
	}
}

// equals reports whether s is the text, in any case.
func (f *folded) equals(s []byte) bool {
	if f.ascii != nil && len(s) == len(f.lower) {
		return equalFold(s, f.lower)
	}
	return len(s) <= utf8.UTFMax*len(f.lower) && string(bytes.Map(unicode.ToLower, s)) == f.lower
}

// may reports whether a text within b can contain the text. It costs as much as a search for
// bytes.
func (f *folded) may(turn *trace.Turn, b []byte) bool {
	if f.ascii != nil {
		return f.ascii.find(turn, b) >= 0 || f.hasOther(turn, b)
	}
	for _, s := range f.spellings {
		if s.find(turn, b) >= 0 {
			return true
		}
	}
	return false
}

func (f *folded) hasOther(turn *trace.Turn, s []byte) bool {
	for _, other := range f.others {
		if other.find(turn, s) >= 0 {
			return true
		}
	}
	return false
}

// equalFold compares s with an ASCII text of the same length in lower case.
func equalFold(s []byte, lower string) bool {
	for i, c := range s {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

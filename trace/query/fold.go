package query

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// folded is a text to look for in any case: what unicode.ToLower makes equal is
// equal. Nearly all of a search for words is spent here, on bytes that do not have
// the text.
type folded struct {
	lower string
	ascii bool

	// Of a text in ASCII: two neighbours in it that are rare in traces, and the bits
	// that tell their upper case from their lower.
	pair         int
	first, next  uint64 // each eight times
	caseA, caseB uint64
	others       []string // letters outside of ASCII whose lower case is in the text

	// Of another text: one of its letters in all spellings.
	spellings []string
}

// rare orders the characters that are frequent in encoded spans, the most frequent
// first. All others are rarer.
const rare = "\x00e.toasirnlpdc/hu1m0-gk2f_3bv8y4:5697wxjqz"

func newFolded(text string) *folded {
	f := &folded{lower: strings.Map(unicode.ToLower, text), ascii: true}
	for i := 0; i < len(f.lower); i++ {
		f.ascii = f.ascii && f.lower[i] < utf8.RuneSelf
	}
	if !f.ascii {
		f.spellings = spellings(strings.TrimLeftFunc(f.lower, func(r rune) bool { return r < utf8.RuneSelf }))
		return f
	}
	for ascii, other := range map[string]string{"i": "\u0130", "k": "\u212a"} { // the only two
		if strings.Contains(f.lower, ascii) {
			f.others = append(f.others, other)
		}
	}
	best := -1
	for i := range max(len(f.lower)-1, 0) {
		if r := rarity(f.lower[i]) + rarity(f.lower[i+1]); r > best {
			best, f.pair = r, i
		}
	}
	if best >= 0 {
		f.first, f.caseA = repeated(f.lower[f.pair])
		f.next, f.caseB = repeated(f.lower[f.pair+1])
	}
	return f
}

func rarity(c byte) int {
	if i := strings.IndexByte(rare, c); i >= 0 {
		return i
	}
	return len(rare)
}

// repeated gives a character eight times, and the bit of its case as often.
func repeated(c byte) (char, bit uint64) {
	const ones = 0x0101010101010101
	if 'a' <= c && c <= 'z' {
		bit = 0x20 * ones
	}
	return uint64(c) * ones, bit
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
func (f *folded) in(s []byte) bool {
	if f.ascii {
		return f.inASCII(s) || f.hasOther(s) && bytes.Contains(bytes.Map(unicode.ToLower, s), []byte(f.lower))
	}
	return f.may(s) && bytes.Contains(bytes.Map(unicode.ToLower, s), []byte(f.lower))
}

// equals reports whether s is the text.
func (f *folded) equals(s []byte) bool {
	if f.ascii && len(s) == len(f.lower) {
		return equalFold(s, f.lower)
	}
	return f.in(s) && len(bytes.Map(unicode.ToLower, s)) == len(f.lower)
}

// may reports whether some text within b can contain the text. It costs as much as
// a search for bytes.
func (f *folded) may(b []byte) bool {
	if f.ascii {
		return f.inASCII(b) || f.hasOther(b)
	}
	for _, s := range f.spellings {
		if bytes.Contains(b, []byte(s)) {
			return true
		}
	}
	return false
}

func (f *folded) hasOther(s []byte) bool {
	for _, other := range f.others {
		if bytes.Contains(s, []byte(other)) {
			return true
		}
	}
	return false
}

// inASCII looks at eight places at once for the rare pair.
func (f *folded) inASCII(s []byte) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	n := len(f.lower)
	if n < 2 || len(s) < n {
		return n == 0 || n == 1 && (bytes.IndexByte(s, f.lower[0]) >= 0 || bytes.IndexByte(s, upper(f.lower[0])) >= 0)
	}
	// The pair can be in all of these but the last, which is its second half.
	places := s[f.pair : len(s)-n+f.pair+2]
	for len(places) >= 9 {
		a := binary.LittleEndian.Uint64(places) | f.caseA ^ f.first
		b := binary.LittleEndian.Uint64(places[1:]) | f.caseB ^ f.next
		if both := a | b; (both-low)&^both&high != 0 { // a byte of it is zero
			at := len(s) - n - (len(places) - 2)
			if f.inASCIIAt(s, at, 8) {
				return true
			}
		}
		places = places[8:]
	}
	return f.inASCIIAt(s, len(s)-n-(len(places)-2), len(places)-1)
}

// inASCIIAt looks at some places from one on.
func (f *folded) inASCIIAt(s []byte, at, places int) bool {
	for range places {
		if equalFold(s[at:at+len(f.lower)], f.lower) {
			return true
		}
		at++
	}
	return false
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// equalFold compares with a text of the same length, in lower case and ASCII.
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

package joblog

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// literal is a text that every match of a pattern holds, so that lines without it need no
// look: finding it is many times faster than the pattern. The zero value is none.
type literal struct {
	text []byte // in lower case if fold
	fold bool   // in letters of any case; then it is ASCII
}

// minLiteral is how long a literal must be to be worth while, in bytes.
const minLiteral = 3

// literalOf finds the longest literal that every match of re holds.
func literalOf(re *regexp.Regexp) literal {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil { // compiled by other rules
		return literal{}
	}
	var best literal
	required(tree.Simplify(), 0, func(l literal) {
		if len(l.text) > len(best.text) && len(l.text) >= minLiteral {
			best = l
		}
	})
	return best
}

// maxPatternDepth bounds how deep a pattern is looked at.
const maxPatternDepth = 100

// required hands out literals that every match of a part of a pattern holds.
func required(re *syntax.Regexp, depth int, found func(literal)) {
	if depth > maxPatternDepth {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase == 0 {
			found(literal{text: []byte(text)})
			return
		}
		// K and S have a third form beyond ASCII.
		for _, part := range strings.FieldsFunc(text, func(c rune) bool { return c >= utf8.RuneSelf || c|0x20 == 'k' || c|0x20 == 's' }) {
			found(literal{text: []byte(strings.ToLower(part)), fold: true})
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			required(sub, depth+1, found)
		}
	case syntax.OpCapture, syntax.OpPlus:
		required(re.Sub[0], depth+1, found)
	case syntax.OpRepeat:
		if re.Min > 0 {
			required(re.Sub[0], depth+1, found)
		}
	}
}

// finder looks for a literal in a text, again and again. It is for one goroutine.
type finder struct {
	literal
	rare   int     // index of the byte in the literal that is looked for
	chars  [2]byte // it in both cases
	scored bool
}

// index returns the place of the literal in b, -1 for none.
func (f *finder) index(b []byte) int {
	if !f.fold {
		return bytes.Index(b, f.text)
	}
	f.score()
	size, at := len(f.text), f.rare
	if len(b) < size {
		return -1
	}
	// Either case of the rare byte may come next; each is looked for once.
	next := [2]int{at - 1, at - 1}
	for {
		for k, c := range f.chars {
			if next[k] < at {
				next[k] = indexByte(b, c, at)
			}
		}
		at = min(next[0], next[1])
		start := at - f.rare
		if start+size > len(b) {
			return -1
		}
		if equalFold(b[start:start+size], f.text) {
			return start
		}
		at++
	}
}

// score chooses the byte of a literal that logs have least.
func (f *finder) score() {
	if f.scored {
		return
	}
	const common = " etaoinrsdlcu0123456789-./:mpghfywbv\"=_kx,zjq[](){}'" // the most frequent first
	best := -1
	for i, c := range f.text {
		n := strings.IndexByte(common, c)
		if n < 0 {
			n = len(common)
		}
		if n > best {
			best, f.rare = n, i
		}
	}
	c := f.text[f.rare]
	f.chars, f.scored = [2]byte{c, c}, true
	if c >= 'a' && c <= 'z' {
		f.chars[1] = c - 0x20
	}
}

// indexByte is the place of c in b from at on, far behind the end for none.
func indexByte(b []byte, c byte, at int) int {
	if at < len(b) {
		if n := bytes.IndexByte(b[at:], c); n >= 0 {
			return at + n
		}
	}
	return 1 << 62
}

// equalFold reports whether b is text, which is in lower case, but for the case of ASCII
// letters.
func equalFold(b, text []byte) bool {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != text[i] {
			return false
		}
	}
	return true
}

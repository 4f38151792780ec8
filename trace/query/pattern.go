package query

import (
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"prowtrace/trace"
)

// A pattern is a regular expression, with a text that all its matches contain.
type pattern struct {
	regexp  *regexp.Regexp
	literal *finder // nil if there is no such text
}

func newPattern(expr string) (*pattern, error) {
	compiled, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	p := &pattern{regexp: compiled}
	if literal := requiredLiteral(expr); literal != "" {
		p.literal = newFinder(literal, false)
	}
	return p, nil
}

// in reports whether the pattern matches within a text.
func (p *pattern) in(turn *trace.Turn, text []byte) bool {
	if p.literal != nil && p.literal.find(turn, text) < 0 {
		return false
	}
	if len(text) <= trace.TurnInterval {
		turn.Spend(len(text))
		return p.regexp.Match(text)
	}
	return p.regexp.MatchReader(&runes{turn, text})
}

// runes reads a long text until its turn ends.
type runes struct {
	turn *trace.Turn
	rest []byte
}

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (c rune, size int, err error) {
	if len(r.rest) == 0 || r.turn.Err() != nil {
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRune(r.rest)
	r.turn.Spend(size)
	r.rest = r.rest[size:]
	return c, size, nil
}

// requiredLiteral gives the longest text that it can find in every match of a pattern.
func requiredLiteral(pattern string) string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalIn(tree.Simplify())
}

func literalIn(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub { // Parse bounds the depth
			if l := literalIn(sub); len(l) > len(longest) {
				longest = l
			}
		}
	}
	return longest
}

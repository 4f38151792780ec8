package viewer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clip makes text fit to be shown on one line: at most limit bytes of it, and
// nothing in it that would break the line, turn the direction of what follows,
// or stay unseen.
func clip(s string, limit int) string {
	s, cut := prefix(s, limit)
	s = visible(s, false)
	if cut {
		s += "…"
	}
	return s
}

// block is like clip for text of several lines: it keeps line breaks and tabs,
// and leaves the word about the cut to the caller.
func block(s string, limit int) (text string, cut bool) {
	s, cut = prefix(s, limit)
	return visible(s, true), cut
}

// prefix gives the first limit bytes of s, or a few less to end with a rune.
func prefix(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	end := limit
	for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

func visible(s string, lines bool) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = s[i] >= ' ' && s[i] < 0x7f
	}
	if ok {
		return s
	}
	if lines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := 0            // combining marks in a row
	for _, r := range s { // invalid bytes come as U+FFFD
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'")) // \n, \x1b
		case r == '\u200c' || r == '\u200d': // joiners: emoji and some scripts need them
			b.WriteRune(r)
		case marks > maxMarks || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxMarks is how many combining marks a letter may have; no script needs more,
// and a hundred would cover the lines above.
const maxMarks = 4

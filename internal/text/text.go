// Package text writes what people read: text from outside made safe, and numbers,
// sizes and times in words.
//
// Names of objects, attributes of spans and answers of servers are hostile. Each
// function promises which characters its result can hold and how long it can be.
// Results are always valid UTF-8. Only the functions that return several lines keep
// line breaks. No function fails, and no function escapes markup or hides secrets.
//
//   - [Valid], [Cut] and [Short] keep text as it is, whole and bounded.
//   - [Line] and [Lines] are for a terminal.
//   - [Plain] is for what other programs and servers say.
//   - [Clip] and [Block] are for pages.
//   - [Quote] and [Name] are for pieces of input within a message.
package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ellipsis = "…"

	// maxName bounds what Name returns unquoted, in bytes. The longest URL of an
	// object in a bucket is shorter.
	maxName = 2048

	// maxMarks is how many combining marks may follow a character. No script needs
	// more, and a hundred would cover the lines above.
	maxMarks = 4
)

// Valid returns s with U+FFFD in place of invalid UTF-8.
func Valid(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// Cut returns the first limit bytes of s, or up to three fewer to end with a whole
// character. It reports whether something was cut off.
func Cut(s string, limit int) (head string, cut bool) {
	if len(s) <= limit {
		return s, false
	}
	end := max(limit, 0)
	for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

// Short returns s if it has at most limit bytes, else [Cut] of it with "…" behind.
// Invalid UTF-8 becomes U+FFFD.
func Short(s string, limit int) string {
	s, cut := Cut(s, limit)
	return Valid(s) + tail(cut)
}

func tail(cut bool) string {
	if cut {
		return ellipsis
	}
	return ""
}

// Line makes s safe to print on a terminal as one line. Characters that are not
// printable become U+FFFD: controls, terminal escapes, line breaks, marks of
// direction.
func Line(s string) string {
	if isPlainASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// Lines is [Line] for text that may have several lines.
func Lines(s string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		parts[i] = Line(p)
	}
	return strings.Join(parts, "\n")
}

// Plain makes one line of what another program or a server printed, at most limit
// bytes and an ellipsis. Terminal escapes, control characters and invisible
// characters are taken out; line breaks and tabs become spaces.
func Plain(s string, limit int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\x1b' {
			i += escapeLen(s[i:])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\n' || r == '\t':
			r = ' '
		case isUnseen(r):
			continue
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			return strings.TrimSpace(b.String()) + ellipsis
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// escapeLen returns the length of the escape sequence that s starts with (ECMA-48):
// CSI up to its final byte, strings (OSC, DCS, …) up to BEL or ST, else the
// intermediate bytes and one more.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 1
	}
	i := 2
	switch s[1] {
	case '[':
		for i < len(s) && (s[i] < 0x40 || s[i] > 0x7e) {
			i++
		}
		return min(i+1, len(s))
	case ']', 'P', 'X', '^', '_':
		for ; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				return min(i+2, len(s))
			}
		}
		return i
	}
	for i = 1; i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f; {
		i++
	}
	return min(i+1, len(s))
}

// Clip makes s fit to be shown on one line of a page: the first limit bytes of it,
// with an ellipsis if there are more. Characters that would break the line, turn
// the direction of text or stay unseen are spelled out, such as \n and \u202e. The
// result is at most four times as long as limit.
func Clip(s string, limit int) string {
	s, cut := Cut(s, limit)
	return spellOut(s, false) + tail(cut)
}

// Block is [Clip] for text of several lines: it keeps line breaks and tabs. A
// caller says in its own words that something was cut off.
func Block(s string, limit int) (block string, cut bool) {
	s, cut = Cut(s, limit)
	return spellOut(s, true), cut
}

func spellOut(s string, lines bool) string {
	if isPlainASCII(s) {
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
		case marks > maxMarks || isUnseen(r) || unicode.Is(unicode.Co, r):
			b.WriteString(spelled(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func spelled(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Quote puts a piece of input between quotation marks for a message. Characters
// that are not printable are escaped as in Go. At most limit bytes of s are shown;
// the result is at most four times as long, and the marks and an ellipsis.
func Quote(s string, limit int) string {
	s, cut := Cut(s, limit)
	return strconv.Quote(s + tail(cut))
}

// Name returns a name from outside as it is, or quoted as by [Quote] if it holds
// other than printable characters, a quotation mark, a backslash, or more than two
// KiB.
func Name(s string) string {
	quoted := Quote(s, maxName)
	if quoted[1:len(quoted)-1] == s {
		return s
	}
	return quoted
}

// isUnseen reports characters that have no picture of their own but change how the
// text around them looks: controls, formats, breaks of lines.
func isUnseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Distance is how many letters must be put in, left out or changed to make one word of
// another, whatever their case (Levenshtein's distance). It is for short words: it takes
// time and memory of the product of their lengths.
func Distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(y)]
}

package text

import "strings"

// Look says how a text is shown on a terminal.
type Look struct {
	Width  int // columns; 0 is no limit
	Colour bool
}

// Styles of a terminal, which a ; between them joins.
const (
	Bold  = "1"
	Faint = "2"
	Red   = "31"
	Green = "32"
)

// Paint shows a text, which must be safe, in a style if there are colours.
func (l Look) Paint(style, s string) string {
	if !l.Colour || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// Wrap breaks a line between words where it is longer than width, in columns. A width that
// no line fits in is no limit.
func Wrap(said string, width int) (lines []string) {
	if width < 20 {
		return []string{said}
	}
	line := ""
	for word := range strings.FieldsSeq(said) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
}

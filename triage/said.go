package triage

import (
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// Texts are kept as they are, and their secrets hidden when they are handed over. Nobody knows
// half a secret for one then, so each cut is made before a secret rather than within it, and
// what is taken out of the midst of a text is taken after its secrets are hidden.

// clip makes a text fit to be shown in one line, of factBytes and a sign that it was cut.
func clip(s string) string {
	s, cut := mask.Cut(text.Line(s), factBytes)
	s = text.Clip(s, factBytes)
	if cut {
		s += "…"
	}
	return s
}

// Said gives the text of a line, of which limit bytes count.
func (l Log) Said(i, limit int) string {
	said, _ := mask.Cut(string(l.Text(nil, i, limit+mask.Beyond)), limit)
	return said
}

// ofKey reports whether a line is one of those of a private key, which show nothing of it by
// themselves.
func (l Log) ofKey(i int, line []byte) bool {
	if !mayBeKey(line) {
		return false
	}
	before := mask.Before(i, func(k int) string { return string(l.Raw(k)) })
	return strings.HasPrefix(before.Line(string(line)), mask.Mark)
}

// mayBeKey reports whether a line is one long word of the letters of base64.
func mayBeKey(line []byte) bool {
	for _, c := range line {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return len(line) >= 8
}

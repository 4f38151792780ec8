package triage

import (
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// Texts are kept unchanged, and their secrets are hidden in the output. Half a secret would
// not be recognized then, so each cut is made before a secret rather than within it. If a
// part is taken out of the middle of a text, its secrets are hidden first.

// clip makes a text fit in one line of factBytes, and marks a cut. Then it is safe to show.
func clip(s string) string {
	s, cut := mask.Cut(text.Line(s), factBytes)
	s = text.Clip(s, factBytes)
	if cut {
		s += "…"
	}
	return s
}

// Said gives the text of a line. Only its first limit bytes count.
func (l Log) Said(i, limit int) string {
	said, _ := mask.Cut(string(l.Text(nil, i, limit+mask.Beyond)), limit)
	return said
}

// ofKey reports whether a line is part of a private key. Such a line does not show this by
// itself.
func (l Log) ofKey(i int, line []byte) bool {
	if !mayBeKey(line) {
		return false
	}
	before := mask.Before(i, func(k int) string { return string(l.Raw(k)) })
	return strings.HasPrefix(before.Line(string(line)), mask.Mark)
}

// mayBeKey reports whether a line is one long word of base64 characters.
func mayBeKey(line []byte) bool {
	for _, c := range line {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return len(line) >= 8
}

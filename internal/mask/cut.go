package mask

import (
	"strings"
	"unicode/utf8"
)

// Beyond is how far behind the place of a cut [Cut] looks: a secret whose form is not known
// within so many bytes of it is not found.
const Beyond = 4096

// mostBorders bounds how often a cut is moved.
const mostBorders = 32

// Cut gives the first limit bytes of a text, or fewer: it ends with a whole character, and
// before a secret rather than within one, because nobody knows half a secret for one. So
// [Text] of what is kept is a beginning of Text of the whole, of which Beyond bytes behind
// limit count. It reports whether something was cut off.
func Cut(s string, limit int) (head string, cut bool) {
	limit = max(limit, 0)
	if len(s) <= limit {
		return s, false
	}
	whole := Text(s[:min(len(s), limit+Beyond)])
	for end, tries := limit, 0; end > 0 && tries < mostBorders; tries++ {
		for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		masked := Text(s[:end])
		same := commonPrefix(masked, whole)
		if same == len(masked) {
			return s[:end], true
		}
		end = min(end-1, max(0, end-(len(masked)-same))) // what differs is the half, as it is in s
	}
	return "", true
}

func commonPrefix(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// Tail gives an end of a text that was cut off from what is before it: without what is left
// of a private key that began there.
func Tail(s string) string {
	end := strings.Index(s, keyEnd)
	if end < 0 {
		return s
	}
	behind := strings.Index(s[end:], keyBegin)
	if begin := strings.Index(s, keyBegin); behind < 0 || behind > len(keyEnd)+longestKind || begin < end {
		return s
	}
	return s[end:]
}

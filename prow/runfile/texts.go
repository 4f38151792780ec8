package runfile

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// Bounds of texts, in bytes.
const (
	maxName    = 256
	maxMessage = 4096

	maxGathered = maxMessage + mask.Beyond // of a message, before it is cut
)

// harmless returns a text of at most most bytes that is safe to show: control
// characters become spaces, and user names and passwords in links are left out. It does not
// cut within a secret, because later masking would not recognise half of one.
func harmless(s string, most int) string {
	s, _ = mask.Cut(s, 4*most) // so that the rest of the work is bounded too
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text.Valid(s))
	s = linkLogin.ReplaceAllString(s, "://")
	if len(s) > most {
		s, _ = mask.Cut(s, most-len("…"))
		s += "…"
	}
	return s
}

var linkLogin = regexp.MustCompile(`://[^/@\s]+@`)

// Name makes a text safe for use as a name: one line of at most 256 bytes.
func Name[S ~string](s S) string {
	return strings.Join(strings.Fields(harmless(string(s), maxName)), " ")
}

func message[S ~string](s S) string { return strings.TrimSpace(harmless(string(s), maxMessage)) }

// Message returns text of several lines that is free of control characters other than tab
// and newline, valid UTF-8, and bounded.
func Message[S ~string](s S) string { return message(s) }

// textMap keeps the strings and numbers of a map, bounded.
func textMap(from map[string]any) map[string]string {
	to := map[string]string{}
	for k, v := range from {
		s, ok := v.(string)
		if n, number := v.(float64); number {
			s, ok = strconv.FormatFloat(n, 'f', -1, 64), true
		}
		if ok && len(to) < 100 {
			to[Name(k)] = Name(s)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return to
}

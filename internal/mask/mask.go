// Package mask hides secrets in texts that are handed to others: a comment, an issue, an
// answer to a program, a page that is not this machine's own.
//
// What it promises: a secret of a form in its table becomes [Mark], and all else stays
// byte for byte. Masking twice is masking once. It takes time linear in the length of the
// text. A table is no proof: a secret of an unknown form stays.
//
// What it never does: decide where a text goes, or whether that place needs masking. It
// keeps no text and no state between texts; a [Lines] keeps whether it is within a key, and the
// name whose value the next line can have.
package mask

import "strings"

// Mark stands where a secret was.
const Mark = "[masked]"

// Text hides the secrets in a text.
func Text(s string) string {
	masked, _ := hide(s, false)
	return masked
}

// hide hides the secrets of a text. within tells that a private key has begun before it,
// and is given back for what follows.
func hide(s string, within bool) (masked string, still bool) {
	if !within && !may(s) {
		return s, false
	}
	masked, within = hideKeys(s, within)
	return hideForms(masked), within
}

// hideForms hides what the table knows.
func hideForms(s string) string {
	t := lower(s)
	for i := range rules {
		t = rules[i].hide(t)
	}
	return t.text
}

// A block of a private key, as PEM has it. What is around the words differs by kind:
// "-----BEGIN RSA PRIVATE KEY-----".
const (
	keyBegin = "PRIVATE KEY-----"
	keyEnd   = "-----END "
)

// hideKeys hides the contents of private keys, those that begin or end elsewhere too.
func hideKeys(s string, within bool) (masked string, still bool) {
	if !within && !strings.Contains(s, keyBegin) {
		return s, false
	}
	var b strings.Builder
	for {
		if within {
			end := strings.Index(s, keyEnd)
			if strings.TrimSpace(s) != "" && end != 0 {
				b.WriteString(Mark)
			}
			if end < 0 {
				return b.String(), true
			}
			b.WriteString(keyEnd)
			s = s[end+len(keyEnd):]
			// The words behind END are those of BEGIN: they begin no key.
			if behind := strings.Index(s, keyBegin); behind >= 0 && behind <= longestKind {
				b.WriteString(s[:behind+len(keyBegin)])
				s = s[behind+len(keyBegin):]
			}
			within = false
		}
		begin := strings.Index(s, keyBegin)
		if begin < 0 {
			b.WriteString(s)
			return b.String(), false
		}
		b.WriteString(s[:begin+len(keyBegin)])
		s, within = s[begin+len(keyBegin):], true
		if s == "" {
			return b.String(), true
		}
	}
}

// longestKind is the length of the longest word before PRIVATE KEY that there is.
const longestKind = len("ENCRYPTED ")

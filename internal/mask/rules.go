package mask

import (
	"cmp"
	"regexp"
	"strings"
)

// A rule knows one form of secrets. It looks where one of its words is, and nowhere else:
// most texts have none, and pass as fast as they can be searched.
type rule struct {
	name  string
	words []string                    // in lower case; a form begins with one of them
	cased bool                        // their case counts: words are as they are written
	begin func(s string, at int) bool // what may not be before the word at s[at]; nil: anything may
	rest  func(c byte) bool           // what a name goes on with behind the word, as re has it; nil: re has no name
	reach int                         // bytes from the word on in which a secret must be known; 0: formReach
	needs string                      // in lower case; a text without it has none of this form
	re    *regexp.Regexp              // anchored at the word

	// What is hidden is the group of re that is called "secret" and matches. looks decides
	// about it where the form alone does not.
	looks func(secret string) bool
}

// hide hides the secrets of the rule's form.
func (r *rule) hide(t lowered) lowered {
	if !strings.Contains(t.lower, r.needs) {
		return t
	}
	for _, word := range r.words {
		t = r.hideBehind(t, word)
	}
	return t
}

// hideBehind hides those that begin with one of the words.
func (r *rule) hideBehind(t lowered, word string) lowered {
	s, searched := t.text, t.lower
	if r.cased {
		searched = s
	}
	var b strings.Builder
	done, at := 0, 0
	for {
		next := strings.Index(searched[at:], word)
		if next < 0 {
			break
		}
		begin := r.lastInName(searched, at+next, word)
		at = begin + len(word)
		if r.begin != nil && r.begin(s, begin) {
			continue
		}
		near := s[begin:min(len(s), begin+cmp.Or(r.reach, formReach))]
		from, to := r.secret(near)
		if from < 0 || inMark(s, begin+from) || r.looks != nil && !r.looks(near[from:to]) {
			continue
		}
		if to == len(near) { // it can go on, or turn out to be none
			if from, to = r.secret(s[begin:]); from < 0 {
				continue
			}
		}
		from, to = begin+from, begin+to
		b.WriteString(s[done:from])
		b.WriteString(Mark)
		done, at = to, to
	}
	if done == 0 {
		return t
	}
	b.WriteString(s[done:])
	return lower(b.String())
}

// formReach is how far from its word on a secret must be known for one: how long it is makes no
// difference. So a text that repeats words costs no more than its length, times this.
const formReach = 320

// lastInName gives where the word is for the last time in the name that has it at a place: all
// of them lead to the same value.
func (r *rule) lastInName(searched string, at int, word string) int {
	if r.rest == nil {
		return at
	}
	end := at + len(word)
	for end < len(searched) && r.rest(searched[end]) {
		end++
	}
	return at + strings.LastIndex(searched[at:end], word)
}

// lowered is a text, and the same with ASCII's letters in lower case, byte for byte.
type lowered struct{ text, lower string }

func lower(s string) lowered {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return lowered{s, string(b)}
}

// secret gives where the secret of the form is that a text begins with, else -1.
func (r *rule) secret(s string) (from, to int) {
	match := r.re.FindStringSubmatchIndex(s)
	if match == nil {
		return -1, -1
	}
	for i, name := range r.re.SubexpNames() {
		if strings.HasPrefix(name, "secret") && match[2*i] >= 0 {
			return match[2*i], match[2*i+1]
		}
	}
	return -1, -1
}

// inMark reports whether a Mark lies over s[at].
func inMark(s string, at int) bool {
	return strings.Contains(s[max(0, at-len(Mark)+1):min(len(s), at+len(Mark))], Mark)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// behindLetter and behindWord report what is before s[at].
func behindLetter(s string, at int) bool { return at > 0 && isLetter(s[at-1]) }

func behindWord(s string, at int) bool {
	if at == 0 {
		return false
	}
	c := s[at-1]
	return isLetter(c) || c >= '0' && c <= '9' || c == '_'
}

const (
	assigned = `\\?["']?(?:\s*[=:]\s*|\s+)\\?["']?` // between a name and its value
	name     = `[A-Za-z0-9._~+/=-]`                 // in most tokens
)

// rules are the forms that are known, those with the most context first. The tests have
// texts that each must hide, and others that it must leave.
var rules = []rule{
	{
		name: "header", words: []string{"authorization"},
		re: regexp.MustCompile(`^(?i:authorization)\\?["']?\s*[:=]\s*\[?\\?["']?(?:(?i:bearer|basic|token|digest|negotiate)\s+)?(?P<secret>[A-Za-z0-9._~+/=:-]{6,})`),
		looks: func(s string) bool {
			switch strings.ToLower(s) {
			case "bearer", "basic", "digest", "negotiate", "denied", "failed", "required", "disabled", "enabled":
				return false
			}
			return true
		},
	},
	{
		name: "bearer", words: []string{"bearer ", "basic "}, begin: behindWord,
		re:    regexp.MustCompile(`^(?i:bearer|basic) +(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)`),
		looks: random,
	},
	{
		name: "signed URL", words: []string{"signature=", "sig=", "x-amz-security-token=", "x-goog-credential=", "x-amz-credential="}, begin: behindLetter,
		re: regexp.MustCompile(`^[A-Za-z-]+=(?P<secret>[^&\s"'<>\\;)]{8,})`),
	},
	{
		name: "address with password", words: []string{"://"}, cased: true, reach: 4096,
		re: regexp.MustCompile(`^://[^\s/?#:@"'<>]*:(?P<secret>[^\s/?#@"'<>]+)@`),
	},
	{
		name: "docker", words: []string{`"auth`, `"identitytoken`, `"registrytoken`}, cased: true,
		re: regexp.MustCompile(`^"[a-z]+\\?"\s*:\s*\\?"(?P<secret>[^"\\\s]{4,})`),
	},
	ofPairs,
	{
		name: "password", words: []string{"password", "passwd", "passphrase"}, rest: isLetter,
		re:    regexp.MustCompile(`^[A-Za-z]+\\?["']?(?:\s*[=:]\s*|\s+=>\s*)(?:\\?"(?P<secret1>[^"\\]+)|'(?P<secret2>[^']+)'|'?(?P<secret3>[^\s"'&,;<>\\)}\]]+))`),
		looks: isValue,
	},
	{
		name: "named secret",
		words: []string{"secret", "token", "credential", "key-data", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key",
			"accountkey", "account_key", "private_key", "certificate-key", "secretkey", "secret_key", "secret-key"},
		rest:  func(c byte) bool { return isLetter(c) || c == '_' || c == '-' },
		re:    regexp.MustCompile(`^[A-Za-z_-]+` + assigned + `(?P<secret>` + name + `{16,})`),
		looks: random,
	},
	{
		name: "kubeadm token", words: []string{"token"}, rest: isLetter,
		re: regexp.MustCompile(`^[A-Za-z]+` + assigned + `(?P<secret>[a-z0-9]{6}\.[a-z0-9]{16})\b`),
	},
	{name: "JWT", words: []string{"eyJ"}, cased: true, reach: 4096, begin: behindWord, re: regexp.MustCompile(`^(?P<secret>eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)`)},
	{name: "AWS key id", words: []string{"AKIA", "ASIA"}, cased: true, begin: behindWord, re: regexp.MustCompile(`^(?P<secret>A[KS]IA[0-9A-Z]{16})\b`)},
	{
		name: "GitHub", words: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"}, cased: true, begin: behindWord,
		re: regexp.MustCompile(`^(?P<secret>gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})`),
	},
	{name: "GitLab", words: []string{"glpat-"}, cased: true, begin: behindWord, re: regexp.MustCompile(`^(?P<secret>glpat-[A-Za-z0-9_-]{16,})`)},
	{name: "Slack", words: []string{"xox"}, cased: true, begin: behindWord, re: regexp.MustCompile(`^(?P<secret>xox[abeoprs]-[A-Za-z0-9-]{10,})`)},
	{name: "Slack", words: []string{"hooks.slack.com/services/"}, re: regexp.MustCompile(`^[a-z./]+/(?P<secret>T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,})`)},
	{name: "Google", words: []string{"AIza", "ya29."}, cased: true, begin: behindWord, re: regexp.MustCompile(`^(?P<secret>AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,})`)},
	{
		name: "registries", words: []string{"npm_", "pypi-", "dckr_pat_", "dop_v1_", "hvs.", "sha256~"}, cased: true, begin: behindWord,
		re: regexp.MustCompile(`^(?P<secret>npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dckr_pat_[A-Za-z0-9_-]{20,}|dop_v1_[a-f0-9]{40,}|hvs\.[A-Za-z0-9_-]{20,}|sha256~[A-Za-z0-9_-]{30,})`),
	},
}

// random reports whether a text looks like a token rather than like words or a path: it
// has letters and digits, and no long run of small letters.
func random(s string) bool {
	letters, digits, upper, run := 0, 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			letters++
			if run++; run > 11 {
				return false
			}
			continue
		case c >= 'A' && c <= 'Z':
			letters++
			upper++
		case c >= '0' && c <= '9':
			digits++
		}
		run = 0
	}
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") {
		return false // a file that has it
	}
	return letters > 0 && digits > 0 && (upper > 0 || digits >= 4)
}

// isValue reports whether what stands behind "password=" can be one: what goes on in words
// is a message.
func isValue(s string) bool {
	if strings.Trim(s, `*.-_ `) == "" || strings.ContainsAny(s[:1], "$%{<[(/") {
		return false // hidden already, a variable, a template, or a file
	}
	word, _, _ := strings.Cut(s, " ")
	switch strings.ToLower(strings.TrimRight(word, ".:!")) {
	case "null", "nil", "none", "true", "false", "undefined", "redacted", "hidden", "masked", "required", "must", "is", "not", "invalid", "expired", "missing", "wrong",
		"authentication", "for", "and", "or", "the", "a", "an", "no", "yes", "cannot", "should", "file", "incorrect", "empty", "unset", "set":
		return false
	}
	return true
}

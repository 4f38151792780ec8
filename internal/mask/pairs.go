package mask

import (
	"regexp"
	"strings"
)

// A pair has the name of a secret in one field and its value in the next:
// {"name":"PASSWORD","value":"hunter2"} and "- name: PASSWORD" with "value: hunter2" below it
// as Kubernetes has variables, {"key":"api_token","value":{"stringValue":"…"}} as OTLP has
// attributes, {"key":"api_token","type":"string","value":"…"} as Jaeger has them.
var ofPairs = rule{
	name: "pair", words: []string{"password", "passwd", "passphrase", "secret", "token", "credential", "api_key", "apikey", "api-key", "access_key", "private_key"}, needs: "value", rest: inName,
	re: regexp.MustCompile(`^` + restOfName + `(?:` +
		nextField + valueField + `(?:\\"(?P<secret1>[^"\\]+)|"(?P<secret2>(?:[^"\\]|\\.)+)|'(?P<secret3>[^']+))` +
		`|` + nextLine + valueField + `(?P<secret4>[^\s"'|>\\][^\n\\]*)` +
		`|` + nextField + valueField + `(?P<secret5>[^\s"'\\,{}\[\]|>]+)` +
		`| Value:(?P<secret6>[^\s{}\[\]]+))`), // as Go prints a struct
	begin: inNoName,
	looks: isSetting,
}

const (
	restOfName = `[A-Za-z0-9_.-]+`
	blank      = `(?:\s|\\[nrt])*`
	nextField  = `\\?["']?\s*(?:,|\n|\\n)` + blank + typeField // what is between a name and the next field
	nextLine   = `\\?["']?\s*(?:\n|\\n)` + blank
	typeField  = `(?:\\?["']?type\\?["']?\s*:\s*\\?["']?\w+\\?["']?\s*(?:,|\n|\\n)` + blank + `)?`
	valueField = `\\?["']?value\\?["']?\s*:` + blank + `(?:\{` + blank + `\\?["']?\w*[vV]alue\\?["']?\s*:` + blank + `)?`
)

func inName(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}

// inNoName reports whether what ends before s[at] is not the beginning of a name that a field
// called name or key has.
func inNoName(s string, at int) bool { return !naming.MatchString(s[max(0, at-longestName):at]) }

const longestName = 120 // bytes

var naming = regexp.MustCompile(fieldOfName + `$`)

const fieldOfName = `(?:[nN]ame|[kK]ey|NAME|KEY)\\?["']?\s*:\s*\\?["']?[A-Za-z0-9_.-]*`

// open is an end of a text behind which the value of a pair can follow.
var open = regexp.MustCompile(fieldOfName + `(?i:passw(?:or)?d|passphrase|secret|token|credential|api[_-]?key|access_key|private_key)[A-Za-z0-9_.-]*\\?["']?\s*,?` + blank +
	typeField + `(?:\\?["']?value\\?["']?\s*:` + blank + `(?:\{` + blank + `)?)?$`)

// longestOpen bounds, in bytes, what of a text can be before the value of a pair.
const longestOpen = 240

// opened gives the end of a text that a pair begins in whose value is still to come, else "".
func opened(s string) string {
	s = s[max(0, len(s)-longestOpen):]
	if at := open.FindStringIndex(s); at != nil {
		return s[at[0]:]
	}
	return ""
}

// isSetting reports whether the value of a pair can be a secret.
func isSetting(s string) bool {
	s = strings.TrimSpace(s)
	if strings.Trim(s, `*.-_ `) == "" || strings.ContainsAny(s[:1], "$%{<[(/") {
		return false // hidden already, a variable, a template, or a file
	}
	switch strings.ToLower(s) {
	case "null", "nil", "<nil>", "none", "true", "false", "undefined", "redacted", "hidden", "masked":
		return false
	}
	return true
}

package mask

import (
	"regexp"
	"strings"
)

// secretName is in the names of flags and variables whose values are secrets, whatever these
// look like.
const secretName = `(?:token|secret|passw(?:or)?d|passphrase|api_?key|credential)`

var (
	named   = regexp.MustCompile(`(?i)` + secretName)
	inWords = regexp.MustCompile(`(?i)([\w-]*` + secretName + `[\w-]*[= ])[^\s=]+`)
)

// Named hides the value of a variable, a flag or an attribute where its name tells that it is
// a secret, else the secrets in it.
func Named(name, value string) string {
	if named.MatchString(name) && value != "" && isValue(value) {
		return Mark
	}
	if masked, ok := strings.CutPrefix(Text(name+"="+value), name+"="); ok {
		return masked
	}
	return Text(value)
}

// Command hides the secrets in a command line: what Text hides, and the values of flags and
// variables whose names tell that they are secrets.
func Command(line string) string { return inWords.ReplaceAllString(Text(line), "${1}"+Mark) }

package objstore

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// CompileGlob makes a pattern for the names that a glob matches, by the rules of
// [Store.List]: * and ? within a path segment, ** across segments, [a-z] and [!a-z],
// {a,b}. Here **/ stands for no directory too. It is for who has a listing already.
func CompileGlob(glob string) (*regexp.Regexp, error) {
	var re strings.Builder
	re.WriteString(`(?s)^`)
	choices := 0
	for i := 0; i < len(glob); {
		n := 1
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**/"):
			re.WriteString(`(?:.*/)?`)
			n = 3
		case strings.HasPrefix(glob[i:], "**"):
			re.WriteString(`.*`)
			n = 2
		case c == '*':
			re.WriteString(`[^/]*`)
		case c == '?':
			re.WriteString(`[^/]`)
		case c == '{':
			re.WriteString(`(?:`)
			choices++
		case c == '}' && choices > 0:
			re.WriteString(`)`)
			choices--
		case c == ',' && choices > 0:
			re.WriteString(`|`)
		case c == '[' && strings.IndexByte(glob[i+1:], ']') > 0:
			n = strings.IndexByte(glob[i+1:], ']') + 2
			set := regexp.QuoteMeta(glob[i+1 : i+n-1])
			set = strings.ReplaceAll(set, `\-`, `-`)
			if rest, not := strings.CutPrefix(set, "!"); not {
				set = "^" + rest
			}
			re.WriteString(`[` + set + `]`)
		default:
			_, n = utf8.DecodeRuneInString(glob[i:])
			re.WriteString(regexp.QuoteMeta(glob[i : i+n]))
		}
		i += n
	}
	re.WriteString(`$`)
	compiled, err := regexp.Compile(re.String())
	if err != nil || choices > 0 {
		return nil, fmt.Errorf("invalid pattern %q", glob)
	}
	return compiled, nil
}

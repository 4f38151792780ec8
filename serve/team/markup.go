package team

import (
	"html"
	"strings"
)

// markup is HTML that is written piece by piece. The standard library's templates would do,
// but they look up methods by name, so that the linker keeps all methods of the program:
// five megabytes.
type markup struct{ b strings.Builder }

// literal is markup that stands in this package: no variable of type string becomes one.
type literal string

// add writes markup, in which each %s is a text of args, escaped for elements and for
// attributes in quotes.
func (m *markup) add(form literal, args ...string) {
	parts := strings.Split(string(form), "%s")
	for i, part := range parts {
		if i > 0 {
			m.b.WriteString(html.EscapeString(args[i-1]))
		}
		m.b.WriteString(part)
	}
}

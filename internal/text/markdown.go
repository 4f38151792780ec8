package text

import "strings"

// markup is what markdown and HTML could read as more than text.
var markup = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "\\|", "#", "\\#", "@", "&#64;", "~", "\\~", "!", "\\!")

// Markdown makes a text one line of markdown that shows it: nothing in it is markup, and
// nobody is mentioned by it, and no bot takes it for a command, such as /close.
func Markdown(s string) string {
	s = strings.TrimLeft(markup.Replace(Line(s)), " ")
	if strings.HasPrefix(s, "/") {
		return "\\" + s
	}
	return s
}

// MarkdownCode quotes the first 300 bytes of a text as code in markdown: nothing in it is
// markup, and nobody is mentioned by it.
func MarkdownCode(s string) string {
	s = Short(Line(s), 300)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

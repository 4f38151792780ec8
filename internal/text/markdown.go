package text

import "strings"

// markup is what markdown and HTML could read as more than text.
var markup = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "\\|", "#", "\\#", "@", "&#64;", "~", "\\~", "!", "\\!")

// Markdown makes a text one line of markdown that shows it: nothing in it is markup, and
// nobody is mentioned by it.
func Markdown(s string) string { return markup.Replace(Line(s)) }

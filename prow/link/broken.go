package link

import (
	"regexp"
	"strings"

	"prowtrace/prow"
)

// mend looks for a link that white space has broken: a terminal or a mail has wrapped
// it. ref and e are the meaning of its first part. A broken link is joined again
// if only the joined link names a run. It is refused if both readings are possible. It is
// never half used.
func (g grammar) mend(input string, ref prow.Ref, e *ParseError, depth int) (prow.Ref, *ParseError) {
	words, first := linkWords(input)
	if len(words) < 2 {
		return ref, e
	}
	if !first { // behind a command or in a sentence only the next word can belong to it
		words = words[:2]
	}
	broken := fail(ClassMany, "a link with white space in it, "+QuoteLink(words[0])+" and "+quote(words[1]), "they may be parts of one link",
		"paste the link again without white space in it, or only the link")
	whole, failed := g.parseWhole(strings.Join(words, ""), depth)
	switch {
	case failed == nil && whole.Build != "" && (e != nil || better(whole, ref)):
		if first || e != nil && len(words) == 2 {
			addNote(&whole, "joined: white space in the link")
			return whole, nil
		}
		return prow.Ref{}, broken
	case e != nil:
		return ref, e
	case ref.Build != "" && failed == nil && whole.Build != "" && whole.Run != ref.Run && !hasTime(ref):
		return prow.Ref{}, broken
	case ref.Build == "" && first && (len(words) == 2 || pieceOfLink.MatchString(words[1])):
		return prow.Ref{}, broken
	}
	return ref, nil
}

// better reports whether the joined link is surely what was meant, and not its first
// word: that names no run, or a build that is cut off, or a file that is.
func better(whole, ref prow.Ref) bool {
	switch {
	case ref.Build == "":
		return true
	case whole.Run != ref.Run:
		return hasTime(whole) && !hasTime(ref)
	}
	return ref.Rest != "" && hasFileSuffix(whole.Rest) && !hasFileSuffix(ref.Rest)
}

func hasTime(ref prow.Ref) bool {
	_, ok := prow.BuildTime(ref.Build)
	return ok
}

// pieceOfLink matches a word that is more likely a part of a link than prose.
var pieceOfLink = regexp.MustCompile(`^[A-Za-z0-9._~%/:@=&?#+-]*[0-9/_=%][A-Za-z0-9._~%/:@=&?#+-]*$|^[A-Za-z0-9]+-[A-Za-z0-9-]+$`)

func (g grammar) parseWhole(text string, depth int) (prow.Ref, *ParseError) {
	text, e := unwrap(text)
	if e != nil {
		return prow.Ref{}, e
	}
	return g.parseOne(text, depth)
}

// linkWords gives the only link of a text and the words behind it, and whether the
// text begins with the link.
func linkWords(input string) (words []string, first bool) {
	text := strings.TrimFunc(stripPairs(strings.Map(visible, input)), isBlank)
	starts := linkStart.FindAllStringSubmatchIndex(text, 2)
	if len(starts) == 0 {
		return nil, false
	}
	start := starts[0][2]
	if len(starts) > 1 && strings.ContainsAny(text[start:starts[1][2]], " \t\r\n") {
		return nil, false
	}
	words = strings.Fields(text[start:])
	if strings.ContainsAny(words[0][len(words[0])-1:], ",;:!?)]}>|\"'`") {
		return nil, false // a sentence goes on
	}
	return words, strings.Trim(text[:start], "<([\"'`*_ ") == ""
}

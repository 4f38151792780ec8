package link

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxInput bounds an argument, in bytes. A Spyglass frame's link repeats the
// names of a run's artifacts and can be several thousand bytes long.
const maxInput = 64 << 10

// unwrap takes the one link, path or name out of the text around it: Markdown
// and Slack links, quotes, brackets, a sentence's full stop, a whole command
// line such as "gcloud storage cp -r gs://… DIR".
func unwrap(text string) (string, *ParseError) {
	const once = "give one argument for each run, in quotes if it holds spaces"
	if len(text) > maxInput {
		return "", fail(ClassForm, "text of "+strconv.Itoa(len(text))+" bytes", "too long for a link", hintLink)
	}
	if !utf8.ValidString(text) {
		return "", fail(ClassForm, "text "+quote(text), "it is not valid UTF-8", hintLink)
	}
	text = decodeLink(strings.TrimFunc(strings.Map(visible, text), isBlank))
	if text == "" {
		return "", fail(ClassEmpty, "nothing", "empty input", hintLink+", a job name, a file or a directory")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return "", fail(ClassPath, "text "+quote(text), "a control character in it", "check the link: it may have been copied from coloured output")
	}
	if backslashed.MatchString(text) {
		text = strings.ReplaceAll(text, `\`, "/") // pasted from a Windows tool
	}
	text = remoteName(oneSlash.ReplaceAllString(text, "$1://"))
	text = markdownTarget(text)

	if isSpacedName(text) {
		return trimTail(text)
	}
	switch links := findLinks(text); {
	case len(links) == 1:
		return trimTail(links[0])
	case len(links) > 1:
		return "", fail(ClassMany, "several links, "+QuoteLink(links[0])+" and "+QuoteLink(links[1]), "expected one URL or job name", once)
	}
	text = decodeLink(strings.TrimFunc(stripPairs(text), isBlank))
	if isLocal(text) || strings.HasPrefix(text, "/") {
		return text, nil
	}
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return "", fail(ClassMany, "text "+quote(text), "expected one URL or job name", once)
	}
	return trimTail(text)
}

var (
	backslashed = regexp.MustCompile(`(?i)^(?:https?|gs|gcs|s3):\\`)
	oneSlash    = regexp.MustCompile(`(?i)^(https?|gs|gcs|s3):/\b`) // "https:/prow…": a path cleaner ate one
)

func isBlank(r rune) bool { return unicode.IsSpace(r) }

// visible drops the invisible characters that chats and documents put between
// letters: hyphens for where a line may end, spaces of no width, marks of direction.
func visible(r rune) rune {
	if r == '\u00ad' || r >= '\u200b' && r <= '\u200f' || r == '\u2060' || r == '\ufeff' {
		return -1
	}
	return r
}

// encodedLink matches the beginning of a link of which no slash is left as it was.
var encodedLink = regexp.MustCompile(`(?i)^(?:https?|gs|gcs|s3)(?::|%(?:25)*3a)(?:/|%(?:25)*2f)`)

// decodeLink takes the percent-encoding off a link that was encoded as a whole, maybe
// more than once, as a parameter of another.
func decodeLink(text string) string {
	for range 3 {
		if !strings.Contains(encodedLink.FindString(text), "%") {
			break
		}
		text = unescape(text)
	}
	return text
}

// rclone matches its names for remotes: those that the line itself configures, and
// those that people call like the store.
var rclone = regexp.MustCompile(`(?i)(^|[\s"'(<])(?::(gcs|gs|google cloud storage|s3)(?:,[^:\s]*)?|(gcs|gs|s3)):([a-z0-9][^:/\s]*(?:/|$))`)

// remoteName writes rclone's ":gcs:BUCKET/PATH" as a URL.
func remoteName(text string) string {
	return rclone.ReplaceAllStringFunc(text, func(s string) string {
		m := rclone.FindStringSubmatch(s)
		scheme := "gs"
		if strings.EqualFold(m[2]+m[3], "s3") {
			scheme = "s3"
		}
		return m[1] + scheme + "://" + m[4]
	})
}

var (
	markdownImage = regexp.MustCompile(`!\[[^\]]*\]\([^()]*\)`)
	markdownLink  = regexp.MustCompile(`\]\(\s*<?([^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)`)
)

// markdownTarget replaces text that holds Markdown links by their targets. The
// visible part of such a link may be a shortened copy of the target; a badge is
// an image inside a link.
func markdownTarget(text string) string {
	var targets []string
	for _, m := range markdownLink.FindAllStringSubmatch(markdownImage.ReplaceAllString(text, "image"), -1) {
		if at := linkStart.FindStringIndex(m[1]); at != nil && at[0] == 0 {
			targets = append(targets, m[1])
		}
	}
	if len(targets) == 0 {
		return text
	}
	return strings.Join(targets, "\n")
}

// isSpacedName reports a bucket URL with spaces in the object's name. A web link
// cannot hold spaces, so what follows one is other text.
func isSpacedName(text string) bool {
	scheme, rest := cutScheme(text)
	return (scheme == "gs" || scheme == "s3" || scheme == "gcs") && !strings.ContainsAny(text, "\t\r\n") &&
		!linkStart.MatchString(rest)
}

var linkStart = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])((?:https?|gs|gcs|s3)://)`)

// findLinks returns the first two distinct links in text: more than one is
// already too many.
func findLinks(text string) []string {
	var links []string
	for at := 0; at < len(text) && len(links) < 2; {
		m := linkStart.FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		start := at + m[2]
		word := text[max(at, strings.LastIndexFunc(text[:start], isBreak)+1):start]
		end := start + linkLength(text[start:], lastByte(text[:start]))
		at = end
		if strings.ContainsAny(word, "/?") {
			continue // inside a link without a scheme
		}
		link := strings.TrimRight(text[start:end], emphasis(lastByte(text[:start])))
		if !containsLink(links, link) {
			links = append(links, link)
		}
	}
	return links
}

// linkLength is the length of the link that text begins with. before is the byte
// in front of it: within quotes a link may hold spaces.
func linkLength(text string, before byte) int {
	if before == '"' || before == '\'' || before == '`' {
		if i := strings.IndexByte(text, before); i >= 0 && !strings.ContainsAny(text[:i], "\r\n<>") {
			return i
		}
	}
	end := strings.IndexFunc(text, isBreak)
	if end < 0 {
		end = len(text)
	}
	if next := adjoined.FindStringIndex(text[:end]); next != nil {
		end = next[0] // "LINK,LINK"
	}
	return end
}

var adjoined = regexp.MustCompile(`(?i)[,;](?:https?|gs|gcs|s3)://`)

func isBreak(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("<>\"`|“”«»", r)
}

// emphasis is what ends a link that began behind **, __ or ~~.
func emphasis(before byte) string {
	switch before {
	case '*', '_', '~':
		return string(before)
	}
	return ""
}

func lastByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

func containsLink(links []string, link string) bool {
	same := func(s string) string { return strings.TrimRight(s, ".,;:!?)]}>'\"/") }
	for _, l := range links {
		if same(l) == same(link) {
			return true
		}
	}
	return false
}

// stripPairs removes quotes and brackets that enclose the whole text, and the
// label of a Slack link.
func stripPairs(text string) string {
	const pairs = "\"\"''``“”‘’«»<>()[]{}**__~~"
	runes := []rune(pairs)
	for again := true; again; {
		again = false
		text = strings.TrimFunc(text, isBlank)
		for i := 0; i < len(runes); i += 2 {
			inner, ok := strings.CutPrefix(strings.TrimRight(text, ".,;"), string(runes[i]))
			inner, closed := strings.CutSuffix(inner, string(runes[i+1]))
			if !ok || !closed || inner == "" {
				continue
			}
			if runes[i] == '<' {
				inner, _, _ = strings.Cut(inner, "|")
			}
			text, again = inner, true
		}
	}
	return text
}

// trimTail removes the punctuation of the sentence around a link.
func trimTail(text string) (string, *ParseError) {
	whole := text
	for {
		before := text
		text = strings.TrimFunc(text, isBlank)
		text = strings.TrimRight(text, ",;:!?'\"`’\\>")
		if strings.HasSuffix(text, "…") || strings.HasSuffix(text, "...") {
			return "", fail(ClassForm, "text "+QuoteLink(whole), "it was shortened for display and ends in an ellipsis", "copy the link itself, not its text")
		}
		text = strings.TrimSuffix(text, ".")
		for _, pair := range []string{"()", "[]", "{}"} {
			if strings.HasSuffix(text, pair[1:]) && strings.Count(text, pair[:1]) < strings.Count(text, pair[1:]) {
				text = text[:len(text)-1]
			}
		}
		if text == before {
			break
		}
	}
	if text == "" {
		return "", fail(ClassForm, "text "+quote(whole), "only punctuation", hintLink)
	}
	return text, nil
}

// QuoteLink quotes a link without its user name and query, which may be secret.
func QuoteLink(s string) string {
	s, _, _ = strings.Cut(s, "?")
	if scheme, rest := cutScheme(s); scheme != "" {
		authority, path, _ := strings.Cut(rest, "/")
		s = scheme + "://" + authority[strings.LastIndexByte(authority, '@')+1:] + "/" + path
	}
	return quote(s)
}

// isLocal reports text that can only name a file or directory on this machine.
// Absolute paths are not among them: Deck's own paths look alike.
func isLocal(s string) bool {
	if scheme, _ := cutScheme(s); scheme != "" {
		return false
	}
	if s == "." || s == ".." || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, "~") {
		return true
	}
	return isDrive(s) || strings.Contains(s, `\`) || !strings.Contains(s, "/") && hasFileSuffix(s)
}

// isDrive reports a Windows path with a drive letter.
func isDrive(s string) bool {
	return len(s) >= 2 && s[1] == ':' && isAlnum(rune(s[0])) && !isDigits(s[:1]) && (len(s) == 2 || s[2] == '/' || s[2] == '\\')
}

// hasFileSuffix reports a name like that of a trace file or an archive.
func hasFileSuffix(s string) bool {
	s = strings.ToLower(s)
	for _, suffix := range []string{".otel", ".otlp", ".json", ".jsonl", ".ndjson", ".pb", ".binpb", ".gz", ".tgz", ".tar", ".zip", ".zst"} {
		if strings.HasSuffix(s, suffix) && len(s) > len(suffix) {
			return true
		}
	}
	return false
}

// cutScheme splits "scheme://rest"; the scheme is in lower case and "" if there is none.
func cutScheme(s string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || scheme == "" {
		return "", s
	}
	for i, c := range scheme {
		if !isAlnum(c) && (i == 0 || c != '+' && c != '-' && c != '.') {
			return "", s
		}
	}
	return strings.ToLower(scheme), rest
}

package viewer

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/trace/query"
)

// A logQuery is a search in lines; nil asks for nothing. It is the language of the find
// box as far as that fits lines:
//
//	words "and phrases"  in the text, in any case
//	~regex               the text by a regular expression (RE2)
//	sev:error            of that severity or worse; also debug, info, warning, fatal
//	after:12:03          written then or later, as query.Parse reads it; also before:
//	-term                not so
//	terms OR terms       one side or the other
//	(terms) -(terms)     as one term
//
// What is still being typed asks for nothing: a side of OR without terms, parentheses
// without any; those not closed end with the search. Terms that ask for spans only are
// errors: a search never means less than it says.
type logQuery interface{ meets(*searchedLine) bool }

type (
	allOf   []logQuery
	anyOf   []logQuery
	notOf   struct{ logQuery }
	word    []byte // in lower case, ASCII
	regex   struct{ *regexp.Regexp }
	atWorst struct{ least joblog.Severity }
	since   int64 // Unix ns
	until   int64
)

func (q allOf) meets(l *searchedLine) bool {
	return !slices.ContainsFunc(q, func(one logQuery) bool { return !one.meets(l) })
}

func (q anyOf) meets(l *searchedLine) bool {
	return slices.ContainsFunc(q, func(one logQuery) bool { return one.meets(l) })
}

func (q notOf) meets(l *searchedLine) bool   { return !q.logQuery.meets(l) }
func (q word) meets(l *searchedLine) bool    { return bytes.Contains(l.lower, q) }
func (q regex) meets(l *searchedLine) bool   { return q.Match(l.text) }
func (q atWorst) meets(l *searchedLine) bool { return l.Severity >= q.least }
func (q since) meets(l *searchedLine) bool   { return l.timed() && l.Time.UnixNano() >= int64(q) }
func (q until) meets(l *searchedLine) bool   { return l.timed() && l.Time.UnixNano() < int64(q) }

// searchedLine is a line as a search sees it.
type searchedLine struct {
	joblog.Line
	text  []byte // see joblog.Log.Text
	lower []byte // the same in lower case
}

func (l *searchedLine) timed() bool { return l.Origin != joblog.NoTime }

// read takes line i, at most limit bytes of it.
func (l *searchedLine) read(log *joblog.Log, i, limit int) {
	l.Line = log.Line(i)
	l.text = log.Text(l.text[:0], i, limit)
	l.lower = appendLower(l.lower[:0], l.text)
}

func appendLower(dst, text []byte) []byte {
	dst = append(dst, text...)
	for i, c := range dst {
		if c >= 'A' && c <= 'Z' {
			dst[i] = c | 0x20
		}
	}
	return dst
}

// textRange is a part of a line's text, in bytes.
type textRange struct{ from, to int }

// maxPlaces is how many places a term marks in a line.
const maxPlaces = 50

// marker is a term that is met by a part of a line.
type marker interface {
	places(*searchedLine) []textRange
}

func (q word) places(l *searchedLine) (all []textRange) {
	for at := 0; len(all) < maxPlaces; {
		i := bytes.Index(l.lower[at:], q)
		if i < 0 {
			break
		}
		all = append(all, textRange{at + i, at + i + len(q)})
		at += i + len(q)
	}
	return all
}

func (q regex) places(l *searchedLine) (all []textRange) {
	for _, m := range q.FindAllIndex(l.text, maxPlaces) {
		all = append(all, textRange{m[0], m[1]})
	}
	return all
}

// markersOf are the terms of a search that say what a line has, not what it has not.
func markersOf(q logQuery, wanted bool) (all []marker) {
	var parts []logQuery
	switch q := q.(type) {
	case allOf:
		parts = q
	case anyOf:
		parts = q
	case notOf:
		return markersOf(q.logQuery, !wanted)
	case marker:
		if wanted {
			all = append(all, q)
		}
	}
	for _, part := range parts {
		all = append(all, markersOf(part, wanted)...)
	}
	return all
}

// placesIn are the places that a search finds in a line, in order and apart from each
// other. A line that does not meet the search has none.
func placesIn(l *searchedLine, q logQuery) (out []textRange) {
	if q == nil || !q.meets(l) {
		return nil
	}
	var all []textRange
	for _, m := range markersOf(q, true) {
		all = append(all, m.places(l)...)
	}
	slices.SortFunc(all, func(a, b textRange) int { return a.from - b.from })
	for _, p := range all {
		if last := len(out) - 1; last >= 0 && p.from <= out[last].to {
			out[last].to = max(out[last].to, p.to)
		} else if p.from < p.to {
			out = append(out, p)
		}
	}
	return out
}

// clock gives the Unix ns of a time as it is written in a search.
type clock func(string) (ns int64, ok bool)

const (
	maxQueryBytes = 4096
	maxQueryTerms = 32
	maxQueryDepth = 16 // of parentheses
)

// parseLogQuery reads a search.
func parseLogQuery(s string, times clock) (logQuery, error) {
	if len(s) > maxQueryBytes {
		return nil, wrongLogQuery("The search is longer than " + strconv.Itoa(maxQueryBytes) + " characters")
	}
	p := logParser{rest: s, times: times}
	return p.alternatives(0)
}

// logParser reads a search from the front.
type logParser struct {
	rest  string
	terms int // read so far
	times clock
}

// alternatives reads up to the end of the search or of the parentheses that it is in,
// depth of them.
func (p *logParser) alternatives(depth int) (logQuery, error) {
	var sides anyOf
	var side allOf
	for {
		p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
		or, closed := p.or(depth > 0), depth > 0 && strings.HasPrefix(p.rest, ")")
		if (or || closed || p.rest == "") && len(side) > 0 {
			sides, side = append(sides, side), nil
		}
		switch {
		case or:
			continue
		case closed, p.rest == "":
			p.rest = strings.TrimPrefix(p.rest, ")")
			if len(sides) == 0 {
				return nil, nil
			}
			return sides, nil
		}
		next, err := p.next(depth)
		if err != nil {
			return nil, err
		}
		if next != nil {
			side = append(side, next)
		}
	}
}

// or reads the word OR.
func (p *logParser) or(grouped bool) bool {
	rest, ok := strings.CutPrefix(p.rest, "OR")
	if ok = ok && (rest == "" || unicode.IsSpace(rune(rest[0])) || rest[0] == '(' || grouped && rest[0] == ')'); ok {
		p.rest = rest
	}
	return ok
}

// next reads a term, or parentheses with what they hold.
func (p *logParser) next(depth int) (q logQuery, err error) {
	s := p.rest
	not := len(s) > 1 && s[0] == '-' && !unicode.IsSpace(rune(s[1])) && !(depth > 0 && s[1] == ')')
	if not {
		s = s[1:]
	}
	if group, ok := strings.CutPrefix(s, "("); ok {
		if depth == maxQueryDepth {
			return nil, wrongLogQuery("The search has more than " + strconv.Itoa(maxQueryDepth) + " parentheses in each other")
		}
		p.rest = group
		q, err = p.alternatives(depth + 1)
	} else {
		if p.terms++; p.terms > maxQueryTerms {
			return nil, wrongLogQuery("The search has more than " + strconv.Itoa(maxQueryTerms) + " terms")
		}
		q, p.rest, err = p.term(s, depth > 0)
	}
	if err == nil && not && q != nil {
		q = notOf{q}
	}
	return q, err
}

// term reads a term off the front of s.
func (p *logParser) term(s string, grouped bool) (q logQuery, rest string, err error) {
	pattern := len(s) > 1 && s[0] == '~' && !unicode.IsSpace(rune(s[1]))
	if pattern {
		s = s[1:]
	}
	said, quoted, rest, err := readWord(s, grouped)
	switch {
	case err != nil:
	case pattern:
		q, err = newRegex(said)
	case quoted:
		q, err = textOf(said)
	default:
		q, err = p.field(said)
	}
	return q, rest, err
}

// readWord reads a word, or up to the end of a quotation. In parentheses it ends where
// they do, but has pairs of its own.
func readWord(s string, grouped bool) (word string, quoted bool, rest string, err error) {
	key := ""
	for _, field := range []string{"after:", "before:"} { // their values may be quoted
		if strings.HasPrefix(s, field+`"`) {
			key, s = field, s[len(field):]
		}
	}
	if s[0] != '"' {
		end := query.WordEnd(s, grouped)
		return s[:end], false, s[end:], nil
	}
	prefix, err := strconv.QuotedPrefix(s)
	if err == nil {
		word, err = strconv.Unquote(prefix)
	}
	if err != nil {
		return "", true, "", wrongLogQuery("A quote is not closed, or something odd follows a backslash, in " + text.Quote(s, 60))
	}
	return key + word, key == "", s[len(prefix):], nil
}

var (
	lineSeverities = map[string]joblog.Severity{
		"debug": joblog.Debug, "info": joblog.Info, "warning": joblog.Warning, "warn": joblog.Warning, "error": joblog.Error, "fatal": joblog.Fatal,
	}
	ofSpans      = regexp.MustCompile(`^((?:name|service|scope|peer|link|kind|status|flag|has|id):=?|(?:dur|self)[<>]=?).`)
	ofAttributes = regexp.MustCompile(`^[A-Za-z_][\w.-]*~.`)
)

// field reads a word that is not quoted: a condition, else text.
func (p *logParser) field(s string) (logQuery, error) {
	key, value, _ := strings.Cut(s, ":")
	switch {
	case key == "sev" && key != s:
		least, ok := lineSeverities[strings.ToLower(value)]
		if !ok {
			return nil, wrongLogQuery("There is no severity " + text.Quote(value, 60) + ". The severities are debug, info, warning, error and fatal")
		}
		return atWorst{least}, nil
	case (key == "after" || key == "before") && key != s:
		ns, ok := p.times(value)
		switch {
		case !ok:
			return nil, wrongLogQuery("Invalid time " + text.Quote(value, 60) + ": write 12:03 or 12:03:05.5 in UTC, 12:03+02:00, 2025-03-13T12:03:05Z, or +5m from the start of the trace")
		case key == "after":
			return since(ns), nil
		}
		return until(ns), nil
	}
	if of := ofSpans.FindStringSubmatch(s); of != nil {
		return nil, badRequest(of[1]+" is a term for spans, not for lines of a log", "To find it as text, quote it: "+text.Quote(s, 100))
	}
	if ofAttributes.MatchString(s) {
		return nil, badRequest("Lines of a log have no attributes", "A regular expression begins with ~. To find it as text, quote it: "+text.Quote(s, 100))
	}
	return textOf(s)
}

// textOf asks for text in any case.
func textOf(s string) (logQuery, error) {
	if s == "" || strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		return newRegex("(?i)" + regexp.QuoteMeta(s))
	}
	return word(strings.ToLower(s)), nil
}

func newRegex(s string) (logQuery, error) {
	compiled, err := regexp.Compile(s)
	if err != nil {
		return nil, wrongLogQuery(text.Quote(s, 60) + " is not a regular expression: " + text.Clip(err.Error(), 200))
	}
	return regex{compiled}, nil
}

func wrongLogQuery(what string) error {
	return badRequest(what, `Write words, "a phrase", ~regex, sev:error, after:12:03, -term, terms OR terms, or (terms).`)
}

package viewer

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// terms are what a query asks of one and the same span, all of them.
//
//	words "and phrases"   in the name, service, attributes, events, status
//	key=value key!=value  an attribute, or name, service, scope, id, status, kind
//	key~regex             the same by a regular expression (RE2)
//	key>5 key>=5 key<5    an attribute by its number
//	dur>5s self<=10ms     duration and self time
//	after:12:03 before:+5m  when it starts (see moment)
//	name:part service:part scope:part kind:client status:error flag:unfinished has:key
//	error                 the status is an error
//	-term                 not so
//	terms OR terms        one side or the other
//	(terms) -(terms)      as one term
type terms []term

// alternatives are terms with OR between them: a span meets one of them. Without
// any there is one that asks for nothing.
type alternatives []terms

type term struct {
	not   bool
	key   string // "" for words
	op    string // "", =, !=, ~, :, >, >=, <, <=
	value string
	regex *regexp.Regexp
	limit float64 // what > and < compare with; ns of dur and self
	when  moment  // of after and before
}

const (
	queryBytes      = 4096
	queryTerms      = 32
	maxAlternatives = 32 // each is looked for by itself
	maxDepth        = 16 // of parentheses
)

func parseQuery(s string) (alternatives, error) {
	if len(s) > queryBytes {
		return nil, badQuery("The search is longer than %d characters", queryBytes)
	}
	p := &parser{rest: s}
	all, err := p.alternatives(0)
	if err == nil && all == nil {
		all = alternatives{nil}
	}
	return all, err
}

// parser reads a query from the front. What is still being typed asks for
// nothing: a side of OR without terms, parentheses without any, those not closed
// end with the query.
type parser struct {
	rest  string
	terms int // read so far
}

// alternatives reads up to the end of the query or of the parentheses that it is
// in, depth of them. nil asks for nothing.
func (p *parser) alternatives(depth int) (all alternatives, err error) {
	var current alternatives // of the terms since the last OR
	for {
		p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
		or, closed := p.or(depth > 0), depth > 0 && strings.HasPrefix(p.rest, ")")
		if or || closed || p.rest == "" {
			if all, current = append(all, current...), nil; len(all) > maxAlternatives {
				return nil, tooMany()
			}
		}
		switch {
		case or:
			continue
		case closed:
			p.rest = p.rest[1:]
			return all, nil
		case p.rest == "":
			return all, nil
		}
		next, err := p.next(depth)
		if err == nil {
			current, err = current.and(next)
		}
		if err != nil {
			return nil, err
		}
	}
}

// or reads the word OR.
func (p *parser) or(grouped bool) bool {
	rest, ok := strings.CutPrefix(p.rest, "OR")
	if ok = ok && (rest == "" || unicode.IsSpace(rune(rest[0])) || rest[0] == '(' || grouped && rest[0] == ')'); ok {
		p.rest = rest
	}
	return ok
}

// next reads a term, or parentheses with what they hold.
func (p *parser) next(depth int) (alternatives, error) {
	group, not := strings.CutPrefix(p.rest, "-")
	if group, ok := strings.CutPrefix(group, "("); ok {
		if depth == maxDepth {
			return nil, badQuery("The search has more than %d parentheses in each other", maxDepth)
		}
		p.rest = group
		all, err := p.alternatives(depth + 1)
		if err == nil && not {
			all, err = all.negated()
		}
		return all, err
	}
	if p.terms++; p.terms > queryTerms {
		return nil, badQuery("The search has more than %d terms", queryTerms)
	}
	t, rest, err := nextTerm(p.rest, depth > 0)
	p.rest = rest
	return alternatives{{t}}, err
}

// and gives what meets one of a and one of b, where they ask for something.
func (a alternatives) and(b alternatives) (all alternatives, err error) {
	if a == nil || b == nil {
		return append(a, b...), nil
	}
	if len(a)*len(b) > maxAlternatives {
		return nil, tooMany()
	}
	for _, x := range a {
		for _, y := range b {
			all = append(all, slices.Concat(x, y))
		}
	}
	return all, nil
}

// negated gives what meets none of a: of each the opposite of some term.
func (a alternatives) negated() (all alternatives, err error) {
	for _, q := range a {
		var one alternatives
		for _, t := range q {
			t.not = !t.not
			one = append(one, terms{t})
		}
		if all, err = all.and(one); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func tooMany() error {
	return badQuery("The search has more than %d alternatives when its parentheses are multiplied out", maxAlternatives)
}

func badQuery(format string, args ...any) error {
	return badRequest(fmt.Sprintf(format, args...), `Write words, key=value, key~regex, dur>5s, error, kind:client; quote what has spaces: key="a b".`)
}

// fields are the words that a colon can follow; any other colon is text.
var fieldWords = map[string]bool{"name": true, "service": true, "scope": true, "kind": true, "status": true, "flag": true, "has": true, "id": true, "after": true, "before": true}

// nextTerm reads a term off the front of s. In parentheses it ends where they do,
// but has pairs of its own: (name~^(a|b)$ error).
func nextTerm(s string, grouped bool) (t term, rest string, err error) {
	if len(s) > 1 && s[0] == '-' && !unicode.IsSpace(rune(s[1])) && !(grouped && s[1] == ')') {
		t.not, s = true, s[1:]
	}
	if s[0] != '"' {
		t.key, t.op = operator(s[:wordEnd(s, grouped)])
	}
	s = s[len(t.key)+len(t.op):]
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err == nil {
			t.value, err = strconv.Unquote(quoted)
		}
		if err != nil {
			return t, "", badQuery("A quote is not closed, or something odd follows a backslash, in %s", text.Clip(s, 60))
		}
		s = s[len(quoted):]
	} else {
		end := wordEnd(s, grouped)
		t.value, s = s[:end], s[end:]
		if t.op == "" && t.value == "error" {
			t.key, t.op = "status", ":"
		}
	}
	return t, s, t.prepare()
}

// wordEnd gives where a word ends: at a space, in parentheses also at one that
// closes none of the word.
func wordEnd(s string, grouped bool) int {
	open := 0
	for i, r := range s {
		switch {
		case unicode.IsSpace(r):
			return i
		case r == '(':
			open++
		case r == ')':
			if open--; open < 0 && grouped {
				return i
			}
		}
	}
	return len(s)
}

// operator splits a word at the first operator in it.
func operator(s string) (key, op string) {
	end := strings.IndexAny(s, `=~:<>!"`)
	if end <= 0 {
		return "", ""
	}
	key = s[:end]
	for _, op := range []string{"!=", ">=", "<=", "=", "~", ">", "<"} {
		if strings.HasPrefix(s[end:], op) {
			return key, op
		}
	}
	if s[end] == ':' && fieldWords[key] {
		return key, ":"
	}
	return "", ""
}

// prepare checks the value and makes of it what is compared with.
func (t *term) prepare() (err error) {
	switch t.op {
	case "~":
		if t.regex, err = regexp.Compile(t.value); err != nil {
			return badQuery("“%s” is not a regular expression: %s", text.Clip(t.value, 60), text.Clip(err.Error(), 200))
		}
	case ">", ">=", "<", "<=":
		if t.key == "dur" || t.key == "duration" || t.key == "self" {
			d, err := time.ParseDuration(t.value)
			if err != nil {
				return badQuery("“%s” is not a duration: write 5s, 1.5ms, 2m30s or 100us", text.Clip(t.value, 60))
			}
			t.limit = float64(d)
			break
		}
		if t.limit, err = strconv.ParseFloat(t.value, 64); err != nil {
			return badQuery("“%s” is not a number to compare %s with", text.Clip(t.value, 60), text.Clip(t.key, 60))
		}
	case "!=":
		t.op, t.not = "=", !t.not
	case ":":
		if t.key == "kind" {
			if _, ok := trace.ParseKind(t.value); !ok {
				return badQuery("There is no kind “%s”: the kinds are internal, server, client, producer and consumer", text.Clip(t.value, 60))
			}
		}
		if t.timed() {
			var ok bool
			if t.when, ok = parseMoment(t.value); !ok {
				return badQuery("“%s” is no time: write 12:03 or 12:03:05.5 in UTC, 2025-03-13T12:03:05Z, or +5m from the start of the trace", text.Clip(t.value, 60))
			}
		}
		t.value = strings.ToLower(t.value)
	case "":
		t.value = strings.ToLower(t.value)
	}
	return nil
}

// split takes out of the terms what the set can look up by itself.
func (q terms) split() (set query.Query, left terms) {
	for _, t := range q {
		switch {
		case t.not:
			left = append(left, t)
		case t.op == "=" && t.key == "service" && set.Service == "":
			set.Service = t.value
		case t.op == "=" && t.key == "name" && set.Operation == "":
			set.Operation = t.value
		case t.op == ":" && t.key == "status" && t.value == "error":
			set.Attributes = append(set.Attributes, trace.Attribute{Key: "error", Value: "true"})
		case t.op == ":" && t.key == "kind":
			set.Attributes = append(set.Attributes, trace.Attribute{Key: "span.kind", Value: t.value})
		case t.op == "=" && !columnKeys[t.key] && !strings.ContainsAny(t.value, "<>&"): // the set has these escaped in lists and maps
			set.Attributes = append(set.Attributes, trace.Attribute{Key: t.key, Value: t.value})
		case t.op == ">=" && t.key == "dur" && set.DurationMin == 0:
			set.DurationMin = int64(t.limit)
		default:
			left = append(left, t)
		}
	}
	return set, left
}

// columnKeys are the keys that mean a field of the span itself.
var columnKeys = map[string]bool{"name": true, "service": true, "scope": true, "kind": true, "status": true, "id": true, "message": true}

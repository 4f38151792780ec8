package viewer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"prowtrace/trace"
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
	queryBytes = 4096
	queryTerms = 32
)

func parseQuery(s string) (alternatives, error) {
	if len(s) > queryBytes {
		return nil, badQuery("The search is longer than %d characters", queryBytes)
	}
	var all alternatives
	var current terms
	for count := 1; ; count++ {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		rest, or := strings.CutPrefix(s, "OR")
		or = or && (rest == "" || unicode.IsSpace(rune(rest[0])))
		if (or || s == "") && current != nil { // nothing on a side of OR: it is still being typed
			all, current = append(all, current), nil
		}
		if or {
			s = rest
			continue
		}
		if s == "" {
			if all == nil {
				all = alternatives{nil}
			}
			return all, nil
		}
		var t term
		var err error
		if t, s, err = nextTerm(s); err != nil {
			return nil, err
		}
		if current = append(current, t); count > queryTerms {
			return nil, badQuery("The search has more than %d terms", queryTerms)
		}
	}
}

func badQuery(format string, args ...any) error {
	return badRequest(fmt.Sprintf(format, args...), `Write words, key=value, key~regex, dur>5s, error, kind:client; quote what has spaces: key="a b".`)
}

// fields are the words that a colon can follow; any other colon is text.
var fieldWords = map[string]bool{"name": true, "service": true, "scope": true, "kind": true, "status": true, "flag": true, "has": true, "id": true, "after": true, "before": true}

// nextTerm reads a term off the front of s.
func nextTerm(s string) (t term, rest string, err error) {
	if len(s) > 1 && s[0] == '-' && !unicode.IsSpace(rune(s[1])) {
		t.not, s = true, s[1:]
	}
	if s[0] != '"' {
		t.key, t.op = operator(s)
	}
	s = s[len(t.key)+len(t.op):]
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err == nil {
			t.value, err = strconv.Unquote(quoted)
		}
		if err != nil {
			return t, "", badQuery("A quote is not closed, or something odd follows a backslash, in %s", clip(s, 60))
		}
		s = s[len(quoted):]
	} else {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		t.value, s = s[:end], s[end:]
		if t.op == "" && t.value == "error" {
			t.key, t.op = "status", ":"
		}
	}
	return t, s, t.prepare()
}

// operator splits a word at the first operator in it.
func operator(s string) (key, op string) {
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`=~:<>!"`, r) })
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
			return badQuery("“%s” is not a regular expression: %s", clip(t.value, 60), clip(err.Error(), 200))
		}
	case ">", ">=", "<", "<=":
		if t.key == "dur" || t.key == "duration" || t.key == "self" {
			d, err := time.ParseDuration(t.value)
			if err != nil {
				return badQuery("“%s” is not a duration: write 5s, 1.5ms, 2m30s or 100us", clip(t.value, 60))
			}
			t.limit = float64(d)
			break
		}
		if t.limit, err = strconv.ParseFloat(t.value, 64); err != nil {
			return badQuery("“%s” is not a number to compare %s with", clip(t.value, 60), clip(t.key, 60))
		}
	case "!=":
		t.op, t.not = "=", !t.not
	case ":":
		if t.key == "kind" {
			if _, ok := trace.ParseKind(t.value); !ok {
				return badQuery("There is no kind “%s”: the kinds are internal, server, client, producer and consumer", clip(t.value, 60))
			}
		}
		if t.timed() {
			var ok bool
			if t.when, ok = parseMoment(t.value); !ok {
				return badQuery("“%s” is no time: write 12:03 or 12:03:05.5 in UTC, 2025-03-13T12:03:05Z, or +5m from the start of the trace", clip(t.value, 60))
			}
		}
		t.value = strings.ToLower(t.value)
	case "":
		t.value = strings.ToLower(t.value)
	}
	return nil
}

// split takes out of the terms what the set can look up by itself.
func (q terms) split() (query trace.Query, left terms) {
	for _, t := range q {
		switch {
		case t.not:
			left = append(left, t)
		case t.op == "=" && t.key == "service" && query.Service == "":
			query.Service = t.value
		case t.op == "=" && t.key == "name" && query.Operation == "":
			query.Operation = t.value
		case t.op == ":" && t.key == "status" && t.value == "error":
			query.Attributes = append(query.Attributes, trace.Attribute{Key: "error", Value: "true"})
		case t.op == ":" && t.key == "kind":
			query.Attributes = append(query.Attributes, trace.Attribute{Key: "span.kind", Value: t.value})
		case t.op == "=" && !columnKeys[t.key] && !strings.ContainsAny(t.value, "<>&"): // the set has these escaped in lists and maps
			query.Attributes = append(query.Attributes, trace.Attribute{Key: t.key, Value: t.value})
		case t.op == ">=" && t.key == "dur" && query.DurationMin == 0:
			query.DurationMin = int64(t.limit)
		default:
			left = append(left, t)
		}
	}
	return query, left
}

// columnKeys are the keys that mean a field of the span itself.
var columnKeys = map[string]bool{"name": true, "service": true, "scope": true, "kind": true, "status": true, "id": true, "message": true}

package query

import (
	"strings"
	"unicode"
)

// Parse reads the language of the find box. A nil filter has no condition.
//
//	words "and phrases"     in the name, service, attributes, events, status; ids as a whole
//	key=value key!=value    an attribute, or name, service, scope, id, status, kind, …
//	"odd key"=value         an attribute, and nothing else
//	key~regex               by a regular expression (RE2)
//	key>5 key>=5 key<5      by its number
//	key:=value key:#digest  exactly what Exact writes
//	dur>5s self<=10ms       duration and self time
//	after:12:03 before:+5m  when it starts (see pointInTime)
//	name:part service:part scope:part peer:part link:part kind:client status:error flag:unfinished has:key
//	error                   the status is an error
//	-term                   not so
//	terms OR terms          one side or the other
//	(terms) -(terms)        as one term
//
// Unfinished input has no condition: a side of OR without terms, or empty parentheses. Open
// parentheses end with the search. An error is a *SyntaxError.
func Parse(text string) (Filter, error) {
	if len(text) > maxBytes {
		return nil, syntaxError("The search is longer than %d characters", maxBytes)
	}
	p := &parser{rest: text}
	all, err := p.alternatives(0)
	return all.filter, err
}

const (
	maxBytes        = 4096
	maxTerms        = 32
	maxAlternatives = 32
	maxDepth        = 16 // of parentheses
)

// parser reads a search from its beginning.
type parser struct {
	rest  string
	terms int // number of terms read so far
}

// asked is the condition of a part of a search. It counts the alternatives that the part and
// its opposite have when parentheses are multiplied out. A search with too many alternatives
// is usually a mistake.
type asked struct {
	filter        Filter // nil means no condition
	ways, notWays int
}

func (a asked) and(b asked) asked {
	if a.filter == nil || b.filter == nil {
		return nonEmpty(a, b)
	}
	return asked{And(a.filter, b.filter), a.ways * b.ways, a.notWays + b.notWays}
}

func (a asked) or(b asked) asked {
	if a.filter == nil || b.filter == nil {
		return nonEmpty(a, b)
	}
	return asked{Or(a.filter, b.filter), a.ways + b.ways, a.notWays * b.notWays}
}

func (a asked) not() asked {
	if a.filter == nil {
		return a
	}
	return asked{Not(a.filter), a.notWays, a.ways}
}

func nonEmpty(a, b asked) asked {
	if a.filter == nil {
		return b
	}
	return a
}

func (a asked) check() error {
	if a.ways > maxAlternatives {
		return syntaxError("The search has more than %d alternatives when its parentheses are multiplied out", maxAlternatives)
	}
	return nil
}

// alternatives reads to the end of the search, or of the parentheses that it is in. depth
// counts these parentheses.
func (p *parser) alternatives(depth int) (all asked, err error) {
	var current asked // the terms since the last OR
	for {
		p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
		or, closed := p.or(depth > 0), depth > 0 && strings.HasPrefix(p.rest, ")")
		if or || closed || p.rest == "" {
			all, current = all.or(current), asked{}
			if err := all.check(); err != nil {
				return asked{}, err
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
		if err != nil {
			return asked{}, err
		}
		current = current.and(next)
		if err := current.check(); err != nil {
			return asked{}, err
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

// next reads a term, or parentheses with their content.
func (p *parser) next(depth int) (asked, error) {
	group, not := strings.CutPrefix(p.rest, "-")
	if group, ok := strings.CutPrefix(group, "("); ok {
		if depth == maxDepth {
			return asked{}, syntaxError("The search has more than %d parentheses in each other", maxDepth)
		}
		p.rest = group
		all, err := p.alternatives(depth + 1)
		if err == nil && not {
			all = all.not()
			err = all.check()
		}
		return all, err
	}
	if p.terms++; p.terms > maxTerms {
		return asked{}, syntaxError("The search has more than %d terms", maxTerms)
	}
	return p.term(depth > 0)
}

// term reads a term. In parentheses it ends where they end, but it can contain pairs of its
// own: (name~^(a|b)$ error).
func (p *parser) term(grouped bool) (asked, error) {
	s, not := p.rest, false
	if len(s) > 1 && s[0] == '-' && !unicode.IsSpace(rune(s[1])) && !(grouped && s[1] == ')') {
		s, not = s[1:], true
	}
	t, rest, err := readTerm(s, grouped)
	if err != nil {
		return asked{}, err
	}
	p.rest = rest
	filter, err := t.filter()
	if err != nil {
		return asked{}, err
	}
	a := asked{filter, 1, 1}
	if not {
		a = a.not()
	}
	return a, nil
}

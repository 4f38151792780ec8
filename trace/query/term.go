package query

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"prowtrace/internal/text"
	"prowtrace/trace"
)

// A SyntaxError says what is wrong with a search, for the user who wrote it. Problem is one
// sentence without its full stop. Hint is one sentence that says how to write it.
type SyntaxError struct{ Problem, Hint string }

func (e *SyntaxError) Error() string { return e.Problem }

func syntaxError(format string, args ...any) error {
	return &SyntaxError{fmt.Sprintf(format, args...), `Write words, key=value, key~regex, dur>5s, error, kind:client; quote what has spaces: key="a b", "a key"=b.`}
}

// shown is a piece of a search within an error.
func shown(s string) string { return "“" + text.Clip(s, 60) + "”" }

// A term is one condition as it is written.
type term struct {
	key       string // if it is "" and quoted it is a key, else the term is words
	quotedKey bool
	op        string // "", =, !=, ~, :, :=, :#, >, >=, <, <=
	value     string
	quoted    bool   // the value
	word      string // the whole term if nothing is quoted
}

// readTerm reads a term from the beginning of s.
func readTerm(s string, grouped bool) (t term, rest string, err error) {
	rest = s
	if s[0] == '"' {
		if t.value, rest, err = unquote(s); err != nil {
			return t, "", err
		}
		op := operatorAt(rest)
		switch op {
		case ":":
			return t, "", syntaxError("A colon follows the quoted %s: leave a space behind the quote, or write = behind a key", shown(t.value))
		case "":
			t.quoted = true
			return t, rest, nil
		}
		t.key, t.quotedKey, t.op, rest = t.value, true, op, rest[len(op):]
		t.value = ""
	} else {
		t.word = s[:WordEnd(s, grouped)]
		t.key, t.op = split(t.word)
		rest = s[len(t.key)+len(t.op):]
	}
	if strings.HasPrefix(rest, `"`) {
		t.quoted, t.word = true, ""
		t.value, rest, err = unquote(rest)
		return t, rest, err
	}
	end := WordEnd(rest, grouped)
	t.value, rest = rest[:end], rest[end:]
	return t, rest, nil
}

// unquote reads a quoted text from the beginning of s.
func unquote(s string) (value, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(s)
	if err == nil {
		value, err = strconv.Unquote(quoted)
	}
	if err != nil {
		return "", "", syntaxError("A quote is not closed, or something odd follows a backslash, in %s", shown(s))
	}
	return value, s[len(quoted):], nil
}

// WordEnd gives the end of a word: a space, or in parentheses also a closing one whose
// opening one is not in the word.
func WordEnd(s string, grouped bool) int {
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

// operators are those that can follow a key, longer ones first.
var operators = []string{"!=", ">=", "<=", ":=", ":#", "=", "~", ">", "<", ":"}

func operatorAt(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// fieldWords are the words that a colon can follow; any other colon is text.
var fieldWords = map[string]bool{
	"name": true, "service": true, "scope": true, "kind": true, "status": true, "flag": true, "has": true, "id": true, "peer": true, "link": true, "after": true, "before": true,
}

// split cuts a word at its first operator. A word is text if it begins with an operator, has
// a quote before the operator, or is an address.
func split(word string) (key, op string) {
	for i := range word {
		if word[i] == '"' {
			break
		}
		op := operatorAt(word[i:])
		switch {
		case op == "":
			continue
		case i == 0, strings.HasPrefix(word[i:], "://"):
			return "", ""
		case op == ":" && !fieldWords[word[:i]], op == ":#" && !isDigest(word[i+len(op):]):
			continue
		}
		return word[:i], op
	}
	return "", ""
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

// filter makes the filter of a term. A word that can be read in several ways looks for all
// of them: with=eq=v4 is found under the key with and under with=eq.
func (t *term) filter() (Filter, error) {
	f, err := t.asWritten()
	if t.word == "" || t.op == "!=" || strings.HasPrefix(t.op, ":") || strings.Contains(t.word, "://") {
		return f, err
	}
	if operatorAt(t.word) == t.word {
		return nil, syntaxError("%s stands alone: write key=value without spaces", shown(t.word))
	}
	var ways []Filter
	if err == nil {
		ways = append(ways, f)
	}
	for i := max(len(t.key)+len(t.op), 1); i < len(t.word); i++ {
		switch {
		case t.word[i] != '=':
		case t.word[i-1] == '!' && t.op != "":
			return nil, syntaxError("%s can be read in two ways: quote its key or its value", shown(t.word))
		case i == len(t.key)+1 && t.op == "=":
			return nil, syntaxError("%s has = twice: write key=value, or quote the value", shown(t.word))
		default:
			if len(ways) == maxAlternatives {
				return nil, syntaxError("%s can be read in more than %d ways: quote its key or its value", shown(t.word), maxAlternatives)
			}
			ways = append(ways, underAnyKey(t.word[:i], condition{op: equals, want: t.word[i+1:]}))
		}
	}
	switch len(ways) {
	case 0:
		return nil, err
	case 1:
		return ways[0], nil
	}
	return Or(ways...), nil
}

// asWritten reads a term by the first operator in it.
func (t *term) asWritten() (Filter, error) {
	switch t.op {
	case "":
		return t.words(), nil
	case "=":
		return t.under(condition{op: equals, want: t.value}), nil
	case "!=":
		return Not(t.under(condition{op: equals, want: t.value})), nil
	case "~":
		pattern, err := newPattern(t.value)
		if err != nil {
			return nil, syntaxError("%s is not a regular expression: %s", shown(t.value), text.Clip(err.Error(), 200))
		}
		return t.under(condition{op: matches, pattern: pattern}), nil
	case ":":
		return t.part()
	case ":=", ":#":
		return t.exact(condition{op: operator(t.op), want: t.value}), nil
	}
	return t.ordered(operator(t.op))
}

func (t *term) words() Filter {
	if t.value == "error" && !t.quoted {
		return newInField(fields["status"], condition{op: equals, want: "error"})
	}
	w := newWords(t.value)
	all := some{newInField(fields["name"], w.condition), newInField(fields["service"], w.condition), anywhere(w)}
	if id, ok := idWord(t.value); ok {
		all = append(all, id)
	}
	return all
}

// under looks for what has the term's key.
func (t *term) under(c condition) Filter {
	if t.quotedKey {
		return attributeUnder(&underKey{key: []byte(t.key), condition: c})
	}
	return underAnyKey(t.key, c)
}

// underAnyKey looks for an attribute or a field.
func underAnyKey(key string, c condition) Filter {
	all := attributeUnder(&underKey{key: []byte(key), texts: textNames[key], condition: c})
	if _, ok := fields[key]; ok {
		all = append(all, inFieldNamed(key, c))
	}
	return all
}

// attributeUnder looks for an attribute. If resource. precedes the key, it also looks for an
// attribute of the resource with the rest of the key.
func attributeUnder(k *underKey) some {
	all := some{anywhere(k)}
	if rest, ok := strings.CutPrefix(string(k.key), "resource."); ok {
		all = append(all, inResource{&underKey{key: []byte(rest), condition: k.condition}})
	}
	return all
}

// Tag looks for an attribute by its text, as Jaeger's tags do and key=value in the find box.
// The attribute can be of the span, of its resource, of its scope, of its events or of its
// links. If resource. precedes the key, it can also be one of the resource. Some keys look
// for fields as well: error (true: the status is an error), span.kind, span.status,
// otel.status_code, otel.status_description, otel.scope.name and scope.name,
// otel.scope.version and scope.version; name, service, scope, kind, status, message, event,
// flag and id.
func Tag(key, value string) Filter { return underAnyKey(key, condition{op: equals, want: value}) }

// ordered compares durations, or attributes by their numbers.
func (t *term) ordered(op operator) (Filter, error) {
	if !t.quotedKey && (t.key == "dur" || t.key == "duration" || t.key == "self") {
		d, err := parseDuration(t.value)
		if err != nil {
			return nil, syntaxError("%s is not a duration: write 5s, 1.5ms, 2m30s, 100us or 1d", shown(t.value))
		}
		if t.key == "self" {
			return selfTime{op, int64(d)}, nil
		}
		return timing{"duration", map[operator]Op{above: Gt, aboveOrEqual: Gte, below: Lt, belowOrEqual: Lte}[op], int64(d)}, nil
	}
	limit, ok := parseExact(t.value)
	if !ok {
		return nil, syntaxError("%s is not a number to compare %s with", shown(t.value), shown(t.key))
	}
	return t.under(condition{op: op, limit: limit}), nil
}

// part reads what follows a colon.
func (t *term) part() (Filter, error) {
	part := condition{op: contains, word: newFolded(t.value)}
	whole := condition{op: equals, want: t.value}
	switch t.key {
	case "name", "service":
		return newInField(fields[t.key], part), nil
	case "peer":
		return newInField(peerField, part), nil
	case "link":
		return newInField(linkField, part), nil
	case "scope":
		return inScope{&underKey{texts: textNames["scope"], condition: part}}, nil
	case "has":
		return anywhere(&present{newFolded(t.value)}), nil
	case "kind":
		if !isOneOf(t.value, append(kindWords[:], "")) {
			return nil, syntaxError("There is no kind %s. The kinds are internal, server, client, producer, consumer and unspecified", shown(t.value))
		}
	case "status":
		if !isOneOf(t.value, statusWords[:]) {
			return nil, syntaxError("There is no status %s. The statuses are unset, ok and error", shown(t.value))
		}
	case "flag":
		if known := append(trace.Flags(math.MaxUint16).Names(), inferredFlag); !isOneOf(t.value, known) {
			return nil, syntaxError("There is no flag %s. The flags are %s", shown(t.value), strings.Join(known, ", "))
		}
	case "after", "before":
		when, ok := parseTime(t.value)
		if !ok {
			return nil, syntaxError("Invalid time %s: write 12:03 or 12:03:05.5 in UTC, 12:03+02:00, 2025-03-13T12:03:05Z, or +5m from the start of the trace", shown(t.value))
		}
		return startTime{when, t.key == "after"}, nil
	}
	return inFieldNamed(t.key, whole), nil
}

func isOneOf(word string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}

// exactFields are the keys for which := means a field.
var exactFields = map[string]field{
	"name": fields["name"], "service": serviceField, "kind": fields["kind"], "status": fields["status"], "id": fields["id"], "peer": peerField, "path": pathField, "link": linkField,
}

func (t *term) exact(c condition) Filter {
	if f, ok := exactFields[t.key]; ok && !t.quotedKey {
		return newInField(f, c)
	}
	return grouped{[]byte(t.key), c}
}

// Term writes key=value for the find box, quoted if necessary. The key is read as Tag reads
// it. Values of more than some 4,000 bytes are too long for a search: Exact and
// ExactAttribute write them in another way.
func Term(key, value string) string { return written(key, false) + "=" + quotedIfNeeded(value) }

// Exact writes a term that finds exactly the spans with a value in a field. The value is the
// whole one that was counted, empty or of any length, and not the one that is shown. Fields
// are name, service, kind, status, id, and peer, path and link (see Derived).
func Exact(field, value string) string { return exactTerm(written(field, false), value) }

// ExactAttribute writes a term that finds exactly the spans with a text when spans are
// summed up by a key. The text is that of the span's first attribute with the key, or else
// that of its resource. Spans without such an attribute have "".
func ExactAttribute(key, value string) string {
	_, isField := exactFields[key]
	return exactTerm(written(key, isField), value)
}

// longestExact is the longest value, in bytes, that a term contains unchanged.
const longestExact = 500

func exactTerm(key, value string) string {
	if len(value) > longestExact {
		return key + ":#" + digest(value)
	}
	return key + ":=" + quotedIfNeeded(value)
}

func written(key string, quoted bool) string {
	if quoted || !plainWord(key) {
		return strconv.Quote(key)
	}
	return key
}

func quotedIfNeeded(value string) string {
	if plainWord(value) {
		return value
	}
	return strconv.Quote(value)
}

// plainWord reports whether a word needs no quotes anywhere.
func plainWord(s string) bool {
	return s != "" && s[0] != '-' && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./@", r)
	})
}

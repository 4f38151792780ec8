package query

import (
	"bytes"
	"fmt"
	"iter"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"prowtrace/trace"
)

// A Filter is a condition on one span: a comparison of the span's content, or a combination
// of filters. The functions below make filters, and refuse filters that cannot make sense. A
// Filter is immutable and may be used by many searches at the same time.
//
// The vocabulary and its meaning are those of Jaeger's structured filter (its RFC 0005, and
// expression/v1/expression.proto of jaeger-idl). Two rules hold for every comparison. First,
// a comparison whose reference holds no value is false: "a ≠ 1" is false for a span without
// a, but "not a = 1" is true. Second, if a reference holds several values, some of them must
// satisfy a positive comparison, and none may satisfy what a negative one (Ne, NotIn)
// denies. An array is a value, and so is each of its elements. Elements of arrays within it
// are not.
//
// A filter looks at spans as they are served. See Set.Encoded.
type Filter interface {
	holds(s *subject) bool
}

type (
	all  []Filter
	some []Filter
	not  struct{ Filter }
)

// And holds if all of the filters hold.
func And(filters ...Filter) Filter { return all(filters) }

// Or holds if at least one of the filters holds.
func Or(filters ...Filter) Filter { return some(filters) }

// Not holds if the filter does not hold.
func Not(f Filter) Filter { return not{f} }

func (f all) holds(s *subject) bool {
	return !slices.ContainsFunc(f, func(g Filter) bool { return !g.holds(s) })
}

func (f some) holds(s *subject) bool {
	return slices.ContainsFunc(f, func(g Filter) bool { return g.holds(s) })
}

func (f not) holds(s *subject) bool { return !f.Filter.holds(s) }

// element is a filter on one event or link.
type element struct {
	level Level
	inner Filter
}

// Some holds if one event or one link of the span satisfies f. Inside f all references of
// that level read from this one element. Some is refused inside another Some of the same
// level.
func Some(level Level, f Filter) (Filter, error) {
	if level != EventLevel && level != LinkLevel {
		return nil, fmt.Errorf("a span has many events and links, but only one %s", level)
	}
	if quantifies(f, level) {
		return nil, fmt.Errorf("one %[1]s is asked for inside a condition on one %[1]s", level)
	}
	return element{level, f}, nil
}

func quantifies(f Filter, level Level) bool {
	return inspect(f, func(f Filter) bool {
		e, ok := f.(element)
		return ok && e.level == level
	})
}

// inspect reports whether found holds for a filter or for one of its parts.
func inspect(f Filter, found func(Filter) bool) bool {
	inside := func(g Filter) bool { return inspect(g, found) }
	if f == nil || found(f) {
		return f != nil
	}
	switch f := f.(type) {
	case all:
		return slices.ContainsFunc(f, inside)
	case some:
		return slices.ContainsFunc(f, inside)
	case not:
		return inside(f.Filter)
	case element:
		return inside(f.inner)
	}
	return false
}

func (f element) holds(s *subject) bool {
	for b := range s.messages(f.level) {
		outer := s.bind(f.level, b)
		found := f.inner.holds(s)
		s.bind(f.level, outer)
		if found {
			return true
		}
	}
	return false
}

// Op is a comparison of two values.
type Op string

// The comparisons.
const (
	Eq  Op = "eq"
	Ne  Op = "ne"
	Gt  Op = "gt"
	Lt  Op = "lt"
	Gte Op = "gte"
	Lte Op = "lte"
)

// swapped is the comparison with the same meaning when the sides are exchanged.
func (o Op) swapped() Op {
	switch o {
	case Gt:
		return Lt
	case Lt:
		return Gt
	case Gte:
		return Lte
	case Lte:
		return Gte
	}
	return o
}

func (o Op) ordered() bool { return o != Eq && o != Ne }

// between reports whether the comparison holds for a pair. Ne is treated as Eq.
func (o Op) between(a, b value) bool {
	if !o.ordered() {
		return equal(a, b)
	}
	order, ok := compare(a, b)
	return ok && (order == 0 && (o == Gte || o == Lte) || order < 0 && (o == Lt || o == Lte) || order > 0 && (o == Gt || o == Gte))
}

// Compare compares a reference with a constant, or two references. Both sides must hold the
// same kind of value. A constant without a type is read as the kind of the other side.
func Compare(op Op, left, right Operand) (Filter, error) {
	if !slices.Contains([]Op{Eq, Ne, Gt, Lt, Gte, Lte}, op) {
		return nil, fmt.Errorf("%q is no comparison", op)
	}
	if _, constant := left.(Constant); constant {
		left, right, op = right, left, op.swapped()
	}
	ref, ok := left.(Reference)
	if !ok {
		return nil, fmt.Errorf("two constants are compared: that asks nothing of a span")
	}
	if op.ordered() && ref.words() != nil {
		return nil, fmt.Errorf("the values of %v have no order", ref)
	}
	if other, ok := right.(Reference); ok {
		return pairs{op, ref, other}, comparable2(op, ref, other)
	}
	c, err := ref.read(right.(Constant))
	if err != nil {
		return nil, err
	}
	if op.ordered() && c.typ == boolValue {
		return nil, fmt.Errorf("true and false have no order")
	}
	return comparison{op, ref, c}, nil
}

// comparable2 refuses references that can never hold the same kind of value. It also refuses
// references of unknown kind: nothing says whether an attribute means a duration or an
// instant.
func comparable2(op Op, a, b Reference) error {
	if op.ordered() && b.words() != nil {
		return fmt.Errorf("the values of %v have no order", b)
	}
	switch x, y := a.holdsType(), b.holdsType(); {
	case x == y, x == anyValue && y == textValue, x == textValue && y == anyValue:
		return nil
	}
	return fmt.Errorf("%v holds %v, %v holds %v: these cannot be compared", a, a.holdsType(), b, b.holdsType())
}

type comparison struct {
	op    Op
	ref   Reference
	right constant
}

func (f comparison) holds(s *subject) bool {
	present := false
	for v := range withElements(s.values(f.ref)) {
		c, accepted, readable := f.right.like(v)
		if !accepted {
			continue
		}
		present = true
		if readable && f.op.between(v, c) {
			return f.op != Ne
		}
	}
	return present && f.op == Ne
}

func (f comparison) admits(_ *trace.Turn, v value) bool {
	c, accepted, readable := f.right.like(v)
	return f.op == Ne || accepted && readable && f.op.between(v, c)
}

// pairs compares two references.
type pairs struct {
	op          Op
	left, right Reference
}

func (f pairs) holds(s *subject) bool {
	left := slices.Clone(s.values(f.left)) // the scratch space is reused
	right := s.values(f.right)
	if len(left) == 0 || len(right) == 0 {
		return false
	}
	for _, a := range left {
		for _, b := range right {
			if f.op.between(a, b) {
				return f.op != Ne
			}
		}
	}
	return f.op == Ne
}

type membership struct {
	ref    Reference
	list   []constant
	denied bool
}

// In holds if the reference's value is in the list.
func In(ref Reference, list List) (Filter, error) { return member(ref, list, false) }

// NotIn holds if the reference has a value that is not in the list.
func NotIn(ref Reference, list List) (Filter, error) { return member(ref, list, true) }

func member(ref Reference, list List, denied bool) (Filter, error) {
	if len(list.Values) == 0 {
		return nil, fmt.Errorf("the list that %v is looked for in is empty", ref)
	}
	f := membership{ref: ref, denied: denied}
	for _, text := range list.Values {
		c, err := ref.read(Constant{text, list.Type})
		if err != nil {
			return nil, err
		}
		f.list = append(f.list, c)
	}
	return f, nil
}

func (f membership) holds(s *subject) bool {
	present := false
	for v := range withElements(s.values(f.ref)) {
		for _, c := range f.list {
			w, accepted, readable := c.like(v)
			present = present || accepted
			if accepted && readable && equal(v, w) {
				return !f.denied
			}
		}
	}
	return present && f.denied
}

func (f membership) admits(_ *trace.Turn, v value) bool {
	return f.denied || slices.ContainsFunc(f.list, func(c constant) bool {
		w, accepted, readable := c.like(v)
		return accepted && readable && equal(v, w)
	})
}

type presence struct{ ref Reference }

// Exists holds if the span has what the reference names: an attribute with that key,
// whatever its value, a field that is set, an event or a link. It is refused for fields that
// every span has.
func Exists(ref Reference) (Filter, error) {
	if ref.always() {
		return nil, fmt.Errorf("every span has %v", ref)
	}
	return presence{ref}, nil
}

func (f presence) holds(s *subject) bool { return len(s.values(f.ref)) > 0 }

type match struct {
	ref     Reference
	pattern *pattern
}

// Matches holds if the pattern, in RE2 syntax, matches anywhere in the reference's text.
// Numbers, booleans, bytes, arrays and maps are matched as ReadableText writes them. The
// vocabulary requires that anchors, word boundaries, lazy quantifiers and flags that fold
// case are refused.
func Matches(ref Reference, pattern string) (Filter, error) {
	if t := ref.holdsType(); t != textValue && t != anyValue {
		return nil, fmt.Errorf("%v holds %v, which has no text for a pattern", ref, t)
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
	}
	if what := notShared(tree); what != "" {
		return nil, fmt.Errorf("the pattern %q has %s, which not all storages know", pattern, what)
	}
	compiled, err := newPattern(pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
	}
	return match{ref, compiled}, nil
}

// notShared names a construct that the vocabulary refuses.
func notShared(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return "an anchor"
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return "a word boundary"
	}
	if re.Flags&syntax.FoldCase != 0 {
		return "a flag that folds case"
	}
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if re.Flags&syntax.NonGreedy != 0 {
			return "a lazy quantifier"
		}
	}
	for _, sub := range re.Sub { // Parse bounds the depth
		if what := notShared(sub); what != "" {
			return what
		}
	}
	return ""
}

func (f match) holds(s *subject) bool {
	for v := range withElements(s.values(f.ref)) {
		if f.admits(s.turn, v) {
			return true
		}
	}
	return false
}

func (f match) admits(turn *trace.Turn, v value) bool { return f.pattern.in(turn, v.asText()) }

type wordSearch struct {
	ref    Reference
	words  [][]byte
	phrase bool
}

// Fulltext holds if the attribute's text has all the words, in any order. Words are runs of
// letters, digits and combining marks. Case is ignored.
func Fulltext(ref Attr, words List) (Filter, error) { return searchWords(ref, words, false) }

// Phrase holds if the attribute's text has the words next to each other and in this order.
func Phrase(ref Attr, words List) (Filter, error) { return searchWords(ref, words, true) }

func searchWords(ref Attr, words List, phrase bool) (Filter, error) {
	if words.Type != "" && words.Type != StringType {
		return nil, fmt.Errorf("words to look for in %v cannot be of type %s", ref, words.Type)
	}
	if len(words.Values) == 0 {
		return nil, fmt.Errorf("there are no words to look for in %v", ref)
	}
	f := wordSearch{ref: ref, phrase: phrase}
	for _, w := range words.Values {
		const longest = 255 // UTF-16 code units, according to the vocabulary
		if w == "" || strings.ContainsFunc(w, notInWord) || len(utf16.Encode([]rune(w))) > longest {
			return nil, fmt.Errorf("%.80q is not one word of letters, digits and combining marks, at most %d of them", w, longest)
		}
		f.words = append(f.words, []byte(w))
	}
	return f, nil
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

func (f wordSearch) holds(s *subject) bool {
	return slices.ContainsFunc(s.values(f.ref), func(v value) bool { return f.admits(s.turn, v) })
}

func (f wordSearch) admits(turn *trace.Turn, v value) bool {
	text := v.asText()
	return f.allIn(turn, text) && (!f.phrase || f.inARow(text))
}

func (f wordSearch) allIn(turn *trace.Turn, text []byte) bool {
	for _, w := range f.words {
		found := false
		for have := range wordsOf(text) {
			turn.Spend(min(len(have)+1, trace.TurnInterval))
			if found = bytes.EqualFold(have, w); found || turn.Err() != nil {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (f wordSearch) inARow(text []byte) bool {
	for words := slices.Collect(wordsOf(text)); len(words) >= len(f.words); words = words[1:] {
		if slices.EqualFunc(words[:len(f.words)], f.words, bytes.EqualFold) {
			return true
		}
	}
	return false
}

// wordsOf ranges over the words of a text. If all its letters are ASCII, this takes a tenth
// of the time.
func wordsOf(text []byte) iter.Seq[[]byte] {
	if slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf }) {
		return bytes.FieldsFuncSeq(text, notInWord)
	}
	return func(yield func([]byte) bool) {
		start := 0
		for i, c := range text {
			if lower := c | 0x20; lower >= 'a' && lower <= 'z' || c >= '0' && c <= '9' {
				continue
			}
			if start < i && !yield(text[start:i]) {
				return
			}
			start = i + 1
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}

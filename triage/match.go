package triage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"prowtrace/joblog"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Matcher finds signatures in lines. It looks for all words that matches of the signatures
// must have in one pass, and tries a pattern only if one of its words is there. A line
// without such words takes little time: some hundred MB/s, however many signatures there
// are. A Matcher is immutable and safe for concurrent use.
type Matcher struct {
	all   []*Signature
	tried []trial          // by the number of a word in lines
	named automaton        // words that name a version
	lines automaton        // words of the signatures for lines, and of waits, faults and versions
	keyed map[string][]int // signatures for attributes, by key

	weights weighing // weights of the judgements made with it
}

// A trial is what to try when a line has a word.
type trial struct {
	signature int32  // pollTrial, faultTrial and versionTrial are not signatures
	begin     []byte // the necessary beginning of the line
}

const (
	pollTrial  = -1 // of pollText
	faultTrial = -2 // of faultText and bareText

	versionTrial = -3 // of versionText
)

// NewMatcher makes a Matcher. If several signatures match, the first in the list counts.
func NewMatcher(signatures []*Signature) *Matcher {
	m := &Matcher{all: signatures, keyed: map[string][]int{}, weights: weights}
	var b builder
	add := func(word string, t trial) {
		b.add(word, int32(len(m.tried)))
		m.tried = append(m.tried, t)
	}
	for i, s := range signatures {
		if len(s.Attributes) == 0 {
			for _, l := range s.literals {
				add(l.text, trial{int32(i), []byte(l.begin)})
			}
		}
		for _, key := range s.Attributes {
			m.keyed[key] = append(m.keyed[key], i)
		}
	}
	for _, w := range pollWords {
		add(w, trial{signature: pollTrial})
	}
	for _, w := range faultWords {
		add(w, trial{signature: faultTrial})
	}
	for _, w := range versionWords {
		add(w, trial{signature: versionTrial})
	}
	m.lines = b.automaton()
	m.named = newWords(versionWords...)
	return m
}

// RulesVersion is increased when the same evidence may be judged differently. Runs that were
// judged by other rules are judged again.
const RulesVersion = 11

// Version is the same for the same rules, fingerprints and signatures.
func (m *Matcher) Version() string {
	h := sha256.New()
	fmt.Fprintln(h, RulesVersion, joblog.FingerprintVersion)
	for _, s := range m.all {
		fmt.Fprintf(h, "%q %q %q %q\n", s.ID, s.Title, s.Category, s.Pattern)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// A Match is a signature that was found.
type Match struct {
	*Signature
	Title string // filled in, and safe to show
}

// wordsOf says which patterns may match a line, by the words that it has.
type wordsOf struct {
	signatures   []int32
	polls, fault bool // of pollText, of faultText or bareText
	version      bool // of versionText
}

// words looks for all words in a line in one pass. Only the first 64 KiB of the line count.
func (m *Matcher) words(line []byte, buf []int32) (w wordsOf) {
	all := m.lines.find(line[:min(len(line), longestLine)], buf)
	w.signatures = all[:0]
	for _, i := range all {
		switch t := &m.tried[i]; {
		case t.signature == pollTrial:
			w.polls = true
		case t.signature == faultTrial:
			w.fault = true
		case t.signature == versionTrial:
			w.version = true
		case bytes.HasPrefix(line, t.begin):
			w.signatures = append(w.signatures, t.signature)
		}
	}
	slices.Sort(w.signatures)
	w.signatures = slices.Compact(w.signatures)
	return w
}

// Line finds the signature of a line. Only the first 64 KiB of the line count.
func (m *Matcher) Line(line []byte) (found Match, ok bool) {
	var few [16]int32
	return m.first(m.words(line, few[:0]).signatures, line[:min(len(line), longestLine)])
}

// Attribute finds the signature of the value of a span attribute.
func (m *Matcher) Attribute(key, value string) (found Match, ok bool) {
	var candidates []int32
	for _, i := range m.keyed[key] {
		candidates = append(candidates, int32(i))
	}
	return m.first(candidates, []byte(value[:min(len(value), longestLine)]))
}

func (m *Matcher) first(candidates []int32, line []byte) (Match, bool) {
	if s, groups := m.find(candidates, line); s != nil {
		return Match{s, s.title(line, groups)}, true
	}
	return Match{}, false
}

// find gives the first of some signatures that matches a line, and the places of its groups.
// It returns nil if none matches.
func (m *Matcher) find(candidates []int32, line []byte) (*Signature, []int) {
	for _, i := range candidates {
		if groups := m.all[i].match(line); groups != nil {
			return m.all[i], groups
		}
	}
	return nil, nil
}

// A literal is an ASCII text in lower case that every match has, in any case.
type literal struct {
	text  string
	begin string // the necessary beginning of the line; "" means any
}

// requiredLiterals gives texts of which each match of a pattern has at least one. It gives
// none if it cannot find out, or if they would be too short.
func requiredLiterals(pattern string) (all []literal) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	ways := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpAlternate {
		ways = tree.Sub
	}
	for _, way := range ways {
		found := literalsIn(way)
		if len(found) == 0 {
			return nil
		}
		for _, text := range found {
			all = append(all, literal{text, beginOf(way)})
		}
	}
	return all
}

// beginOf is the necessary beginning of a line that matches a pattern, or "" if it cannot
// find out.
func beginOf(re *syntax.Regexp) string {
	if re.Op == syntax.OpConcat && len(re.Sub) > 1 && re.Sub[0].Op == syntax.OpBeginText {
		if first := re.Sub[1]; first.Op == syntax.OpLiteral && first.Flags&syntax.FoldCase == 0 && !slices.Contains(first.Rune, utf8.RuneError) {
			return string(first.Rune)
		}
	}
	return ""
}

// literalsIn gives the texts that a part of a pattern requires. The depth is bounded by Parse.
func literalsIn(re *syntax.Regexp) (best []string) {
	if all := allTexts(re); len(all) > 0 {
		return inASCII(all)
	}
	switch re.Op {
	case syntax.OpConcat:
		from := 0 // of neighbours with few texts
		for i, sub := range re.Sub {
			if len(allTexts(sub)) > 0 {
				continue
			}
			for _, found := range [][]string{inASCII(concatenated(re.Sub[from:i])), literalsIn(sub)} {
				if better(found, best) {
					best = found
				}
			}
			from = i + 1
		}
		if found := inASCII(concatenated(re.Sub[from:])); better(found, best) {
			best = found
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalsIn(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literalsIn(re.Sub[0])
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			found := literalsIn(sub)
			if len(found) == 0 {
				return nil
			}
			best = append(best, found...)
		}
	}
	return best
}

// fewTexts bounds how many texts a part of a pattern is expanded into.
const fewTexts = 64

// allTexts gives all texts that match a part of a pattern, or none if there are many.
func allTexts(re *syntax.Regexp) (all []string) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if all = append(all, string(r)); len(all) > 4 {
					return nil
				}
			}
		}
	case syntax.OpQuest:
		if all = allTexts(re.Sub[0]); len(all) > 0 {
			all = append(all, "")
		}
	case syntax.OpCapture:
		return allTexts(re.Sub[0])
	case syntax.OpConcat:
		return concatenated(re.Sub)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			some := allTexts(sub)
			if len(some) == 0 || len(all)+len(some) > fewTexts {
				return nil
			}
			all = append(all, some...)
		}
	}
	return all
}

// concatenated gives all texts that match a sequence of parts.
func concatenated(parts []*syntax.Regexp) []string {
	all := []string{""}
	for _, part := range parts {
		some := allTexts(part)
		if len(some) == 0 || len(all)*len(some) > fewTexts {
			return nil
		}
		var longer []string
		for _, a := range all {
			for _, b := range some {
				longer = append(longer, a+b)
			}
		}
		all = longer
	}
	return all
}

// inASCII gives the longest ASCII part of each text, in lower case. It gives none if one of
// these is too short.
func inASCII(texts []string) (all []string) {
	for _, t := range texts {
		longest := ""
		for _, part := range strings.FieldsFunc(t, func(r rune) bool { return r >= utf8.RuneSelf }) {
			if len(part) > len(longest) {
				longest = strings.ToLower(part)
			}
		}
		if len(longest) < shortest {
			return nil
		}
		all = append(all, longest)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// better prefers the list whose shortest word is longer: fewer lines have its words.
func better(a, b []string) bool {
	least := func(list []string) int {
		if len(list) == 0 {
			return 0
		}
		return len(slices.MinFunc(list, func(x, y string) int { return len(x) - len(y) }))
	}
	return least(a) > least(b)
}

// An automaton finds words in a text in one pass (A. V. Aho and M. J. Corasick, Efficient
// string matching, 1975), with a table of the next state for each state.
type automaton struct {
	class [256]uint8 // of each byte; 0 for bytes that are in no word
	width int        // number of classes
	next  []int32    // by state and class; ^state if a word ends in that state
	found [][]int32  // by state: numbers of the words that end there
}

// find adds the numbers of the words in a text to found. Some may be added several times.
func (a *automaton) find(line []byte, found []int32) []int32 {
	if a.width == 0 {
		return found
	}
	state := int32(0)
	for _, c := range line {
		if state = a.next[int(state)+int(a.class[c])]; state < 0 {
			state = ^state
			found = append(found, a.found[int(state)/a.width]...)
		}
	}
	return found
}

// has reports whether one of the words is in a text.
func (a *automaton) has(line []byte) bool {
	if a.width == 0 {
		return false
	}
	state := int32(0)
	for _, c := range line {
		if state = a.next[int(state)+int(a.class[c])]; state < 0 {
			return true
		}
	}
	return false
}

// newWords makes an automaton that finds words in any case. The words are in ASCII and lower
// case.
func newWords(words ...string) automaton {
	var b builder
	for i, w := range words {
		b.add(w, int32(i))
	}
	return b.automaton()
}

// A builder collects words.
type builder struct {
	nodes []node
}

type node struct {
	child map[byte]int32
	words []int32
}

func (b *builder) add(word string, number int32) {
	if len(b.nodes) == 0 {
		b.nodes = append(b.nodes, node{})
	}
	at := int32(0)
	for i := range len(word) {
		to, ok := b.nodes[at].child[word[i]]
		if !ok {
			to = int32(len(b.nodes))
			b.nodes = append(b.nodes, node{})
			if b.nodes[at].child == nil {
				b.nodes[at].child = map[byte]int32{}
			}
			b.nodes[at].child[word[i]] = to
		}
		at = to
	}
	b.nodes[at].words = append(b.nodes[at].words, number)
}

// automaton makes the table breadth first: the fallback of a word is known before longer
// words.
func (b *builder) automaton() (a automaton) {
	if len(b.nodes) == 0 {
		return a
	}
	a.width = 1
	for _, n := range b.nodes {
		for c := range n.child {
			if a.class[c] == 0 {
				a.class[c] = uint8(a.width)
				a.width++
			}
		}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		a.class[c] = a.class[c|0x20]
	}
	a.next = make([]int32, len(b.nodes)*a.width)
	a.found = make([][]int32, len(b.nodes))
	fail := make([]int32, len(b.nodes)) // the state of the longest end of this one that is the beginning of a word
	row := func(state int32) []int32 { return a.next[int(state)*a.width:][:a.width] }
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		n := &b.nodes[at]
		if at != 0 {
			copy(row(at), row(fail[at]))
			a.found[at] = a.found[fail[at]]
		}
		if len(n.words) > 0 {
			a.found[at] = slices.Concat(n.words, a.found[at])
		}
		for c, to := range n.child {
			class := a.class[c]
			if at != 0 {
				fail[to] = row(fail[at])[class] / int32(a.width)
			}
			row(at)[class] = to * int32(a.width)
			queue = append(queue, to)
		}
	}
	for i, state := range a.next {
		if len(a.found[int(state)/a.width]) > 0 {
			a.next[i] = ^state
		}
	}
	return a
}

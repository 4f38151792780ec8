package analysis

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Key is an attribute that spans or their resources have. Users can search for it and sum
// up by it.
type Key struct {
	Key    string
	Spans  int      // spans that have it, or whose resource has it
	Values []string // the most frequent first; empty if the attribute has many values
}

// Bounds on what Keys looks at: a producer may put anything into a trace.
const (
	seenKeys      = 2000
	seenValues    = 50  // of a key
	longestOption = 100 // bytes of a key or a value that is worth listing
)

// Keys lists the keys of all attributes, the most frequent first. It reads every span once,
// on all processors.
func Keys(of Traces) []Key { return countKeys(of).keys() }

// ValueCounts counts, by attribute and value, the spans that have it, or whose resource has
// it. It leaves out attributes with many values, and long values. It reads every span once,
// on all processors.
func ValueCounts(of Traces) map[string]map[string]int {
	all := map[string]map[string]int{}
	for key, k := range countKeys(of).index {
		if k.counts == nil {
			continue
		}
		all[key] = map[string]int{}
		for value, n := range k.counts {
			all[key][value] = *n
		}
	}
	return all
}

// FirstWith gives the number of the first span of a tree that has an attribute of some
// value, or whose resource has it. It returns -1 if there is none. It reads the spans up to
// that one.
func FirstWith(t trace.Tree, key, value string) int {
	s := spansOf(t)
	ofResource := map[uint32]bool{}
	has := func(message []byte, number protowire.Number) bool {
		v, ok := attributeOf(message, number, key)
		return ok && trace.EncodedText(v) == value
	}
	for i := range s.len() {
		n := s.resource[i]
		is, known := ofResource[n]
		if !known {
			wire, _ := s.view.EncodedResource(int(n))
			is = has(wire, 1)
			ofResource[n] = is
		}
		if is || has(s.encoded(i), 9) {
			return i
		}
	}
	return -1
}

// countKeys counts the attributes of all spans.
func countKeys(of Traces) *keyCounts {
	pieces := of.pieces()
	counts := make([]*keyCounts, len(pieces))
	each(len(pieces), func(i int) { counts[i] = pieces[i].countKeys() })
	all := newKeyCounts()
	for i, c := range counts {
		if c.full || len(all.index)+len(c.index) > seenKeys {
			// Which keys are counted depends on earlier ones: only made-up traces have so
			// many.
			all.addSpans(&pieces[i], pieces[i].inOrder())
			continue
		}
		all.merge(c)
	}
	for _, n := range slices.Sorted(maps.Keys(all.resources)) {
		wire, _ := of.view.EncodedResource(int(n))
		attributes := otlpwire.ReadAttributes(wire, 1)
		for key, value, ok := attributes.Next(); ok; key, value, ok = attributes.Next() {
			if k := all.find(key); k != nil {
				k.add(value, all.resources[n])
			}
		}
	}
	return all
}

// keyCounts counts the spans that have attributes.
type keyCounts struct {
	index     map[string]*seenKey
	full      bool           // some keys are not counted
	resources map[uint32]int // how many spans each has

	recent []*seenKey // by the place of an attribute in its span: it is mostly the same again
}

// seenKey is an attribute that was seen.
type seenKey struct {
	key    string
	spans  int
	counts map[string]*int // by value; nil once there are too many

	// The fields below save decoding values again.
	encoded map[string]*int // counts of some values by their encoding
	recent  [16]struct {    // values that were counted recently
		value []byte
		count *int // nil if no count is kept
	}
}

func newKeyCounts() *keyCounts {
	return &keyCounts{index: map[string]*seenKey{}, resources: map[uint32]int{}}
}

func (p *piece) countKeys() *keyCounts {
	c := newKeyCounts()
	c.addSpans(p, p.inFileOrder())
	return c
}

// addSpans counts the spans of a piece in a given order.
func (c *keyCounts) addSpans(p *piece, order iter.Seq[int]) {
	for i := range order {
		c.addSpan(p.encoded(i))
	}
	from := p.lo // of a run of spans with the same resource
	for i := p.lo; i < p.hi; i++ {
		if p.resource[i] != p.resource[from] {
			c.resources[p.resource[from]] += i - from
			from = i
		}
	}
	if from < p.hi {
		c.resources[p.resource[from]] += p.hi - from
	}
}

func (c *keyCounts) addSpan(span []byte) {
	place := 0
	attributes := otlpwire.ReadAttributes(span, 9)
	for key, value, ok := attributes.Next(); ok; key, value, ok = attributes.Next() {
		var k *seenKey
		if place < len(c.recent) && c.recent[place].key == string(key) {
			k = c.recent[place]
		} else if k = c.find(key); k == nil {
			continue
		} else if place < len(c.recent) {
			c.recent[place] = k
		} else if place < seenKeys {
			c.recent = append(c.recent, k)
		}
		k.add(value, 1)
		place++
	}
}

// find gives what is counted of a key, or nil.
func (c *keyCounts) find(key []byte) *seenKey {
	k := c.index[string(key)]
	if k != nil || len(key) == 0 || len(key) > longestOption {
		return k
	}
	return c.begin(string(key))
}

func (c *keyCounts) begin(key string) *seenKey {
	if len(c.index) == seenKeys {
		c.full = true
		return nil
	}
	k := &seenKey{key: key, counts: map[string]*int{}}
	c.index[key] = k
	return k
}

func (k *seenKey) add(value []byte, spans int) {
	k.spans += spans
	if k.counts == nil {
		return
	}
	at := len(value)
	if at > 0 {
		at += int(value[at-1])
	}
	recent := &k.recent[at%len(k.recent)]
	if recent.count == nil || !bytes.Equal(value, recent.value) {
		recent.value, recent.count = value, k.count(value)
	}
	if recent.count != nil {
		*recent.count += spans
	}
}

// count gives the count of a value, or nil if none is kept.
func (k *seenKey) count(value []byte) *int {
	short := len(value) <= 2*longestOption
	if short {
		if n := k.encoded[string(value)]; n != nil {
			return n
		}
	}
	if text, ok := plainText(value); ok && len(text) > longestOption {
		return nil // before it is copied
	}
	text := trace.EncodedText(value)
	if len(text) > longestOption {
		return nil
	}
	n := k.begin(text)
	if n != nil && short && len(k.encoded) < 4*seenValues {
		if k.encoded == nil {
			k.encoded = map[string]*int{}
		}
		k.encoded[string(value)] = n
	}
	return n
}

func (k *seenKey) begin(value string) *int {
	n := k.counts[value]
	if n == nil {
		n = new(int)
		if k.counts[value] = n; len(k.counts) > seenValues {
			k.counts, n = nil, nil
		}
	}
	return n
}

// merge adds what was counted of other spans. There is room for all their keys.
func (c *keyCounts) merge(more *keyCounts) {
	for resource, spans := range more.resources {
		c.resources[resource] += spans
	}
	for key, m := range more.index {
		k := c.index[key]
		if k == nil {
			k = c.begin(key)
		}
		k.spans += m.spans
		if m.counts == nil {
			k.counts = nil
		}
		for value, spans := range m.counts {
			if k.counts == nil {
				break
			}
			if n := k.begin(value); n != nil {
				*n += *spans
			}
		}
	}
}

// keys gives what was counted.
func (c *keyCounts) keys() (all []Key) {
	for _, key := range slices.Sorted(maps.Keys(c.index)) {
		all = append(all, Key{key, c.index[key].spans, mostFrequent(c.index[key].counts)})
	}
	slices.SortStableFunc(all, func(a, b Key) int { return cmp.Compare(b.Spans, a.Spans) })
	return all
}

func mostFrequent(counts map[string]*int) []string {
	values := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(*counts[b], *counts[a]) })
	return values
}

package analysis

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A Key is an attribute that spans or their resources have: what can be searched for
// and summed up by.
type Key struct {
	Key    string
	Spans  int      // that have it, or whose resource has it
	Values []string // the most frequent first; none of an attribute that has many
}

// Bounds on what Keys looks at: a producer may put anything into a trace.
const (
	seenKeys      = 2000
	seenValues    = 50  // of a key
	longestOption = 100 // bytes of a key or a value that is worth offering
)

// seenKey counts the spans with an attribute.
type seenKey struct {
	spans  int
	counts map[string]int // by value; nil once there are too many
}

// Keys lists the keys of all attributes, those that most spans have first. It reads
// every span once.
func Keys(trees iter.Seq[trace.Tree]) []Key {
	index := map[string]*seenKey{}
	add := func(attribute []byte, spans int) {
		key, value := otlpwire.KeyValue(attribute)
		k := index[string(key)]
		if k == nil {
			if len(key) == 0 || len(key) > longestOption || len(index) == seenKeys {
				return
			}
			k = &seenKey{counts: map[string]int{}}
			index[string(key)] = k
		}
		k.spans += spans
		if k.counts != nil {
			k.count(value, spans)
		}
	}
	var view *trace.View
	resources := map[int]int{} // spans of each
	for t := range trees {
		view = t.View()
		for i := range t.Len() {
			for num, field := range otlpwire.Messages(t.Encoded(i)) {
				if num == 9 {
					add(field, 1)
				}
			}
			resources[t.Resource(i)]++
		}
	}
	for _, n := range slices.Sorted(maps.Keys(resources)) {
		wire, _ := view.EncodedResource(n)
		for num, field := range otlpwire.Messages(wire) {
			if num == 1 {
				add(field, resources[n])
			}
		}
	}
	var all []Key
	for _, key := range slices.Sorted(maps.Keys(index)) {
		all = append(all, Key{key, index[key].spans, mostFrequent(index[key].counts)})
	}
	slices.SortStableFunc(all, func(a, b Key) int { return cmp.Compare(b.Spans, a.Spans) })
	return all
}

func (k *seenKey) count(value []byte, spans int) {
	text := trace.EncodedText(value)
	if len(text) > longestOption {
		return
	}
	if k.counts[text] += spans; len(k.counts) > seenValues {
		k.counts = nil
	}
}

func mostFrequent(counts map[string]int) []string {
	values := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	return values
}

// ByAttribute sums up by the values of an attribute as text: that of the span, else
// that of its resource, "" where neither has it.
func ByAttribute(key string) Grouping {
	ofResource := map[int]string{}
	return func(t trace.Tree, i int, _ trace.Span) string {
		if value, ok := attributeOf(t.Encoded(i), 9, key); ok {
			return value
		}
		n := t.Resource(i)
		value, known := ofResource[n]
		if !known {
			wire, _ := t.View().EncodedResource(n)
			value, _ = attributeOf(wire, 1, key)
			ofResource[n] = value
		}
		return value
	}
}

// attributeOf gives the text of the attribute with a key, of those in the fields with
// a number.
func attributeOf(message []byte, number int, wanted string) (string, bool) {
	for num, field := range otlpwire.Messages(message) {
		if int(num) == number {
			if key, value := otlpwire.KeyValue(field); string(key) == wanted {
				return trace.EncodedText(value), true
			}
		}
	}
	return "", false
}

package viewer

import (
	"cmp"
	"iter"
	"maps"
	"net/http"
	"slices"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// attributeKey is an attribute that spans or their resources have: what can be
// searched for and summed up by.
type attributeKey struct {
	Key    string   `json:"key"`
	Spans  int      `json:"spans"`
	Values []string `json:"values"` // the most frequent first; none of an attribute that has many

	counts map[string]int // by value; nil once there are too many
}

const (
	maxKeys       = 500
	seenKeys      = 2000 // keys that are looked at: a producer may put anything there
	seenValues    = 50   // of a key
	shownValues   = 20
	longestOption = 100 // bytes of a key or value that is worth offering
)

// attributeKeys lists the keys of all attributes, those that most spans have
// first.
func attributeKeys(set *trace.View, trees iter.Seq[trace.Tree]) []attributeKey {
	index := map[string]*attributeKey{}
	add := func(attribute []byte, spans int) {
		key, value := otlpwire.KeyValue(attribute)
		k := index[string(key)]
		if k == nil {
			if len(key) == 0 || len(key) > longestOption || len(index) == seenKeys {
				return
			}
			k = &attributeKey{Key: string(key), counts: map[string]int{}}
			index[k.Key] = k
		}
		k.Spans += spans
		if k.counts != nil {
			k.count(value, spans)
		}
	}
	resources := map[int]int{} // spans of each
	for t := range trees {
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
		wire, _ := set.EncodedResource(n)
		for num, field := range otlpwire.Messages(wire) {
			if num == 1 {
				add(field, resources[n])
			}
		}
	}
	all := make([]attributeKey, 0, len(index))
	for _, key := range slices.Sorted(maps.Keys(index)) {
		k := index[key]
		if clip(k.Key, longestOption) == k.Key {
			k.Values = mostFrequent(k.counts)
			all = append(all, *k)
		}
	}
	slices.SortStableFunc(all, func(a, b attributeKey) int { return cmp.Compare(b.Spans, a.Spans) })
	return all[:min(len(all), maxKeys)]
}

func (k *attributeKey) count(value []byte, spans int) {
	text := textOf(value)
	if len(text) > longestOption {
		return
	}
	if k.counts[text] += spans; len(k.counts) > seenValues {
		k.counts = nil
	}
}

// mostFrequent gives the values that can be shown as they are.
func mostFrequent(counts map[string]int) []string {
	values := []string{}
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		if clip(v, longestOption) == v {
			values = append(values, v)
		}
	}
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	return values[:min(len(values), shownValues)]
}

// textOf gives an encoded AnyValue as text.
func textOf(value []byte) string {
	if len(value) > 1 && value[0] == 1<<3|2 { // a string needs no decoding
		for num, text := range otlpwire.Messages(value) {
			if num == 1 {
				return string(text)
			}
		}
	}
	var v commonpb.AnyValue
	if proto.Unmarshal(value, &v) != nil {
		return ""
	}
	return trace.ReadableText(&v)
}

// grouping gives what spans are summed up by: their names, or the values of an
// attribute of theirs or of their resource, "" where they have none.
func (v *viewer) grouping(r *http.Request) func(trace.Tree, int, trace.Span) string {
	by := r.URL.Query().Get("by")
	if by == "" {
		return nameOf
	}
	ofResource := map[int]string{}
	return func(t trace.Tree, i int, _ trace.Span) string {
		if value, ok := valueOf(t.Encoded(i), 9, by); ok {
			return value
		}
		n := t.Resource(i)
		value, known := ofResource[n]
		if !known {
			wire, _ := v.set.EncodedResource(n)
			value, _ = valueOf(wire, 1, by)
			ofResource[n] = value
		}
		return value
	}
}

func nameOf(_ trace.Tree, _ int, s trace.Span) string { return s.Name }

// valueOf gives the text of the attribute with a key, of those in the fields
// with a number.
func valueOf(message []byte, number int, wanted string) (string, bool) {
	for num, field := range otlpwire.Messages(message) {
		if int(num) == number {
			if key, value := otlpwire.KeyValue(field); string(key) == wanted {
				return textOf(value), true
			}
		}
	}
	return "", false
}

package analysis

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// The expected results of the analyses, computed span by span with the names themselves.

func simpleTrees(v *trace.View) iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) {
		for i := range v.NumTraces() {
			if t := v.Tree(v.Trace(i)); !t.Joined() && !yield(t) {
				return
			}
		}
	}
}

func simpleOne(t trace.Tree) iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) { yield(t) }
}

func simpleParentsFirst(t trace.Tree) []int32 {
	order := make([]int32, 0, t.Len())
	done := make([]bool, t.Len())
	var waiting []int32
	for i := range t.Len() {
		for at := i; at >= 0 && !done[at]; at = t.Parent(at) {
			done[at] = true
			waiting = append(waiting, int32(at))
		}
		for len(waiting) > 0 {
			order = append(order, waiting[len(waiting)-1])
			waiting = waiting[:len(waiting)-1]
		}
	}
	return order
}

func simpleSelfTimes(t trace.Tree) []int64 {
	n := t.Len()
	self := make([]int64, n)
	covered := make([]int64, n) // the time up to which the children seen so far reach
	for i := range n {
		start, end := t.Times(i)
		self[i] += end - start
		p := t.Parent(i)
		if p < 0 {
			continue
		}
		// Spans are ordered by start, so the children of each parent are too. The parent
		// itself may come later, which only delays adding its duration.
		parentStart, parentEnd := t.Times(p)
		from := max(start, parentStart, covered[p])
		if to := min(end, parentEnd); to > from {
			self[p] -= to - from
			covered[p] = to
		}
	}
	return self
}

type simpleGrouping func(t trace.Tree, i int, s trace.Span) string

func simpleByName(_ trace.Tree, _ int, s trace.Span) string { return s.Name }

func simpleOperations(trees iter.Seq[trace.Tree], group simpleGrouping) []Operation {
	type key struct{ name, service string }
	index := map[key]int{}
	var all []Operation
	var durations [][]int64
	for t := range trees {
		self := simpleSelfTimes(t)
		for i := range t.Len() {
			s := t.Span(i)
			k := key{group(t, i, s), s.Service}
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				all = append(all, Operation{Name: k.name, Service: k.service})
				durations = append(durations, nil)
			}
			all[at].simpleAdd(s, self[i])
			if !s.Flags.Has(trace.Unfinished) {
				durations[at] = append(durations[at], s.Duration)
			}
		}
	}
	for i, d := range durations {
		slices.Sort(d)
		all[i].P50, all[i].P95, all[i].Max = percentile(d, 50), percentile(d, 95), percentile(d, 100)
	}
	slices.SortStableFunc(all, func(a, b Operation) int { return cmp.Compare(b.Self, a.Self) })
	return all
}

func (o *Operation) simpleAdd(s trace.Span, self int64) {
	o.Count++
	if s.Status == trace.StatusError {
		o.Errors++
	}
	if s.Flags.Has(trace.Unfinished) {
		o.Unfinished++
	}
	o.Total = plus(o.Total, s.Duration)
	o.Self = plus(o.Self, self)
}

// percentile gives the smallest value that p percent of all values do not exceed.
func percentile(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// simpleKey counts the spans with an attribute.
type simpleKey struct {
	spans  int
	counts map[string]int // by value; nil once there are too many
}

func simpleKeys(trees iter.Seq[trace.Tree]) []Key {
	index := map[string]*simpleKey{}
	add := func(attribute []byte, spans int) {
		key, value := otlpwire.KeyValue(attribute)
		k := index[string(key)]
		if k == nil {
			if len(key) == 0 || len(key) > longestOption || len(index) == seenKeys {
				return
			}
			k = &simpleKey{counts: map[string]int{}}
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
		all = append(all, Key{key, index[key].spans, simpleMostFrequent(index[key].counts)})
	}
	slices.SortStableFunc(all, func(a, b Key) int { return cmp.Compare(b.Spans, a.Spans) })
	return all
}

func (k *simpleKey) count(value []byte, spans int) {
	text := trace.EncodedText(value)
	if len(text) > longestOption {
		return
	}
	if k.counts[text] += spans; len(k.counts) > seenValues {
		k.counts = nil
	}
}

func simpleMostFrequent(counts map[string]int) []string {
	values := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	return values
}

// simpleByAttribute sums up by the values of an attribute as text. The value is that of the
// span, or else that of its resource, or "" if neither has it.
func simpleByAttribute(key string) simpleGrouping {
	ofResource := map[int]string{}
	return func(t trace.Tree, i int, _ trace.Span) string {
		if value, ok := simpleAttributeOf(t.Encoded(i), 9, key); ok {
			return value
		}
		n := t.Resource(i)
		value, known := ofResource[n]
		if !known {
			wire, _ := t.View().EncodedResource(n)
			value, _ = simpleAttributeOf(wire, 1, key)
			ofResource[n] = value
		}
		return value
	}
}

// simpleAttributeOf gives the text of the attribute with a key. It looks at the fields with
// the given number.
func simpleAttributeOf(message []byte, number int, wanted string) (string, bool) {
	for num, field := range otlpwire.Messages(message) {
		if int(num) == number {
			if key, value := otlpwire.KeyValue(field); string(key) == wanted {
				return trace.EncodedText(value), true
			}
		}
	}
	return "", false
}

func simpleFlame(trees iter.Seq[trace.Tree]) Flame {
	b := simpleFrames{index: map[simpleFrameKey]int32{}}
	for t := range trees {
		self := simpleSelfTimes(t)
		b.eachFrame(t, func(i, at int32, s trace.Span) {
			f := &b.frames[at]
			f.Count++
			f.Self = plus(f.Self, self[i])
			if s.Status == trace.StatusError {
				f.Errors++
			}
		})
	}
	return simpleWidest(b.frames)
}

// simplePaths gives the Path of the frame that each span of t is in.
func simplePaths(t trace.Tree) []string {
	b := simpleFrames{index: map[simpleFrameKey]int32{}}
	of := b.eachFrame(t, func(_, _ int32, _ trace.Span) {})
	namePaths(b.frames)
	paths := make([]string, len(of))
	for i, at := range of {
		paths[i] = b.frames[at].Path
	}
	return paths
}

type simpleFrames struct {
	index  map[simpleFrameKey]int32
	frames []Frame
}

type simpleFrameKey struct {
	parent        int32
	name, service string
}

// eachFrame calls f for each span of t with the number of its frame, and gives the
// frames of all spans.
func (b *simpleFrames) eachFrame(t trace.Tree, f func(i, frame int32, s trace.Span)) (of []int32) {
	of = make([]int32, t.Len())
	for _, i := range simpleParentsFirst(t) {
		s := t.Span(int(i))
		key := simpleFrameKey{-1, s.Name, s.Service}
		if p := t.Parent(int(i)); p >= 0 {
			key.parent = of[p]
		}
		at, known := b.index[key]
		if !known {
			at = int32(len(b.frames))
			b.index[key] = at
			b.frames = append(b.frames, Frame{Parent: int(key.parent), Name: s.Name, Service: s.Service})
		}
		of[i] = at
		f(i, at, s)
	}
	return of
}

// simplePercentiles gives the percentiles of sorted values that Operations has.
func simplePercentiles(all []int64) [3]int64 {
	slices.Sort(all)
	return [3]int64{percentile(all, 50), percentile(all, 95), percentile(all, 100)}
}

func simpleWidest(frames []Frame) (out Flame) {
	for i := len(frames) - 1; i >= 0; i-- {
		f := &frames[i]
		f.Width = plus(f.Width, f.Self)
		if f.Parent >= 0 {
			p := &frames[f.Parent]
			p.Width = plus(p.Width, f.Width)
		} else {
			out.Total = plus(out.Total, f.Width)
		}
	}
	kept := simpleHeaviest(len(frames), MaxFrames, func(i int) int64 { return frames[i].Width })
	out.Frames, out.Left = make([]Frame, 0, len(kept)), len(frames)-len(kept)
	index := map[int]int{-1: -1}
	for _, i := range kept {
		index[i] = len(out.Frames)
		f := frames[i]
		f.Parent = index[f.Parent]
		out.Frames = append(out.Frames, f)
	}
	namePaths(out.Frames)
	return out
}

func simpleHeaviest(n, limit int, weight func(i int) int64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n > limit {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
		order = order[:limit]
		slices.Sort(order)
	}
	return order
}

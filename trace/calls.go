package trace

import (
	"cmp"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"prowtrace/internal/otlpwire"

	"google.golang.org/protobuf/encoding/protowire"
)

// Calls counts how often one service called another, or itself, in the traces
// that overlap a range of Unix ns; 0 leaves an end open. A span is a call of
// its parent's service, and of the service of each span that it links to. They
// are ordered by parent, child and source.
func (v *View) Calls(start, end int64) []Calls {
	end = cmp.Or(end, math.MaxInt64)
	counts := newCallCounts(len(v.services))
	for _, b := range v.calls.of(v) {
		switch {
		case b.endMax < start || b.startMin > end:
		case b.endMin >= start && b.startMax <= end:
			for _, c := range b.calls {
				counts.add(c.call, c.n)
			}
		default:
			for t := b.first; t < b.behind; t++ {
				if s := b.part.Set; s.endOf(t) >= start && s.startOf(t) <= end {
					v.countCalls(b.part, t, counts)
				}
			}
		}
	}
	var calls []Calls
	for _, c := range counts.take() {
		source := ""
		if c.linked {
			source = LinkSource
		}
		calls = append(calls, Calls{v.services[c.parent], v.services[c.child], c.n, source})
	}
	slices.SortFunc(calls, func(a, b Calls) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child), cmp.Compare(a.Source, b.Source))
	})
	return calls
}

// Calls is how often one service called another.
type Calls struct {
	Parent, Child string
	Count         uint64
	Source        string // how the calls were seen: empty for spans and their parents, or LinkSource
}

// LinkSource marks calls that were seen as links.
const LinkSource = "link"

// countCalls counts the calls in trace t of a part.
func (v *View) countCalls(part Part, t int, counts *callCounts) {
	s := part.Set
	serviceOf := func(row uint32) uint32 { return v.resources[part.FirstResource+int(s.resource[row])].service }
	first, behind := s.traces.first[t], s.traces.first[t+1]
	for row := first; row < behind; row++ {
		if p := s.parent[row]; p >= 0 {
			counts.add(call{serviceOf(uint32(p)), serviceOf(row), false}, 1)
		}
	}
	if part.FirstRow > 0 {
		return // added spans have no links
	}
	links := v.calls.links
	at := sort.Search(len(links), func(i int) bool { return links[i].from >= first })
	for ; at < len(links) && links[at].from < behind; at++ {
		counts.add(call{serviceOf(links[at].to), serviceOf(links[at].from), true}, 1)
	}
}

// call is a pair of services.
type call struct {
	parent, child uint32
	linked        bool
}

type callCount struct {
	call
	n uint64
}

// callCounts counts calls: in a matrix, a tenth of the time of a map, where
// services are few, as they are in all but made-up sets.
type callCounts struct {
	services uint32
	matrix   []uint64 // by parent, child and whether linked
	counted  []call   // those in the matrix
	pairs    map[call]uint64
}

const matrixServices = 256 // takes 1 MB

func newCallCounts(services int) *callCounts {
	if services <= matrixServices {
		return &callCounts{services: uint32(services), matrix: make([]uint64, 2*services*services)}
	}
	return &callCounts{pairs: map[call]uint64{}}
}

func (c *callCounts) add(of call, n uint64) {
	if c.matrix == nil {
		c.pairs[of] += n
		return
	}
	at := c.at(of)
	if *at == 0 {
		c.counted = append(c.counted, of)
	}
	*at += n
}

func (c *callCounts) at(of call) *uint64 {
	i := 2 * (of.parent*c.services + of.child)
	if of.linked {
		i++
	}
	return &c.matrix[i]
}

// take gives what was counted, and begins anew.
func (c *callCounts) take() (counts []callCount) {
	for _, of := range c.counted {
		counts = append(counts, callCount{of, *c.at(of)})
		*c.at(of) = 0
	}
	for of, n := range c.pairs {
		counts = append(counts, callCount{of, n})
	}
	c.counted = c.counted[:0]
	clear(c.pairs)
	return counts
}

// callTable has the calls of all traces, counted when they are first asked for:
// nothing else needs them. Blocks of traces that lie in a range as a whole, which
// are nearly all, are not looked into again.
type callTable struct {
	once   sync.Once
	links  []spanLink // ordered by from
	blocks []callBlock
}

// callBlock is a run of traces with about blockRows rows.
type callBlock struct {
	part               Part
	first, behind      int // traces
	startMin, startMax int64
	endMin, endMax     int64
	calls              []callCount
}

func (c *callTable) of(v *View) []callBlock {
	c.once.Do(func() {
		c.links = v.set.findLinks()
		for _, part := range v.Parts() {
			s := part.Set
			for first := 0; first < s.NumTraces(); {
				b := callBlock{part: part, first: first, behind: first + 1}
				for b.behind < s.NumTraces() && s.traces.first[b.behind+1]-s.traces.first[first] <= blockRows {
					b.behind++
				}
				c.blocks = append(c.blocks, b)
				first = b.behind
			}
		}
		c.count(v)
	})
	return c.blocks
}

// count fills the blocks, on all processors.
func (c *callTable) count(v *View) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			counts := newCallCounts(len(v.services))
			for i := int(next.Add(1)) - 1; i < len(c.blocks); i = int(next.Add(1)) - 1 {
				b := &c.blocks[i]
				b.startMin, b.startMax, b.endMin, b.endMax = math.MaxInt64, 0, math.MaxInt64, 0
				for t := b.first; t < b.behind; t++ {
					start, end := b.part.Set.TraceExtent(t)
					b.startMin, b.startMax = min(b.startMin, start), max(b.startMax, start)
					b.endMin, b.endMax = min(b.endMin, end), max(b.endMax, end)
					v.countCalls(b.part, t, counts)
				}
				b.calls = counts.take()
			}
		})
	}
	wg.Wait()
}

// spanLink is a link from one row to another.
type spanLink struct{ from, to uint32 }

// findLinks gives the links between spans of the set, ordered by the spans that
// have them. One to the span's own parent or to itself says nothing new and is
// left out.
func (s *Set) findLinks() (links []spanLink) {
	targets := s.linkTargets()
	slices.SortFunc(targets, func(a, b linkTarget) int { return cmp.Compare(a.trace, b.trace) })
	for len(targets) > 0 {
		n := 1
		for n < len(targets) && targets[n].trace == targets[0].trace {
			n++
		}
		links = s.resolve(targets[:n], links)
		targets = targets[n:]
	}
	slices.SortFunc(links, func(a, b spanLink) int { return cmp.Compare(a.from, b.from) })
	return links
}

// linkTarget is a link to a span that may be in a trace of the set.
type linkTarget struct {
	trace, from uint32
	id          uint64
}

// resolve finds the spans that targets in one trace name.
func (s *Set) resolve(targets []linkTarget, links []spanLink) []spanLink {
	rows := make(map[uint64]uint32, len(targets)) // of the spans that are named, and no others
	for _, t := range targets {
		rows[t.id] = 0
	}
	first, end := s.traces.first[targets[0].trace], s.traces.first[targets[0].trace+1]
	found := make(map[uint64]bool, len(rows))
	for row := first; row < end; row++ {
		if _, named := rows[s.id[row]]; named && !found[s.id[row]] {
			rows[s.id[row]], found[s.id[row]] = row, true
		}
	}
	for _, t := range targets {
		if to := rows[t.id]; found[t.id] && to != t.from && int32(to) != s.parent[t.from] {
			links = append(links, spanLink{t.from, to})
		}
	}
	return links
}

// linkTargets reads the links of all spans whose trace is in the set.
func (s *Set) linkTargets() (targets []linkTarget) {
	perWorker := make([][]linkTarget, runtime.GOMAXPROCS(0))
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range perWorker {
		wg.Go(func() {
			const rows = 1 << 14
			for {
				lo := int(next.Add(rows)) - rows
				if lo >= s.Len() {
					return
				}
				for row := lo; row < min(lo+rows, s.Len()); row++ {
					if s.flags[row].Has(linked) {
						perWorker[w] = s.appendTargets(perWorker[w], row)
					}
				}
			}
		})
	}
	wg.Wait()
	return slices.Concat(perWorker...)
}

func (s *Set) appendTargets(targets []linkTarget, row int) []linkTarget {
	b := s.Raw(row)
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 13 || f.Typ != protowire.BytesType {
			continue
		}
		link := b[f.Lo:f.Hi]
		id, span := otlpwire.Bytes(link, 1), otlpwire.Bytes(link, 2)
		if len(id) != len(TraceID{}) || len(span) != len(SpanID{}) {
			continue
		}
		if t, ok := s.Lookup(TraceID(id)); ok {
			targets = append(targets, linkTarget{uint32(t.Index), uint32(row), binary.BigEndian.Uint64(span)})
		}
	}
	return targets
}

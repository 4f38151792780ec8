package analysis

import (
	"cmp"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/panics"
	"prowtrace/trace"
)

// Calls counts how often one service called another, or itself, in the traces that overlap a
// range of Unix ns; 0 leaves an end open. A span is a call by its parent's service, and by
// the service of each span that it links to. The result is ordered by parent, child and
// source.
//
// The first call counts everything, on all processors: one pass over the columns, and over
// the encoded spans that have links. Later calls add up blocks of traces, and look again
// only into blocks that cross an end of the range.
func (c *Cache) Calls(start, end int64) []Calls {
	end = cmp.Or(end, math.MaxInt64)
	table := c.calls.of(c.view)
	counts := newCallCounts(len(table.services.values))
	for i := range table.blocks {
		b := &table.blocks[i]
		switch {
		case b.endMax < start || b.startMin > end:
		case b.endMin >= start && b.startMax <= end:
			for _, c := range b.calls {
				counts.add(c.call, c.n)
			}
		default:
			for t := b.first; t < b.behind; t++ {
				if from, to := b.part.Set.TraceExtent(t); to >= start && from <= end {
					table.count(b.part, t, counts)
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
		calls = append(calls, Calls{table.services.values[c.parent], table.services.values[c.child], c.n, source})
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

// call is a pair of services.
type call struct {
	parent, child uint32
	linked        bool
}

type callCount struct {
	call
	n uint64
}

// callCounts counts calls. If there are few services, as in all sets except made-up ones, it
// uses a matrix, which takes a tenth of the time of a map.
type callCounts struct {
	services uint32
	matrix   []uint64 // by parent, child and whether linked
	counted  []call   // the calls in the matrix
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

// take gives what was counted and starts again from zero.
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

// callTable has the calls of all traces, counted when they are first needed. Blocks of
// traces that lie in a range as a whole are not looked into again; nearly all do.
type callTable struct {
	once     sync.Once
	services numbered
	service  []uint32   // number in services, by resource
	links    []spanLink // ordered by from
	blocks   []callBlock
}

// callBlock is a run of traces with about blockRows rows.
type callBlock struct {
	part               trace.Part
	first, behind      int // traces
	startMin, startMax int64
	endMin, endMax     int64
	calls              []callCount
}

const blockRows = 1 << 14

func (c *callTable) of(v *trace.View) *callTable {
	c.once.Do(func() {
		c.links = linksOf(v)
		for _, part := range v.Parts() {
			s := part.Set
			for n := range s.NumResources() {
				c.service = append(c.service, c.services.number(v.ServiceOf(part.FirstResource+n)))
			}
			for first := 0; first < s.NumTraces(); {
				begin, _ := s.TraceRows(first)
				b := callBlock{part: part, first: first, behind: first + 1}
				for b.behind < s.NumTraces() {
					if _, end := s.TraceRows(b.behind); end-begin > blockRows {
						break
					}
					b.behind++
				}
				c.blocks = append(c.blocks, b)
				first = b.behind
			}
		}
		c.fill()
	})
	return c
}

// fill counts the calls of the blocks, on all processors.
func (c *callTable) fill() {
	var next atomic.Int64
	var wg panics.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			counts := newCallCounts(len(c.services.values))
			for i := int(next.Add(1)) - 1; i < len(c.blocks); i = int(next.Add(1)) - 1 {
				b := &c.blocks[i]
				b.startMin, b.startMax, b.endMin, b.endMax = math.MaxInt64, 0, math.MaxInt64, 0
				for t := b.first; t < b.behind; t++ {
					start, end := b.part.Set.TraceExtent(t)
					b.startMin, b.startMax = min(b.startMin, start), max(b.startMax, start)
					b.endMin, b.endMax = min(b.endMin, end), max(b.endMax, end)
					c.count(b.part, t, counts)
				}
				b.calls = counts.take()
			}
		})
	}
	wg.Wait()
}

// count counts the calls in trace t of a part.
func (c *callTable) count(part trace.Part, t int, counts *callCounts) {
	columns := part.Set.Columns()
	service := c.service[part.FirstResource:]
	first, behind := part.Set.TraceRows(t)
	for row := first; row < behind; row++ {
		if p := columns.Parent[row]; p >= 0 {
			counts.add(call{service[columns.Resource[p]], service[columns.Resource[row]], false}, 1)
		}
	}
	if part.FirstRow > 0 {
		return // added spans have no links
	}
	at := sort.Search(len(c.links), func(i int) bool { return int(c.links[i].from) >= first })
	for ; at < len(c.links) && int(c.links[at].from) < behind; at++ {
		link := c.links[at]
		counts.add(call{service[columns.Resource[link.to]], service[columns.Resource[link.from]], true}, 1)
	}
}

// spanLink is a link from one row to another.
type spanLink struct{ from, to uint32 }

// findLinks gives the links between spans of a set, ordered by the spans that have them. A
// link to the span's own parent or to itself says nothing new and is left out.
func findLinks(s *trace.Set) (links []spanLink) {
	targets := linkTargets(s)
	slices.SortFunc(targets, func(a, b linkTarget) int { return cmp.Compare(a.trace, b.trace) })
	for len(targets) > 0 {
		n := 1
		for n < len(targets) && targets[n].trace == targets[0].trace {
			n++
		}
		links = resolve(s, targets[:n], links)
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

// resolve finds the spans that targets name. All targets are in one trace.
func resolve(s *trace.Set, targets []linkTarget, links []spanLink) []spanLink {
	columns := s.Columns()
	rows := make(map[uint64]uint32, len(targets)) // only of the spans that are named
	for _, t := range targets {
		rows[t.id] = 0
	}
	first, end := s.TraceRows(int(targets[0].trace))
	found := make(map[uint64]bool, len(rows))
	for row := first; row < end; row++ {
		id := columns.ID[row]
		if _, named := rows[id]; named && !found[id] {
			rows[id], found[id] = uint32(row), true
		}
	}
	for _, t := range targets {
		if to := rows[t.id]; found[t.id] && to != t.from && int32(to) != columns.Parent[t.from] {
			links = append(links, spanLink{t.from, to})
		}
	}
	return links
}

// linkTargets reads the links of all spans whose trace is in the set.
func linkTargets(s *trace.Set) (targets []linkTarget) {
	flags := s.Columns().Flags
	perWorker := make([][]linkTarget, runtime.GOMAXPROCS(0))
	var next atomic.Int64
	var wg panics.WaitGroup
	for w := range perWorker {
		wg.Go(func() {
			for {
				lo := int(next.Add(blockRows)) - blockRows
				if lo >= s.Len() {
					return
				}
				for row := lo; row < min(lo+blockRows, s.Len()); row++ {
					if flags[row].Has(trace.Linked) {
						perWorker[w] = appendTargets(s, perWorker[w], row)
					}
				}
			}
		})
	}
	wg.Wait()
	return slices.Concat(perWorker...)
}

func appendTargets(s *trace.Set, targets []linkTarget, row int) []linkTarget {
	b := s.Raw(row)
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 13 || f.Typ != protowire.BytesType {
			continue
		}
		link := b[f.Lo:f.Hi]
		id, span := otlpwire.Bytes(link, 1), otlpwire.Bytes(link, 2)
		if len(id) != len(trace.TraceID{}) || len(span) != len(trace.SpanID{}) {
			continue
		}
		if t, ok := s.Lookup(trace.TraceID(id)); ok {
			targets = append(targets, linkTarget{uint32(t.Index), uint32(row), binary.BigEndian.Uint64(span)})
		}
	}
	return targets
}

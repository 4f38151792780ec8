package trace

import (
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"
)

// Calls counts how often one service called another, or itself, in the traces
// that overlap a range of Unix ns; 0 leaves an end open. A span is a call of
// its parent's service, and of the service of each span that it links to. They
// are ordered by parent, child and source.
func (s *Set) Calls(start, end int64) []Calls {
	counts := newCallCounts(len(s.services))
	within := func(t uint32) bool {
		return (start == 0 || s.endOf(int(t)) >= start) && (end == 0 || s.startOf(int(t)) <= end)
	}
	for t := range uint32(s.NumTraces()) {
		if !within(t) {
			continue
		}
		for row := s.traces.first[t]; row < s.traces.first[t+1]; row++ {
			if p := s.parent[row]; p >= 0 {
				counts.add(s.serviceOf(int(p)), s.serviceOf(int(row)), 1)
			}
		}
	}
	linked := newCallCounts(len(s.services))
	for _, l := range s.links.of(s) {
		if within(s.trace[l.from]) {
			linked.add(s.serviceOf(int(l.to)), s.serviceOf(int(l.from)), 1)
		}
	}
	calls := linked.calls(s.services, LinkSource, counts.calls(s.services, "", nil))
	slices.SortFunc(calls, func(a, b Calls) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child), cmp.Compare(a.Source, b.Source))
	})
	return calls
}

// callCounts counts pairs of services: in a matrix, a tenth of the time of a map,
// where they are few, as they are in all but made-up sets.
type callCounts struct {
	services int
	matrix   []uint64 // by parent, then child
	pairs    map[[2]uint32]uint64
}

const matrixServices = 256 // takes 512 kB

func newCallCounts(services int) *callCounts {
	if services <= matrixServices {
		return &callCounts{services: services, matrix: make([]uint64, services*services)}
	}
	return &callCounts{pairs: map[[2]uint32]uint64{}}
}

func (c *callCounts) add(parent, child uint32, n uint64) {
	if c.matrix != nil {
		c.matrix[int(parent)*c.services+int(child)] += n
		return
	}
	c.pairs[[2]uint32{parent, child}] += n
}

// calls appends what was counted.
func (c *callCounts) calls(services []string, source string, to []Calls) []Calls {
	for i, n := range c.matrix {
		if n > 0 {
			to = append(to, Calls{services[i/c.services], services[i%c.services], n, source})
		}
	}
	for pair, n := range c.pairs {
		to = append(to, Calls{services[pair[0]], services[pair[1]], n, source})
	}
	return to
}

// Calls is how often one service called another.
type Calls struct {
	Parent, Child string
	Count         uint64
	Source        string // how the calls were seen: empty for spans and their parents, or LinkSource
}

// LinkSource marks calls that were seen as links.
const LinkSource = "link"

func (s *Set) serviceOf(row int) uint32 { return s.resources[s.resource[row]].service }

// linkTable has the links between spans of the set, found when they are first
// asked for: nothing else needs them all.
type linkTable struct {
	once  sync.Once
	links []spanLink
}

// spanLink is a link from one row to another.
type spanLink struct{ from, to uint32 }

// of gives the links of s. One to the span's own parent or to itself says
// nothing new and is left out.
func (l *linkTable) of(s *Set) []spanLink {
	l.once.Do(func() {
		targets := s.linkTargets()
		slices.SortFunc(targets, func(a, b linkTarget) int { return cmp.Compare(a.trace, b.trace) })
		for len(targets) > 0 {
			n := 1
			for n < len(targets) && targets[n].trace == targets[0].trace {
				n++
			}
			l.links = s.resolve(targets[:n], l.links)
			targets = targets[n:]
		}
	})
	return l.links
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
	c := cursor{b, 0, len(b)}
	for f, ok, _ := c.next(); ok; f, ok, _ = c.next() {
		if f.num != 13 || f.typ != protowire.BytesType {
			continue
		}
		link := b[f.lo:f.hi]
		id, span := bytesField(link, 1), bytesField(link, 2)
		if len(id) != len(TraceID{}) || len(span) != len(SpanID{}) {
			continue
		}
		if t, ok := s.Lookup(TraceID(id)); ok {
			targets = append(targets, linkTarget{uint32(t.Index), uint32(row), binary.BigEndian.Uint64(span)})
		}
	}
	return targets
}

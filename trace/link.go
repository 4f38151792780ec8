package trace

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"

	"prowtrace/internal/hugepage"
	"prowtrace/internal/panics"
	"prowtrace/internal/radix"
)

// A linker orders the spans of each trace, finds repeated ones, links parents, breaks
// cycles, fills in missing times, and writes all into the columns of the set. Traces are
// independent, so they are divided among all processors. Each goroutine copies the spans of
// one trace together, into memory that it uses again for the next trace. Copying the spans
// of all traces side by side first took twice the memory of the columns.
type linker struct {
	set     *Set
	chunks  []chunk
	extents []extent // by trace
	places  []place  // of the spans of each trace, side by side
	base    []uint32 // per trace: its first place, and its first row while repeated spans still have one
	rows    []uint32 // per trace: how many rows remain without the repeated spans
	workers []worker
}

// chunk is some spans of a shard, with the numbering that gives their numbers in the set.
type chunk struct {
	spans   []raw
	numbers *numbering
}

// place is where a scanned span is: the chunk in the upper bits.
type place uint32

func (p place) chunk() int { return int(p / chunkSize) }
func (p place) index() int { return int(p % chunkSize) }

// A worker is what a goroutine uses again for each trace, and what it counts.
type worker struct {
	spans       []raw
	order       []uint32
	parent      []int32
	table       idTable
	keys, spare []radix.Key
	again       []sighting
	tally
}

// batchOf is how many traces a goroutine takes at a time. Most traces in kOps' files have
// one span, so goroutines take hundreds of them. If there are few traces they are large:
// with batches of hundreds, one goroutine took all 160 traces of a million spans.
func batchOf(traces, workers int) int {
	return min(max(traces/(16*workers), 1), 256)
}

func newLinker(s *Set, shards []*shard, numbers []numbering, extents []extent, total int) *linker {
	l := &linker{
		set: s, extents: extents, places: hugepage.Make[place](total),
		base: hugepage.Make[uint32](len(extents) + 1), rows: hugepage.Make[uint32](len(extents)),
		workers: make([]worker, runtime.GOMAXPROCS(0)),
	}
	for t, e := range extents {
		l.base[t+1] = l.base[t] + e.spans
	}
	for w := range l.workers {
		l.workers[w].table.seed = rand.Uint64()
		l.workers[w].ops = map[operation]struct{}{}
	}
	next := hugepage.Make[uint32](len(extents)) // where the next span of each trace goes
	copy(next, l.base)
	var shares panics.WaitGroup
	for i, sh := range shards {
		own := hugepage.Make[uint32](sh.traces.len())
		for local, t := range numbers[i].traces {
			own[local] = next[t]
			next[t] += sh.traces.at(uint32(local)).spans
		}
		first := len(l.chunks)
		for _, spans := range sh.spans.chunks {
			l.chunks = append(l.chunks, chunk{spans, &numbers[i]})
		}
		sh.spans.chunks = nil
		mine := l.chunks[first:]
		shares.Go(func() { l.find(mine, place(first*chunkSize), own) })
	}
	shares.Wait()
	return l
}

// find notes the places of the spans of a shard. For each trace of the shard it starts at
// the trace's entry in next.
func (l *linker) find(chunks []chunk, at place, next []uint32) {
	for _, c := range chunks {
		for i := range c.spans {
			to := &next[c.spans[i].trace]
			l.places[*to] = at + place(i)
			*to++
		}
		at += chunkSize
	}
}

func (l *linker) run(ctx context.Context) error {
	l.set.makeRows(l)
	if err := eachBatch(ctx, len(l.workers), len(l.extents), func(w, lo, hi int) { l.traces(&l.workers[w], lo, hi) }); err != nil {
		return err
	}
	l.set.gather(l.workers)
	l.set.closeUp(l)
	return nil
}

// eachBatch calls do for ranges of traces from several goroutines. worker is the number of
// the goroutine, below workers. It ends early only if ctx ends.
func eachBatch(ctx context.Context, workers, traces int, do func(worker, lo, hi int)) error {
	var next atomic.Int64
	batch := batchOf(traces, workers)
	g, ctx := panics.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			for {
				lo := int(next.Add(int64(batch))) - batch
				if lo >= traces {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				do(w, lo, min(lo+batch, traces))
			}
		})
	}
	return g.Wait()
}

// ahead is how many spans of small traces are copied together at most. When spans are copied
// one after the other, the processor fetches several at a time. When each trace was linked
// in between, the processor waited for every span of a million traces.
const ahead = 1 << 9

// traces links the traces from lo to hi.
func (l *linker) traces(w *worker, lo, hi int) {
	for lo < hi {
		end := lo + 1
		for end < hi && l.base[end+1]-l.base[lo] <= ahead {
			end++
		}
		l.copySpans(w, l.places[l.base[lo]:l.base[end]])
		for first := l.base[lo]; lo < end; lo++ {
			l.trace(w, uint32(lo), w.spans[l.base[lo]-first:l.base[lo+1]-first])
		}
	}
}

// copySpans copies spans together and gives them the numbers of the set.
func (l *linker) copySpans(w *worker, places []place) {
	if len(places) > cap(w.spans) {
		w.spans = hugepage.Make[raw](len(places))
	}
	w.spans = w.spans[:len(places)]
	for i, p := range places {
		c, r := &l.chunks[p.chunk()], &w.spans[i]
		*r = c.spans[p.index()]
		r.name, r.resource, r.scope = c.numbers.names[r.name], c.numbers.resources[r.resource], c.numbers.scopes[r.scope]
	}
}

// trace links one trace of the given spans and fills its rows.
func (l *linker) trace(w *worker, t uint32, spans []raw) {
	g := l.segment(w, t, spans)
	g.link(w)
	l.set.fillTrace(t, l.base[t], g)
	l.rows[t] = uint32(len(g.order))
	for _, r := range g.again {
		w.again = append(w.again, sighting{g.spans[r.first].trace, g.spans[r.copy].origin})
	}
	l.set.describe(t, l.base[t], l.base[t]+l.rows[t], &w.tally)
}

func (l *linker) segment(w *worker, t uint32, spans []raw) segment {
	n := len(spans)
	if n > cap(w.order) {
		w.order, w.parent = hugepage.Make[uint32](n), hugepage.Make[int32](n)
	}
	w.order, w.parent = w.order[:n], w.parent[:n]
	return segment{sources: l.set.sources, extent: &l.extents[t], spans: spans, order: w.order, parent: w.parent}
}

// segment is one trace while it is linked.
type segment struct {
	sources []source
	extent  *extent
	spans   []raw
	order   []uint32
	parent  []int32 // per span: index of its parent in spans, or -1
	again   []repeat
}

// repeat is a span that was found again with the same bytes: indexes into the segment.
type repeat struct{ first, copy uint32 }

func (g *segment) link(w *worker) {
	for i := range g.order {
		g.order[i] = uint32(i)
		g.parent[i] = -1
	}
	g.sort(w)
	g.linkParents(&w.table)
	g.breakCycles()
	if g.fillTimes() {
		g.sort(w)
	}
}

// sort orders by start, and by origin if starts are equal. So the result does not depend on
// which goroutine read what.
func (g *segment) sort(w *worker) {
	if len(g.order) > cap(w.keys) {
		w.keys = hugepage.Make[radix.Key](len(g.order))
	}
	keys := w.keys[:len(g.order)]
	for k, i := range g.order {
		keys[k] = radix.Key{By: uint64(g.spans[i].start), Index: i}
	}
	w.keys, w.spare = keys, radix.Sort(keys, w.spare)
	for _, run := range radix.Equal(keys) {
		slices.SortFunc(run, func(a, b radix.Key) int {
			return cmp.Compare(g.spans[a.Index].origin, g.spans[b.Index].origin)
		})
	}
	for k := range keys {
		g.order[k] = keys[k].Index
	}
}

// linkParents sets the parents and takes repeated spans out of the order.
func (g *segment) linkParents(table *idTable) {
	table.reset(g.spans)
	kept := g.order[:0]
	for _, i := range g.order {
		r := &g.spans[i]
		if first := table.add(i); first != i {
			if g.same(first, i) {
				g.again = append(g.again, repeat{first, i})
				continue
			}
			r.flags |= Conflict
		}
		kept = append(kept, i)
	}
	g.order = kept
	for _, i := range g.order {
		r := &g.spans[i]
		switch {
		case r.parent == 0:
		case r.parent == r.id:
			r.flags |= Cycle
		default:
			if g.parent[i] = table.find(r.parent); g.parent[i] < 0 {
				r.flags |= Orphan
			}
		}
	}
}

// same reports whether two spans with the same ids are one span: all their bytes agree, and
// so do their resources and scopes.
func (g *segment) same(a, b uint32) bool {
	x, y := &g.spans[a], &g.spans[b]
	return x.resource == y.resource && x.scope == y.scope && bytes.Equal(g.bytes(x), g.bytes(y))
}

func (g *segment) bytes(r *raw) []byte {
	return g.sources[r.origin.source()].data[r.origin.offset():][:r.length]
}

// breakCycles cuts each circle of parents at its earliest span. It visits every span once.
func (g *segment) breakCycles() {
	const walking, done = 1, 2
	var seen []uint8
	for _, i := range g.order {
		if g.parent[i] < 0 || before(&g.spans[g.parent[i]], &g.spans[i]) {
			continue // a circle has at least one span that is before its parent
		}
		if seen == nil {
			seen = make([]uint8, len(g.spans))
		}
		at := int32(i)
		for at >= 0 && seen[at] == 0 {
			seen[at] = walking
			at = g.parent[at]
		}
		circle := at >= 0 && seen[at] == walking
		for back := int32(i); back >= 0 && seen[back] == walking; back = g.parent[back] {
			seen[back] = done
		}
		if circle {
			g.cut(at)
		}
	}
}

func before(a, b *raw) bool {
	return a.start < b.start || a.start == b.start && a.origin < b.origin
}

// cut breaks the circle that contains span at.
func (g *segment) cut(at int32) {
	earliest := at
	for i := g.parent[at]; i != at; i = g.parent[i] {
		if before(&g.spans[i], &g.spans[earliest]) {
			earliest = i
		}
	}
	g.spans[earliest].flags |= Cycle
	g.parent[earliest] = -1
}

// fillTimes gives unfinished spans the end of their trace. Spans without a start get the
// range of their children, up to their own end if they have one and to the end of the trace
// otherwise. No start is earlier than the first time of the trace, and one start equals it,
// so the order of the traces stays right. It reports whether a start has changed.
func (g *segment) fillTimes() bool {
	unknown := false
	for _, i := range g.order {
		r := &g.spans[i]
		unknown = unknown || r.flags.Has(TimeUnknown)
		if r.flags.Has(Unfinished) {
			r.end = max(g.extent.end, r.start)
		}
	}
	if !unknown {
		return false
	}
	g.adoptChildren()
	for _, i := range g.order {
		if r := &g.spans[i]; r.flags.Has(TimeUnknown) && r.start == 0 {
			r.start, r.end = g.extent.start, g.extent.start
		}
	}
	return true
}

// adoptChildren gives the spans without a start the ranges of their children. It begins with
// the children: a span is ready when all its children are.
func (g *segment) adoptChildren() {
	waiting := make([]int32, len(g.spans))
	children := make([]extent, len(g.spans))
	for _, i := range g.order {
		if p := g.parent[i]; p >= 0 {
			waiting[p]++
		}
	}
	var ready []int32
	for _, i := range g.order {
		if waiting[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	for len(ready) > 0 {
		i := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		r := &g.spans[i]
		if r.flags.Has(TimeUnknown) {
			r.adopt(children[i])
		}
		p := g.parent[i]
		if p < 0 {
			continue
		}
		children[p].add(extent{1, r.start, r.end})
		if waiting[p]--; waiting[p] == 0 {
			ready = append(ready, p)
		}
	}
}

// adopt gives a span without a start the range of its children, if it has any. A reported
// end stays, and the start is not after it.
func (r *raw) adopt(children extent) {
	if r.end == 0 {
		r.start, r.end = children.start, children.end
		return
	}
	r.start = r.end
	if children.start > 0 {
		r.start = min(children.start, r.end)
	}
}

// idTable finds the spans of a trace by id: open addressing over one allocation
// that is used again for each trace. A Go map took three times as long on
// traces of 6,000 spans.
type idTable struct {
	seed  uint64
	spans []raw
	slots []uint32 // 1 + index of a span, or 0
	mask  uint64
}

func (t *idTable) reset(spans []raw) {
	size := 1 << bits.Len(uint(2*len(spans)-1))
	if size > len(t.slots) {
		t.slots = hugepage.Make[uint32](size)
	} else {
		clear(t.slots[:size])
	}
	t.spans, t.mask = spans, uint64(size-1)
}

// slot mixes the id with a seed: chosen or sequential ids must not pile up.
func (t *idTable) slot(id uint64) uint64 {
	hi, lo := bits.Mul64(id^t.seed, 0xd6e8feb86659fd93)
	return (hi ^ lo) & t.mask
}

// add puts in span index and gives the first span that was put in with the same id. Spans
// without an id are not put in.
func (t *idTable) add(index uint32) (first uint32) {
	id := t.spans[index].id
	if id == 0 {
		return index
	}
	i := t.slot(id)
	for ; t.slots[i] != 0; i = (i + 1) & t.mask {
		if first := t.slots[i] - 1; t.spans[first].id == id {
			return first
		}
	}
	t.slots[i] = index + 1
	return index
}

// find gives the index of the span with an id, or -1.
func (t *idTable) find(id uint64) int32 {
	for i := t.slot(id); t.slots[i] != 0; i = (i + 1) & t.mask {
		if index := t.slots[i] - 1; t.spans[index].id == id {
			return int32(index)
		}
	}
	return -1
}

package join

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"prowtrace/internal/panics"
	"prowtrace/internal/radix"
	"prowtrace/trace"
)

// A joiner puts the traces of a job's files below the processes that wrote them. Spans are
// numbered by their order in the joined trace.
//
// A span with a parent in the set keeps it. Any other span is put below the span of its
// process. When joining by time, a span that lies within a command is put below the deepest
// span of the same process that contains it. This requires that all spans that contain it
// are ancestors of each other, so that there is no doubt. Client and producer spans are not
// candidates, because what happens inside them happens in another process.
type joiner struct {
	set, own *trace.Set
	columns  [2]trace.Columns // of both
	behind   int              // the first row of own in the view
	by       By
	base     uint32 // the job's trace in own
	commands map[int]bool
	members  []bool        // by source: whether it is the job's
	process  []int32       // by source: the number of its process span
	open     []*candidates // by source
	number   []int32       // by row of the view, -1 for rows of other jobs
	order    []placed
	j        trace.Joined
	found    bool // the job's own trace
}

// candidates are spans of a process that may not have ended yet.
type candidates struct {
	spans []int32 // in order of start; some may have ended
	limit int     // from this many on it is worth looking for ended ones
	// crowded is a time in Unix ns up to which more than maxOpen are certainly open. Until
	// then none is looked at, because going through all of them for each span that starts
	// would be quadratic.
	crowded int64
}

// maxOpen bounds the candidates of one process at a time, and maxSteps the walk up from one.
// Work that is more parallel than that leaves doubt anyway.
const (
	maxOpen  = 256
	maxSteps = 1024
)

func newJoiner(set, own *trace.Set, job *Job, processes []Process, marks map[trace.SpanID]Mark) *joiner {
	w := &joiner{
		set: set, own: own, columns: [2]trace.Columns{set.Columns(), own.Columns()}, behind: set.Len(), by: job.By,
		commands: map[int]bool{}, members: make([]bool, set.NumSources()), process: make([]int32, set.NumSources()), open: make([]*candidates, set.NumSources()),
		j: trace.Joined{ID: job.ID, Unplaced: map[int]bool{}, Renamed: map[int]uint64{}},
	}
	base, ok := own.Lookup(job.ID)
	if !ok {
		return w // its own spans could not be read: there is nothing to join below
	}
	w.found, w.base = true, uint32(base.Index)
	first := map[uint64]int{}
	for row := base.First; row < base.First+base.Spans; row++ {
		if id := w.columns[1].ID[row]; first[id] == 0 {
			first[id] = w.behind + row + 1
		}
	}
	rows := map[int]int{} // of the process spans, by source
	for _, p := range processes {
		w.members[p.Source] = true
		for _, c := range p.Commands {
			w.commands[c.Row] = true
		}
		if row := first[spanNumber(job.processID(p.File))]; row > 0 {
			rows[p.Source] = row - 1
		}
	}
	w.sort(base)
	for source, row := range rows {
		w.process[source] = w.number[row]
		w.open[source] = &candidates{limit: 2 * maxOpen}
	}
	for id, mark := range marks {
		if row := first[spanNumber(id)]; mark.unplaced() && row > 0 {
			w.j.Unplaced[int(w.number[row-1])] = true
		}
	}
	return w
}

// placed is a span with the values that the order of the joined trace is sorted by.
type placed struct {
	start, end int64
	row        uint32
	own        bool
}

// sort numbers the job's spans: by start, then longest first, then own spans before those of
// files.
func (w *joiner) sort(base trace.Trace) {
	keys := make([]radix.Key, 0, w.set.Len()+base.Spans)
	for row := range w.set.Len() {
		if w.members[w.set.SourceOf(row)] {
			keys = append(keys, radix.Key{By: uint64(w.columns[0].Start[row]), Index: uint32(row)})
		}
	}
	for row := base.First; row < base.First+base.Spans; row++ {
		keys = append(keys, radix.Key{By: uint64(w.columns[1].Start[row]), Index: uint32(w.behind + row)})
	}
	radix.Sort(keys, nil)
	w.order = make([]placed, len(keys))
	for n, k := range keys {
		w.order[n] = w.place(int(k.Index))
	}
	for at, run := range radix.Equal(keys) {
		slices.SortFunc(w.order[at:at+len(run)], longestFirst)
	}
	w.number = make([]int32, w.behind+w.own.Len())
	for i := range w.number {
		w.number[i] = -1
	}
	w.j.Rows = make([]uint32, len(keys))
	for n, k := range w.order {
		w.j.Rows[n] = k.row
		w.number[k.row] = int32(n)
	}
	w.j.Parent = make([]int32, len(keys))
	w.j.Inferred = make([]bool, len(keys))
}

// place looks up a row of the view.
func (w *joiner) place(row int) placed {
	columns, local := &w.columns[0], row
	if row >= w.behind {
		columns, local = &w.columns[1], row-w.behind
	}
	return placed{columns.Start[local], columns.End[local], uint32(row), row >= w.behind}
}

// longestFirst is the order of spans that start at the same time.
func longestFirst(a, b placed) int {
	switch {
	case a.end != b.end:
		return cmp.Compare(b.end, a.end)
	case a.own != b.own:
		if a.own {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.row, b.row)
}

// join gives the joined trace. Its id is zero if the job has no own spans.
func (w *joiner) join(ctx context.Context) (trace.Joined, error) {
	if !w.found {
		return trace.Joined{}, nil
	}
	g, ctx := panics.WithContext(ctx)
	g.Go(func() error { return w.rename(ctx) })
	g.Go(func() error { return w.hangAll(ctx) })
	if err := g.Wait(); err != nil {
		return trace.Joined{}, err
	}
	return w.j, nil
}

// look is the number of spans between two checks of the context.
const look = 1 << 16

// hangAll finds the parents of all spans.
func (w *joiner) hangAll(ctx context.Context) error {
	w.reported()
	for n := range w.order {
		if n%look == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !w.order[n].own {
			w.hang(int32(n))
		}
	}
	return nil
}

// reported sets the parents that the spans themselves name.
func (w *joiner) reported() {
	for n, k := range w.order {
		w.j.Parent[n] = -1
		columns, first := &w.columns[0], 0
		if k.own {
			columns, first = &w.columns[1], w.behind
		}
		if p := columns.Parent[int(k.row)-first]; p >= 0 {
			w.j.Parent[n] = w.number[first+int(p)]
		}
	}
}

// hang finds the parent of a span without one, and makes the span a candidate for later
// spans.
func (w *joiner) hang(n int32) {
	k := w.order[n]
	source := w.set.SourceOf(int(k.row))
	if w.j.Parent[n] < 0 {
		w.j.Parent[n], w.j.Inferred[n] = w.process[source], true
	}
	if w.by != ByTime {
		return
	}
	open := w.open[source]
	if w.j.Inferred[n] && !w.commands[int(k.row)] {
		w.close(open, k.start)
		if deepest, sure := w.container(open.spans, n); sure {
			w.j.Parent[n] = deepest
		}
	}
	if kind := w.columns[0].Kind[k.row]; kind != trace.KindClient && kind != trace.KindProducer && k.end > k.start {
		if len(open.spans) >= open.limit {
			w.close(open, k.start)
			open.limit = 2*len(open.spans) + 2*maxOpen
		}
		open.spans = append(open.spans, n)
	}
}

// close forgets the candidates that ended before a time.
func (w *joiner) close(open *candidates, start int64) {
	if start <= open.crowded {
		return
	}
	open.spans = slices.DeleteFunc(open.spans, func(n int32) bool { return w.order[n].end < start })
	if len(open.spans) <= 2*maxOpen {
		return
	}
	ends := make([]int64, len(open.spans))
	for i, n := range open.spans {
		ends[i] = w.order[n].end
	}
	slices.Sort(ends)
	open.crowded = ends[len(ends)-maxOpen-1]
}

// container finds the deepest candidate that contains span n. sure is false if there is none
// within a command, or if the candidates are not all ancestors of each other.
func (w *joiner) container(open []int32, n int32) (deepest int32, sure bool) {
	if len(open) > maxOpen {
		return 0, false
	}
	end := w.order[n].end
	containing, command := 0, false
	for _, c := range open { // in order of start: the last one is the deepest
		if k := &w.order[c]; k.end >= end {
			deepest = c
			containing++
			command = command || w.commands[int(k.row)]
		}
	}
	if !command {
		return 0, false
	}
	above := 0
	for at, steps := deepest, 0; at >= 0; at, steps = w.j.Parent[at], steps+1 {
		if at == n || steps == maxSteps {
			return 0, false
		}
		if k := &w.order[at]; !k.own && k.end >= end && contains(open, at) {
			above++
		}
	}
	return deepest, above == containing
}

func contains(open []int32, n int32) bool {
	_, found := slices.BinarySearch(open, n)
	return found
}

// rename gives another id to each span whose id an earlier one has: ids are unique in a
// trace, not in a job. The job's own spans keep their ids.
func (w *joiner) rename(ctx context.Context) error {
	seen := newIDs(len(w.order))
	for _, k := range w.order {
		if k.own {
			seen.add(w.columns[1].ID[int(k.row)-w.behind])
		}
	}
	for n, k := range w.order {
		if n%look == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if k.own {
			continue
		}
		reported := w.columns[0].ID[k.row]
		id := reported
		for again := uint64(0); !seen.add(id); again++ {
			id = otherID(w.set.Trace(int(w.columns[0].Trace[k.row])).ID, reported, uint64(k.row)+again<<32)
			w.j.Renamed[n] = id
		}
	}
	return nil
}

// otherID makes an id from what distinguishes a span from others with the same id.
func otherID(traceID trace.TraceID, id, salt uint64) uint64 {
	b := append([]byte("prowtrace: another span id"), traceID[:]...)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id), salt)
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

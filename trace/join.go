package trace

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// joined is the joined trace of a job: all rows of its files and its own, with
// the parent of each.
type joined struct {
	base     int      // index of the trace that the job's own spans are
	rows     []uint32 // ordered by start, longest first
	parent   []int32  // by number in rows, or -1
	inferred []bool   // the parent was not reported
	renamed  map[int]uint64
}

// A joiner hangs the traces of a job's files below the processes that wrote
// them.
//
// A span with a parent in the set keeps it. Any other is hung below the span of
// its process, or, when joining by time and where it lies within a command,
// below the deepest span of the same process that contains it: if all that
// contain it are ancestors of each other, so that there is no doubt. Client and
// producer spans are not candidates: what goes on inside them goes on in
// another process.
type joiner struct {
	*Set
	by       Joining
	commands map[place]bool
	process  map[int]int32       // number of each source's process span
	number   []int32             // by row of the set, -1 for those of other jobs
	open     map[int]*candidates // by source, those that have not ended
	j        *joined
}

// candidates are those of a process that have not ended.
type candidates struct {
	spans []int32 // in order of start; while it is crowded, with those that have ended
	// crowded is until when, in Unix ns, more than maxOpen are open for sure: none
	// is looked at until then, and going through all of them for each span that
	// starts would be quadratic.
	crowded int64
}

// maxOpen bounds the candidates of one process at a time, and maxSteps the walk
// up from one: parallel work beyond that leaves doubt anyway.
const (
	maxOpen  = 256
	maxSteps = 1024
)

// join makes the joined trace of the sources whose process spans are given by
// row.
func (s *Set) join(base int, sources map[int]uint32, by Joining, commands map[place]bool) *joined {
	j := &joined{base: base}
	for row := range s.id {
		if _, ok := sources[s.place[row].source()]; ok || int(s.trace[row]) == base {
			j.rows = append(j.rows, uint32(row))
		}
	}
	slices.SortFunc(j.rows, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.start[a], s.start[b]), cmp.Compare(s.end[b], s.end[a]), cmp.Compare(a, b))
	})
	w := joiner{Set: s, by: by, commands: commands, process: map[int]int32{}, number: make([]int32, s.Len()), open: map[int]*candidates{}, j: j}
	for i := range w.number {
		w.number[i] = -1
	}
	for n, row := range j.rows {
		w.number[row] = int32(n)
	}
	for source, row := range sources {
		w.process[source] = w.number[row]
		w.open[source] = &candidates{}
	}
	j.parent = make([]int32, len(j.rows))
	j.inferred = make([]bool, len(j.rows))
	w.reported()
	for n := range j.rows {
		w.place(int32(n))
	}
	j.rename(s)
	return j
}

// reported sets the parents that the spans themselves name.
func (w *joiner) reported() {
	for n, row := range w.j.rows {
		w.j.parent[n] = -1
		if p := w.parent[row]; p >= 0 {
			w.j.parent[n] = w.number[p]
		}
	}
}

// place finds the parent of a span that has none, and makes the span a
// candidate for those that come after it.
func (w *joiner) place(n int32) {
	row := w.j.rows[n]
	if int(w.trace[row]) == w.j.base {
		return
	}
	source := w.Set.place[row].source()
	open := w.open[source]
	w.close(open, w.start[row])
	if w.j.parent[n] < 0 {
		w.j.parent[n], w.j.inferred[n] = w.process[source], true
		if w.by == JoinTime && !w.commands[w.Set.place[row]] {
			if deepest, sure := w.container(open.spans, n); sure {
				w.j.parent[n] = deepest
			}
		}
	}
	if k := w.kind[row]; k != KindClient && k != KindProducer && w.end[row] > w.start[row] {
		open.spans = append(open.spans, n)
	}
}

// close forgets the candidates that ended before a time.
func (w *joiner) close(open *candidates, start int64) {
	if start <= open.crowded {
		return
	}
	open.spans = slices.DeleteFunc(open.spans, func(n int32) bool { return w.end[w.j.rows[n]] < start })
	if len(open.spans) <= 2*maxOpen {
		return
	}
	ends := make([]int64, len(open.spans))
	for i, n := range open.spans {
		ends[i] = w.end[w.j.rows[n]]
	}
	slices.Sort(ends)
	open.crowded = ends[len(ends)-maxOpen-1]
}

// container finds the deepest candidate that contains span n; sure is false if
// there is none within a command, or more than one line of them.
func (w *joiner) container(open []int32, n int32) (deepest int32, sure bool) {
	if len(open) > maxOpen {
		return 0, false
	}
	end := w.end[w.j.rows[n]]
	containing, command := 0, false
	for _, c := range open { // in order of start: the last one is the deepest
		if row := w.j.rows[c]; w.end[row] >= end {
			deepest = c
			containing++
			command = command || w.commands[w.Set.place[row]]
		}
	}
	if !command {
		return 0, false
	}
	above := 0
	for at, steps := deepest, 0; at >= 0; at, steps = w.j.parent[at], steps+1 {
		if at == n || steps == maxSteps {
			return 0, false
		}
		if int(w.trace[w.j.rows[at]]) != w.j.base && w.contains(open, at) && w.end[w.j.rows[at]] >= end {
			above++
		}
	}
	return deepest, above == containing
}

func (w *joiner) contains(open []int32, n int32) bool {
	_, found := slices.BinarySearch(open, n)
	return found
}

// rename gives another id to each span whose id an earlier one has: ids are
// unique in a trace, not in a job. The job's own spans keep theirs.
func (j *joined) rename(s *Set) {
	seen := make(map[uint64]bool, len(j.rows))
	for _, row := range j.rows {
		if int(s.trace[row]) == j.base {
			seen[s.id[row]] = true
		}
	}
	j.renamed = map[int]uint64{}
	for n, row := range j.rows {
		if int(s.trace[row]) == j.base {
			continue
		}
		id := s.id[row]
		for again := uint64(0); id == 0 || seen[id]; again++ {
			id = otherID(s.traces.id[s.trace[row]], s.id[row], uint64(row)+again<<32)
			j.renamed[n] = id
		}
		seen[id] = true
	}
}

// otherID makes an id from what tells a span from those with the same one.
func otherID(trace TraceID, id, salt uint64) uint64 {
	b := append([]byte("prowtrace: another span id"), trace[:]...)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id), salt)
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// links are what ties the jobs' own spans to the files they join.
type links struct {
	own       *shard           // the jobs' own spans
	processes [][]namedProcess // by job
	commands  map[place]bool   // spans with a command line
}

// addJobs makes the own spans of each job from what was scanned of its files,
// and scans them as one more file a job.
func (s *Set) addJobs(shards []*shard, sources []Source, jobs []Job) links {
	l := links{own: newShard(len(sources) + len(jobs)), processes: make([][]namedProcess, len(jobs)), commands: map[place]bool{}}
	if len(jobs) == 0 {
		return l
	}
	for i, p := range s.processesOf(shards) {
		job := sources[i].Job - 1
		if job < 0 || p.spans == 0 {
			continue
		}
		l.processes[job] = append(l.processes[job], namedProcess{p, i, sources[i].Name})
		for _, c := range p.commands {
			l.commands[c.place] = true
		}
	}
	for i := range jobs {
		sortProcesses(l.processes[i])
		data := jobs[i].made(l.processes[i])
		in := input{source: len(s.sources), job: i + 1, name: validText(jobs[i].Name), data: data}
		s.sources = append(s.sources, source{name: in.name, data: data, made: true})
		l.own.record(in, 0, len(data))
	}
	return l
}

// processesOf learns of each source what its spans tell of the process.
func (s *Set) processesOf(shards []*shard) []process {
	processes := make([]process, len(s.sources))
	for _, sh := range shards {
		for _, chunk := range sh.spans.chunks {
			for i := range chunk {
				r := &chunk[i]
				source := r.place.source()
				processes[source].add(r, s.sources[source].data[r.place.offset():][:r.length])
			}
		}
	}
	return processes
}

// joinJobs makes the joined trace of each job.
func (s *Set) joinJobs(l links, jobs []Job) {
	for i := range jobs {
		base, ok := s.Lookup(jobs[i].ID)
		if !ok {
			continue // its own spans could not be read: there is nothing to join below
		}
		own := map[uint64]uint32{}
		for row := base.First; row < base.First+base.Spans; row++ {
			own[s.id[row]] = uint32(row)
		}
		sources := map[int]uint32{}
		for _, p := range l.processes[i] {
			if row, ok := own[spanNumber(jobs[i].processID(p.name))]; ok {
				sources[p.source] = row
			}
		}
		s.joined = append(s.joined, s.join(base.Index, sources, jobs[i].By, l.commands))
	}
}

package trace

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"prowtrace/otelfile"
)

// A Source is one file to load: its content in Data, else the file at Path.
type Source struct {
	Name string // shown in problems and locations
	Path string
	Data []byte // must not change afterwards
	Job  int    // 1 + index of the job that the file is of; 0 is none
}

// ErrTooManySources is returned for more files than a place can number.
var ErrTooManySources = fmt.Errorf("more than %d files", maxSources)

// Load reads all sources and merges them into one Set, several files at a
// time, and joins the traces of each job. A file that cannot be opened or understood is a Problem of the set,
// not an error; Load fails only when ctx ends or there are too many sources.
//
// Rules of merging: the key of a span is its trace id and span id. The same
// span with the same bytes is one span with two locations; the same ids with
// other bytes are two spans, the later one flagged. Spans without a trace id
// are never merged between files. Parents are linked across files.
func Load(ctx context.Context, sources []Source, jobs ...Job) (*Set, error) {
	if len(sources)+len(jobs) > maxSources {
		return nil, fmt.Errorf("loading %d files: %w", len(sources), ErrTooManySources)
	}
	s := &Set{sources: make([]source, len(sources))}
	shards, err := s.scan(ctx, sources)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	links := s.addJobs(shards, sources, jobs)
	if err := s.merge(ctx, append(shards, links.own), jobs); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.joinJobs(links, jobs)
	return s, nil
}

// scan reads the sources with as many goroutines as there are processors. Each
// has a shard of its own and takes the next file when it is done with one.
func (s *Set) scan(ctx context.Context, sources []Source) ([]*shard, error) {
	workers := max(1, min(runtime.GOMAXPROCS(0), len(sources)))
	shards := make([]*shard, workers)
	next := make(chan int)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(next)
		for i := range sources {
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	var mu sync.Mutex // guards stats
	for w := range workers {
		sh := newShard(len(sources))
		shards[w] = sh
		g.Go(func() error {
			for i := range next {
				records, err := s.scanSource(ctx, i, sources[i], sh)
				if err != nil {
					return err
				}
				mu.Lock()
				s.stats.Records += records
				s.stats.Bytes += int64(len(s.sources[i].data))
				mu.Unlock()
			}
			return nil
		})
	}
	s.stats.Sources = len(sources)
	return shards, g.Wait()
}

func (s *Set) scanSource(ctx context.Context, i int, src Source, sh *shard) (records int, err error) {
	s.sources[i].name = src.Name
	problem := func(offset int64, what string) {
		sh.problems = append(sh.problems, Problem{Source: src.Name, Offset: offset, What: what})
	}
	var file *otelfile.File
	if src.Data != nil {
		file, err = otelfile.Parse(src.Name, src.Data)
	} else {
		file, err = otelfile.Open(src.Path)
	}
	if err != nil {
		problem(0, "cannot be read: "+err.Error())
		return 0, nil
	}
	s.sources[i].file, s.sources[i].data = file, file.Bytes()
	in := input{source: i, job: src.Job, name: src.Name, data: file.Bytes()}
	for rec := range file.Records(func(p otelfile.Problem) { problem(p.Offset, p.Detail) }) {
		if err := ctx.Err(); err != nil {
			return records, fmt.Errorf("loading %q: %w", src.Name, err)
		}
		sh.record(in, int(rec.Offset), int(rec.Offset)+len(rec.Payload))
		records++
	}
	return records, nil
}

// sourceTraceID is the id under which spans without a trace id are kept: one
// for each file, the same each time it is loaded.
func sourceTraceID(source string) (id TraceID) {
	sum := sha256.Sum256([]byte("prowtrace: spans without a trace id in " + source))
	copy(id[:], sum[:])
	return id
}

// merge turns shards into the columns of the set.
func (s *Set) merge(ctx context.Context, shards []*shard, jobs []Job) error {
	total := 0
	for _, sh := range shards {
		total += sh.spans.len()
	}
	if total > maxRows {
		return fmt.Errorf("merging: %d spans are more than the %d that a set can hold", total, maxRows)
	}
	extents := s.mergeTables(shards, jobs)
	spans := group(shards, extents, total)
	l := linker{sources: s.sources, spans: spans, order: make([]uint32, total), parent: make([]int32, total), extents: extents}
	if err := l.run(ctx); err != nil {
		return err
	}
	if err := s.fill(ctx, &l); err != nil {
		return err
	}
	s.collectProblems(shards)
	return nil
}

// maxRows leaves room for -1 in an int32 column of rows.
const maxRows = 1<<31 - 1

// renumbered says what the numbers of a shard became in the set.
type renumbered struct {
	traces, names, resources, scopes []uint32
}

// mergeTables makes one table of each kind from those of the shards, and gives
// the shards' spans the new numbers. Traces are ordered by start, then id.
func (s *Set) mergeTables(shards []*shard, jobs []Job) []extent {
	var traces interner[TraceID]
	var names, services interner[string]
	var resources, scopes interner[described]
	var extents []extent
	numbers := make([]renumbered, len(shards))
	for i, sh := range shards {
		n := &numbers[i]
		n.traces = renumber(&traces, sh.traces.values)
		n.names = renumber(&names, sh.names.values)
		n.resources = renumber(&resources, sh.resources.values)
		n.scopes = renumber(&scopes, sh.scopes.values)
		for len(extents) < len(traces.values) {
			extents = append(extents, extent{})
		}
		for local, e := range sh.extents {
			extents[n.traces[local]].add(e)
		}
	}
	s.names = names.values
	for _, d := range resources.values {
		var extra []Attribute
		if d.job > 0 {
			extra = jobs[d.job-1].Attributes
		}
		s.resources = append(s.resources, newResource(d, extra, &services))
	}
	for _, d := range scopes.values {
		s.scopes = append(s.scopes, newScope(d))
	}
	s.services = services.values

	rank := s.orderTraces(traces.values, extents)
	ordered := make([]extent, len(extents))
	for i, e := range extents {
		ordered[rank[i]] = e
	}
	for i, sh := range shards {
		for j, t := range numbers[i].traces {
			numbers[i].traces[j] = rank[t]
		}
		sh.renumber(numbers[i])
	}
	return ordered
}

func renumber[T comparable](in *interner[T], values []T) []uint32 {
	numbers := make([]uint32, len(values))
	for i, v := range values {
		numbers[i], _ = in.number(v)
	}
	return numbers
}

func (sh *shard) renumber(n renumbered) {
	for _, chunk := range sh.spans.chunks {
		for i := range chunk {
			r := &chunk[i]
			r.trace, r.name = n.traces[r.trace], n.names[r.name]
			r.resource, r.scope = n.resources[r.resource], n.scopes[r.scope]
		}
	}
}

// orderTraces fills the ids of the table of traces in order of start, and
// gives the place in it of each trace.
func (s *Set) orderTraces(ids []TraceID, extents []extent) (rank []uint32) {
	order := make([]uint32, len(ids))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(extents[a].start, extents[b].start), slices.Compare(ids[a][:], ids[b][:]))
	})
	rank = make([]uint32, len(ids))
	t := &s.traces
	t.id = make([]TraceID, len(ids))
	t.byID = make([]uint32, len(ids))
	for place, i := range order {
		rank[i] = uint32(place)
		t.id[place] = ids[i]
		t.byID[place] = uint32(place)
	}
	slices.SortFunc(t.byID, func(a, b uint32) int { return slices.Compare(t.id[a][:], t.id[b][:]) })
	return rank
}

// group lays the spans of each trace side by side. The shards' chunks are
// given up as they are emptied, so that no more than one copy is held.
func group(shards []*shard, extents []extent, total int) []raw {
	next := make([]uint32, len(extents))
	at := uint32(0)
	for i, e := range extents {
		next[i] = at
		at += e.spans
	}
	spans := make([]raw, total)
	for _, sh := range shards {
		for i, chunk := range sh.spans.chunks {
			for _, r := range chunk {
				spans[next[r.trace]] = r
				next[r.trace]++
			}
			sh.spans.chunks[i] = nil
		}
	}
	return spans
}

func (s *Set) collectProblems(shards []*shard) {
	kept := map[string]int{}
	for _, sh := range shards {
		s.problems = append(s.problems, sh.problems...)
		for source, n := range sh.kept {
			kept[s.sources[source].name] += n
		}
	}
	for i := range s.problems {
		s.problems[i].Kept = kept[s.problems[i].Source]
	}
	slices.SortStableFunc(s.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset))
	})
}

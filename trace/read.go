package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/otelfile"
)

// A reader scans all files with as many goroutines as there are processors. Each goroutine
// reads a file of its own, sums its records and scans them while they are in the processor's
// cache. When no file is left, a goroutine takes records from the others, so one large file
// keeps all of them busy. These records wait in a short queue. Without the queue the others
// stood still while the reader of the file scanned records itself, and one file took a fifth
// longer than twenty. The order in which records are scanned does not matter: spans are
// ordered by start and origin afterwards.
type reader struct {
	set     *Set
	sources []Source
	files   chan task
	spare   chan portion // records for goroutines that have no file
	given   atomic.Bool  // no more files wait for a goroutine
	buffers otelfile.Buffers
	scratch *otelfile.Scratch
	reading sync.WaitGroup // tasks that were given out, and portions in spare

	mu    sync.Mutex // guards room, large, and the set's problems and stats
	room  int64      // bytes that compressed files may still grow by
	large []int      // sources that grow by more than their share of the room
}

// maxUnpacked bounds how many bytes all compressed files together may take when they are
// unpacked into memory.
const maxUnpacked = 4 << 30

// queued is how many portions wait at most for each processor. This keeps all others busy
// while the goroutine that reads a file scans a portion of it.
const queued = 2

// task is a source to read, which may take one of several equal parts of the room. A source
// that needs more is put off, unless its part was the whole room.
type task struct{ source, parts int }

// portion is some records of one file.
type portion struct {
	in   input
	part *otelfile.Portion
}

func newReader(s *Set, sources []Source, room int64) *reader {
	return &reader{
		set: s, sources: sources, room: room, files: make(chan task),
		spare: make(chan portion, queued*runtime.GOMAXPROCS(0)),
	}
}

// scan returns what each of the goroutines has found.
func (r *reader) scan(ctx context.Context) ([]*shard, error) {
	shards := make([]*shard, runtime.GOMAXPROCS(0))
	r.set.stats.Sources = len(r.sources)
	g, ctx := panics.WithContext(ctx)
	g.Go(func() error {
		defer close(r.files)
		return r.assign(ctx, len(shards))
	})
	for i := range shards {
		sh := newShard(len(r.sources))
		shards[i] = sh
		g.Go(func() error { return r.work(ctx, sh) })
	}
	return shards, g.Wait()
}

// assign gives out all files, then those that were put off, one by one.
func (r *reader) assign(ctx context.Context, atOnce int) error {
	for i := range r.sources {
		if err := r.give(ctx, task{i, atOnce}); err != nil {
			return err
		}
	}
	r.given.Store(true)
	r.reading.Wait()
	slices.Sort(r.large)
	for _, i := range r.large {
		if err := r.give(ctx, task{i, 1}); err != nil {
			return err
		}
		r.reading.Wait()
	}
	return nil
}

func (r *reader) give(ctx context.Context, t task) error {
	r.reading.Add(1)
	select {
	case r.files <- t:
		return nil
	case <-ctx.Done():
		r.reading.Done()
		return fmt.Errorf("loading %q: %w", r.sources[t.source].Name, ctx.Err())
	}
}

// work ends when there are no more files. It does not end at the first error, because assign
// waits until the portions that others have put into the queue are taken out.
func (r *reader) work(ctx context.Context, sh *shard) error {
	var failed error
	for {
		select {
		case t, more := <-r.files:
			if !more {
				return failed
			}
			failed = cmp.Or(failed, panics.Guard(func() error { return r.read(ctx, t, sh) }))
		case p := <-r.spare:
			failed = cmp.Or(failed, panics.Guard(func() error {
				defer r.reading.Done()
				sh.scan(p)
				return nil
			}))
		}
	}
}

// share leaves a portion to goroutines that have no file, if there are any and they keep up.
func (r *reader) share(p portion) bool {
	if !r.given.Load() {
		return false
	}
	r.reading.Add(1)
	select {
	case r.spare <- p:
		return true
	default:
		r.reading.Done()
		return false
	}
}

// read scans the records of a file, except for those that other goroutines take.
func (r *reader) read(ctx context.Context, t task, sh *shard) error {
	defer r.reading.Done()
	src, lent := r.sources[t.source], r.lend(t.parts)
	out := outcome{source: t.source, of: src, room: lent}
	defer r.keep(&out)
	stored, file, err := r.open(ctx, src, lent)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("loading %q: %w", src.Name, errors.Join(err, file.Close()))
	}
	if err != nil {
		out.problem(0, "cannot be read: "+err.Error())
		return nil
	}
	out.file = file
	out.room = lent - max(0, file.Unpacked()-stored)

	in := input{source: t.source, group: src.Group, name: src.Name, file: file.Bytes()}
	cut := false
	for part := range file.Portions(&r.buffers, func(p otelfile.Problem) {
		cut = cut || p.Kind == otelfile.ProblemTooLarge && !file.Converted() // this is reported before the first record
		out.problem(p.Offset, p.Detail)
		out.problems[len(out.problems)-1].Foreign = p.Kind == otelfile.ProblemForeign
	}) {
		if cut && t.parts > 1 {
			break
		}
		out.records += len(part.Records)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("loading %q: %w", src.Name, err)
		}
		if p := (portion{in, part}); !r.share(p) {
			sh.scan(p)
		}
	}
	switch {
	case cut && t.parts > 1:
		out = outcome{source: t.source, room: lent, large: true}
		return file.Close()
	case cut && out.room == 0:
		out.problem(int64(len(file.Bytes())), "with this file the compressed files together unpack to more than one set may hold: "+
			"the rest of it was not read; load fewer files at once, or unpack them first")
	}
	return nil
}

// lend takes a part of the room.
func (r *reader) lend(parts int) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.room / int64(parts)
	r.room -= n
	return n
}

// open opens src, which may grow by room bytes when it is unpacked. It also gives its stored
// size.
func (r *reader) open(ctx context.Context, src Source, room int64) (stored int64, file *otelfile.File, err error) {
	o := otelfile.Options{Scratch: r.scratch, Cancelled: ctx.Err}
	if src.Data != nil {
		stored = int64(len(src.Data))
		o.MaxDecoded = stored + room
		file, err = o.Parse(src.Name, src.Data)
		return stored, file, err
	}
	if info, err := os.Stat(src.Path); err == nil { // else Open says why not
		stored = info.Size()
	}
	o.MaxDecoded = stored + room
	file, err = o.Open(src.Path)
	return stored, file, err
}

// outcome is the result of reading one source.
type outcome struct {
	source   int
	of       Source
	file     *otelfile.File
	records  int
	problems []Problem
	room     int64 // not used
	large    bool  // was put off
}

func (o *outcome) problem(offset int64, what string) {
	o.problems = append(o.problems, Problem{Source: o.of.Name, Group: o.of.Group, Offset: offset, What: what})
}

func (r *reader) keep(o *outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room += o.room
	if o.large {
		r.large = append(r.large, o.source)
		return
	}
	s := r.set
	s.sources[o.source] = source{name: o.of.Name, group: o.of.Group, file: o.file}
	s.problems = append(s.problems, o.problems...)
	if o.file != nil {
		s.sources[o.source].data = o.file.Bytes()
		s.stats.Records += o.records
		s.stats.Bytes += int64(len(o.file.Bytes()))
		s.stats.Unpacked += o.file.Unpacked()
	}
}

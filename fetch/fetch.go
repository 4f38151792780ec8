// Package fetch brings the trace files of one Prow run, and the small metadata
// files that say what the job was and how it ended, from a bucket into a cache on
// disk. It knows no provider: it reads through objstore.
//
// Fetch returns a Result with the paths of the files. What the package promises:
//
//   - Only artifacts/**/otlp/** and the metadata files of runfile.Kinds are
//     asked for, never the whole run, which can have 50,000 objects.
//   - Logs never delay the traces: FetchLogs fetches them, and Options.Logs fetches
//     them beside the traces with the capacity that these leave.
//   - A file that Result names is complete: size and checksum are those that the
//     bucket has, for exactly that version of the object. A notice counts the files
//     of which it has no checksum. Bytes are as stored; compressed objects stay
//     compressed.
//   - A run that has ended is asked for once. Later calls send no request.
//   - A process killed at any time leaves a cache that the next call can use.
//   - Partial success is success with a report: see PartialError.
//
// What it never does: look into trace files, delete anything outside its cache,
// let an object's name become a path there, name a flag or a command.
package fetch

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// Options adjust a Fetch. The zero value is good.
type Options struct {
	// Only limits the trace files to a directory or a file below the run's root,
	// as the link named it. A path that leads into no otlp directory limits
	// nothing: the link of a log or of a directory beside the traces stands for
	// the run it belongs to. Metadata files are always fetched.
	Only string

	// NoTraces leaves out all trace files: the error is a *NoTracesError.
	NoTraces bool

	// TraceRoom leaves out all trace files where they have more bytes together, as NoTraces
	// does: a part of a run's traces would look as if the rest had not happened. What the
	// cache has counts. 0 is no limit.
	TraceRoom int64

	// Offline forbids every request. What the cache has of the run is returned; the
	// store may be nil.
	Offline bool

	// Refresh asks the bucket also for a run that had ended, and checks every byte
	// that the cache has of it.
	Refresh bool

	// Patience is how long files beside the traces may take after these. What they lose
	// by it is a loss of the kind LossLate, which is not told as a notice: another Fetch
	// with Refresh brings it. 0: as long as they come, for a minute.
	Patience time.Duration

	// Logs, if not nil, lets the run's logs come beside its traces, as far as these leave
	// room. FetchLogs, with the same options, goes on from there; until it has done so they
	// belong to the Result. What they use of a pool is Pool's.
	Logs *ArtifactOptions

	// Instances know between which buckets runs were moved.
	Instances prow.Instances

	// Pool bounds the downloads under way together, for all Fetches that share
	// it. Nil means a pool of its own with DefaultParallel slots.
	Pool *Pool

	// Progress, if not nil, counts while Fetch runs.
	Progress *Progress

	// Notice, if not nil, is told what a user should know though nothing failed. It
	// is called by one goroutine at a time, before Fetch returns.
	Notice func(Notice)
}

// A Result is a run as the cache holds it. The files must not be written to. They
// stay where they are until Close, and after that until the cache is pruned.
type Result struct {
	Run       prow.Run        // as found; its bucket is another than asked for where runs were moved
	Asked     prow.Run        // as asked for
	Dir       string          // of the run in the cache
	Files     []File          // trace files by name
	Metadata  map[string]File // those of started.json, artifacts/junit_01.xml, … that exist, by name
	FromCache bool            // no request was sent
	Listed    time.Time       // when the bucket was last asked
	Ended     bool            // the run has a finished.json
	Lost      []runfile.Loss  // metadata files that were left out when the bucket was last asked

	// Unverified counts those of Files and Metadata of which the store told no sum: only
	// their size was compared.
	Unverified int

	release func() error
	lane    *logLane // brings the logs; nil where none does
}

// Close allows other processes to prune the run, and ends logs that are on their way.
// Calling it again, or on a nil Result, does nothing.
func (r *Result) Close() error {
	if r == nil {
		return nil
	}
	r.lane.stop()
	if r.release == nil {
		return nil
	}
	release := r.release
	r.release = nil
	return release()
}

// A File is one object in the cache.
type File struct {
	Name            string    // below the run's root: "artifacts/otlp/kops-1-….otel"; hostile text
	Path            string    // on disk
	Size            int64     // bytes on disk, as stored
	Updated         time.Time // when the object was written, by the bucket's clock
	ContentType     string    // as the bucket says; Prow's are often wrong
	ContentEncoding string
}

// Fetch brings the run's files into the cache and says where they are.
//
// A run that its bucket does not have is looked for in the buckets that are known
// to have taken over its runs, or to have had them before.
//
// Errors: ErrNoTraces (with a Result that has only metadata), ErrNotFound,
// *PartialError (with a Result that holds the rest), the context's, and what the
// store said, wrapped.
func (c *Cache) Fetch(ctx context.Context, store objstore.Store, run prow.Run, o Options) (*Result, error) {
	if o.Pool == nil {
		o.Pool = NewPool(DefaultParallel)
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
	var one sync.Mutex
	if notice := o.Notice; notice != nil {
		o.Notice = func(n Notice) {
			one.Lock()
			defer one.Unlock()
			notice(n)
		}
	} else {
		o.Notice = func(Notice) {}
	}
	return c.fetchMoved(ctx, store, run, o)
}

// do works on the run with its lock held.
func (t *transfer) do(ctx context.Context) (*Result, error) {
	unlock, err := t.cache.lockWork(ctx, t.dir.id(), t.waiting)
	if unlock == nil {
		return nil, fmt.Errorf("cannot wait for the cache: %w", err)
	}
	defer unlock()
	if err != nil {
		t.notice("cannot lock the cache (%v): do not open this run in another prowtrace now", err)
	}
	res, err := t.answer(ctx)
	if res == nil {
		t.lane.stop()
	} else {
		res.lane = t.lane
		// Without locks nobody prunes either: see Prune.
		res.release, _ = t.cache.lockUse(t.dir.id())
	}
	return res, err
}

func (t *transfer) waiting(pid int) {
	t.waited = true
	t.before, _ = t.dir.readManifest().covering(t.scope)
	switch pid {
	case os.Getpid():
	case 0:
		t.notice("waiting for another prowtrace that fetches this run")
	default:
		t.notice("waiting for another prowtrace (process %d) that fetches this run", pid)
	}
}

// answer takes what the manifest has when the run has ended, or when another
// process asked while this one waited for it; else it asks the bucket.
func (t *transfer) answer(ctx context.Context) (*Result, error) {
	m := t.dir.readManifest()
	l, known := m.covering(t.scope)
	if t.Offline {
		return t.offline(m, l, known)
	}
	if known && !t.Refresh && l.Final || t.waited && l.At.After(t.before.At) {
		if files := m.within(t.scope); t.holdsAll(files) {
			return t.fromCache(files, l)
		}
	}
	t.ledger.remember(m.Files, !t.Refresh)
	t.useSmall(m)
	asked := t.cache.now()
	if err := t.ask(ctx); err != nil {
		if isFull(err) {
			t.dir.sweep()
		}
		return nil, fmt.Errorf("cannot fetch %s: %w", t.run.URL(), err)
	}
	res, err := t.finish(ctx, m, asked)
	if err != nil && res == nil && known {
		return t.fallBack(m, l, err)
	}
	return res, err
}

func (t *transfer) fromCache(files []entry, l listing) (*Result, error) {
	t.dir.touch(t.cache.now())
	res := t.result(files, l.At)
	res.FromCache, res.Lost = true, l.Lost
	t.tellLost(l.Lost)
	return res, t.verdict(res, l.Other)
}

// holdsAll reports whether all files are in the cache, whole.
func (t *transfer) holdsAll(files []entry) bool {
	for i := range files {
		if !t.dir.holds(t.run, &files[i]) {
			return false
		}
	}
	return true
}

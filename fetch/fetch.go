// Package fetch brings the trace files of one Prow run, and the small metadata
// files that say what the job was and how it ended, from a bucket into a cache on
// disk. It knows no provider: it reads through objstore.
//
// Fetch returns a Result with the paths of the files. The package promises:
//
//   - Only artifacts/**/otlp/** and the metadata files of runfile.Kinds are
//     requested, never the whole run, which can have 50,000 objects.
//   - Logs never delay the traces: FetchLogs fetches them, and Options.Logs fetches
//     them beside the traces with the capacity that the traces leave free.
//   - A file in a Result is complete. Its size and checksum are those that the
//     bucket has, for exactly that version of the object. A notice counts the files
//     without a checksum. Bytes are as stored; compressed objects stay
//     compressed.
//   - A run that has ended is fetched once. Later calls send no request.
//   - A process killed at any time leaves a cache that the next call can use.
//   - Partial success is success with a report: see PartialError.
//
// It never looks into trace files, never deletes anything outside its cache, never
// lets an object's name become a path there, and never names a flag or a command.
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

// Options adjust a Fetch. The zero value is usable.
type Options struct {
	// Only limits the trace files to a directory or a file below the run's root,
	// as the link named it. A path that leads into no otlp directory limits
	// nothing: a link to a log, or to a directory beside the traces, stands for
	// its whole run. Metadata files are always fetched.
	Only string

	// NoTraces leaves out all trace files: the error is a *NoTracesError.
	NoTraces bool

	// TraceRoom is the most bytes that the trace files may have together. If they have more,
	// all are left out, as with NoTraces: with only a part of them, it would look as if the rest
	// had not happened. Files in the cache count too. 0 is no limit.
	TraceRoom int64

	// Offline forbids every request. Fetch returns what the cache has of the run. The
	// store may be nil.
	Offline bool

	// Refresh asks the bucket even for a run that had ended, and checks every byte
	// that the cache has of it.
	Refresh bool

	// Patience is how long files beside the traces may take after the traces have come. A file
	// that comes too late is a loss of the kind LossLate, without a notice: another Fetch
	// with Refresh fetches it. 0: as long as files come, for up to a minute.
	Patience time.Duration

	// Logs, if not nil, fetches the run's logs beside its traces, with the capacity that the
	// traces leave free. FetchLogs, with the same options, continues from there. Until then the
	// logs belong to the Result. They use the Pool.
	Logs *ArtifactOptions

	// Instances know between which buckets runs were moved.
	Instances prow.Instances

	// Pool bounds the downloads that run at the same time, for all Fetches that share
	// it. Nil means a separate pool with DefaultParallel slots.
	Pool *Pool

	// Progress, if not nil, counts while Fetch runs.
	Progress *Progress

	// Notice, if not nil, is called with what a user should know though nothing failed. It
	// is called from one goroutine at a time, before Fetch returns.
	Notice func(Notice)
}

// A Result is a run as the cache holds it. The files must not be written to. They
// stay where they are until Close, and after Close until the cache is pruned.
type Result struct {
	Run       prow.Run        // as found; if the run was moved, its bucket differs from the one asked for
	Asked     prow.Run        // as asked for
	Dir       string          // directory of the run in the cache
	Files     []File          // trace files by name
	Metadata  map[string]File // those of started.json, artifacts/junit_01.xml, … that exist, by name
	FromCache bool            // no request was sent
	Listed    time.Time       // when the bucket was last asked
	Ended     bool            // the run has a finished.json
	Lost      []runfile.Loss  // metadata files that were left out when the bucket was last asked

	// Unverified counts the Files and Metadata for which the store gave no sum: only
	// their size was compared.
	Unverified int

	release func() error
	lane    *logLane // fetches the logs; nil if nothing does
}

// Close allows other processes to prune the run, and ends log downloads under way.
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
	ContentType     string    // as the bucket says; Prow's types are often wrong
	ContentEncoding string
}

// Fetch fetches the run's files into the cache and returns where they are.
//
// If the bucket does not have the run, Fetch looks in the buckets that are known
// to have taken over its runs, or to have had them before.
//
// Errors are ErrNoTraces (with a Result that has only metadata), ErrNotFound,
// *PartialError (with a Result that holds the rest), the context's, and the
// store's, wrapped.
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
		// Without locks, Prune removes nothing either.
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

// answer uses the manifest if the run has ended, or if another
// process listed the bucket while this one waited for it. Else it asks the bucket.
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

// holdsAll reports whether all files are in the cache, complete.
func (t *transfer) holdsAll(files []entry) bool {
	for i := range files {
		if !t.dir.holds(t.run, &files[i]) {
			return false
		}
	}
	return true
}

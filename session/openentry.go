package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/trace/join"
)

// What a loaded run takes beside its mapped files, for the bound of all of them. The bound
// is on an estimate: columns of spans and of the joined trace, and what is kept of small
// files, logs and analyses.
const (
	bytesOfSpan = 200
	bytesOfRun  = 1 << 20
)

// openKey tells runs apart: also the same run limited to a part of its traces.
type openKey struct {
	run  prow.Run
	part string
}

// openEntry is one run. Its fields are guarded by OpenRuns.mu; those that a load sets are
// read without it after done is closed.
type openEntry struct {
	key   openKey
	ref   prow.Ref
	since time.Time
	done  chan struct{} // closed when it is loaded, or has failed

	step   OpenStep
	counts func() fetch.Counts
	told   int64 // bytes of counts that somebody was told of
	loaded *Loaded
	err    error
	at     time.Time // when it ended
	spans  int
	bytes  int64
	unend  bool // the run had not ended
	lacks  bool // the store may give what of the run could not be had

	leases int
	used   time.Time
	gone   bool // not in the table any more: let go of with its last lease
	judged *openJudging
	kept   map[any]any
}

func (e *openEntry) ended() bool { return e.step == OpenReady || e.step == OpenFailed }

// untold gives the bytes that have come since it was called last.
func (e *openEntry) untold() int64 {
	if e.counts == nil {
		return 0
	}
	came := e.counts().Received() - e.told
	e.told += came
	return came
}

// state says how far it is.
func (e *openEntry) state() OpenState {
	s := OpenState{Step: e.step, Since: e.since, Err: e.err, Spans: e.spans, Bytes: e.bytes}
	if e.counts != nil {
		s.Counts = e.counts()
	}
	return s
}

// stale reports whether an entry is not to be used any more.
func (r *OpenRuns) stale(e *openEntry, now time.Time) bool {
	switch {
	case e.step == OpenFailed:
		return now.Sub(e.at) >= r.o.Failed
	case e.step == OpenReady && e.unend && now.Sub(e.at) >= r.o.Unended, e.step == OpenReady && e.lacks && now.Sub(e.at) >= r.o.Lacking:
		return true
	}
	return e.step == OpenReady && e.leases == 0 && now.Sub(e.used) >= r.o.Age
}

// enter finds the entry of a run, or makes one and begins its load. The caller has the lock.
func (r *OpenRuns) enter(ref prow.Ref) (e *openEntry, began bool, err error) {
	if r.closed {
		return nil, false, ErrOpenRunsClosed
	}
	if r.o.Allow != nil {
		if err := r.o.Allow(ref.Run); err != nil {
			return nil, false, err
		}
	}
	if _, err := r.session.storeOf(ref.Run); err != nil {
		return nil, false, err
	}
	now := r.o.Now()
	key := openKey{ref.Run, (&Input{Ref: ref}).Part()}
	if e := r.entries[key]; e != nil {
		if !r.stale(e, now) {
			e.used = now
			return e, false, nil
		}
		r.closeLater(r.drop(e))
	}
	if r.waiting >= r.o.Waiting {
		return nil, false, ErrManyLoads
	}
	if r.closeLater(r.evict(bytesOfRun)); r.bytes+bytesOfRun > r.o.Bytes {
		return nil, false, ErrNoRoom
	}
	e = &openEntry{key: key, since: now, used: now, step: OpenWaiting, done: make(chan struct{}), kept: map[any]any{}}
	e.ref = prow.Ref{Kind: prow.KindRun, Run: key.run, Rest: key.part} // no host of a visitor's is asked
	r.entries[key] = e
	r.waiting++
	r.work.Go(func() { r.run(e) })
	return e, true, nil
}

// drop takes an entry out of the table, and gives what can be let go of at once.
func (r *OpenRuns) drop(e *openEntry) []*Loaded {
	if r.entries[e.key] == e {
		delete(r.entries, e.key)
	}
	e.gone = true
	return r.last(e)
}

// last gives what is held of an entry that is gone and that nobody uses any more.
func (r *OpenRuns) last(e *openEntry) []*Loaded {
	if !e.gone || e.leases > 0 || e.loaded == nil {
		return nil
	}
	l := e.loaded
	e.loaded, e.kept = nil, nil
	r.bytes -= e.bytes
	r.held--
	return []*Loaded{l}
}

// evict makes room for some bytes: what was not used for the longest time goes first, and
// nothing that is held.
func (r *OpenRuns) evict(room int64) (gone []*Loaded) {
	for r.bytes+room > r.o.Bytes {
		var oldest *openEntry
		for _, e := range r.entries {
			if e.step == OpenReady && e.leases == 0 && (oldest == nil || e.used.Before(oldest.used)) {
				oldest = e
			}
		}
		if oldest == nil {
			break
		}
		gone = append(gone, r.drop(oldest)...)
	}
	return gone
}

// closeLater lets go of runs without the lock that its caller has. Close waits for it only
// before it has begun, and then has none to let go of.
func (r *OpenRuns) closeLater(gone []*Loaded) {
	if len(gone) > 0 {
		r.work.Go(func() { _ = closeAll(gone) }) // files that cannot be unmapped stay so
	}
}

// forget lets go of what was not used for long, until Close.
func (r *OpenRuns) forget() {
	tick := time.NewTicker(max(time.Second, min(r.o.Age, r.o.Failed)/4))
	defer tick.Stop()
	pruned := r.o.Now()
	for {
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			return
		}
		now := r.o.Now()
		r.mu.Lock()
		var gone []*Loaded
		for _, e := range r.entries {
			if r.stale(e, now) && e.leases == 0 {
				gone = append(gone, r.drop(e)...)
			}
		}
		r.mu.Unlock()
		_ = closeAll(gone)
		if now.Sub(pruned) >= betweenPrunes {
			_ = r.prune() // the next one may work
			pruned = r.o.Now()
		}
	}
}

// betweenPrunes is how often the cache is brought back to its limits: to look at all runs in it
// takes a second for some 10,000.
const betweenPrunes = time.Minute

// prune removes from the cache what is beyond its limits, if something was loaded.
func (r *OpenRuns) prune() error {
	r.mu.Lock()
	fetched := r.fetched
	r.fetched = false
	r.mu.Unlock()
	if !fetched {
		return nil
	}
	cache, err := fetch.OpenCache(r.session.o.CacheDir)
	if err != nil {
		return err
	}
	return closeCache(cache, r.session.limits())
}

// run loads the run of an entry, once there is a place.
func (r *OpenRuns) run(e *openEntry) {
	ctx, cancel := context.WithTimeout(r.ctx, r.o.Time)
	defer cancel()
	began := false
	var err error
	var l *Loaded
	select {
	case r.places <- struct{}{}:
		began = true
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	r.mu.Lock()
	r.waiting--
	e.step = OpenFetching
	r.mu.Unlock()
	started := r.o.Now()
	if began {
		err = r.guard(e, func() (err error) {
			l, err = r.load(ctx, e)
			return err
		})
		<-r.places
	}
	switch {
	case err == nil:
	case r.ctx.Err() != nil:
		err = ErrOpenRunsClosed
	case ctx.Err() != nil:
		err = fmt.Errorf("cannot load the run within %s: %w", r.o.Time, err)
	}
	r.end(e, l, err, r.o.Now().Sub(started))
}

// guard does work on an entry. A panic is an error, and told.
func (r *OpenRuns) guard(e *openEntry, work func() error) error {
	err := panics.Guard(work)
	if met := (*panics.Error)(nil); errors.As(err, &met) {
		r.o.Fault(e.key.run, met)
	}
	return err
}

// end enters what became of a load.
func (r *OpenRuns) end(e *openEntry, l *Loaded, err error, took time.Duration) {
	spans, bytes := 0, int64(0)
	if err == nil {
		view, release := l.Acquire()
		spans = view.Len()
		bytes = bytesOfRun + int64(spans)*bytesOfSpan + view.Stats().Unpacked
		release()
		if spans > r.o.Spans || bytes > r.o.Bytes {
			_ = l.Close() // the first error is the one to tell
			l, err = nil, &RunTooLargeError{spans, min(r.o.Spans, int(r.o.Bytes/bytesOfSpan))}
		}
	}
	r.mu.Lock()
	ended := EndedLoad{Run: e.key.run, Part: e.key.part, Err: err, Took: took, Spans: spans, Bytes: e.untold()}
	e.at, e.used = r.o.Now(), r.o.Now()
	var gone []*Loaded
	if e.err = err; err != nil {
		e.step = OpenFailed
	} else {
		gone = r.evict(bytes)
		e.step, e.loaded, e.spans, e.bytes = OpenReady, l, spans, bytes
		e.unend = slices.ContainsFunc(l.Inputs, func(in *Input) bool { _, going := in.Unfinished(); return going })
		r.bytes += bytes
		r.held++
	}
	close(e.done)
	if r.closed {
		gone = append(gone, r.drop(e)...)
	}
	r.mu.Unlock()
	_ = closeAll(gone)
	if len(gone) > 0 && spans >= manySpans {
		debug.FreeOSMemory()
	}
	if r.o.Ended != nil {
		r.o.Ended(ended)
	}
}

// loadRun fetches and loads the run of an entry.
func (r *OpenRuns) loadRun(ctx context.Context, e *openEntry) (*Loaded, error) {
	o := r.session.o
	o.Choice, o.Watch, o.KeepGoing, o.Untraced, o.TraceRoom, o.Unpacked = Choice{}, false, true, true, r.o.RunBytes, r.o.Bytes/4
	if o.Join == "" {
		o.Join = join.ByTime // a run without traces can be shown only so
	}
	o.Events = func(event Event) {
		if started, ok := event.(FetchStarted); ok {
			r.mu.Lock()
			e.counts = started.Counts
			r.mu.Unlock()
		}
	}
	o.recalled, o.Progress = &r.known, new(fetch.Progress) // which counts the runs that it is compared with too
	if o.Cache != CacheTemporary && !o.Offline {
		o.unpruned = true
		r.mu.Lock()
		r.fetched = true
		r.mu.Unlock()
	}
	s := New(o)
	c, err := s.Collect(ctx, []prow.Ref{e.ref})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	e.step = OpenLoading
	r.mu.Unlock()
	return s.Load(ctx, c)
}

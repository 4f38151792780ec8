package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/triage"
)

// OpenRuns keeps runs that are loaded for the visitors of a server. A run is loaded when the
// first visitor asks for it. All who ask meanwhile wait for the same load, and share what it
// gives. A run stays loaded until it was not used for a while, or until others need its room.
// It is never let go of while a visitor holds it.
//
// A visitor who goes away does not end the load that others may wait for. A load or a
// judgement that fails is told to all who wait, and kept for a short while, so that a broken
// run is not asked for again and again. What a store did not give for the moment is asked for
// again later too. A panic where a run is loaded or judged fails that run, with a
// *panics.Error, and stops nothing else.
//
// It reads buckets only: files and standard input are refused. It is safe for concurrent use.
type OpenRuns struct {
	o       OpenRunsOptions
	session *Session
	load    func(context.Context, *openEntry) (*Loaded, error)
	judge   func(context.Context, *OpenRun, *openJudging) error
	known   recalled // of all runs that the cache knows

	ctx    context.Context // of loads and judgements; ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // all goroutines
	places chan struct{}  // of loads
	judges chan struct{}  // of judgements

	mu      sync.Mutex // guards what follows, and the fields of entries
	closed  bool
	entries map[openKey]*openEntry
	waiting int   // loads that have no place yet
	fetched bool  // something was loaded since the cache was pruned
	bytes   int64 // of all entries, those that wait for their last lease too
	held    int   // runs that are loaded, likewise
}

// OpenRunsOptions are the bounds of OpenRuns. Zero fields stand for the values that are named.
type OpenRunsOptions struct {
	Bytes    int64 // memory of all loaded runs, estimated; 0: 1 GiB
	Spans    int   // of one run; 0: as many as fit Bytes
	RunBytes int64 // of one run's trace files as they are stored: a larger run is shown without them; 0: 1 GiB

	Age     time.Duration // since the last use, after which a run is let go of; 0: half an hour
	Unended time.Duration // since its load, after which a run that had not ended is loaded again; 0: a minute
	Lacking time.Duration // since its load, after which a run is loaded again of which not all could be had; 0: five minutes
	Failed  time.Duration // for which a failure is kept; 0: half a minute

	Loads   int           // at once, and as many judgements; 0: 4
	Waiting int           // loads that wait for others; more are refused; 0: 100
	Time    time.Duration // of one load, and of one judgement; 0: five minutes

	// Allow refuses runs that may not be read, before any request. The error is told to the
	// visitor. nil: all may.
	Allow func(prow.Run) error

	// Judging says how runs are judged. Its Tell and Mark are not used. Without Known, no
	// errors are known by their texts.
	Judging Judging

	// Ended hears of each load when it has ended. It must not call OpenRuns. It may be nil.
	Ended func(EndedLoad)

	// Fault hears of each fault of the program that a load or a judgement has met. It must not
	// call OpenRuns. It may be nil.
	Fault func(prow.Run, *panics.Error)

	// Now is the clock; nil: that of the Session.
	Now func() time.Time
}

// An EndedLoad is a load that has ended.
type EndedLoad struct {
	Run   prow.Run
	Part  string // of its traces; "": all
	Err   error  // nil: it is there
	Took  time.Duration
	Bytes int64 // that came from its bucket
	Spans int
}

// An OpenStep says how far a run is.
type OpenStep string

// The steps of a run.
const (
	OpenWaiting  OpenStep = "waiting"  // for a place among the loads
	OpenFetching OpenStep = "fetching" // its files are listed and downloaded
	OpenLoading  OpenStep = "loading"  // its files are read
	OpenReady    OpenStep = "ready"
	OpenFailed   OpenStep = "failed"
)

// OpenState is how far a run is.
type OpenState struct {
	Step   OpenStep
	Since  time.Time    // when it was first asked for
	Counts fetch.Counts // files and bytes so far
	Err    error        // of OpenFailed
	Began  bool         // this call began the load

	Spans int   // of OpenReady
	Bytes int64 // of OpenReady: memory that it takes, estimated
}

// Why a run is not opened.
var (
	// ErrOpenRunsClosed: Close was called.
	ErrOpenRunsClosed = errors.New("the server is stopping")

	// ErrManyLoads: too many other runs wait to be loaded. It helps to try again later.
	ErrManyLoads = errors.New("too many runs are being loaded: try again in a minute")

	// ErrNoRoom: visitors hold as many runs as there is memory for. It helps to try again later.
	ErrNoRoom = errors.New("too many runs are in use: try again in a minute")

	// ErrNotInBucket: a file or standard input, which is never read for visitors.
	ErrNotInBucket = errors.New("only runs in buckets can be opened, not files")

	// ErrNotChosen: it takes requests to find out which run is meant (see Choose).
	ErrNotChosen = errors.New("not one run: choose one first")
)

// RunTooLargeError: a run has more spans than one run may have here.
type RunTooLargeError struct{ Spans, Limit int }

func (e *RunTooLargeError) Error() string {
	return fmt.Sprintf("the run has %s, more than the limit of %s", text.Count(e.Spans, "span"), text.Number(int64(e.Limit)))
}

// NewOpenRuns keeps runs that s loads. All options of s that are about choosing, waiting
// and events are its own. Close ends it.
func NewOpenRuns(s *Session, o OpenRunsOptions) *OpenRuns {
	o.Bytes = cmp.Or(o.Bytes, 1<<30)
	o.Spans = cmp.Or(o.Spans, int(o.Bytes/bytesOfSpan))
	o.RunBytes = cmp.Or(o.RunBytes, 1<<30)
	o.Age = cmp.Or(o.Age, 30*time.Minute)
	o.Unended = cmp.Or(o.Unended, time.Minute)
	o.Lacking = cmp.Or(o.Lacking, 5*time.Minute)
	o.Failed = cmp.Or(o.Failed, 30*time.Second)
	o.Loads = cmp.Or(o.Loads, 4)
	o.Waiting = cmp.Or(o.Waiting, 100)
	o.Time = cmp.Or(o.Time, 5*time.Minute)
	if o.Judging.Known == nil {
		o.Judging.Known = triage.NewMatcher(nil)
	}
	if o.Fault == nil {
		o.Fault = func(prow.Run, *panics.Error) {}
	}
	if o.Now == nil {
		o.Now = s.o.Now
	}
	r := &OpenRuns{o: o, session: s, entries: map[openKey]*openEntry{}, places: make(chan struct{}, o.Loads), judges: make(chan struct{}, o.Loads)}
	r.load, r.judge = r.loadRun, r.judgeRun
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.work.Go(r.forget)
	return r
}

// Choose gives the run that a reference means: the newest of a job, for instance. It asks
// the bucket where the reference does not tell. Errors are those of find.Resolve, of
// Options.Allow, and ErrNotInBucket.
func (r *OpenRuns) Choose(ctx context.Context, ref prow.Ref) (prow.Ref, error) {
	switch ref.Kind {
	case prow.KindPath, prow.KindStdin:
		return ref, ErrNotInBucket
	case prow.KindRun:
		return ref, nil
	}
	store, err := r.session.storeFor(ref)
	if err != nil {
		return ref, err
	}
	o := r.session.findOptions()
	o.Notice = func(find.Notice) {}
	run, err := find.Resolve(ctx, store, ref, o)
	if err != nil {
		return ref, r.session.choiceError(ref, err)
	}
	ref.Kind, ref.Run = prow.KindRun, run
	return ref, nil
}

// Open gives a run as soon as it is loaded, and waits for that. The caller releases it.
// Errors are those of ctx, of Choose, of Session.Collect and Session.Load, and those of
// this file.
func (r *OpenRuns) Open(ctx context.Context, ref prow.Ref) (*OpenRun, error) {
	ref, err := r.Choose(ctx, ref)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	e, _, err := r.enter(ref)
	if err == nil {
		e.leases++ // also while it waits
	}
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	run := &OpenRun{of: r, entry: e}
	select {
	case <-e.done:
	case <-ctx.Done():
		run.Release()
		return nil, context.Cause(ctx)
	}
	if e.err != nil {
		run.Release()
		return nil, e.err
	}
	return run, nil
}

// Begin says how far a run is, and begins its load if nobody has. It does not wait. The
// reference is that of one run (see Choose).
func (r *OpenRuns) Begin(ref prow.Ref) OpenState {
	if ref.Kind != prow.KindRun {
		return OpenState{Step: OpenFailed, Err: ErrNotChosen}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e, began, err := r.enter(ref)
	if err != nil {
		return OpenState{Step: OpenFailed, Err: err}
	}
	s := e.state()
	s.Began = began
	return s
}

// OpenRunsStats is what is held now.
type OpenRunsStats struct {
	Runs  int   // that are loaded
	Bytes int64 // that they take, estimated
	Loads int   // that are under way, waiting ones too
}

// Stats says what is held now.
func (r *OpenRuns) Stats() OpenRunsStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := OpenRunsStats{Runs: r.held, Bytes: r.bytes}
	for _, e := range r.entries {
		if !e.ended() {
			s.Loads++
		}
	}
	return s
}

// Loaded gives the runs that are loaded, the last used first. The caller releases each.
func (r *OpenRuns) Loaded() (all []*OpenRun) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if e.step == OpenReady {
			e.leases++
			all = append(all, &OpenRun{of: r, entry: e})
		}
	}
	slices.SortFunc(all, func(a, b *OpenRun) int { return b.entry.used.Compare(a.entry.used) })
	return all
}

// Close ends all loads and judgements, waits for them, and lets go of all runs. What a
// visitor holds stays his until he releases it.
func (r *OpenRuns) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.work.Wait()
	r.mu.Lock()
	var gone []*Loaded
	for _, e := range r.entries {
		gone = append(gone, r.drop(e)...)
	}
	r.mu.Unlock()
	return errors.Join(closeAll(gone), r.prune())
}

// closeAll lets go of runs; without the lock, since files are unmapped.
func closeAll(gone []*Loaded) error {
	var errs []error
	for _, l := range gone {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Peek says how far a run is, if anybody has asked for it. It begins nothing, and does not
// count as a use.
func (r *OpenRuns) Peek(ref prow.Ref) (OpenState, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[openKey{ref.Run, (&Input{Ref: ref}).Part()}]
	if e == nil || r.stale(e, r.o.Now()) {
		return OpenState{}, false
	}
	return e.state(), true
}

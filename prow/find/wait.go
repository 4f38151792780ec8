package find

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// WaitOptions adjust a [Wait]. The zero value is usable.
type WaitOptions struct {
	// Progress, if not nil, is called after each look at which the run had not ended.
	Progress func(WaitProgress)

	// Jitter returns a number in [0, 1) that spreads the pauses; nil: a random one.
	Jitter func() float64

	// Now is the clock; nil: time.Now.
	Now func() time.Time

	// Sleep pauses; nil: until the time is over, or until ctx ends, with its error.
	Sleep func(ctx context.Context, d time.Duration) error
}

// WaitProgress is what a look showed at a run that had not ended.
type WaitProgress struct {
	State runfile.State // Running; Unknown: there is nothing yet; else it has ended and may still upload
	Since time.Time     // when it was started, UTC; zero if that is not known
	Err   error         // why this look failed; the next may succeed

	Interval time.Duration // between looks at present; it grows
	Next     time.Duration // until the next look
}

// The pauses between looks. A run lasts from minutes to hours. Looking every two
// minutes costs little of the time that waiting takes, and about a hundred
// requests. Each request is answered from one small object.
const (
	firstPause = 15 * time.Second
	mostPause  = 2 * time.Minute
)

const (
	// newborn is how long a run may have no objects after its id was made.
	newborn = 10 * time.Minute

	// late is how long after a run's end its last objects may come.
	late = 2 * time.Minute

	// mostFailures is the number of failed looks in a row after which Wait gives up. The store
	// has already tried each of them several times.
	mostFailures = 8
)

// Wait returns when the run has ended, with its outcome. A problem that
// fetching the run will report is no error here. The state is then Running for a run that should
// have ended long ago (see [runfile.Metadata.Due]), and Unknown for one that does not exist
// or cannot be read.
//
// finished.json marks the end: the pod uploads it after everything else. For a run that is
// still running, a look costs two small requests. Errors are the context's, and the
// store's if it kept failing.
func Wait(ctx context.Context, store objstore.Store, run prow.Run, o WaitOptions) (runfile.State, error) {
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	w := watch{store: store, m: &runfile.Metadata{Run: run}, began: o.Now()}
	failures := 0
	for interval := firstPause; ; interval = min(interval*3/2, mostPause) {
		state, over, err := w.look(ctx, o.Now())
		switch {
		case ctx.Err() != nil:
			return runfile.Unknown, ctx.Err()
		case errors.Is(err, fs.ErrPermission):
			return runfile.Unknown, nil
		case over:
			return state, nil
		case err == nil:
			failures = 0
		default:
			if failures++; failures == mostFailures {
				return runfile.Unknown, err
			}
		}
		pause := time.Duration(float64(interval) * (0.8 + 0.4*o.Jitter()))
		if o.Progress != nil {
			o.Progress(WaitProgress{State: state, Since: w.m.Since(), Err: err, Interval: interval, Next: pause})
		}
		if err := o.Sleep(ctx, pause); err != nil {
			return runfile.Unknown, err
		}
	}
}

// watch is a run that Wait waits for, with what was read about it.
type watch struct {
	store objstore.Store
	m     *runfile.Metadata
	began time.Time
}

// look reads the state of the run. over means that there is nothing more to wait for.
func (w *watch) look(ctx context.Context, now time.Time) (state runfile.State, over bool, err error) {
	there, err := add(ctx, w.store, w.m, "finished.json")
	if err == nil && there && !w.byCrier() {
		return w.m.State(), true, nil
	}
	if err == nil {
		_, err = add(ctx, w.store, w.m, "prowjob.json")
	}
	if err == nil && w.m.ProwJob == nil && w.m.Started == nil {
		_, err = add(ctx, w.store, w.m, "started.json")
	}
	if err != nil {
		return w.m.State(), false, err
	}
	switch state = w.m.State(); state {
	case runfile.Unknown:
		made, timed := prow.BuildTime(w.m.Run.Build)
		return runfile.Unknown, w.m.Finished != nil || !timed || now.Sub(made) > newborn, nil
	case runfile.Running:
		due := w.m.Due()
		if due.IsZero() {
			due = w.began.Add(runfile.Longest)
		}
		return runfile.Running, now.After(due), nil
	}
	return state, now.After(w.settled()), nil
}

// byCrier reports whether the pod of an aborted run may still overwrite its
// finished.json. Crier writes one when it sees the end and there is none. The pod has
// its grace period to end its work and to upload.
func (w *watch) byCrier() bool {
	f := w.m.Finished
	return f.State == runfile.Aborted && f.Result == strings.ToLower(f.Result)
}

// settled is when a run will get no more objects, if only Prow's controllers have reported
// its end.
func (w *watch) settled() time.Time {
	var end time.Time
	var grace time.Duration
	if p := w.m.ProwJob; p != nil {
		end, grace = p.Completion, p.Grace
	}
	if f := w.m.Finished; f != nil && end.IsZero() {
		end = f.Time
	}
	if w.m.State() != runfile.Aborted {
		grace = 0 // the pod is known to have ended
	}
	return end.Add(grace + late)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

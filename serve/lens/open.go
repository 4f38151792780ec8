package lens

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// An Opener opens runs as *session.OpenRuns does, which is one, and may refuse to. An error
// that is session.ErrManyLoads tells that others come first.
type Opener interface {
	Choose(ctx context.Context, ref prow.Ref) (prow.Ref, error)
	Open(ctx context.Context, ref prow.Ref) (*session.OpenRun, error)
	Begin(ref prow.Ref) session.OpenState
}

// OpenRuns are the runs that a server keeps open, for the lens. Close ends what was begun.
// It is safe for concurrent use.
type OpenRuns struct {
	runs Opener
	now  func() time.Time

	ctx    context.Context // of choices
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	choices map[choiceKey]*choice
}

// choiceKey is how a page names a run without its bucket.
type choiceKey struct{ Host, Job, Build string }

// choice is which run such a name means.
type choice struct {
	done chan struct{}
	at   time.Time // when it was made
	ref  prow.Ref
	err  error
}

const (
	mostChoices = 500              // that are kept, and that are made at a time
	choiceKept  = 10 * time.Minute // a run's place does not change; one that is missing may come
	choiceTime  = time.Minute
)

// NewOpenRuns opens runs that a server keeps. now is its clock.
func NewOpenRuns(runs Opener, now func() time.Time) *OpenRuns {
	o := &OpenRuns{runs: runs, now: now, choices: map[choiceKey]*choice{}}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o
}

// Close ends what was begun, and waits for that.
func (o *OpenRuns) Close() {
	o.cancel()
	o.work.Wait()
}

// Begin implements Runs.
func (o *OpenRuns) Begin(ctx context.Context, ref prow.Ref) Opening {
	if ref.Kind != prow.KindRun {
		c, err := o.choose(ref)
		if err != nil {
			return Opening{Err: err}
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return Opening{Progress: "its place is looked up"}
		}
		switch {
		case errors.Is(c.err, session.ErrManyLoads):
			return Opening{Progress: itsTurn}
		case c.err != nil:
			return Opening{Err: c.err}
		}
		ref = c.ref
	}
	run, err := o.runs.Open(ctx, ref)
	switch {
	case err == nil:
		return Opening{Run: run}
	case errors.Is(err, session.ErrManyLoads):
		return Opening{Progress: itsTurn}
	case ctx.Err() == nil:
		return Opening{Err: err}
	}
	state := o.runs.Begin(ref)
	if state.Step == session.OpenFailed {
		return Opening{Err: state.Err}
	}
	return Opening{Progress: progress(state)}
}

// itsTurn says that a run comes after others.
const itsTurn = "it waits for its turn"

// choose finds out which run a name means, unless that is known. It does not wait.
func (o *OpenRuns) choose(ref prow.Ref) (*choice, error) {
	key := choiceKey{ref.Host, ref.Job, ref.Build}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx.Err() != nil {
		return nil, session.ErrOpenRunsClosed
	}
	o.forget()
	if c := o.choices[key]; c != nil {
		return c, nil
	}
	if len(o.choices) >= mostChoices {
		return nil, session.ErrManyLoads
	}
	c := &choice{done: make(chan struct{}), at: o.now()}
	o.choices[key] = c
	o.work.Go(func() {
		defer close(c.done)
		ctx, cancel := context.WithTimeout(o.ctx, choiceTime)
		defer cancel()
		c.err = panics.Guard(func() (err error) { // a fault ends this choice alone
			c.ref, err = o.runs.Choose(ctx, ref)
			return err
		})
	})
	return c, nil
}

// forget drops choices that are old, and the oldest ones where there are too many.
func (o *OpenRuns) forget() {
	ended := func(c *choice) bool {
		select {
		case <-c.done:
			return true
		default:
			return false
		}
	}
	var oldest choiceKey
	var of *choice
	for key, c := range o.choices {
		switch {
		case !ended(c):
		case o.now().Sub(c.at) > choiceKept || c.err != nil && o.now().Sub(c.at) > choiceKept/10, errors.Is(c.err, session.ErrManyLoads):
			delete(o.choices, key)
		case of == nil || c.at.Before(of.at):
			oldest, of = key, c
		}
	}
	if of != nil && len(o.choices) >= mostChoices {
		delete(o.choices, oldest)
	}
}

// progress says how far a run is.
func progress(s session.OpenState) string {
	switch {
	case s.Step == session.OpenWaiting:
		return itsTurn
	case s.Step == session.OpenLoading || s.Step == session.OpenReady:
		return "its files are there"
	case s.Counts.Files > 0:
		return fmt.Sprintf("%s of %s, %s", text.Number(s.Counts.Done), text.Count(s.Counts.Files, "file"), text.Size(s.Counts.Bytes))
	}
	return "its files are listed"
}

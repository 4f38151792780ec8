package lens

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
)

// clock is a clock that a test sets, in ns.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.Load()) }

func named(n int) prow.Ref {
	return prow.Ref{Kind: prow.KindDeck, Run: prow.Run{Job: "ci-unit", Build: fmt.Sprint(n)}}
}

// What a name means is found out once, and again when it may have changed. The names that
// are kept are bounded, whoever asks for how many.
func TestChoices(t *testing.T) {
	var at clock
	runs := session.NewOpenRuns(session.New(session.Options{Stores: map[string]objstore.Store{}}), session.OpenRunsOptions{})
	defer runs.Close()
	o := NewOpenRuns(runs, at.now)
	defer o.Close()
	chosen := func(n int) *choice {
		t.Helper()
		c, err := o.choose(named(n))
		if err != nil {
			t.Fatal(err)
		}
		<-c.done
		return c
	}
	first := chosen(1)
	if first.err == nil || chosen(1) != first {
		t.Errorf("asked again at once: %v", first.err)
	}
	at.Add(int64(choiceKept/10 + 1))
	if chosen(1) == first {
		t.Error("a run that was not found is never looked for again")
	}
	for n := range 2 * mostChoices {
		at.Add(1)
		chosen(n + 10)
	}
	if len(o.choices) > mostChoices {
		t.Errorf("%d names are kept", len(o.choices))
	}
	o.Close()
	if got := o.Begin(t.Context(), named(5)); !errors.Is(got.Err, session.ErrOpenRunsClosed) {
		t.Errorf("after Close: %+v", got)
	}
}

// faulty is a store whose methods panic.
type faulty struct{ objstore.Store }

// A fault while a name is looked up ends that choice alone.
func TestFaultOfChoice(t *testing.T) {
	var at clock
	runs := session.NewOpenRuns(session.New(session.Options{Stores: map[string]objstore.Store{"gs": faulty{}}}), session.OpenRunsOptions{})
	defer runs.Close()
	o := NewOpenRuns(runs, at.now)
	defer o.Close()
	met := (*panics.Error)(nil)
	if got := o.Begin(t.Context(), named(1)); !errors.As(got.Err, &met) {
		t.Errorf("got %+v", got)
	}
}

// How far a run is, in words.
func TestProgress(t *testing.T) {
	for _, tt := range []struct {
		state session.OpenState
		want  string
	}{
		{session.OpenState{Step: session.OpenWaiting}, "it waits for its turn"},
		{session.OpenState{Step: session.OpenFetching}, "its files are listed"},
		{session.OpenState{Step: session.OpenFetching, Counts: fetch.Counts{Files: 12, Done: 3, Bytes: 4_000_000}}, "3 of 12 files, 4.0 MB"},
		{session.OpenState{Step: session.OpenLoading}, "its files are there"},
		{session.OpenState{Step: session.OpenReady}, "its files are there"},
	} {
		if got := progress(tt.state); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.state, got, tt.want)
		}
	}
}

// manyLoads refuses runs until others have come.
type manyLoads struct {
	*session.OpenRuns
	come atomic.Bool
}

func (m *manyLoads) Choose(context.Context, prow.Ref) (prow.Ref, error) {
	if m.come.Load() {
		return prow.Ref{}, errFound
	}
	return prow.Ref{}, fmt.Errorf("not now: %w", session.ErrManyLoads)
}

func (m *manyLoads) Open(context.Context, prow.Ref) (*session.OpenRun, error) {
	return nil, session.ErrManyLoads
}

var errFound = errors.New("found")

// A run that comes after others is on its way: the frame asks again, and so does the lens.
func TestOthersComeFirst(t *testing.T) {
	var at clock
	m := &manyLoads{}
	o := NewOpenRuns(m, at.now)
	defer o.Close()
	if got := o.Begin(t.Context(), prow.Ref{Kind: prow.KindRun}); got.Err != nil || got.Progress != itsTurn {
		t.Errorf("a run: %+v", got)
	}
	for range 2 {
		if got := o.Begin(t.Context(), named(1)); got.Err != nil || got.Progress != itsTurn {
			t.Errorf("a name: %+v", got)
		}
	}
	m.come.Store(true)
	if got := o.Begin(t.Context(), named(1)); !errors.Is(got.Err, errFound) {
		t.Errorf("a name, when others have come: %+v", got)
	}
}

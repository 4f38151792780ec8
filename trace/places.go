package trace

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
)

// Places bound how many goroutines work at heavy questions at a time: those that read
// the encoded bytes of many spans. One processor is left for light questions, which
// take no place, so that these are answered as if they were alone.
//
// Those who wait get a place in the order in which they came. A place is for a piece
// of work: once a MiB its holder lets those who wait go first, so that no question
// waits for the end of another.
//
// All readers of a process share the same Places: Shared owns them, and each View that
// it hands out has them. They are safe for concurrent use.
type Places struct {
	n int

	mu      sync.Mutex
	free    int       // 0 while somebody waits
	waiting list.List // of chan struct{}, closed when it is the waiter's turn
}

// newPlaces makes places on all processors but one, and at least one place.
func newPlaces() *Places {
	n := max(1, runtime.GOMAXPROCS(0)-1)
	return &Places{n: n, free: n}
}

// Len is the number of places. More goroutines do no question any good.
func (p *Places) Len() int { return p.n }

// Work runs do on as many goroutines as there are places, each at one of them. The
// first that returns has found all work given away, or an error: those that have no
// place by then are not waited for. While do runs it must not wait for another Turn.
//
// It returns the error of do, or that of ctx where it ended before there was a place.
func (p *Places) Work(ctx context.Context, do func(*Turn) error) error {
	waiting, done := context.WithCancel(ctx)
	defer done()
	var begun atomic.Bool
	work := func() error {
		if p.wait(waiting, false) != nil {
			return nil // the others have done the work, or ctx has ended
		}
		begun.Store(true)
		turn := &Turn{ctx: ctx, places: p}
		defer turn.End()
		defer done()
		return do(turn)
	}
	var g panics.Group // only the context ends work, and all goroutines look at it
	for range p.n - 1 {
		g.Go(work)
	}
	err := work()
	if other := g.Wait(); err == nil {
		err = other
	}
	if !begun.Load() {
		return ctx.Err()
	}
	return err
}

// Begin waits for a place until ctx ends, and gives its error then. End must be called
// on the Turn.
func (p *Places) Begin(ctx context.Context) (*Turn, error) {
	if err := p.wait(ctx, false); err != nil {
		return nil, err
	}
	return &Turn{ctx: ctx, places: p}, nil
}

// wait takes a place. With holding the caller has one, and gives it to the first who
// waits before it waits itself; where nobody does it keeps it.
func (p *Places) wait(ctx context.Context, holding bool) error {
	p.mu.Lock()
	switch {
	case holding && p.waiting.Len() == 0:
		p.mu.Unlock()
		return nil
	case holding:
		p.next()
	case p.free > 0:
		p.free--
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := p.waiting.PushBack(turn)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-turn: // it came meanwhile
		p.next()
	default:
		p.waiting.Remove(place)
	}
	return ctx.Err()
}

// next gives a place to the first who waits. p.mu is held.
func (p *Places) next() {
	first := p.waiting.Front()
	if first == nil {
		p.free++
		return
	}
	close(p.waiting.Remove(first).(chan struct{}))
}

func (p *Places) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next()
}

// A Turn is the work of one goroutine at a question. It looks at the context of the
// question, and at who else waits for its place, once a MiB.
type Turn struct {
	ctx    context.Context
	places *Places // nil of work that takes none
	left   int     // bytes until the context is looked at
	err    error
}

// TurnInterval is how many bytes of work there are between two looks at the context.
// A piece of work larger than this has to be cut.
const TurnInterval = 1 << 20

// LightTurn is the work at a light question, which takes no place.
func LightTurn(ctx context.Context) *Turn { return &Turn{ctx: ctx} }

// Spend counts some bytes of work, at most TurnInterval at a time. When the context has
// ended Err says so from then on, and the work is to end.
func (t *Turn) Spend(bytes int) {
	if t.left -= bytes; t.left <= 0 {
		t.look()
	}
}

// Err is the error of the context once Spend has seen it; nil before.
func (t *Turn) Err() error { return t.err }

func (t *Turn) look() {
	t.left = TurnInterval
	if err := t.ctx.Err(); err != nil {
		t.err = err
		return
	}
	if t.places == nil {
		return
	}
	if err := t.places.wait(t.ctx, true); err != nil {
		t.err, t.places = err, nil // others have it
	}
}

// End gives the place back.
func (t *Turn) End() {
	if t.places != nil {
		t.places.release()
		t.places = nil
	}
}

// Places gives the places for heavy questions about the View: those of all readers of
// the process where the View is shared, else some of its Set's own.
func (v *View) Places() *Places {
	if v.set.places.Load() == nil {
		v.set.places.CompareAndSwap(nil, newPlaces())
	}
	return v.set.places.Load()
}

package trace

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
)

// Places limit how many goroutines work on heavy questions at a time. A heavy question reads
// the encoded bytes of many spans. One processor is left for light questions. These take no
// place, so they are answered as fast as without heavy ones.
//
// Waiting goroutines get places in the order in which they came. A place is for a piece of
// work: after each MiB its holder lets the waiting ones go first, so no question waits until
// another one has ended.
//
// All readers of a process share the same Places: Shared owns them, and each View that it
// hands out refers to them. They are safe for concurrent use.
type Places struct {
	n int

	mu      sync.Mutex
	free    int       // 0 while a goroutine waits
	waiting list.List // of chan struct{}, closed when it is the waiter's turn
}

// newPlaces makes one place less than there are processors, and at least one.
func newPlaces() *Places {
	n := max(1, runtime.GOMAXPROCS(0)-1)
	return &Places{n: n, free: n}
}

// Len is the number of places. A question gains nothing from more goroutines than that.
func (p *Places) Len() int { return p.n }

// Work runs do on as many goroutines as there are places, each with a place of its own. The
// first do that returns has either found that all work is taken, or failed. Goroutines that
// have no place by then are not waited for. do must not wait for another Turn.
//
// It returns the error of do, or the error of ctx if that ended before there was a place.
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

// Begin waits for a place and returns a Turn, whose End must be called. If ctx ends first it
// returns the error of ctx.
func (p *Places) Begin(ctx context.Context) (*Turn, error) {
	if err := p.wait(ctx, false); err != nil {
		return nil, err
	}
	return &Turn{ctx: ctx, places: p}, nil
}

// wait takes a place. If holding is true the caller has one already: it gives that to the
// first waiting goroutine and waits itself, or keeps it if none waits.
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
	case <-turn: // the turn came in the meantime
		p.next()
	default:
		p.waiting.Remove(place)
	}
	return ctx.Err()
}

// next gives a place to the first waiting goroutine. p.mu must be held.
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

// A Turn is the work of one goroutine on a question. After each MiB it checks the context of
// the question and whether others wait for its place.
type Turn struct {
	ctx    context.Context
	places *Places // nil if the work takes no place
	left   int     // bytes until the next check of the context
	err    error
}

// TurnInterval is how many bytes of work lie between two checks of the context. A larger
// piece of work has to be split.
const TurnInterval = 1 << 20

// LightTurn is the work on a light question, which takes no place.
func LightTurn(ctx context.Context) *Turn { return &Turn{ctx: ctx} }

// Spend counts some bytes of work, at most TurnInterval at a time. Once the context has
// ended, Err returns its error and the work must end.
func (t *Turn) Spend(bytes int) {
	if t.left -= bytes; t.left <= 0 {
		t.look()
	}
}

// Err is the error of the context once Spend has seen it, and nil before.
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

// Places gives the places for heavy questions about the View. A shared View has those of all
// readers of the process. Any other View has those of its Set.
func (v *View) Places() *Places {
	if v.set.places.Load() == nil {
		v.set.places.CompareAndSwap(nil, newPlaces())
	}
	return v.set.places.Load()
}

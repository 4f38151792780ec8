package query

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/trace"
)

// work runs do on several goroutines: for a heavy search as many as there are places (see
// trace.Places.Work), for a light one as many as there are processors. A light search ends
// in less than a millisecond at 100,000 spans, so it takes no place.
func (c *compiled) work(ctx context.Context, do func(*trace.Turn) error) error {
	if c.heavy {
		return c.view.Places().Work(ctx, do)
	}
	var g panics.Group // only the context ends work, and all goroutines look at it
	for range runtime.GOMAXPROCS(0) - 1 {
		g.Go(func() error { return do(trace.LightTurn(ctx)) })
	}
	err := do(trace.LightTurn(ctx))
	if other := g.Wait(); err == nil {
		err = other
	}
	return err
}

// blocks gives pieces of work to several goroutines, and collects their results in the order
// of the pieces.
type blocks[E any] struct {
	next  func() (lo, hi int) // the next piece; hi equals lo at the end
	limit int                 // of results; 0 means all

	mu    sync.Mutex
	found [][]E
	done  []bool
	first int // the first piece that is not finished
	sum   int // results in the pieces before it
}

// take gives a piece and its number. ok is false if all were given away, or if the first
// pieces have enough results.
func (b *blocks[E]) take() (number, lo, hi int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit > 0 && b.sum >= b.limit {
		return 0, 0, 0, false
	}
	if lo, hi = b.next(); lo == hi {
		return 0, 0, 0, false
	}
	b.found, b.done = append(b.found, nil), append(b.done, false)
	return len(b.done) - 1, lo, hi, true
}

func (b *blocks[E]) put(number int, found []E) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.found[number], b.done[number] = found, true
	for b.first < len(b.done) && b.done[b.first] {
		b.sum += len(b.found[b.first])
		b.first++
	}
}

// all gives the results, up to the limit.
func (b *blocks[E]) all() (all []E) {
	for _, found := range b.found {
		all = append(all, found...)
	}
	if b.limit > 0 && len(all) > b.limit {
		all = all[:b.limit]
	}
	return all
}

// ranges divides a list of n among several goroutines.
type ranges struct {
	n, size int
	next    atomic.Int64
}

// take gives a range, or an empty one if all were given away.
func (r *ranges) take() (lo, hi int) {
	lo = min(int(r.next.Add(int64(r.size)))-r.size, r.n)
	return lo, min(lo+r.size, r.n)
}

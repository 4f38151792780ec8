package query

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/trace"
)

// work runs do: for a heavy search on as many goroutines as there are places (see
// trace.Places.Work), for a light one on as many as there are processors. A light one
// is over in less than a millisecond at 100,000 spans, so it takes no place.
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

// blocks gives pieces of work to several goroutines, and collects what each piece
// found in the order in which they were given.
type blocks[E any] struct {
	next  func() (lo, hi int) // the piece that is next; hi is lo at the end
	limit int                 // of what is found; 0 means all

	mu    sync.Mutex
	found [][]E
	done  []bool
	first int // the first piece that is not done
	sum   int // found in those before it
}

// take gives a piece and its number. It is not ok where all are given away, or enough
// was found in those that come first.
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

// all gives what was found, up to the limit.
func (b *blocks[E]) all() (all []E) {
	for _, found := range b.found {
		all = append(all, found...)
	}
	if b.limit > 0 && len(all) > b.limit {
		all = all[:b.limit]
	}
	return all
}

// ranges gives ranges of a list of n to several goroutines.
type ranges struct {
	n, size int
	next    atomic.Int64
}

// take gives a range; it is empty where all are given away.
func (r *ranges) take() (lo, hi int) {
	lo = min(int(r.next.Add(int64(r.size)))-r.size, r.n)
	return lo, min(lo+r.size, r.n)
}

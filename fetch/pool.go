package fetch

import "context"

// DefaultParallel is the number of downloads under way together. Over 40 ms of
// round trip time, 64 are bound by waiting for answers, and beyond 96 the
// processor is the limit; 16 take 3 times as long. See docs/performance.md.
const DefaultParallel = 96

// A Pool bounds the requests that the Fetches which share it have under way.
type Pool struct{ places chan struct{} }

// NewPool returns a pool of n places, at least one.
func NewPool(n int) *Pool { return &Pool{make(chan struct{}, max(n, 1))} }

func (p *Pool) acquire(ctx context.Context) error {
	select {
	case p.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *Pool) release() { <-p.places }

func (p *Pool) size() int { return cap(p.places) }

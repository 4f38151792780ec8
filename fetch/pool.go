package fetch

import "context"

// DefaultParallel is the number of downloads under way at the same time. Over a round trip of
// 40 ms, small files spend their time waiting, whatever the number: 64 take a third
// longer than 128, and 16 four times as long. See docs/performance.md.
const DefaultParallel = 128

// A Pool bounds the requests that several Fetches have under way together.
type Pool struct{ slots chan struct{} }

// NewPool returns a pool of n slots, at least one.
func NewPool(n int) *Pool { return &Pool{make(chan struct{}, max(n, 1))} }

func (p *Pool) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// acquireIdle takes a slot if one is free and nothing waits for it.
func (p *Pool) acquireIdle() bool {
	select {
	case p.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// crowded reports whether all slots are taken.
func (p *Pool) crowded() bool { return len(p.slots) == cap(p.slots) }

func (p *Pool) release() { <-p.slots }

// done does work in a slot that was acquired, then releases it.
func (p *Pool) done(work func() error) error {
	defer p.release()
	return work()
}

func (p *Pool) size() int { return cap(p.slots) }

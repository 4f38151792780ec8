package session

import (
	"context"
	"sync"
)

// turns let one caller at a time do what has a name, and others what has another. The zero
// value is ready for use.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when a turn ends
}

// take waits for a turn. The caller calls done when it is over. The error is the context's.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	for ctx.Err() == nil {
		t.mu.Lock()
		before := t.taken[name]
		if before == nil {
			defer t.mu.Unlock()
			if t.taken == nil {
				t.taken = map[string]chan struct{}{}
			}
			t.taken[name] = make(chan struct{})
			return func() { t.end(name) }, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
		}
	}
	return nil, context.Cause(ctx)
}

func (t *turns) end(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.taken[name])
	delete(t.taken, name)
}

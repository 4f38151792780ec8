package fetch

import "sync"

// room is how many bytes the logs of a run may still take. It is safe for concurrent use.
type room struct {
	mu   sync.Mutex
	left int64
}

// take reserves bytes, if that many are left.
func (r *room) take(n int64) *reserved {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.left {
		return nil
	}
	r.left -= n
	return &reserved{r, n}
}

// spend takes bytes that are held already, even if fewer are left.
func (r *room) spend(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left -= n
}

func (r *room) free() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left
}

// reserved is the space that is reserved for one log.
type reserved struct {
	room *room
	n    int64
}

// growStep is how many bytes are reserved at a time for a text that turns out to be longer
// than its stored size.
const growStep = 1 << 20

// grow reserves n bytes, and a step more if there is room for it.
func (r *reserved) grow(n int64) bool {
	r.room.mu.Lock()
	defer r.room.mu.Unlock()
	for _, want := range []int64{n + growStep, n} {
		if more := want - r.n; more <= r.room.left {
			r.room.left -= more
			r.n = want
			return true
		}
	}
	return false
}

// settle returns what was not needed.
func (r *reserved) settle(held int64) {
	r.room.mu.Lock()
	defer r.room.mu.Unlock()
	r.room.left += r.n - held
	r.n = held
}

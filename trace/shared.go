package trace

import (
	"errors"
	"sync"
)

// Shared hands out the current View to readers and counts them. A newer View can replace it
// while readers finish with the View that they began with. The files of a Set are unmapped
// when no View of it is current and its last reader has released it. Heavy questions of all
// readers, about any of its Views, take the same Places.
//
// It is safe for concurrent use.
type Shared struct {
	mu       sync.Mutex
	current  *View // nil after Close
	closed   bool
	users    map[*Set]int // readers, and one for the current View
	released []func() error
	places   *Places
	shared   int64 // Place of the current View
}

// NewShared shares a View and takes over its Set. The functions in released are called once,
// in order, after Close, when the last reader has released its View and every Set is closed.
func NewShared(v *View, released ...func() error) *Shared {
	s := &Shared{users: map[*Set]int{}, released: released, places: newPlaces()}
	_ = s.Amend(v) // nothing was there to close
	return s
}

// Acquire gives the current View, or nil after Close. release must be called once, when the
// View and all strings and bytes from it are no longer used.
func (s *Shared) Acquire() (v *View, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v = s.current
	if v == nil {
		return nil, func() {}
	}
	s.users[v.set]++
	var done sync.Once
	return v, func() { done.Do(func() { _ = s.letGo(v.set) }) }
}

// ErrClosed is the error of Swap after Close.
var ErrClosed = errors.New("the traces are not shared any more")

// Swap makes v the current View and takes over its Set, which may be the Set of the previous
// View or another one. It returns an error if a Set that nobody reads cannot be closed.
// After Close it does not take v: it closes v's Set unless readers still hold it, and
// returns ErrClosed.
func (s *Shared) Swap(v *View) error { return s.swap(v, 1) }

// Amend is Swap for a View that has the same spans in the same order as the current one and
// differs only in their added fields. The new View has the same Place, so a page that shows
// the previous View need not start again.
func (s *Shared) Amend(v *View) error { return s.swap(v, 0) }

func (s *Shared) swap(v *View, later int64) error {
	s.mu.Lock()
	if s.closed {
		held := s.users[v.set] > 0
		s.mu.Unlock()
		if held {
			return ErrClosed
		}
		return errors.Join(ErrClosed, v.set.Close())
	}
	v.set.places.Store(s.places)
	s.shared += later
	v.place.Store(s.shared)
	before := s.current
	s.current = v
	s.users[v.set]++
	s.mu.Unlock()
	if before == nil {
		return nil
	}
	return s.letGo(before.set)
}

// Close ends sharing. Readers keep their Views until they release them. It may be called
// more than once.
func (s *Shared) Close() error {
	s.mu.Lock()
	last := s.current
	s.current, s.closed = nil, true
	s.mu.Unlock()
	if last == nil {
		return nil
	}
	return s.letGo(last.set)
}

func (s *Shared) letGo(set *Set) error {
	s.mu.Lock()
	s.users[set]--
	last := s.users[set] == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	errs := []error{set.Close()}
	for _, release := range s.forget(set) {
		errs = append(errs, release())
	}
	return errors.Join(errs...)
}

// forget takes a closed Set off the list. If it was the last one, forget gives the functions
// to call for its release.
func (s *Shared) forget(set *Set) (released []func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, set)
	if s.current == nil && len(s.users) == 0 {
		released, s.released = s.released, nil
	}
	return released
}

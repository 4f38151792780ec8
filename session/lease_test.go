package session_test

import (
	"errors"
	"sync"
	"testing"

	"prowtrace/fetch"
)

// Readers read names, which lie in mapped files, while the owner closes: nothing is
// unmapped below them, and the run stays in the cache until the last has let go.
func TestLeaseOutlivesItsOwner(t *testing.T) {
	o, _, _ := sample(t)
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := fetch.OpenCache("")
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()

	var readers sync.WaitGroup
	started, closed := make(chan struct{}, 8), make(chan struct{})
	for range cap(started) {
		readers.Go(func() {
			view, release := l.Acquire()
			defer release()
			started <- struct{}{}
			for again := true; again; {
				select {
				case <-closed:
					again = false // once more, after the owner has let go
				default:
				}
				for row := range view.Len() {
					if view.Span(row).Name == "" && view.Service(row) == "" {
						t.Error("a span without a name and service")
					}
				}
			}
		})
	}
	for range cap(started) {
		<-started
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if removed, err := cache.Clear(); err != nil || len(removed.Runs) > 0 {
		t.Errorf("a run that is read was pruned: %v, error %v", removed, err)
	}
	close(closed)
	readers.Wait()
	if view, release := l.Acquire(); view != nil {
		release()
		t.Error("a closed lease was acquired")
	}
	if removed, err := cache.Clear(); err != nil || len(removed.Runs) != 1 {
		t.Errorf("the run is held still: removed %v, error %v", removed, err)
	}
	if err := l.Close(); err != nil {
		t.Error(errors.Join(err))
	}
}

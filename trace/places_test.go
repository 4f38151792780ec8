package trace

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
)

// takeAll takes all places, and returns a function that gives them back.
func takeAll(t *testing.T, p *Places) (release func()) {
	t.Helper()
	var turns []*Turn
	for range p.Len() {
		turn, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		turns = append(turns, turn)
	}
	return func() {
		for _, turn := range turns {
			turn.End()
		}
	}
}

func TestPlacesLeaveOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for processors, want := range map[int]int{1: 1, 2: 1, 3: 2, 8: 7} {
		runtime.GOMAXPROCS(processors)
		if got := newPlaces().Len(); got != want {
			t.Errorf("%d places on %d processors, want %d", got, processors, want)
		}
	}
}

// Waiting goroutines get a place in the order in which they came. A goroutine whose context
// ends leaves the queue immediately.
func TestPlacesAreGivenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Places{n: 1, free: 1}
		release := takeAll(t, p)
		gone, leave := context.WithCancel(t.Context())
		var order []int
		for i := range 5 {
			ctx := t.Context()
			if i == 2 {
				ctx = gone
			}
			go func() {
				turn, err := p.Begin(ctx)
				if order = append(order, i); err == nil {
					turn.End()
				}
			}()
			synctest.Wait() // until it waits
		}
		leave()
		synctest.Wait()
		if !slices.Equal(order, []int{2}) {
			t.Errorf("%v left the queue, want the one whose context has ended", order)
		}
		release()
		synctest.Wait()
		if want := []int{2, 0, 1, 3, 4}; !slices.Equal(order, want) {
			t.Errorf("places were given to %v, want %v", order, want)
		}
		if p.free != 1 || p.waiting.Len() != 0 {
			t.Errorf("%d places are free, %d wait", p.free, p.waiting.Len())
		}
	})
}

// Work of any length lets others go first after each MiB.
func TestPlacesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Places{n: 1, free: 1}
		release := takeAll(t, p)
		var order []string
		for i := range 3 {
			go func() {
				turn, _ := p.Begin(t.Context())
				defer turn.End()
				for piece := range 3 {
					turn.Spend(TurnInterval)
					order = append(order, fmt.Sprint(i, piece))
					turn.Spend(1)
				}
			}()
			synctest.Wait()
		}
		release()
		synctest.Wait()
		for i := 3; i < len(order); i++ {
			if order[i][:1] == order[i-1][:1] {
				t.Errorf("one works twice in a row while others wait: %q", order)
			}
		}
		if len(order) != 9 || p.free != 1 {
			t.Errorf("%q, %d places are free", order, p.free)
		}
	})
}

// A goroutine that is cancelled while it lets others go first has no place to give back.
func TestTurnEndsWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Places{n: 1, free: 1}
		ctx, cancel := context.WithCancel(t.Context())
		first, err := p.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var second *Turn
		go func() { second, _ = p.Begin(t.Context()) }()
		synctest.Wait()
		go func() {
			first.Spend(1)
			first.End()
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if second == nil || first.Err() == nil || p.free != 0 || p.waiting.Len() != 0 {
			t.Errorf("the second has %v, the first's error is %v, %d places are free, %d wait", second, first.Err(), p.free, p.waiting.Len())
		}
		second.End()
		if p.free != 1 {
			t.Errorf("%d places are free at the end", p.free)
		}
	})
}

// All Views that are shared have the same places, whatever Set they are of.
func TestSharedViewsHaveTheSamePlaces(t *testing.T) {
	a, b := Plain(&Set{}), Plain(&Set{})
	own := a.Places()
	if own == nil || own != a.Places() || own == b.Places() {
		t.Error("a View that is not shared has places of its Set's own")
	}
	s := NewShared(a)
	if a.Places() == own {
		t.Error("a shared View keeps the places of its Set")
	}
	if err := s.Swap(b); err != nil {
		t.Fatal(err)
	}
	if a.Places() != b.Places() {
		t.Error("two Views that are shared have different places")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

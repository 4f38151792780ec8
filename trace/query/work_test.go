package query

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"prowtrace/trace"
)

// held is a context that holds up all who look at it, as long as it is shut.
type held struct {
	context.Context
	open    chan struct{}
	looking *atomic.Int64 // how many are held up
}

func (h held) Err() error {
	h.looking.Add(1)
	<-h.open
	h.looking.Add(-1)
	return h.Context.Err()
}

// searchesOf gives every kind of search for what f asks.
func searchesOf(t *testing.T, v *trace.View, q string) map[string]func(context.Context) error {
	f, err := Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	tree := v.Tree(v.Trace(0))
	return map[string]func(context.Context) error{
		"Find": func(ctx context.Context) error {
			_, err := Find(ctx, v, Query{Filter: f, Derived: genDerived})
			return err
		},
		"FindSpans": func(ctx context.Context) error {
			_, err := FindSpans(ctx, v, SpanQuery{Filter: f, Limit: 10})
			return err
		},
		"InTree": func(ctx context.Context) error { _, err := InTree(ctx, tree, f, genDerived); return err },
		"Events": func(ctx context.Context) error { return Events(ctx, tree, f, genDerived, func([]Event) {}) },
	}
}

var (
	heavyQuestions = []string{"word", "code=500", "code~5+", "code>5", "has:code", "service=kops", "code:=500", "-word"}
	lightQuestions = []string{"", "error", "kind:client", "name:get", "service:kops", "name:=GET", "dur>1s", "after:+1s", "flag:orphan", "id:0000000000000002"}
)

// However many searches there are, no more of them work than there are places; light
// questions are answered beside them.
func TestHeavySearchesShareThePlaces(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	v := generatedView(t, 5)
	shared := trace.NewShared(v)
	defer shared.Close()
	synctest.Test(t, func(t *testing.T) {
		h := held{t.Context(), make(chan struct{}), new(atomic.Int64)}
		var started, failed, ended atomic.Int64
		for _, q := range heavyQuestions {
			for _, search := range searchesOf(t, v, q) {
				started.Add(1)
				go func() {
					if search(h) != nil {
						failed.Add(1)
					}
					ended.Add(1)
				}()
			}
		}
		synctest.Wait()
		if got := h.looking.Load(); got != 3 || ended.Load() != 0 {
			t.Errorf("%d of %d searches work at once, %d have ended; want 3 at work", got, started.Load(), ended.Load())
		}
		for _, q := range lightQuestions {
			for name, search := range searchesOf(t, v, q) {
				if name == "Events" {
					continue // it reads the events
				}
				if err := search(t.Context()); err != nil {
					t.Errorf("%s %s: %v", name, q, err)
				}
			}
		}
		close(h.open)
		synctest.Wait()
		if ended.Load() != started.Load() || failed.Load() != 0 {
			t.Errorf("%d of %d searches have ended, %d failed", ended.Load(), started.Load(), failed.Load())
		}
	})
}

// A search that waits for a place ends with its context.
func TestWaitingSearchesEndWithTheirContext(t *testing.T) {
	v := generatedView(t, 6)
	synctest.Test(t, func(t *testing.T) {
		h := held{t.Context(), make(chan struct{}), new(atomic.Int64)}
		for range v.Places().Len() {
			go func() { _ = searchesOf(t, v, "word")["Find"](h) }()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		var started, ended atomic.Int64
		for _, q := range heavyQuestions {
			for name, search := range searchesOf(t, v, q) {
				started.Add(1)
				go func() {
					if err := search(ctx); !errors.Is(err, context.Canceled) {
						t.Errorf("%s %s: %v", name, q, err)
					}
					ended.Add(1)
				}()
			}
		}
		synctest.Wait()
		if n := ended.Load(); n != 0 {
			t.Errorf("%d searches do not wait for a place", n)
		}
		cancel()
		synctest.Wait()
		if ended.Load() != started.Load() {
			t.Errorf("%d of %d searches have ended", ended.Load(), started.Load())
		}
		close(h.open)
	})
}

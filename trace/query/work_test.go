package query

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

// held is a context that blocks all its callers while it is shut.
type held struct {
	context.Context
	open    chan struct{}
	looking *atomic.Int64 // how many are blocked
}

func (h held) Err() error {
	h.looking.Add(1)
	<-h.open
	h.looking.Add(-1)
	return h.Context.Err()
}

// searchesOf gives every kind of search for a filter.
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

// However many searches there are, no more of them work at the same time than there are
// places. Light questions are answered in the meantime.
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
					continue // events are always read
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

// counting is a context that counts its checks, and ends after some of them.
type counting struct {
	context.Context
	looks atomic.Int64
	end   int64
}

func (c *counting) Err() error {
	if c.looks.Add(1) > c.end {
		return context.Canceled
	}
	return nil
}

// Every search checks its context at least once a MiB, also within one large span. After the
// context has ended, it works for less than another MiB.
func TestSearchesLookAtTheirContext(t *testing.T) {
	const size = 3 << 20
	filled := func(spans int) *trace.View {
		var list []*tracepb.Span
		for i := range spans {
			s := span(uint64(i+1), 0, "x", 10, 20)
			s.Attributes = attributes("big", strings.Repeat("y", size/spans))
			s.Events = []*tracepb.Span_Event{{Name: "e"}}
			list = append(list, s)
		}
		return load(t, otel(t, otlp(t, "svc", list...)))
	}
	event := span(1, 0, "x", 10, 20)
	event.Events = []*tracepb.Span_Event{{Name: "e", Attributes: attributes("big", strings.Repeat("y", size))}}
	many := span(1, 0, "x", 10, 20)
	many.Events = []*tracepb.Span_Event{{Name: "e"}}
	many.Attributes = attributes("big", 1)
	for range size / 100 {
		many.Attributes = append(many.Attributes, attributes("little", strings.Repeat("y", 90))...)
	}
	views := map[string]*trace.View{
		"100 spans": filled(100), "one span": filled(1), "one event": load(t, otel(t, otlp(t, "svc", event))), "many attributes": load(t, otel(t, otlp(t, "svc", many))),
	}
	for about, v := range views {
		for _, q := range []string{"nothing", "bÜg", "big=nothing", "big~nothing", "big~yz?[0-9]", "has:nothing", "event=nothing", "little=nothing"} {
			for name, search := range searchesOf(t, v, q) {
				ctx := &counting{Context: t.Context(), end: size}
				if err := search(ctx); err != nil {
					t.Fatalf("%s: %s %s: %v", about, name, q, err)
				}
				if ctx.looks.Load() < size>>20 {
					t.Errorf("%s: %s %s looks %d times at its context, want %d", about, name, q, ctx.looks.Load(), size>>20)
				}
				ended := &counting{Context: t.Context(), end: 1}
				if err := search(ended); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %s %s: its context ended, but the error is %v", about, name, q, err)
				}
				if more := ended.looks.Load() - ended.end - int64(v.Places().Len()); more > 1 {
					t.Errorf("%s: %s %s works for %d MiB when its context has ended", about, name, q, more)
				}
			}
		}
	}
}

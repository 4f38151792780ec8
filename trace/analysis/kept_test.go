package analysis

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"prowtrace/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Sums by an attribute are computed as long as any caller waits for them. They are computed
// once for all waiting callers.
func TestSumsEndWithThoseWhoWait(t *testing.T) {
	v := load(t, otel(t, otlp(t, "s", span(1, 0, "a", 10, 20), span(2, 1, "b", 12, 15))))
	cache := Of(v)
	synctest.Test(t, func(t *testing.T) {
		var held []*trace.Turn
		for range v.Places().Len() {
			turn, err := v.Places().Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, turn)
		}
		ask := func(ctx context.Context) chan error {
			answer := make(chan error, 1)
			go func() {
				all, err := cache.OperationsBy(ctx, "code")
				if err == nil && len(all) != 1 {
					t.Errorf("%d operations", len(all))
				}
				answer <- err
			}()
			synctest.Wait()
			return answer
		}
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		one, two := ask(first), ask(second)
		begun := cache.kept.grouped[0]
		leaveFirst()
		if err := <-one; !errors.Is(err, context.Canceled) || begun.err != nil {
			t.Errorf("the first ends with %v, the work with %v", err, begun.err)
		}
		leaveSecond()
		if err := <-two; !errors.Is(err, context.Canceled) || !errors.Is(begun.err, context.Canceled) || len(cache.kept.grouped) != 0 {
			t.Errorf("the last ends with %v, the work with %v, and %d are kept", err, begun.err, len(cache.kept.grouped))
		}
		three := ask(t.Context())
		for _, turn := range held {
			turn.End()
		}
		if err := <-three; err != nil {
			t.Error(err)
		}
		kept := cache.kept.grouped[0]
		if err := <-ask(t.Context()); err != nil || cache.kept.grouped[0] != kept {
			t.Errorf("%v, and what was computed is computed again", err)
		}
	})
}

// As many attributes are kept as there is room for: the last used ones.
func TestKeptSums(t *testing.T) {
	v := load(t, otel(t, otlp(t, "s", []*tracepb.Span{span(1, 0, "a", 10, 20)}...)))
	var a analyses
	a.of = All(v)
	key := func(i int) string { return string(rune('a' + i)) }
	for i := range keptGroupings {
		operationsByKept(t, &a, key(i))
	}
	operationsByKept(t, &a, key(0))
	operationsByKept(t, &a, "one more")
	var kept []string
	for _, g := range a.grouped {
		kept = append(kept, g.key)
	}
	if len(kept) != keptGroupings || kept[0] != key(2) || kept[keptGroupings-2] != key(0) {
		t.Errorf("kept are %q", kept)
	}
}

func operationsByKept(t *testing.T, a *analyses, key string) {
	t.Helper()
	if _, err := a.operationsBy(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

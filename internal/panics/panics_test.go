package panics_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"prowtrace/internal/panics"
)

func crash() { panic("\x1b[31mno such span") }

// caught gives the panic of f.
func caught(f func()) (e *panics.Error) {
	errors.As(panics.Guard(func() error { f(); return nil }), &e)
	return e
}

// A panic of a goroutine comes to who waits for it, when all have ended, and ends the others'
// context. It tells where it was met, through any number of groups.
func TestPanicComesToWhoWaits(t *testing.T) {
	others := 0
	for name, f := range map[string]func(){
		"group": func() {
			var g panics.Group
			g.Go(func() error { crash(); return nil })
			g.Wait()
		},
		"limited group": func() {
			var g panics.Group
			g.SetLimit(1)
			if !g.TryGo(func() error { crash(); return nil }) {
				t.Error("there was a place")
			}
			g.Wait()
		},
		"group with a context": func() {
			g, ctx := panics.WithContext(context.Background())
			g.Go(func() error { crash(); return nil })
			g.Go(func() error { <-ctx.Done(); others++; return ctx.Err() })
			g.Wait()
		},
		"wait group": func() {
			var w panics.WaitGroup
			w.Go(crash)
			w.Wait()
		},
		"group in a group": func() {
			var outer panics.Group
			outer.Go(func() error {
				var inner panics.WaitGroup
				inner.Go(crash)
				inner.Wait()
				return nil
			})
			outer.Wait()
		},
	} {
		e := caught(f)
		if e == nil || e.Value != "\x1b[31mno such span" || !strings.Contains(string(e.Stack), "panics_test.crash") {
			t.Errorf("%s: %+v", name, e)
			continue
		}
		if said := e.Error(); strings.ContainsRune(said, '\x1b') || !strings.Contains(said, "internal fault") {
			t.Errorf("%s: it says %q", name, said)
		}
	}
	if others != 1 {
		t.Errorf("%d others ended with the context", others)
	}
}

// What does not panic is as ever: also an error that was a panic once, and was taken for one.
func TestErrorsStayErrors(t *testing.T) {
	broken := error(&panics.Error{Value: "long ago"})
	g, ctx := panics.WithContext(t.Context())
	g.Go(func() error { return broken })
	if err := g.Wait(); err != broken || ctx.Err() == nil {
		t.Errorf("error %v, context %v", err, ctx.Err())
	}
	var w panics.WaitGroup
	done := false
	w.Go(func() { done = true })
	if w.Wait(); !done {
		t.Error("it has not ended")
	}
	if err := panics.Guard(func() error { return nil }); err != nil {
		t.Errorf("error %v", err)
	}
}

// Package panics keeps a fault of the program, a panic, with the work that met it. A panic ends
// a program whose goroutine nobody guards: one hostile file would end a server for all.
//
// Work that is split among goroutines uses Group or WaitGroup: when all goroutines have ended,
// the panic goes to the waiting one. Code that starts work for others, such as a server, uses
// Guard: there the panic becomes an error.
//
// It never hides a fault and repairs nothing: the result of the work is lost.
package panics

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
)

// An Error is a panic. Its text is one line of bounded length.
type Error struct {
	Value any    // of the panic
	Stack []byte // of the goroutine that met it
}

func (e *Error) Error() string { return text.Clip(fmt.Sprintf("internal fault: %v", e.Value), 300) }

// Of makes an Error of what recover gave, in the function that is deferred; it is that itself
// where the panic was handed on.
func Of(recovered any) *Error {
	if e, ok := recovered.(*Error); ok {
		return e
	}
	return &Error{recovered, debug.Stack()}
}

// Guard does work, and gives its error. A panic is an *Error.
func Guard(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Of(p)
		}
	}()
	return work()
}

// first is the first panic of several goroutines.
type first struct{ fault atomic.Pointer[Error] }

// guard does work, and keeps its panic, which is its error too.
func (f *first) guard(work func() error) error {
	finished := false
	err := Guard(func() (err error) {
		err = work()
		finished = true
		return err
	})
	if e, ok := err.(*Error); ok && !finished {
		f.fault.CompareAndSwap(nil, e)
	}
	return err
}

// handOn panics if a goroutine has.
func (f *first) handOn() {
	if e := f.fault.Load(); e != nil {
		panic(e)
	}
}

// A Group is an errgroup.Group whose Wait panics with an *Error if a goroutine has: such a
// goroutine ends the context of the others. The zero Group is ready for use.
type Group struct {
	with errgroup.Group
	made *errgroup.Group // of WithContext
	first
}

// WithContext is errgroup.WithContext.
func WithContext(ctx context.Context) (*Group, context.Context) {
	made, ctx := errgroup.WithContext(ctx)
	return &Group{made: made}, ctx
}

func (g *Group) group() *errgroup.Group {
	if g.made != nil {
		return g.made
	}
	return &g.with
}

// Go is that of errgroup.Group.
func (g *Group) Go(work func() error) { g.group().Go(func() error { return g.guard(work) }) }

// TryGo is that of errgroup.Group.
func (g *Group) TryGo(work func() error) bool {
	return g.group().TryGo(func() error { return g.guard(work) })
}

// SetLimit is that of errgroup.Group.
func (g *Group) SetLimit(n int) { g.group().SetLimit(n) }

// Wait is that of errgroup.Group, and panics with an *Error if a goroutine has.
func (g *Group) Wait() error {
	err := g.group().Wait()
	g.handOn()
	return err
}

// A WaitGroup is a sync.WaitGroup whose Wait panics with an *Error if a goroutine has. The zero
// WaitGroup is ready for use.
type WaitGroup struct {
	all sync.WaitGroup
	first
}

// Go is that of sync.WaitGroup.
func (w *WaitGroup) Go(work func()) {
	w.all.Go(func() { _ = w.guard(func() error { work(); return nil }) })
}

// Wait is that of sync.WaitGroup, and panics with an *Error if a goroutine has.
func (w *WaitGroup) Wait() {
	w.all.Wait()
	w.handOn()
}

package analysis

import (
	"context"
	"slices"
	"sync"

	"prowtrace/internal/panics"
)

// analyses computes each analysis of some traces when it is first needed, and keeps it. If a
// request is given up, the work that it began continues. Sums by an attribute are the
// exception, because there are as many of them as there are attributes. The zero value is
// ready for use once of is set.
type analyses struct {
	of Traces

	mu      sync.Mutex
	once    map[string]func() any
	grouped []*grouping // the last used at the end
}

// keptGroupings bounds how many groupings are kept. Each takes up to 1 MB.
const keptGroupings = 8

func (a *analyses) keys() []Key { return keep(a, "keys", func() []Key { return Keys(a.of) }) }

func (a *analyses) flame() Flame { return keep(a, "flame", func() Flame { return NewFlame(a.of) }) }

func (a *analyses) services() ServiceMap {
	return keep(a, "services", func() ServiceMap { return NewServiceMap(a.of) })
}

func (a *analyses) operations() []Operation {
	return keep(a, "operations", func() []Operation { return Operations(a.of) })
}

// A grouping is operations by an attribute. They are computed as long as a caller waits for
// them, and then kept.
type grouping struct {
	key    string
	done   chan struct{} // closed when the other fields are set
	all    []Operation
	err    error
	wanted int // how many wait; a.mu must be held
	end    context.CancelFunc
}

// operationsBy gives operations by an attribute, or the error of ctx. The work ends when no
// caller waits for it any more.
func (a *analyses) operationsBy(ctx context.Context, key string) ([]Operation, error) {
	g := a.grouping(key)
	defer a.leave(g)
	select {
	case <-g.done:
		return g.all, g.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// grouping gives the grouping of an attribute, and begins it if there is none.
func (a *analyses) grouping(key string) *grouping {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.grouped, func(g *grouping) bool { return g.key == key })
	var g *grouping
	if i >= 0 {
		g = a.grouped[i]
		a.grouped = slices.Delete(a.grouped, i, i+1)
	} else {
		g = a.begin(key)
	}
	if len(a.grouped) == keptGroupings {
		a.grouped = slices.Delete(a.grouped, 0, 1) // callers that wait for it still get it
	}
	a.grouped = append(a.grouped, g)
	g.wanted++
	return g
}

func (a *analyses) begin(key string) *grouping {
	ctx, end := context.WithCancel(context.Background())
	g := &grouping{key: key, done: make(chan struct{}), end: end}
	go func() { // it ends with its context, when no caller waits any more
		defer end()
		defer close(g.done)
		g.err = panics.Guard(func() (err error) {
			g.all, err = OperationsBy(ctx, a.of, key)
			return err
		})
	}()
	return g
}

// leave is called by each caller that has waited. The last one waits until the work has
// ended, because the files may be unmapped when it returns.
func (a *analyses) leave(g *grouping) {
	if a.lastOf(g) {
		g.end()
		<-g.done
	}
}

// lastOf reports whether no other caller waits for an unfinished grouping. If so, it removes
// the grouping from what is kept.
func (a *analyses) lastOf(g *grouping) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g.wanted--; g.wanted > 0 {
		return false
	}
	select {
	case <-g.done:
		return false
	default:
		a.grouped = slices.DeleteFunc(a.grouped, func(other *grouping) bool { return other == g })
		return true
	}
}

// keep gives what compute returned when a key was first requested.
func keep[T any](a *analyses, key string, compute func() T) T {
	a.mu.Lock()
	get := a.once[key]
	if get == nil {
		get = sync.OnceValue(func() any { return compute() })
		if a.once == nil {
			a.once = map[string]func() any{}
		}
		a.once[key] = get
	}
	a.mu.Unlock()
	return get().(T)
}

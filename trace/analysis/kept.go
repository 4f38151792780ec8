package analysis

import (
	"context"
	"slices"
	"sync"

	"prowtrace/internal/panics"
)

// analyses computes what is asked of some traces when it is first asked for, and keeps
// it. A request that is given up does not lose what was begun, but for sums by an attribute:
// there are as many of them as there are attributes. Its zero value but for of is ready for use.
type analyses struct {
	of Traces

	mu      sync.Mutex
	once    map[string]func() any
	grouped []*grouping // the last used at the end
}

// keptGroupings bounds the attributes by which operations are kept: up to 1 MB each.
const keptGroupings = 8

func (a *analyses) keys() []Key { return keep(a, "keys", func() []Key { return Keys(a.of) }) }

func (a *analyses) flame() Flame { return keep(a, "flame", func() Flame { return NewFlame(a.of) }) }

func (a *analyses) services() ServiceMap {
	return keep(a, "services", func() ServiceMap { return NewServiceMap(a.of) })
}

func (a *analyses) operations() []Operation {
	return keep(a, "operations", func() []Operation { return Operations(a.of) })
}

// A grouping is operations by an attribute, which are computed as long as somebody waits
// for them, and then kept.
type grouping struct {
	key    string
	done   chan struct{} // closed when the rest is there
	all    []Operation
	err    error
	wanted int // those who wait; a.mu is held
	end    context.CancelFunc
}

// operationsBy gives operations by an attribute, or the error of ctx. The work ends when
// all who wait for it have gone.
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

// grouping gives what is kept of an attribute, which is begun where nothing is.
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
		a.grouped = slices.Delete(a.grouped, 0, 1) // those who wait for it still get it
	}
	a.grouped = append(a.grouped, g)
	g.wanted++
	return g
}

func (a *analyses) begin(key string) *grouping {
	ctx, end := context.WithCancel(context.Background())
	g := &grouping{key: key, done: make(chan struct{}), end: end}
	go func() { // it ends with its context, when nobody waits any more
		defer end()
		defer close(g.done)
		g.err = panics.Guard(func() (err error) {
			g.all, err = OperationsBy(ctx, a.of, key)
			return err
		})
	}()
	return g
}

// leave is called by each who has waited. The last of them waits until the work has ended:
// who keeps the files mapped may go with him.
func (a *analyses) leave(g *grouping) {
	if a.lastOf(g) {
		g.end()
		<-g.done
	}
}

// lastOf reports whether nobody else waits for what is not done yet. Then it is not kept.
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

// keep gives what compute returned when a key was first asked for.
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

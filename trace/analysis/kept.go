package analysis

import (
	"slices"
	"sync"
)

// analyses computes what is asked of some traces when it is first asked for, and keeps
// it: a request that is given up does not lose what was begun. Its zero value but for of
// is ready for use.
type analyses struct {
	of Traces

	mu      sync.Mutex
	once    map[string]func() any
	grouped []string // keys of once for operations by attribute, the last used at the end
}

// keptGroupings bounds the attributes by which operations are kept: up to 1 MB each.
const keptGroupings = 8

func (a *analyses) keys() []Key { return keep(a, "keys", func() []Key { return Keys(a.of) }) }

func (a *analyses) flame() Flame { return keep(a, "flame", func() Flame { return NewFlame(a.of) }) }

func (a *analyses) services() ServiceMap {
	return keep(a, "services", func() ServiceMap { return NewServiceMap(a.of) })
}

func (a *analyses) operations(by Grouping) []Operation {
	key := "operations " + by.key
	if by.key != "" {
		a.useGrouping(key)
	}
	return keep(a, key, func() []Operation { return Operations(a.of, by) })
}

// useGrouping makes room for operations by another attribute.
func (a *analyses) useGrouping(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.grouped, key); i >= 0 {
		a.grouped = slices.Delete(a.grouped, i, i+1)
	}
	if len(a.grouped) == keptGroupings {
		delete(a.once, a.grouped[0])
		a.grouped = slices.Delete(a.grouped, 0, 1)
	}
	a.grouped = append(a.grouped, key)
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

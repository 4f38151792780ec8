package analysis

import (
	"context"
	"sync"

	"prowtrace/trace"
)

// A Cache computes analyses of one View and keeps those that are used again. Analyses of the
// whole View cover all traces as they were reported. It is safe for concurrent use. Its
// results are shared and must not be changed.
type Cache struct {
	view   *trace.View
	calls  callTable
	totals func() Totals
	files  func() []trace.File
	far    func() []FarSpan
	kept   analyses

	mu       sync.Mutex
	drawings []*kept // the last used is at the end
}

type cacheKey struct{}

// Of gives the Cache of a View. It is always the same one, and it lives as long as the View.
func Of(v *trace.View) *Cache {
	return v.Kept(cacheKey{}, func() any { return newCache(v) }).(*Cache)
}

func newCache(v *trace.View) *Cache {
	totals := sync.OnceValue(func() Totals { return NewTotals(v) })
	return &Cache{
		view:   v,
		totals: totals,
		files:  sync.OnceValue(v.Files),
		far:    sync.OnceValue(func() []FarSpan { return farSpans(v, totals()) }),
		kept:   analyses{of: All(v)},
	}
}

// View gives the View that is analysed.
func (c *Cache) View() *trace.View { return c.view }

// Totals gives sums over all spans.
func (c *Cache) Totals() Totals { return c.totals() }

// Files gives the files that were loaded (see trace.View).
func (c *Cache) Files() []trace.File { return c.files() }

// Operations gives the operations of all traces.
func (c *Cache) Operations() []Operation { return c.kept.operations() }

// OperationsBy sums them up by an attribute (see OperationsBy).
func (c *Cache) OperationsBy(ctx context.Context, key string) ([]Operation, error) {
	return c.kept.operationsBy(ctx, key)
}

// Keys gives the attributes of all spans.
func (c *Cache) Keys() []Key { return c.kept.keys() }

// Flame gives the call paths of all traces.
func (c *Cache) Flame() Flame { return c.kept.flame() }

// Services gives who called whom in all traces.
func (c *Cache) Services() ServiceMap { return c.kept.services() }

// kept is a drawing that is made when it is first needed.
type kept struct {
	trace trace.Trace
	get   func() *Drawing
}

// keptSpans bounds the spans of all drawings that a Cache keeps. A span takes some 50 bytes,
// and a piece of the critical path 24.
const keptSpans = 2_000_000

// Drawing gives the drawing of a trace. The Cache keeps the last used ones, up to two
// million spans together, and at least one.
func (c *Cache) Drawing(t trace.Trace) *Drawing { return c.drawing(t).get() }

func (c *Cache) drawing(t trace.Trace) *kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range c.drawings {
		if k.trace.Index == t.Index {
			c.drawings = append(append(c.drawings[:i:i], c.drawings[i+1:]...), k)
			return k
		}
	}
	k := &kept{t, sync.OnceValue(func() *Drawing { return Draw(c.view.Tree(t)) })}
	c.drawings = append(c.drawings, k)
	spans := 0
	for i := len(c.drawings) - 1; i >= 0; i-- {
		if spans += c.view.Tree(c.drawings[i].trace).Len(); spans > keptSpans && i < len(c.drawings)-1 {
			c.drawings = append([]*kept(nil), c.drawings[i+1:]...)
			break
		}
	}
	return k
}

// Package analysis computes what traces say as a whole: the order they are drawn
// in, self times, the critical path, and the calls between services.
//
// Its functions take a trace.Tree or a trace.View, and are pure: the same trace
// gives the same answer, and nothing is changed. Each says how it computes and what
// that costs. None recurses, so the depth of a tree costs nothing but time. Times
// are Unix ns, durations ns.
//
// What is asked again and again of one View, a Cache keeps with it.
//
// The package never writes text for people, and reads neither files nor the clock.
package analysis

import "prowtrace/trace"

// A Cache computes analyses of one View and keeps them. It is safe for concurrent
// use.
type Cache struct {
	view  *trace.View
	calls callTable
}

type cacheKey struct{}

// Of gives the Cache of a View: always the same one, which lives as long as the
// View.
func Of(v *trace.View) *Cache {
	return v.Kept(cacheKey{}, func() any { return &Cache{view: v} }).(*Cache)
}

// View gives the View that is analysed.
func (c *Cache) View() *trace.View { return c.view }

package query

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// treeBatch is how many spans of a tree a goroutine takes at a time.
const treeBatch = 4096

// InTree reports for each span of a tree, by its number, whether f holds.
func InTree(ctx context.Context, t trace.Tree, f Filter, d Derived) ([]bool, error) {
	c, err := compile(ctx, t.View(), f, d, true)
	if err != nil {
		return nil, err
	}
	hits := make([]bool, t.Len())
	err = c.eachSpan(ctx, t, func(s *subject) bool {
		hits[s.number] = c.holds(s)
		return true
	})
	return hits, err
}

// eachSpan looks at all spans of a tree, until one of several goroutines has enough. Each
// goroutine calls ask with a subject of its own.
func (c *compiled) eachSpan(ctx context.Context, t trace.Tree, ask func(*subject) (more bool)) error {
	var enough atomic.Bool
	spans := ranges{n: t.Len(), size: treeBatch}
	return c.work(ctx, func(turn *trace.Turn) error {
		subjects := c.subjectsIn(t, turn)
		for !enough.Load() {
			lo, hi := spans.take()
			if lo == hi {
				break
			}
			for i := lo; i < hi; i++ {
				row, s := t.Row(i), subjects[0]
				if last := len(subjects) - 1; row >= subjects[last].part.FirstRow {
					s = subjects[last]
				}
				more := ask(s.at(row-s.part.FirstRow, i))
				if s.ended() {
					return turn.Err()
				}
				if !more {
					enough.Store(true)
					break
				}
			}
		}
		return nil
	})
}

// subjectsIn makes a subject for each part, to look at the rows of one tree.
func (c *compiled) subjectsIn(t trace.Tree, turn *trace.Turn) (subjects []*subject) {
	for _, part := range c.view.Parts() {
		s := c.subject(turn, part)
		s.eventsOf = make([]uint8, c.probes)
		c.enter(s, t)
		if len(subjects) > 0 {
			s.tree = subjects[0].tree
		}
		subjects = append(subjects, s)
	}
	return subjects
}

// withJoined adds the joined traces that have a match to the traces that were found. The
// match can be any of their spans, or only one of the job's own. Only joined traces before a
// position in the order count.
func withJoined(ctx context.Context, c *compiled, q Query, before int, found []trace.Trace) ([]trace.Trace, error) {
	matched := newBits(c.view.NumTraces())
	for _, t := range found {
		matched.set(t.Index)
	}
	var matchers []*matcher
	for _, part := range c.view.Parts() {
		matchers = append(matchers, newMatcher(c, part, q))
	}
	whole := !c.needs.tree && q.Limit == 0 && q.After.IsZero() // all traces were searched
	for _, job := range c.view.Jobs() {
		if matched.has(job.Index) || job.Index >= before {
			continue
		}
		var hit atomic.Bool
		err := c.eachSpan(ctx, c.view.Tree(job), func(s *subject) bool {
			m := matchers[0]
			if s.part.FirstRow == matchers[len(matchers)-1].part.FirstRow {
				m = matchers[len(matchers)-1]
			}
			start := m.columns.Start[s.row]
			switch {
			case !q.Joined && !c.view.Added(m.part.FirstRow+s.row):
			case whole && !matched.has(c.view.TraceIndex(m.part, int(m.columns.Trace[s.row]))):
			case start < m.startMin, start > m.startMax:
			case m.possible && m.span(s, s.row, s.number):
				hit.Store(true)
			}
			return !hit.Load()
		})
		if err != nil {
			return nil, err
		}
		if hit.Load() {
			found = append(found, job)
		}
	}
	return found, nil
}

// An Event is an event of a span of a tree.
type Event struct {
	Span     int   // its number in the tree
	Time     int64 // Unix ns; if it has no time, the start of its span
	From, To int   // its place in Tree.Encoded of the span
}

// eventBatch is how many events are passed to add at a time.
const eventBatch = 1024

// Events gives the events of a tree's spans for which f holds, as if each were the only
// event of its span. They come in no particular order, several at a time. add is never
// called by two goroutines at the same time, and must not keep the slice.
func Events(ctx context.Context, t trace.Tree, f Filter, d Derived, add func([]Event)) error {
	c, err := compile(ctx, t.View(), f, d, true)
	if err != nil {
		return err
	}
	c.heavy = true // any filter reads the events
	var mu sync.Mutex
	return c.eachSpan(ctx, t, func(s *subject) bool {
		var some []Event
		give := func() {
			if len(some) > 0 {
				mu.Lock()
				add(some)
				mu.Unlock()
				some = some[:0]
			}
		}
		c.eventsOf(s, t, func(e Event) {
			if some = append(some, e); len(some) == eventBatch {
				give()
			}
		})
		give()
		return true
	})
}

// eventsOf finds the events of the subject's span.
func (c *compiled) eventsOf(s *subject, t trace.Tree, add func(Event)) {
	if !s.columns.Flags[s.row].Has(trace.Eventful) && s.added() == nil {
		return
	}
	clear(s.eventsOf)
	span := t.Encoded(s.number)
	start := s.columns.Start[s.row]
	cursor := otlpwire.Read(span)
	for f, ok, _ := cursor.Next(); ok && !s.ended(); f, ok, _ = cursor.Next() {
		s.turn.Spend(min(f.Hi-f.Lo, trace.TurnInterval))
		if f.Num != 11 || f.Typ != protowire.BytesType {
			continue
		}
		event := span[f.Lo:f.Hi:f.Hi]
		outer := s.bind(EventLevel, event)
		if c.holds(s) {
			add(Event{s.number, eventTime(event, start), f.Lo, f.Hi})
		}
		s.bind(EventLevel, outer)
	}
}

// eventTime gives the time of an encoded event in Unix ns, or otherwise if it has none.
func eventTime(event []byte, otherwise int64) int64 {
	if t := otlpwire.Fixed64(event, 1); t > 0 {
		return int64(min(t, math.MaxInt64))
	}
	return otherwise
}

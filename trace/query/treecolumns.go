package query

import (
	"errors"
	"math"
	"slices"
	"time"

	"prowtrace/trace"
)

// Derived gives values of a span that follow from the tree that it is looked at in, for
// searches. Functions may be nil: a filter that needs one of these is refused. They are
// called at most once for each tree, by several goroutines.
type Derived struct {
	Self func(trace.Tree) []int64          // self times in ns, by number in the tree
	Peer func(trace.Tree) []string         // what each span called that wrote no span, or ""
	Path func(trace.Tree) []string         // a name of the calls that lead to each span, including itself
	Link func(trace.Tree) map[int][]string // the other services that spans link to, by their numbers
}

// needs are what a filter needs of trees.
type needs struct {
	tree, self, peer, path, link bool
	label                        bool // whether a service has its label, which it lacks in a joined tree
}

func needsOf(f Filter) (n needs) {
	inspect(f, func(f Filter) bool {
		switch f := f.(type) {
		case selfTime:
			n.tree, n.self = true, true
		case inField:
			switch f.ofTree {
			case "peer":
				n.tree, n.peer = true, true
			case "path":
				n.tree, n.path = true, true
			case "link":
				n.tree, n.link = true, true
			case "service":
				n.label = true
			}
		case startTime:
			n.tree = n.tree || f.when.since != sinceEpoch
		}
		return false
	})
	return n
}

var (
	errSelf = errors.New("cannot search for self times: the caller has none")
	errPeer = errors.New("cannot search for peers: the caller has none")
	errPath = errors.New("cannot search for paths: the caller has none")
	errLink = errors.New("cannot search for links: the caller has none")
)

// check refuses a filter that needs something that d lacks.
func (d Derived) check(n needs) error {
	switch {
	case n.self && d.Self == nil:
		return errSelf
	case n.peer && d.Peer == nil:
		return errPeer
	case n.path && d.Path == nil:
		return errPath
	case n.link && d.Link == nil:
		return errLink
	}
	return nil
}

// treeColumns are the columns of one tree, made when they are first needed. One goroutine
// uses them.
type treeColumns struct {
	tree     trace.Tree
	derived  Derived
	selfs    []int64
	peers    []string
	paths    []string
	links    map[int][]string
	measured bool
	extent   extent
	weighed  bool
	bulk     extent
}

func (t *treeColumns) self(i int) int64 {
	if t.selfs == nil {
		t.selfs = t.derived.Self(t.tree)
	}
	return t.selfs[i]
}

func (t *treeColumns) peer(i int) string {
	if t.peers == nil {
		t.peers = t.derived.Peer(t.tree)
	}
	return t.peers[i]
}

func (t *treeColumns) path(i int) string {
	if t.paths == nil {
		t.paths = t.derived.Path(t.tree)
	}
	return t.paths[i]
}

func (t *treeColumns) linked(i int) []string {
	if t.links == nil {
		t.links = t.derived.Link(t.tree)
	}
	return t.links[i]
}

func (t *treeColumns) times() extent {
	if !t.measured {
		t.extent.start, t.extent.end = t.tree.Extent()
		t.measured = true
	}
	return t.extent
}

// days is the range of time that decides the day of a time of day. It is that of the trace
// without the few spans whose wrong clock puts them days away from all others.
func (t *treeColumns) days() extent {
	if !t.weighed {
		t.bulk = bulkOf(t.tree, t.times())
		t.weighed = true
	}
	return t.bulk
}

// bulkOf is the range of a trace without outliers. These are one span, or up to a tenth of
// them, that begin more than a day from the middle one.
func bulkOf(t trace.Tree, whole extent) extent {
	if whole.end-whole.start <= day {
		return whole
	}
	var starts []int64
	for i := range t.Len() {
		if s := t.Span(i); s.Start > 0 {
			starts = append(starts, s.Start)
		}
	}
	if len(starts) == 0 {
		return whole
	}
	slices.Sort(starts)
	middle := starts[len(starts)/2]
	bulk, far := extent{middle, middle}, 0
	for i := range t.Len() {
		switch s := t.Span(i); {
		case s.Start <= 0:
		case s.Start < middle-day || s.Start > plus(middle, day):
			far++
		default:
			bulk.start, bulk.end = min(bulk.start, s.Start), max(bulk.end, s.Start+min(s.Duration, day))
		}
	}
	if far > max(1, len(starts)/10) || 2*far >= len(starts) {
		return whole
	}
	return bulk
}

// An extent is a span of time in Unix ns.
type extent struct{ start, end int64 }

type extentKey struct{}

// extentOf gives the range of all traces together.
func extentOf(v *trace.View) extent {
	return v.Kept(extentKey{}, func() any {
		var all extent
		for i := range v.NumTraces() {
			t := v.Trace(i)
			if all.start == 0 {
				all.start = t.Start // traces are ordered by start
			}
			all.end = max(all.end, t.End)
		}
		return all
	}).(extent)
}

// selfTime compares self times with a number of ns.
type selfTime struct {
	op   operator
	than int64
}

func (f selfTime) holds(s *subject) bool {
	self := s.tree.self(s.number)
	order := 0
	if self < f.than {
		order = -1
	} else if self > f.than {
		order = 1
	}
	return f.op.holds(order)
}

// startTime holds if a span starts at a time or later, or before it. If a single event is
// looked at, the event's time counts. A time of 0 is unknown, and on neither side.
type startTime struct {
	when  pointInTime
	after bool
}

func (f startTime) holds(s *subject) bool {
	at := s.columns.Start[s.row]
	if s.event != nil {
		at = eventTime(s.event, at)
	}
	return at > 0 && (at >= f.limit(s)) == f.after
}

// limit is the time in Unix ns. Several runs are on several days: then a time of day is on
// the day of the trace.
func (f startTime) limit(s *subject) int64 {
	if f.when.since == sinceEpoch {
		return f.when.ns
	}
	around, run := s.tree.times(), s.tree.days()
	if all := extentOf(s.view); all.end-all.start < day {
		run = all
	}
	return f.when.in(around.start, run)
}

const day = int64(24 * time.Hour)

// plus adds without overflow. At least one of them must not be negative.
func plus(a, b int64) int64 { return a + min(b, math.MaxInt64-max(a, 0)) }

package viewer

import (
	"encoding/hex"
	"iter"
	"net/http"
	"strconv"
	"sync"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// A drawing is a trace laid out to be shown, with what is asked for most often.
type drawing struct {
	tree   trace.Tree
	layout *analysis.Layout
	self   []int64 // ns, by span
	line   []int32 // by span
	groups map[int32]extent
	extent extent // of the whole trace
}

func newDrawing(t trace.Tree) *drawing {
	d := &drawing{tree: t, layout: analysis.LayOut(t), self: analysis.SelfTimes(t), line: make([]int32, t.Len())}
	for i, l := range d.layout.Lines {
		if l.Group == analysis.NoGroup {
			d.line[l.Span] = int32(i)
		}
	}
	d.extent.start, d.extent.end = t.Extent()
	d.measureGroups()
	return d
}

// drawings keeps the drawings that were asked for last, as many as have
// keptSpans spans together, and at least one.
type drawings struct {
	mu     sync.Mutex
	latest []*slot // the last used at the end
}

type slot struct {
	id   trace.TraceID
	size int
	get  func() *drawing
}

const keptSpans = 2_000_000

func (c *drawings) of(set *trace.View, t trace.Trace) *drawing {
	return c.slot(set, t).get()
}

func (c *drawings) slot(set *trace.View, t trace.Trace) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.latest {
		if s.id == t.ID {
			c.latest = append(append(c.latest[:i:i], c.latest[i+1:]...), s)
			return s
		}
	}
	s := &slot{t.ID, t.Spans, sync.OnceValue(func() *drawing { return newDrawing(set.Tree(t)) })}
	c.latest = append(c.latest, s)
	total := 0
	for i := len(c.latest) - 1; i >= 0; i-- {
		if total += c.latest[i].size; total > keptSpans && i < len(c.latest)-1 {
			c.latest = append([]*slot(nil), c.latest[i+1:]...)
			break
		}
	}
	return s
}

// ofTrace makes a handler of one that needs the trace its address names.
func (v *viewer) ofTrace(h func(*http.Request, *drawing) (any, error)) handler {
	return func(r *http.Request) (any, error) {
		t, err := v.lookup(r.PathValue("trace"))
		if err != nil {
			return nil, err
		}
		return h(r, v.drawings.of(v.set, t))
	}
}

// lookup finds the trace with an id.
func (v *viewer) lookup(given string) (trace.Trace, error) {
	id, err := trace.ParseTraceID(given)
	if err != nil {
		return trace.Trace{}, badRequest("“"+clip(given, 60)+"” is not a trace id",
			"A trace id is up to 32 hex digits. Copy it again, or find the trace in the list.")
	}
	t, ok := v.set.Lookup(id)
	if !ok {
		return t, notFound("There is no trace "+id.String()+" in this run",
			"It may belong to another run, or its process may have been killed before it wrote its file. Check the id, look for the trace in the list, and see there whether there were problems reading the files.")
	}
	return t, nil
}

// trees ranges over all traces of the set as they were reported: a joined tree
// would count its spans again.
func (v *viewer) trees() iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) {
		for i := range v.set.NumTraces() {
			if t := v.set.Tree(v.set.Trace(i)); !t.Joined() && !yield(t) {
				return
			}
		}
	}
}

func one(t trace.Tree) iter.Seq[trace.Tree] {
	return func(yield func(trace.Tree) bool) { yield(t) }
}

// spanOf finds the line that an address names: by the id of its span, or by
// its number, which is the only way to spans without an id of their own.
func (d *drawing) spanOf(r *http.Request) (line int, err error) {
	given := r.PathValue("span")
	if id, err := hex.DecodeString(given); err == nil && len(id) == len(trace.SpanID{}) {
		if i, ok := d.find(trace.SpanID(id)); ok {
			return int(d.line[i]), nil
		}
	} else if at, err := strconv.Atoi(given); err == nil && at >= 0 && at < len(d.layout.Lines) {
		return at, nil
	}
	return 0, notFound("There is no span "+clip(given, 60)+" in this trace",
		"It may never have been exported: a process that is killed does not write its open spans. The trace shows all there are.")
}

// find gives the span with an id; of several the one that children are with.
func (d *drawing) find(id trace.SpanID) (span int, ok bool) {
	for i := range d.tree.Len() {
		s := d.tree.Span(i)
		if d.tree.ID(i) != id {
			continue
		}
		if !s.Flags.Has(trace.Conflict) {
			return i, true
		}
		if !ok {
			span, ok = i, true
		}
	}
	return span, ok
}

// A span of time in Unix ns.
type extent struct{ start, end int64 }

// extentOf gives the time of a line: of a group that of its members together.
func (d *drawing) extentOf(line int) extent {
	if l := d.layout.Lines[line]; l.Group == analysis.NoGroup {
		s := d.tree.Span(int(l.Span))
		return extent{s.Start, s.End()}
	}
	return d.groups[int32(line)]
}

// measureGroups goes from the last line to the first: members come after
// their group.
func (d *drawing) measureGroups() {
	d.groups = map[int32]extent{}
	lines := d.layout.Lines
	for i := len(lines) - 1; i >= 0; i-- {
		p := lines[i].Parent
		if p < 0 || lines[p].Group == analysis.NoGroup {
			continue
		}
		e := d.extentOf(i)
		if g, ok := d.groups[p]; ok {
			e = extent{min(e.start, g.start), max(e.end, g.end)}
		}
		d.groups[p] = e
	}
}

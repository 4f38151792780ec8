package join

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"
)

// An Event is something that happened while a job ran, such as a line of its log.
type Event struct {
	Time    int64  // Unix ns
	Program string // what wrote it: the title of a process, or its file; "" is not known
	PID     int64  // the process id of what wrote it; 0 is not known
	Text    string
}

// A Finding marks a span of a joined trace.
type Finding struct {
	Row  int // of the set, or behind its last the row of an own span
	ID   string
	Rank int // 1 is the most likely cause
}

// Bounds on events: a log of thousands of errors must not make the trace as large.
const (
	MaxSpanEvents = 50   // on one span
	MaxEvents     = 2000 // of one job
)

// Attributes of added facts.
const (
	AttrFinding       = "prowtrace.finding"
	AttrRank          = "prowtrace.rank"
	AttrEventsLeftOut = "prowtrace.events_left_out" // events beyond the bounds
	attrEventText     = "message"
	attrEventProgram  = "program"
)

// eventName is the name that events get.
const eventName = "log"

// addFacts encodes the events and findings of a job, by row of the view.
func addFacts(set, own *trace.Set, job *Job, joined *trace.Joined, added map[int][]byte) {
	if len(joined.Rows) == 0 {
		return
	}
	placed := placeEvents(set, own, job, joined)
	for _, p := range placed {
		b := added[p.row]
		for _, e := range p.events {
			b = appendEvent(b, e)
		}
		if p.leftOut > 0 {
			b = otlpwire.AppendInt(b, 9, AttrEventsLeftOut, int64(p.leftOut))
		}
		added[p.row] = b
	}
	in := map[int]bool{}
	if len(job.Findings) > 0 {
		for _, row := range joined.Rows {
			in[int(row)] = true
		}
	}
	for _, f := range job.Findings {
		if in[f.Row] {
			b := otlpwire.AppendText(added[f.Row], 9, AttrFinding, text.Valid(f.ID))
			added[f.Row] = otlpwire.AppendInt(b, 9, AttrRank, int64(f.Rank))
		}
	}
}

func appendEvent(b []byte, e Event) []byte {
	event := otlpwire.AppendFixed64(nil, 1, uint64(e.Time))
	event = otlpwire.AppendBytes(event, 2, []byte(eventName))
	event = otlpwire.AppendText(event, 3, attrEventText, text.Valid(e.Text))
	if e.Program != "" {
		event = otlpwire.AppendText(event, 3, attrEventProgram, text.Valid(e.Program))
	}
	return otlpwire.AppendBytes(b, protowire.Number(11), event)
}

// placedEvents are the events of one span.
type placedEvents struct {
	row     int
	events  []Event
	leftOut int
}

// candidate is an own span that events can belong to.
type candidate struct {
	row, depth int
	start, end int64
	name, file string
	pid        int64
}

// placeEvents finds for each event the innermost own span that ran at its time, and
// whose program wrote it where that is known. An event outside of all is the
// root's.
func placeEvents(set, own *trace.Set, job *Job, joined *trace.Joined) []placedEvents {
	if len(job.Events) == 0 {
		return nil
	}
	all := candidatesOf(set, own, joined)
	events := slices.Clone(job.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	at := map[int]*placedEvents{} // by row
	kept := 0
	for _, e := range events {
		row := all[len(all)-1].row // of the root; what is left out needs no better one
		if kept < MaxEvents {
			row = innermost(all, e)
		}
		p := at[row]
		if p == nil {
			p = &placedEvents{row: row}
			at[row] = p
		}
		if len(p.events) == MaxSpanEvents || kept == MaxEvents {
			p.leftOut++
			continue
		}
		p.events = append(p.events, e)
		kept++
	}
	var placed []placedEvents
	for _, p := range at {
		placed = append(placed, *p)
	}
	slices.SortFunc(placed, func(a, b placedEvents) int { return cmp.Compare(a.row, b.row) })
	return placed
}

// candidatesOf lists the own spans of a joined trace, the deepest first.
func candidatesOf(set, own *trace.Set, joined *trace.Joined) (all []candidate) {
	depth := make([]int, len(joined.Rows))
	known := make([]bool, len(joined.Rows))
	for n, row := range joined.Rows {
		if int(row) < set.Len() {
			continue
		}
		var way []int32
		for at := int32(n); at >= 0 && !known[at]; at = joined.Parent[at] {
			way = append(way, at)
		}
		for i := len(way) - 1; i >= 0; i-- {
			at := way[i]
			if p := joined.Parent[at]; p >= 0 {
				depth[at] = depth[p] + 1
			}
			known[at] = true
		}
		s := own.Span(int(row) - set.Len())
		c := candidate{row: int(row), depth: depth[n], start: s.Start, end: s.End(), name: s.Name}
		for num, kv := range otlpwire.Messages(own.Raw(int(row) - set.Len())) {
			if num != 9 {
				continue
			}
			switch key, value := otlpwire.KeyValue(kv); string(key) {
			case attrFile:
				c.file = string(otlpwire.Bytes(value, 1))
				c.pid = pid(c.file)
			}
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.depth, a.depth) })
	return all
}

// innermost finds the row of the span that an event belongs to.
func innermost(all []candidate, e Event) int {
	root := all[len(all)-1].row
	best := -1
	for _, c := range all { // the deepest first
		if e.Time < c.start || e.Time > c.end {
			continue
		}
		switch {
		case c.file == "": // a phase: anything may have been written in it
			if best < 0 {
				best = c.row
			}
		case e.PID > 0 && e.PID == c.pid, e.Program != "" && (e.Program == c.name || e.Program == c.file):
			return c.row
		}
	}
	if best < 0 {
		return root
	}
	return best
}

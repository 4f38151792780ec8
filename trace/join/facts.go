package join

import (
	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"
)

// An Event is a line of a log that was written while a job ran.
type Event struct {
	Time     int64        // Unix ns
	Program  string       // what wrote it: the title of a process, or its file; "" means unknown
	PID      int64        // the id of the process that wrote it; 0 means unknown
	Within   trace.SpanID // the own span in which it was written; zero means unknown
	Severity string       // in OpenTelemetry's words: ERROR
	Text     string
	File     string // that holds the line, below the run's root
	Line     int    // of the file, counted from 1; 0 means unknown
}

// Started is the command line of a process that was started, as told by a file other than
// traces. It names a process that left no root span.
type Started struct {
	Time int64 // Unix ns
	Args []string
}

// A Finding marks a span of a joined trace: the span in a row of the set, an own span, or
// else the own span to which an event would be added. A mark on a row of the set is also on
// the own span around it, for users who search for the job's own spans.
type Finding struct {
	Row  int          // of the set, or -1
	Own  trace.SpanID // id of an own span, or zero
	At   Event        // used if there is neither; a Time of zero marks nothing
	ID   string
	Rank int // 1 is the most likely cause
}

// Bounds on events: a log of thousands of errors must not make the trace equally large.
const (
	MaxSpanEvents = 50   // on one span
	MaxEvents     = 2000 // of one job
)

// Attributes of added facts.
const (
	AttrFinding       = "prowtrace.finding"
	AttrRank          = "prowtrace.rank"
	AttrEventsLeftOut = "prowtrace.events_left_out" // events beyond the bounds
)

// Attributes of events: those of OpenTelemetry for log records (semantic conventions 1.43),
// if there is one.
const (
	attrEventText     = "log.record.original"
	attrEventSeverity = "log.severity"
	attrEventFile     = "log.file.path"
	attrEventLine     = "log.file.line"
	attrEventPID      = "process.pid"
	attrEventProgram  = "process.title"
)

// eventName is the name of all added events.
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
	for row, f := range markedRows(set, own, job, joined) {
		b := otlpwire.AppendText(added[row], 9, AttrFinding, text.Valid(f.ID))
		added[row] = otlpwire.AppendInt(b, 9, AttrRank, int64(f.Rank))
	}
}

// markedRows finds the spans of the findings. If one span has several findings, the one with
// the lowest Rank marks it.
func markedRows(set, own *trace.Set, job *Job, joined *trace.Joined) map[int]Finding {
	if len(job.Findings) == 0 {
		return nil
	}
	numbers, ids := map[int]int{}, map[uint64]int{} // by row; by the id of an own span
	for n, row := range joined.Rows {
		numbers[int(row)] = n
		if local := int(row) - set.Len(); local >= 0 {
			ids[own.Columns().ID[local]] = int(row)
		}
	}
	all := writersOf(set, own, joined)
	marked := map[int]Finding{}
	mark := func(row int, f Finding) {
		if before, is := marked[row]; !is || f.Rank < before.Rank {
			marked[row] = f
		}
	}
	for _, f := range job.Findings {
		n, inSet := numbers[f.Row]
		row, isOwn := ids[spanNumber(f.Own)]
		switch {
		case inSet && f.Row < set.Len():
			mark(f.Row, f)
			for n >= 0 && int(joined.Rows[n]) < set.Len() {
				n = int(joined.Parent[n])
			}
			if n >= 0 {
				mark(int(joined.Rows[n]), f)
			}
		case isOwn:
			mark(row, f)
		case f.At.Time > 0:
			mark(all.innermost(f.At), f)
		}
	}
	return marked
}

func appendEvent(b []byte, e Event) []byte {
	event := otlpwire.AppendFixed64(nil, 1, uint64(e.Time))
	event = otlpwire.AppendBytes(event, 2, []byte(eventName))
	for _, a := range []trace.Attribute{
		{Key: attrEventText, Value: e.Text}, {Key: attrEventSeverity, Value: e.Severity}, {Key: attrEventProgram, Value: e.Program}, {Key: attrEventFile, Value: e.File},
	} {
		if a.Value != "" {
			event = otlpwire.AppendText(event, 3, a.Key, text.Valid(a.Value))
		}
	}
	if e.Line > 0 {
		event = otlpwire.AppendInt(event, 3, attrEventLine, int64(e.Line))
	}
	if e.PID > 0 {
		event = otlpwire.AppendInt(event, 3, attrEventPID, e.PID)
	}
	return otlpwire.AppendBytes(b, protowire.Number(11), event)
}

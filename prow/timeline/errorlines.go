package timeline

import (
	"prowtrace/internal/mask"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// errorLine is a line of a log that calls itself an error.
type errorLine struct {
	line  int // index in the log
	event join.Event
}

const (
	maxErrors    = 2 * join.MaxEvents // of one log; the rest is counted
	maxErrorText = 1 << 10            // bytes of a line
)

// errorReader reads the errors of a log, and what wrote them: klog names its process;
// another line was written by the command that the log shows last.
type errorReader struct {
	number   func(i int) int
	commands *commandReader
	all      []errorLine
	more     int
}

func (r *errorReader) line(i int, line joblog.Line, text []byte) {
	if line.Severity < joblog.Error || line.Origin == joblog.NoTime {
		return
	}
	if len(r.all) == maxErrors {
		r.more++
		return
	}
	said, _ := mask.Cut(string(text[:min(len(text), maxErrorText+mask.Beyond)]), maxErrorText)
	e := join.Event{
		Time: line.Time.UnixNano(), Severity: severityText(line.Severity), Line: r.number(i),
		Text: runfile.Message(said),
	}
	if pid, _, _, ok := joblog.Klog(text); ok {
		e.PID = pid
	} else if text[0] != '{' { // Prow's own programs write JSON
		e.Program = r.commands.current
	}
	r.all = append(r.all, errorLine{i, e})
}

// severityText is a severity in OpenTelemetry's words.
func severityText(s joblog.Severity) string {
	if s >= joblog.Fatal {
		return "FATAL"
	}
	return "ERROR"
}

// events gives the errors of all logs: each within the span of what wrote the log, or of
// the test case whose output it is.
func (t *timeline) events() (events []join.Event, more int) {
	for _, l := range t.o.Logs {
		w := t.writer(l.Of)
		if w == nil || l.foreign {
			continue
		}
		more += l.more
		cases := t.caseLines(l)
		for _, e := range l.errors {
			n := w
			if c := cases.at(e.line); c != nil {
				n = c
			}
			e.event.Within, e.event.File = trace.SpanID(n.span.SpanId), l.File
			events = append(events, e.event)
		}
	}
	return events, more
}

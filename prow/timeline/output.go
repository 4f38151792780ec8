package timeline

import (
	"context"
	"strings"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// Bounds of the lines of cases that are drawn. The last count most.
const (
	maxCaseLines   = 50     // of one case that did not pass
	maxPassedLines = 20     // of one that did
	maxOutputLines = 10_000 // of all cases that did not pass, and of all others
	maxLineText    = 2 << 10
)

// output draws what a case printed, and the bodies of its failures, as a log: an event a
// line. A line without a time of the run has that of the line before; the first has that
// of the case's start, a failure that of its end.
func (t *timeline) output(n *node, c runfile.Case) {
	passed := c.Outcome == runfile.CasePassed
	left := maxCaseLines
	if passed {
		left = maxPassedLines
	}
	leftOut := 0
	for _, o := range c.Output {
		log := t.index(o.Text)
		first := max(0, log.Len()-min(left, maxOutputLines-t.outputLines[passed]))
		leftOut += first
		left -= log.Len() - first
		t.outputLines[passed] += log.Len() - first
		at := n.begins()
		if o.Stream == "failure" {
			at = n.ends()
		}
		for i := first; i < log.Len(); i++ {
			at = t.outputLine(n, o.Stream, log, i, at)
		}
	}
	if leftOut > 0 {
		n.number("prow.junit.lines_left_out", int64(leftOut))
	}
}

// index indexes a text of a JUnit file, which is short.
func (t *timeline) index(text string) *joblog.Log {
	log, err := joblog.Index(context.Background(), []byte(text), joblog.Options{Start: t.root.begins(), End: t.end()})
	if err != nil { // only a context that has ended fails
		log = &joblog.Log{}
	}
	return log
}

// outputLine draws a line and gives its time.
func (t *timeline) outputLine(n *node, stream string, log *joblog.Log, i int, at time.Time) time.Time {
	line := log.Line(i)
	if line.Origin == joblog.Read && t.plausible(line.Time) {
		at = line.Time
	}
	severity := ""
	if line.Severity >= joblog.Warning {
		severity = strings.ToUpper(line.Severity.String())
	}
	switch stream {
	case "failure":
		severity = "ERROR"
		stream = ""
	case "system-err":
		stream = "stderr"
	default:
		stream = "stdout"
	}
	text := string(log.Text(nil, i, maxLineText))
	if strings.TrimSpace(text) != "" {
		n.event(at, "log", "log.record.original", strings.ToValidUTF8(text, ""), "log.severity", severity, "log.iostream", stream)
	}
	return at
}

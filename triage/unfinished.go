package triage

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// Unfinished is something that was running when the run was ended from outside.
type Unfinished struct {
	Place
	Time time.Time // when it began; zero if unknown
	Text string
}

// Bounds on the search for what was running.
const (
	mostUnfinished = 10
	linesBefore    = 20_000 // lines before the end
	linesBehind    = 200
	fewLines       = 20          // of a spec, which contain its first time
	stillRunning   = time.Minute // a process was running if its last span ended so shortly before the end
)

// Unfinished gives what was running at the end of a run that was ended from outside, or that
// goes on: spans without an end, processes that left no root span, the last command of a
// log, and tests that began. It is ordered by time.
func (j *Judgement) Unfinished(e *Evidence) (all []Unfinished) {
	o := &j.outcome
	if j.State == runfile.Passed || o.killed.IsZero() && j.State != runfile.Running && j.State != runfile.Aborted {
		return nil
	}
	if e.Tree != nil {
		all = o.openSpans(e.Tree)
	}
	for _, l := range e.Logs {
		all = append(all, openInLog(l)...)
	}
	slices.SortStableFunc(all, func(a, b Unfinished) int { return compareTimes(a.Time, b.Time) })
	return all[:min(len(all), mostUnfinished)]
}

// openSpans are spans without an end, only the deepest of nested ones, and processes.
func (o *outcome) openSpans(t *trace.Tree) (all []Unfinished) {
	end := o.killed
	if end.IsZero() {
		end = o.end
	}
	above := map[int]bool{} // a span without an end that has another one below it
	var open []int
	for i := range t.Len() {
		s := t.Span(i)
		if !t.Own(i) && s.Flags.Has(trace.Unfinished) {
			open = append(open, i)
			for p, depth := t.Parent(i), 0; p >= 0 && depth < 1000; p, depth = t.Parent(p), depth+1 {
				above[p] = true
			}
		}
		if t.Own(i) && !end.IsZero() && time.Unix(0, s.End()).After(end.Add(-stillRunning)) && leftNoRoot(t, i) {
			open = append(open, i)
		}
	}
	for _, i := range open {
		if len(all) < mostUnfinished && !above[i] {
			s := t.Span(i)
			all = append(all, Unfinished{Place{Source: FromSpan, Span: i}, time.Unix(0, s.Start).UTC(), clip(s.Name)})
		}
	}
	return all
}

// leftNoRoot reports whether an own span is a process that exported no root span.
func leftNoRoot(t *trace.Tree, i int) bool {
	d, err := t.Detail(i)
	if err != nil {
		return false
	}
	for _, kv := range d.Span.GetAttributes() {
		if kv.GetKey() == "prowtrace.exit" {
			return true
		}
	}
	return false
}

var (
	// endText is what the entrypoint writes when it ends its program.
	endText = regexp.MustCompile(`Process did not finish before|Entrypoint received interrupt`)

	// interruptedSpec is Ginkgo's heading of a spec that it ended.
	interruptedSpec = regexp.MustCompile(`^\S+ \[(?:INTERRUPTED|TIMEDOUT|ABORTED)\]`)

	// sourceLine is the line after the title of a spec that runs alone.
	sourceLine = regexp.MustCompile(`^/?\S+\.go:\d+$`)
)

// ginkgoRule separates Ginkgo's reports of specs.
const ginkgoRule = "------------------------------"

// openInLog finds the last command before the end, and the spec that was running then.
func openInLog(l Log) (all []Unfinished) {
	end := l.Len()
	for i := range l.AtLeast(joblog.Error) {
		if endText.Match(l.Raw(i)) {
			end = i
			break
		}
	}
	if end == l.Len() && !l.Foreign() && len(l.Of.Step) > 0 {
		return nil // another step's log has the end
	}
	add := func(i int, said string) {
		u := Unfinished{Place{Source: FromLog, File: l.Name, Line: numberOf(l, i), Span: -1}, time.Time{}, clip(said)}
		if line := l.Line(i); line.Origin != joblog.NoTime {
			u.Time = line.Time
		}
		all = append(all, u)
	}
	if i, said := commandBefore(l, end); i >= 0 {
		add(i, said)
	}
	if i, said := specAt(l, end); i >= 0 {
		add(i, said)
		for k := i; k < min(end, i+fewLines); k++ { // its beginning is the first time in it
			if line := l.Line(k); line.Origin == joblog.Read {
				all[len(all)-1].Time = line.Time
				break
			}
		}
	}
	return all
}

// commandBefore finds the last command that a log shows before a line, or -1.
func commandBefore(l Log, end int) (line int, said string) {
	var buf []byte
	for i := end - 1; i >= max(0, end-linesBefore); i-- {
		if raw := l.Raw(i); !mayBeCommand(raw) {
			continue
		}
		buf = l.Text(buf[:0], i, 4*factBytes)
		if commandText.Match(buf) && !smallCommand.Match(buf) {
			whole := l.Said(i, 4*factBytes)
			_, said, ok := strings.Cut(whole, "⚙️ ")
			return i, cmp.Or(map[bool]string{true: said}[ok], strings.TrimLeft(whole, "+ "))
		}
	}
	return -1, ""
}

// specAt finds the spec that Ginkgo was running at a line: the one that it says it has
// interrupted, or the last one that it began and did not report. It returns -1 if there is
// none.
func specAt(l Log, end int) (line int, title string) {
	var buf []byte
	for i := end; i < min(l.Len(), end+linesBehind); i++ {
		if buf = l.Text(buf[:0], i, factBytes); interruptedSpec.Match(buf) && i+1 < l.Len() {
			return i + 1, strings.TrimSpace(l.Said(i+1, factBytes))
		}
	}
	for i := end - 1; i >= max(0, end-linesBefore); i-- {
		switch raw := l.Raw(i); {
		case bytes.HasPrefix(raw, []byte("•")):
			return -1, "" // it was reported
		case strings.TrimRight(string(raw), "\r\n") != ginkgoRule:
		case i+2 < end && sourceLine.Match(bytes.TrimSpace(l.Text(nil, i+2, factBytes))):
			return i + 1, strings.TrimSpace(l.Said(i+1, factBytes))
		default:
			return -1, ""
		}
	}
	return -1, ""
}

package viewer

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/triage"
)

const (
	linesPerAnswer = 1000     // of a log
	lineBytes      = 1000     // of a line among others
	wholeLineBytes = 64 << 10 // of a line by itself
)

// logLine is a line of a log as it is shown.
type logLine struct {
	Number   int       `json:"number"`
	Inexact  bool      `json:"inexact,omitempty"` // lines before it are missing
	Time     string    `json:"time,omitempty"`    // Unix ns
	Origin   string    `json:"origin"`            // of the time: read, inherited, estimated or none
	Severity string    `json:"severity,omitempty"`
	Text     []segment `json:"text"`
	Cut      bool      `json:"cut,omitempty"`
	Span     int       `json:"span"` // line of the innermost span at that time, or -1
	Known    *known    `json:"known,omitempty"`
}

// known is an error that is known by its text.
type known struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Category triage.Category `json:"category"`
	Next     string          `json:"next"` // what to do
	Link     string          `json:"link,omitempty"`
}

// shownLine makes a line fit to be shown, at most limit bytes of it, and marks what a
// search finds in it.
func (l logAt) shownLine(i, limit int, q logQuery) logLine {
	var line searchedLine
	line.read(l.lines.Log, i, wholeLineBytes)
	out := logLine{Origin: line.Origin.String(), Span: -1}
	number, exact := l.lines.Number(i)
	out.Number, out.Inexact = number, !exact
	if line.Origin != joblog.NoTime {
		out.Time = strconv.FormatInt(line.Time.UnixNano(), 10)
	}
	if line.Severity != joblog.NoSeverity {
		out.Severity = line.Severity.String()
	}
	out.Text, out.Cut = segments(line.Bytes, limit, placesIn(&line, q))
	if l.known != nil {
		if m, ok := l.known.Line(line.text); ok {
			out.Known = &known{m.ID, m.Title, m.Category, text.Clip(m.Next, 500), webAddress(m.Link)}
		}
	}
	return out
}

// getLogLines sends the lines asked for by their numbers: at=1-40,77.
func (v *reader) getLogLines(r *http.Request, d drawing, l logAt) (any, error) {
	q, err := l.query(r, d)
	if err != nil {
		return nil, err
	}
	out := []logLine{}
	for part := range strings.SplitSeq(r.URL.Query().Get("at"), ",") {
		from, to, ok := numberRange(part)
		if !ok {
			return nil, badRequest("invalid at "+text.Quote(part, 60)+": use numbers and ranges of lines", "For example: at=1-40,77. The first line is 1.")
		}
		for n := from; n <= to && n <= l.lines.Len() && len(out) < linesPerAnswer; n++ {
			out = append(out, l.shownLine(n-1, lineBytes, q))
		}
	}
	d.addSpans(out)
	return map[string]any{"lines": out}, nil
}

// numberRange reads the numbers of lines: 10, or 10-20.
func numberRange(s string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(s, "-")
	from, err := strconv.Atoi(first)
	to = from
	if err == nil && isRange {
		to, err = strconv.Atoi(last)
	}
	return from, to, err == nil && from >= 1 && to >= from
}

// addSpans says of lines which spans ran at their times.
func (d drawing) addSpans(lines []logLine) {
	times := make([]int64, 0, len(lines))
	for _, l := range lines {
		if l.Time != "" {
			times = append(times, unixNano(l.Time))
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	running := d.Innermost(times)
	for i := range lines {
		if at, ok := slices.BinarySearch(times, unixNano(lines[i].Time)); ok && lines[i].Time != "" {
			lines[i].Span = int(running[at])
		}
	}
}

// unixNano reads a time that was written here.
func unixNano(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// lineAt reads the number of a line from a request; the line is counted from 0.
func (l logAt) lineAt(r *http.Request) (int, error) {
	given := r.URL.Query().Get("at")
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || n > l.lines.Len() {
		return 0, notFound(fmt.Sprintf("There is no line %s in %s", text.Clip(given, 60), name(l.Name)), fmt.Sprintf("It has %s.", text.Count(l.lines.Len(), "line")))
	}
	return n - 1, nil
}

// wholeLine is one line with all that is known of it.
type wholeLine struct {
	logLine
	Bytes int    `json:"bytes"`
	Place int64  `json:"place"` // its offset in the log, in bytes
	URL   string `json:"url,omitempty"`
}

func (v *reader) getLogLine(r *http.Request, d drawing, l logAt) (any, error) {
	i, err := l.lineAt(r)
	if err != nil {
		return nil, err
	}
	q, err := l.query(r, d)
	if err != nil {
		return nil, err
	}
	one := []logLine{l.shownLine(i, wholeLineBytes, q)}
	d.addSpans(one)
	return wholeLine{one[0], len(l.lines.Raw(i)), l.lines.Place(i), webAddress(l.lines.URL(i, i))}, nil
}

// getLogAt says which lines are of a time, from from to to in Unix ns, both included:
// the first and the last of them and how many there are. Where there is none, first is
// the last line before, if there is one.
func (v *reader) getLogAt(r *http.Request, _ drawing, l logAt) (any, error) {
	from, to, err := period(r)
	if err != nil {
		return nil, err
	}
	first, last, count := 0, 0, 0
	for i := range l.lines.Between(from, to) {
		if count == 0 {
			first = i + 1
		}
		last = i + 1
		count++
	}
	if count == 0 {
		for i := range l.lines.Between(time.Time{}, from) {
			first = i + 1
		}
	}
	return map[string]int{"first": first, "last": last, "count": count}, nil
}

// period reads from and to, in Unix ns; what is not given is no bound.
func period(r *http.Request) (from, to time.Time, err error) {
	read := func(key string) (time.Time, error) {
		given := r.URL.Query().Get(key)
		if given == "" {
			return time.Time{}, nil
		}
		ns, err := strconv.ParseInt(given, 10, 64)
		if err != nil {
			return time.Time{}, badRequest("invalid "+key+" "+text.Quote(given, 60)+": use Unix ns", "docs/api.md says what each address takes.")
		}
		return time.Unix(0, ns), nil
	}
	if from, err = read("from"); err != nil {
		return from, to, err
	}
	to, err = read("to")
	return from, to, err
}

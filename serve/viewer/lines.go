package viewer

import (
	"net/http"
	"strconv"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// traceHead is what the page has to know of a trace besides its columns.
type traceHead struct {
	summary
	Lines    int      `json:"lines"`
	Names    []string `json:"names"`
	Services []string `json:"services"`
	Files    []string `json:"files"`   // of the first spans, for people
	Slowest  []int    `json:"slowest"` // lines of the spans with the most self time, the most first

	First *firstLines `json:"first,omitempty"` // where the columns come in several pieces
}

func (v *reader) getTrace(_ *http.Request, d drawing) (any, error) {
	h := traceHead{summary: v.summary(d.Tree), Lines: len(d.Layout.Lines), Names: make([]string, len(d.Layout.Names)), Services: make([]string, len(d.Layout.Services))}
	for i, s := range d.Layout.Names {
		h.Names[i] = name(s)
	}
	for i, s := range d.Layout.Services {
		h.Services[i] = name(s)
	}
	if h.Lines > pieceOfColumns {
		first := d.firstLines(linesOfScreen)
		h.First = &first
	}
	h.Slowest = append([]int{}, d.Slowest(slowest)...)
	seen, last := map[string]bool{}, ""
	for i := 0; i < d.Tree.Len() && len(h.Files) < 20; i++ {
		f := d.Tree.Source(i)
		if f != last && !seen[f] {
			seen[f] = true
			h.Files = append(h.Files, text.Clip(f, 300))
		}
		last = f
	}
	return h, nil
}

const (
	slowest       = 15
	linesOfScreen = 100 // a large one; what is beyond comes with the columns
)

// lineText is what a line shows besides its columns.
type lineText struct {
	Line    int     `json:"line"`
	ID      string  `json:"id,omitempty"` // of the span, or of the missing parent
	Hint    string  `json:"hint,omitempty"`
	Message string  `json:"message,omitempty"`
	Events  []int64 `json:"events,omitempty"` // ns after the start of the trace
	Flaky   bool    `json:"flaky,omitempty"`  // a test that failed, and passed when it was tried again
	Only    bool    `json:"only,omitempty"`   // the number is the only way to the span
	Left    int     `json:"left,omitempty"`   // lines directly under it that a page in a file has not
}

const (
	maxLines  = 2000 // in one answer
	maxEvents = 100  // of one line
)

// getLines sends the texts of the lines asked for: at=0-40,77.
func (v *reader) getLines(r *http.Request, d drawing) (any, error) {
	out := []lineText{}
	for part := range strings.SplitSeq(r.URL.Query().Get("at"), ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		to := from
		if err == nil && isRange {
			to, err = strconv.Atoi(last)
		}
		if err != nil || from < 0 || to < from {
			return nil, badRequest("invalid at "+text.Quote(part, 60)+": use numbers and ranges of lines", "For example: at=0-40,77.")
		}
		for i := from; i <= to && i < len(d.Layout.Lines) && len(out) < maxLines; i++ {
			out = append(out, d.text(i))
		}
	}
	return map[string]any{"lines": out}, nil
}

func (d drawing) text(line int) lineText {
	l := d.Layout.Lines[line]
	t := lineText{Line: line}
	switch l.Group {
	case analysis.Missing:
		t.ID = d.Tree.MissingParent(int(l.Span)).String()
	case analysis.NoGroup:
		s := d.Tree.Span(int(l.Span))
		h := readHeadline(d.Tree.Encoded(int(l.Span)))
		t.ID, t.Hint = d.Tree.ID(int(l.Span)).String(), h.subject
		t.Flaky = h.flaky
		t.Only = s.ID.IsZero() || s.Flags.Has(trace.Conflict)
		if s.Status == trace.StatusError {
			t.Message = h.message
		}
		for _, at := range h.events {
			t.Events = append(t.Events, at-d.Start)
		}
	}
	return t
}

// segmentsPerPage is what an answer has of a critical path: 2 to 3 MB.
const segmentsPerPage = 50_000

// getCritical sends the critical path as triples: line, and from and to in ns
// after the start of the trace.
func (v *reader) getCritical(r *http.Request, d drawing) (any, error) {
	path := d.Critical()
	from, to, err := window(r, len(path), segmentsPerPage)
	if err != nil {
		return nil, err
	}
	out := make([]int64, 0, 3*(to-from))
	for _, s := range path[from:to] {
		out = append(out, int64(d.Line[s.Span]), s.From-d.Start, s.To-d.Start)
	}
	return map[string]any{"segments": out, "offset": from, "total": len(path)}, nil
}

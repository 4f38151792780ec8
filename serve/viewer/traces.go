package viewer

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// summary is a trace in a list.
type summary struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // of its root
	Hint     string `json:"hint,omitempty"`
	Service  string `json:"service"`
	Spans    int    `json:"spans"`
	Errors   int    `json:"errors"`
	Orphans  int    `json:"orphans"`
	Start    string `json:"start"`    // Unix ns
	Duration int64  `json:"duration"` // ns
	Message  string `json:"message,omitempty"`
	Joined   bool   `json:"joined,omitempty"`   // the trace of the job, with all spans of its files
	JobSpans int    `json:"jobSpans,omitempty"` // those of a joined trace that are from no trace file
	File     string `json:"file,omitempty"`

	Note string `json:"note,omitempty"` // what else to know of the run of a joined trace

	// Of a joined trace where the job's result is known. Spans can lie outside of the job's time.
	Result      string `json:"result,omitempty"`
	JobStart    string `json:"jobStart,omitempty"` // Unix ns
	JobDuration int64  `json:"jobDuration,omitempty"`

	Judged bool `json:"judged,omitempty"` // traces/ID/summary says why its run failed
}

func (v *reader) summary(tree trace.Tree) summary {
	t := tree.Trace
	root := v.view.Span(t.Root)
	h := readHeadline(v.view.Raw(t.Root))
	s := summary{
		ID: t.ID.String(), Name: name(root.Name), Hint: h.subject, Service: name(root.Service),
		Spans: t.Spans, Errors: t.Errors, Orphans: t.Orphans,
		Start: strconv.FormatInt(t.Start, 10), Duration: t.End - t.Start,
		File: text.Clip(v.view.Locations(t.Root)[0].Source, 300),
	}
	if root.Status == trace.StatusError {
		s.Message = h.message
	}
	s.Judged = v.info.judged(v.view, t.ID) != nil
	if tree.Joined() {
		s.Joined, s.JobSpans = true, t.Spans
		start, end := tree.Extent()
		s.Start, s.Duration, s.Spans = strconv.FormatInt(start, 10), end-start, tree.Len()
		if s.Result, s.Note = v.info.of(t.ID); s.Result != "" && root.Duration > 0 {
			s.JobStart, s.JobDuration = strconv.FormatInt(root.Start, 10), root.Duration
		}
		s.Errors, s.Orphans = 0, 0
		for i := range tree.Len() {
			_, status, flags := tree.Marks(i)
			if status == trace.StatusError {
				s.Errors++
			}
			if flags.Has(trace.Orphan) && tree.Parent(i) < 0 {
				s.Orphans++
			}
		}
	}
	return s
}

// orders are the ways to sort the list of traces, the first of each kind first.
var orders = map[string]func(a, b trace.Trace) int{
	"newest":   func(a, b trace.Trace) int { return cmp.Compare(b.Index, a.Index) },
	"oldest":   func(a, b trace.Trace) int { return cmp.Compare(a.Index, b.Index) },
	"longest":  func(a, b trace.Trace) int { return cmp.Compare(b.End-b.Start, a.End-a.Start) },
	"shortest": func(a, b trace.Trace) int { return cmp.Compare(a.End-a.Start, b.End-b.Start) },
	"spans":    func(a, b trace.Trace) int { return cmp.Compare(b.Spans, a.Spans) },
	"errors":   func(a, b trace.Trace) int { return cmp.Compare(b.Errors, a.Errors) },
}

func (v *reader) getTraces(r *http.Request) (any, error) {
	order := cmp.Or(r.URL.Query().Get("order"), "newest")
	by, ok := orders[order]
	if !ok {
		return nil, badRequest("There is no order “"+text.Clip(order, 60)+"”", "The orders are newest, oldest, longest, shortest, spans and errors.")
	}
	filter, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	found, err := query.Find(r.Context(), v.view, query.Query{Filter: filter, Joined: true, Derived: derivedOfAll})
	if err != nil {
		return nil, err
	}
	jobs := v.view.Jobs()
	slices.SortStableFunc(found, func(a, b trace.Trace) int { return cmp.Or(jobsFirst(jobs, a, b), by(a, b)) })
	from, to, err := window(r, len(found), tracesPerPage)
	if err != nil {
		return nil, err
	}
	out := []summary{}
	for _, t := range found[from:to] {
		out = append(out, v.summary(v.view.Tree(t)))
	}
	return map[string]any{"traces": out, "offset": from, "total": len(found)}, nil
}

// jobsFirst puts the joined traces before the others, which are parts of them.
func jobsFirst(jobs []trace.Trace, a, b trace.Trace) int {
	part := func(t trace.Trace) int {
		if slices.ContainsFunc(jobs, func(j trace.Trace) bool { return j.Index == t.Index }) {
			return 0
		}
		return 1
	}
	return cmp.Compare(part(a), part(b))
}

package viewer

import (
	"net/http"
	"slices"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/triage/diff"
)

// differing is what differs between two runs: here, in that of the trace that the address
// names, and there, in the other one.
type differing struct {
	Here       summary            `json:"here"`
	There      summary            `json:"there"`
	Inputs     []changedInput     `json:"inputs"`
	Lists      []changeList       `json:"lists"`
	Attributes []changedAttribute `json:"attributes"`
	Left       map[string]int     `json:"left"` // inputs and attributes that are not sent
	Gaps       []string           `json:"gaps"`
}

type changedInput struct {
	Name string `json:"name"`
	Said string `json:"said"`
	URL  string `json:"url,omitempty"`
}

type changeList struct {
	Title string   `json:"title"`
	Rows  []change `json:"rows"`
	Left  int      `json:"left"` // that are not sent
}

// change is a row: in what way it differs, what it is, by how much, and where it is shown
// here and there.
type change struct {
	Kind    string        `json:"kind"`
	Said    string        `json:"said"`
	HowMuch string        `json:"howMuch,omitempty"`
	Here    *changedPlace `json:"here,omitempty"`
	There   *changedPlace `json:"there,omitempty"`
}

// changedPlace is a span, or a file and a line of it or 0.
type changedPlace struct {
	Span string `json:"span,omitempty"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	URL  string `json:"url,omitempty"`
}

type changedAttribute struct {
	Key   string        `json:"key"`
	Value string        `json:"value"`
	More  bool          `json:"more"` // here
	Said  string        `json:"said"`
	Place *changedPlace `json:"place,omitempty"` // where there are more
}

// getDifferences compares the runs of two traces, as far as they are of runs.
func (v *reader) getDifferences(r *http.Request, here drawing) (any, error) {
	other := r.URL.Query().Get("with")
	if other == "" {
		return nil, badRequest("with= names no trace to compare with", "Write the id of the trace of another run: with=5b8efff798038103d269b633813fc60c.")
	}
	t, err := v.lookup(other)
	if err != nil {
		return nil, err
	}
	if !v.areRuns(here.Tree.Trace.ID, t.ID) {
		return nil, notFound("What differs is told of two runs", "Choose the traces of two jobs: the list of traces begins with them.")
	}
	d, err := v.info.Differ(r.Context(), here.Tree.Trace.ID, t.ID)
	if err != nil {
		return nil, err
	}
	out := shownDiff(d)
	out.Here, out.There = v.summary(here.Tree), v.summary(v.drawing(t).Tree)
	return out, nil
}

// areRuns reports whether two traces are of two runs that can be compared.
func (v *reader) areRuns(here, there trace.TraceID) bool {
	isRun := func(id trace.TraceID) bool {
		return !id.IsZero() && slices.ContainsFunc(v.info.Jobs, func(j Job) bool { return j.Trace == id })
	}
	return v.info.Differ != nil && here != there && isRun(here) && isRun(there)
}

// shownDiff makes a Diff fit to be shown.
func shownDiff(d *diff.Diff) differing {
	said := func(s string) string { return text.Clip(s, saidBytes) }
	at := func(p *diff.Place) *changedPlace {
		if p == nil {
			return nil
		}
		return &changedPlace{text.Clip(p.SpanID, 60), said(p.File), p.Line, webAddress(p.URL)}
	}
	out := differing{Inputs: []changedInput{}, Lists: []changeList{}, Attributes: []changedAttribute{}, Left: map[string]int{}, Gaps: []string{}}
	for i := range d.Inputs {
		in := &d.Inputs[i]
		out.Inputs = append(out.Inputs, changedInput{said(in.Title()), said(in.Said()), webAddress(in.URL)})
	}
	for _, l := range d.Lists() {
		list := changeList{Title: l.Title, Rows: []change{}, Left: l.Left}
		for i := range l.Rows {
			c := &l.Rows[i]
			list.Rows = append(list.Rows, change{string(c.Kind), said(c.Said()), said(l.HowMuch(i)), at(c.Bad.Place), at(c.Good.Place)})
		}
		out.Lists = append(out.Lists, list)
	}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		out.Attributes = append(out.Attributes, changedAttribute{said(a.Key), said(a.Value), a.Z > 0, said(a.Said()), at(a.Place)})
	}
	for _, name := range []string{"inputs", "attributes"} {
		if n := d.LeftOut[name]; n > 0 {
			out.Left[name] = n
		}
	}
	for _, g := range d.Gaps {
		out.Gaps = append(out.Gaps, said(g.What+": "+g.Why))
	}
	return out
}

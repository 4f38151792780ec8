package viewer

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/query"
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
	Query   string        `json:"query,omitempty"` // what finds spans of the name in each of the traces
}

// changedPlace is a span, or a file and a line of it or 0.
type changedPlace struct {
	Span string `json:"span,omitempty"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	URL  string `json:"url,omitempty"`

	Phase *changedPhase `json:"phase,omitempty"` // in which it was; of lines only if their time is known
}

// changedPhase is a band of traces/ID/phases.
type changedPhase struct {
	Name string `json:"name"`
	Band int    `json:"band"`
}

type changedAttribute struct {
	Key   string        `json:"key"`
	Value string        `json:"value"`
	More  bool          `json:"more"` // here
	Said  string        `json:"said"`
	Place *changedPlace `json:"place,omitempty"` // where there are more
	Query string        `json:"query"`
}

// getDifferences compares the runs of two traces, as far as they are of runs.
func (v *reader) getDifferences(r *http.Request, here drawing) (any, error) {
	there, err := v.otherRun(r, here)
	if err != nil {
		return nil, err
	}
	if v.info.Differ == nil {
		return nil, notFound("These runs are not compared here", "Compare their phases and logs.")
	}
	d, err := v.info.Differ(r.Context(), here.Tree.Trace.ID, there.Tree.Trace.ID)
	if err != nil {
		return nil, err
	}
	bands, err := diff.BandsOf(r.Context(), diff.NewWaterfall(there.Drawing), diff.NewWaterfall(here.Drawing))
	if err != nil {
		return nil, err
	}
	out := shownDiff(d, bands)
	out.Here, out.There = v.summary(here.Tree), v.summary(there.Tree)
	return out, nil
}

// otherRun is the run that a request compares with.
func (v *reader) otherRun(r *http.Request, here drawing) (drawing, error) {
	other := r.URL.Query().Get("with")
	if other == "" {
		return drawing{}, badRequest("with= names no trace to compare with", "Write the id of the trace of another run: with=5b8efff798038103d269b633813fc60c.")
	}
	t, err := v.lookup(other)
	if err != nil {
		return drawing{}, err
	}
	if !v.ofTwoRuns(here.Tree.Trace.ID, t.ID) {
		return drawing{}, notFound("Differences need two runs", "Choose the traces of two jobs: the list of traces begins with them.")
	}
	return v.drawing(t), nil
}

// areRuns reports whether somebody can say what differs between the runs of two traces.
func (v *reader) areRuns(here, there trace.TraceID) bool {
	return v.info.Differ != nil && v.ofTwoRuns(here, there)
}

// ofTwoRuns reports whether two traces are the joined ones of two runs.
func (v *reader) ofTwoRuns(here, there trace.TraceID) bool {
	isRun := func(id trace.TraceID) bool {
		return !id.IsZero() && slices.ContainsFunc(v.info.Jobs, func(j Job) bool { return j.Trace == id })
	}
	return here != there && isRun(here) && isRun(there)
}

// shownDiff makes a Diff fit to be shown. Its places are in the bands of the phases.
func shownDiff(d *diff.Diff, bands []diff.Band) differing {
	said := func(s string) string { return text.Clip(s, saidBytes) }
	thereAxis, hereAxis := diff.Axes(bands)
	at := func(p *diff.Place, axis diff.Axis) *changedPlace {
		if p == nil {
			return nil
		}
		shown := &changedPlace{Span: text.Clip(p.SpanID, 60), File: said(p.File), Line: p.Line, URL: webAddress(p.URL)}
		if p.Time == nil {
			return shown
		}
		if i := axis.Band(p.Time.UnixNano()); i >= 0 && bands[i].Name != "" {
			shown.Phase = &changedPhase{name(bands[i].Name), i}
		}
		return shown
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
			list.Rows = append(list.Rows, change{string(c.Kind), said(c.Said()), said(l.HowMuch(i)), at(c.Bad.Place, hereAxis), at(c.Good.Place, thereAxis), queryOf(c)})
		}
		out.Lists = append(out.Lists, list)
	}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		axis := thereAxis
		if a.Z > 0 {
			axis = hereAxis
		}
		out.Attributes = append(out.Attributes, changedAttribute{said(a.Key), said(a.Value), a.Z > 0, said(a.Said()), at(a.Place, axis), query.ExactAttribute(a.Key, a.Value)})
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

// queryOf finds the spans of a change by their name, whatever ids are in it; "" of one that is
// no span.
func queryOf(c *diff.Change) string {
	place := cmp.Or(c.Bad.Place, c.Good.Place)
	if place == nil || place.SpanID == "" || c.Name == place.Source || strings.HasSuffix(c.Name, "…") {
		return ""
	}
	if !strings.Contains(c.Name, "#") {
		return query.Exact("name", c.Name)
	}
	return "name~" + strconv.Quote("^"+strings.ReplaceAll(regexp.QuoteMeta(c.Name), "#", ".+")+"$")
}

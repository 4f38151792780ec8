// Package diff says how a run differs from others: one that passed, or several passing runs,
// whose spread then shows what is usual.
//
// What it promises: the inputs of the run come first, because they changed first. A run does
// not differ from itself. With two runs, what is new in one is gone in the other. It reads
// everything about once, and says how much it leaves out. Fields of its JSON,
// prowtrace.diff/v1, may be added and never change. Secrets are masked in all output except
// the terminal's text. There they are masked only in the job's configuration.
//
// What it never does: decide what broke first, read files, know flags or the network.
package diff

import (
	"context"
	"slices"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// Schema names the form of a Diff.
const Schema = "prowtrace.diff/v1"

// A Diff is the differences. Times are RFC 3339, durations in ns.
type Diff struct {
	Schema string `json:"schema"`
	Bad    Run    `json:"bad"`
	Good   []Run  `json:"good"` // the runs that it is compared with

	Inputs     []Input     `json:"inputs"`
	Errors     []Change    `json:"errors"` // of logs, spans and the pod: new ones, and ones that are gone
	Phases     []Change    `json:"phases"`
	Cases      []Change    `json:"cases"` // of JUnit
	Calls      []Change    `json:"calls"` // by path
	Lines      []Change    `json:"lines"` // of logs, other than errors
	Attributes []Attribute `json:"attributes"`

	LeftOut map[string]int `json:"left_out"` // rows of each list beyond its bound
	Gaps    []Gap          `json:"gaps"`
}

// A Run is one of the compared runs.
type Run struct {
	Job      string     `json:"job"`
	Build    string     `json:"build"`
	URL      string     `json:"url,omitempty"`
	Change   string     `json:"change,omitempty"` // "kubernetes/kops#18000"
	Result   string     `json:"result"`
	Started  *time.Time `json:"started,omitempty"`
	Duration int64      `json:"duration_ns"`
}

// A Gap is something that could not be compared.
type Gap struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// About is what evidence does not say about its run.
type About struct {
	Job, Build, URL, Change string

	// Address gives the URL at which a file can be opened, at a line or 0. It is "" if none
	// is known.
	Address func(file string, line int) string
}

// A Subject is a run to compare.
type Subject struct {
	*triage.Evidence
	About
}

// Kind is the way in which something differs.
type Kind string

const (
	New     Kind = "new"     // only in the bad run
	Gone    Kind = "gone"    // in all others, and not in the bad run
	Fails   Kind = "fails"   // it goes wrong only in the bad run
	Passes  Kind = "passes"  // it goes wrong in all others
	Stopped Kind = "stopped" // it was last seen long before the end, but in the others near the end
	Lasted  Kind = "lasted"  // the opposite of Stopped
	Slower  Kind = "slower"
	Faster  Kind = "faster"
	More    Kind = "more"
	Fewer   Kind = "fewer"
)

// kinds are all of them, and ranks gives their order of importance.
var (
	kinds = []Kind{Fails, New, Stopped, Slower, Faster, More, Fewer, Gone, Lasted, Passes}
	ranks = map[Kind]int{Fails: 1, New: 2, Stopped: 3, Slower: 4, Faster: 4, More: 5, Fewer: 5, Gone: 6, Lasted: 7, Passes: 8}
)

// A Change is something that differs.
type Change struct {
	Kind    Kind   `json:"change"`
	Name    string `json:"name"`              // for a line, the name of its log
	Under   string `json:"under,omitempty"`   // the calls around it, or the suite
	Service string `json:"service,omitempty"` // for calls
	Role    string `json:"kind,omitempty"`    // for calls: client, server, …
	Good    Side   `json:"good"`
	Bad     Side   `json:"bad"`

	Delta int64   `json:"delta_ns,omitempty"` // how much longer it takes in the bad run
	Ratio float64 `json:"ratio,omitempty"`    // the longer time, or the larger count, divided by the other
	Z     float64 `json:"z,omitempty"`        // how many spreads of the passing runs it is from their median; only for several runs
	With  int     `json:"with,omitempty"`     // others that belong to it: lines after it, calls in it, cases of its suite

	telling bool
	weight  int64
	key     string // identifies it in its list
}

// A Side is what was seen of something: in the bad run, or in the others, whose medians are
// used.
type Side struct {
	Runs     int    `json:"runs"` // how many have it
	Count    int    `json:"count,omitempty"`
	Errors   int    `json:"errors,omitempty"`
	Duration int64  `json:"duration_ns,omitempty"`
	Left     int64  `json:"before_end_ns,omitempty"` // from its last sight to the end; only for what stopped or lasted
	Text     string `json:"text,omitempty"`
	Place    *Place `json:"place,omitempty"` // where it can be opened; for several runs, in the newest

	where func() (string, *Place) // gives Text and Place
}

// A Place is where something can be seen.
type Place struct {
	Source  string     `json:"source"`
	File    string     `json:"file,omitempty"`
	Line    int        `json:"line,omitempty"`
	Time    *time.Time `json:"time,omitempty"`
	TraceID string     `json:"trace_id,omitempty"`
	SpanID  string     `json:"span_id,omitempty"`
	URL     string     `json:"url,omitempty"`
}

// mostOfKind bounds the rows of each list for each kind of change.
const mostOfKind = 50

// Compare compares a run with others, of which the newest comes first. known names errors.
// Its only error is that of ctx.
func Compare(ctx context.Context, good []Subject, bad Subject, known *triage.Matcher) (*Diff, error) {
	d := &Diff{Schema: Schema, Bad: bad.run(), Good: []Run{}, LeftOut: map[string]int{}, Gaps: []Gap{}}
	for _, g := range good {
		d.Good = append(d.Good, g.run())
	}
	c := comparison{Diff: d, good: good, bad: bad, known: known}
	for _, compare := range []func(context.Context) error{c.inputs, c.facts, c.lines, c.phases, c.cases, c.calls, c.attributes} {
		if err := compare(ctx); err != nil {
			return nil, err
		}
	}
	for name, list := range map[string]*[]Change{"errors": &d.Errors, "phases": &d.Phases, "cases": &d.Cases, "calls": &d.Calls, "lines": &d.Lines} {
		var left int
		if *list, left = sorted(*list); left > 0 {
			d.LeftOut[name] += left
		}
	}
	return d, nil
}

// comparison is an unfinished Diff.
type comparison struct {
	*Diff
	good  []Subject
	bad   Subject
	known *triage.Matcher
}

// all are all runs, the bad one last.
func (c *comparison) all() []Subject { return append(slices.Clone(c.good), c.bad) }

func (c *comparison) gap(what, why string) {
	if g := (Gap{what, why}); len(c.Gaps) < mostOfKind && !slices.Contains(c.Gaps, g) {
		c.Gaps = append(c.Gaps, g)
	}
}

func (s Subject) run() Run {
	start, end := s.Metadata.Span()
	state := s.Metadata.State()
	r := Run{Job: s.Job, Build: s.Build, URL: s.URL, Change: s.Change, Result: string(state), Started: moment(start)}
	if state == runfile.Unknown {
		r.Result = "unknown"
	}
	if !start.IsZero() && end.After(start) {
		r.Duration = int64(end.Sub(start))
	}
	return r
}

// place gives where something of a run can be opened.
func (s Subject) place(p triage.Place, at time.Time) *Place {
	out := &Place{Source: string(p.Source), File: p.File, Line: p.Line, Time: moment(at)}
	if p.Span >= 0 && s.Tree != nil {
		out.TraceID, out.SpanID = s.Tree.Trace.ID.String(), s.Tree.ID(p.Span).String()
		if at.IsZero() {
			start, _ := s.Tree.Times(p.Span)
			out.Time = moment(time.Unix(0, start))
		}
	}
	if p.File != "" && s.Address != nil {
		out.URL = s.Address(p.File, p.Line)
	}
	return out
}

// span is the place of a span.
func (s Subject) span(i int) *Place {
	return s.place(triage.Place{Source: triage.FromSpan, Span: i}, time.Time{})
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

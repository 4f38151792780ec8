package viewer

import (
	"net/http"
	"strconv"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// Bounds on what lists send at once.
const (
	tracesPerPage   = 500
	filesPerPage    = 500
	problemsPerPage = 500
	maxServices     = 1000
	nameBytes       = 300 // of a name in a list
)

// run is what there is to know of the whole run.
type run struct {
	Title    string         `json:"title"`
	Run      string         `json:"run,omitempty"`
	Note     string         `json:"note,omitempty"`
	Jaeger   string         `json:"jaeger,omitempty"`
	Links    []webLink      `json:"links"`
	Start    string         `json:"start"` // Unix ns
	Duration int64          `json:"duration"`
	Files    int            `json:"files"`
	Bytes    int64          `json:"bytes"`
	Spans    int            `json:"spans"`
	Repeated int            `json:"repeated"`
	Traces   int            `json:"traces"`
	Errors   int            `json:"errors"`
	Problems int            `json:"problems"`
	Services []serviceTotal `json:"services"`
	Marks    []markCount    `json:"marks"`
	FoldAt   int            `json:"foldAt"`
	Jobs     []string       `json:"jobs"`     // ids of the joined traces
	JobSpans int            `json:"jobSpans"` // of those spans, the ones that are from no trace file
	Runs     []runLinks     `json:"runs"`     // where there are several

	Saved *savedNote `json:"saved,omitempty"` // of a page in a file
}

type runLinks struct {
	Trace string    `json:"trace,omitempty"` // the joined one
	Title string    `json:"title"`
	Run   string    `json:"run,omitempty"`
	Links []webLink `json:"links"`
}

type webLink struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// markCount is a mark with the bit it has in columns and how many spans have it.
type markCount struct {
	Flag  string `json:"flag"`
	Bit   int    `json:"bit"`
	Text  string `json:"text"`
	Means string `json:"means"`
	Count int    `json:"count"`
}

func (v *reader) getRun(*http.Request) (any, error) {
	all, stats := v.cache.Totals(), v.view.Stats()
	out := run{
		Title: v.info.Title, Run: v.info.Run, Note: v.info.Note, Jaeger: v.info.Jaeger, Links: webLinks(v.info.Links), Runs: []runLinks{},
		Start: strconv.FormatInt(all.Start, 10), Duration: all.End - all.Start,
		Files: stats.Sources, Bytes: stats.Bytes, Spans: v.view.Len(), Repeated: stats.Repeated, Traces: v.view.NumTraces(),
		Errors: all.Errors, Problems: len(v.problems()), FoldAt: analysis.FoldAt, Jobs: []string{},
		Services: []serviceTotal{},
	}
	for _, s := range all.Services[:min(len(all.Services), maxServices)] {
		out.Services = append(out.Services, serviceTotal{name(s.Name), ofService(s.Name), s.Spans, s.Errors})
	}
	for _, t := range v.view.Jobs() {
		out.Jobs = append(out.Jobs, t.ID.String())
		out.JobSpans += t.Spans
	}
	for _, j := range v.info.Jobs {
		r := runLinks{Title: j.Title, Run: j.Run, Links: webLinks(j.Links)}
		if !j.Trace.IsZero() {
			r.Trace = j.Trace.String()
		}
		out.Runs = append(out.Runs, r)
	}
	for _, m := range marks {
		out.Marks = append(out.Marks, markCount{m.flag, bitOf(m.flag), m.Text, m.Means, stats.Odd[m.flag]})
	}
	out.Marks = append(out.Marks, markCount{"inferred", int(trace.Inferred), "parent by time",
		"It names no parent: it is shown under the call of the same process that was running.", 0})
	return out, nil
}

func webLinks(links []Link) []webLink {
	out := []webLink{}
	for _, l := range links {
		out = append(out, webLink(l))
	}
	return out
}

// bitOf gives the bit of a flag by its name.
func bitOf(name string) int {
	for f := trace.Flags(1); f != 0; f <<= 1 {
		if names := f.Names(); len(names) == 1 && names[0] == name {
			return int(f)
		}
	}
	return 0
}

type serviceTotal struct {
	Name   string `json:"name"`
	Query  string `json:"query"` // finds exactly these spans
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
}

// name is how the name of a span or a service is shown: on one line.
func name(s string) string { return text.Clip(s, nameBytes) }

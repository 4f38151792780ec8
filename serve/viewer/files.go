package viewer

import (
	"fmt"
	"net/http"
	"time"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// runFile is a file that the traces were read from, and where it is on the web.
type runFile struct {
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	Trace    string `json:"trace,omitempty"` // the joined one of its run
	Bytes    int64  `json:"bytes"`
	Spans    int    `json:"spans"`
	Problems int    `json:"problems"`
}

func (v *reader) getFiles(r *http.Request) (any, error) {
	all := v.cache.Files()
	from, to, err := window(r, len(all), filesPerPage)
	if err != nil {
		return nil, err
	}
	out := []runFile{}
	for _, f := range all[from:to] {
		job := v.jobTrace(f.Group)
		entry := runFile{Name: text.Clip(f.Name, nameBytes), URL: v.info.artifact(f.Name, job), Bytes: f.Bytes, Spans: f.Spans, Problems: f.Problems}
		if !job.IsZero() {
			entry.Trace = job.String()
		}
		out = append(out, entry)
	}
	return map[string]any{"files": out, "offset": from, "total": len(all)}, nil
}

// jobTrace gives the id of the joined trace of a job, as a file names it; zero
// where the file is of none.
func (v *reader) jobTrace(job int) (id trace.TraceID) {
	if jobs := v.view.Jobs(); job > 0 && job <= len(jobs) {
		id = jobs[job-1].ID
	}
	return id
}

type problem struct {
	Source string `json:"source"`
	URL    string `json:"url,omitempty"`
	Offset int64  `json:"offset"`
	What   string `json:"what"`
	Kept   int    `json:"kept"`
	Beside bool   `json:"beside,omitempty"` // a file without spans: offset and kept say nothing
	Trace  string `json:"trace,omitempty"`  // of a span that is far from all others: kept says nothing
	Span   string `json:"span,omitempty"`
}

// problems are the far spans, which are found when they are first asked for, and what
// was wrong with the files.
func (v *reader) problems() (all []foundProblem) {
	far, left := v.cache.FarSpans()
	for i := range far {
		at := v.view.Locations(far[i].Row)[0]
		all = append(all, foundProblem{trace.Problem{Source: at.Source, Offset: at.Offset, What: v.farAway(&far[i])}, &far[i]})
	}
	if left > 0 {
		all = append(all, foundProblem{Problem: trace.Problem{What: text.Count(left, "more span") + " far from all others", Beside: true}})
	}
	for _, p := range v.view.Problems() {
		all = append(all, foundProblem{Problem: p})
	}
	return all
}

type foundProblem struct {
	trace.Problem
	far *analysis.FarSpan
}

// farAway says where a far span is, and what it does to the time that is shown.
func (v *reader) farAway(f *analysis.FarSpan) string {
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.DateTime) + " UTC" }
	where := fmt.Sprintf("starts at %s, %s before all others", at(f.Start), long(f.From-f.Start))
	switch {
	case f.Start > f.To:
		where = fmt.Sprintf("starts at %s, %s after all others", at(f.Start), long(f.Start-f.To))
	case f.Start >= f.From:
		where = fmt.Sprintf("ends at %s, %s after all others", at(f.End), long(f.End-f.To))
	}
	return fmt.Sprintf("The span %s %s: they take %s, with it %s. The clock of its process may have been wrong.",
		"“"+name(v.view.Span(f.Row).Name)+"”", where, long(f.To-f.From), long(max(f.End, f.To)-min(f.Start, f.From)))
}

// long words a length, in days where it has some.
func long(ns int64) string {
	const day = 24 * time.Hour
	if d := time.Duration(ns); d < 2*day {
		return text.Duration(d)
	}
	return text.Count(ns/int64(day), "day")
}

func (v *reader) getProblems(r *http.Request) (any, error) {
	all := v.problems()
	from, to, err := window(r, len(all), problemsPerPage)
	if err != nil {
		return nil, err
	}
	out := []problem{}
	for _, p := range all[from:to] {
		shown := problem{
			Source: text.Clip(p.Source, nameBytes), URL: v.info.artifact(p.Source, v.jobTrace(p.Group)), Offset: p.Offset, What: text.Clip(p.What, 1000), Kept: p.Kept, Beside: p.Beside,
		}
		if p.far != nil {
			shown.Trace, shown.Span = p.far.Trace.ID.String(), p.far.ID.String()
		}
		out = append(out, shown)
	}
	return map[string]any{"problems": out, "offset": from, "total": len(all)}, nil
}

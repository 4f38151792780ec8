package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/launch"
	"prowtrace/prow"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// builtinPage is the page to begin with: the job, the only trace, the later of two
// runs beside the earlier one, phase by phase, or the list. The pages match the roots of two jobs
// whatever their names. The only run is shown at the lines of its log that its link
// names.
func builtinPage(view *trace.View, pages string, inputs ...*session.Input) string {
	if id, ok := onlyTrace(view); ok {
		return pages + "trace/" + id.String() + linesQuery(inputs)
	}
	if jobs := view.Jobs(); len(jobs) == 2 {
		return pages + "trace/" + jobs[1].ID.String() + "?view=compare&compare=" + jobs[0].ID.String() + "&order=" + comparedBy(view, jobs)
	}
	return pages
}

// comparedBy is the way in which two runs are set beside each other first: by their phases
// if they have some, else by their calls.
func comparedBy(view *trace.View, jobs []trace.Trace) string {
	for _, j := range jobs {
		tree := view.Tree(j)
		if len(triage.Parts(&tree)) == 0 {
			return "calls"
		}
	}
	return "phases"
}

// jaegerPage is the page to begin with: the job, the only trace, the comparison of
// two runs of one job, or a search of the service with the most spans over the
// jobs' own time, since the default of the last hour shows nothing of an older job.
// Jaeger compares by the names on the way from the root, so it finds nothing alike
// in runs of different jobs.
func jaegerPage(view *trace.View, base string) string {
	if id, ok := onlyTrace(view); ok {
		return launch.TraceLink(base, id.String())
	}
	if jobs := view.Jobs(); len(jobs) == 2 && view.Span(jobs[0].Root).Name == view.Span(jobs[1].Root).Name {
		return launch.CompareLink(base, jobs[0].ID.String(), jobs[1].ID.String())
	}
	service := join.Service
	if len(view.Jobs()) == 0 {
		service = mostSpans(view)
	}
	reported := session.ReportedIn(view)
	start, end := reported.Start, reported.End
	for _, t := range view.Jobs() { // a search goes by the start of the job's own spans
		if at := time.Unix(0, t.Start); at.Before(start) {
			start = at
		} else if at.After(end) { // of a run without traces
			end = at
		}
	}
	return launch.Search{Service: service, Start: start, End: end, Limit: 100}.Link(base)
}

// onlyTrace is the joined trace of the only job, or the only trace.
func onlyTrace(view *trace.View) (trace.TraceID, bool) {
	if jobs := view.Jobs(); len(jobs) == 1 {
		return jobs[0].ID, true
	}
	if view.NumTraces() == 1 {
		return view.Trace(0).ID, true
	}
	return trace.TraceID{}, false
}

// jaegerPageSpans is how many spans of a trace Jaeger's page shows well. It
// loads whole traces: 100,000 spans are 140 MB of JSON and take 10 s, a million
// are 1.4 GB and take a minute to be written alone.
const jaegerPageSpans = 200_000

// tooLarge says where a trace is seen that Jaeger's page may not bear.
func tooLarge(spans int, page string) string {
	if spans <= jaegerPageSpans {
		return ""
	}
	return fmt.Sprintf("A trace of %s may be too large for Jaeger's page. The built-in pages show it: %s", text.Count(spans, "span"), page)
}

// longest is the number of spans in the largest trace.
func longest(view *trace.View) (spans int) {
	for i := range view.NumTraces() {
		spans = max(spans, view.Tree(view.Trace(i)).Len())
	}
	return spans
}

func mostSpans(view *trace.View) (service string) {
	spans := map[string]int{}
	for row := range view.Len() {
		name := view.Service(row)
		if spans[name]++; spans[name] > spans[service] || service == "" {
			service = name
		}
	}
	return service
}

// pageInfo is what the built-in pages say of the jobs.
func (r *request) pageInfo(inputs []*session.Input) viewer.Info {
	if len(inputs) != 1 {
		return r.severalInfo(inputs)
	}
	info := viewer.Info{Title: inputs[0].Title(), Result: resultOf(inputs[0]), Logs: logsOf(inputs[0]), LostLogs: inputs[0].LogLosses, Known: r.knownErrors}
	if inputs[0].Located() {
		run := inputs[0].Ref.Run
		info.Run, info.Links = runPage(r.known, run), r.runLinks(run)
	}
	info.Note = noteOf(inputs[0])
	return info
}

// resultOf is what became of a run, "" where its files do not tell.
func resultOf(in *session.Input) string {
	if m := in.Metadata(); m != nil {
		return string(m.State())
	}
	return ""
}

// noteOf is what the pages say of a run beside its spans.
func noteOf(in *session.Input) string {
	return strings.TrimSpace(untracedNote(in) + " " + unfinished(in))
}

func (r *request) severalInfo(inputs []*session.Input) viewer.Info {
	info := viewer.Info{Title: text.Count(len(inputs), "job"), Known: r.knownErrors}
	var notes []string
	for _, in := range inputs {
		of := viewer.Job{Trace: in.Trace, Title: in.Title(), Note: noteOf(in), Result: resultOf(in), Logs: logsOf(in), LostLogs: in.LogLosses}
		if in.Located() {
			of.Run, of.Links = runPage(r.known, in.Ref.Run), r.runLinks(in.Ref.Run)
		}
		info.Jobs = append(info.Jobs, of)
		if note := noteOf(in); note != "" {
			notes = append(notes, in.Title()+": "+note)
		}
	}
	info.Note = strings.Join(notes, " ")
	return info
}

func (r *request) runLinks(run prow.Run) []viewer.Link {
	links := []viewer.Link{
		{Text: "artifacts", URL: artifactsPage(r.known, run)},
		{Text: "build log", URL: objectPage(run, "build-log.txt")},
	}
	return slices.DeleteFunc(links, func(l viewer.Link) bool { return l.URL == "" })
}

// architectureReach is how far back Jaeger's page of services looks.
const architectureReach = 7 * 24 * time.Hour

// jaegerUI is what Jaeger's UI shows beside the traces: a way to each job as one
// trace, to its pages elsewhere, and to the built-in pages.
func (r *request) jaegerUI(loaded *session.Loaded, pages string) launch.UI {
	reported := loaded.Reported
	now := time.Now()
	ui := launch.UI{Lookback: launch.LookbackTo(reported.Start, now), NoArchitecture: now.Sub(reported.End) > architectureReach}
	for _, in := range loaded.Inputs {
		if !in.Located() {
			continue
		}
		items := []launch.MenuItem{
			{Label: "Prow", URL: runPage(r.known, in.Ref.Run)},
			{Label: "Artifacts", URL: artifactsPage(r.known, in.Ref.Run)},
			{Label: "Build log", URL: objectPage(in.Ref.Run, "build-log.txt")},
		}
		items = slices.DeleteFunc(items, func(i launch.MenuItem) bool { return i.URL == "" })
		if !in.Trace.IsZero() {
			items = append([]launch.MenuItem{{Label: "The job as one trace", URL: launch.TraceLink("", in.Trace.String())}}, items...)
		}
		ui.Menu = append(ui.Menu, launch.MenuItem{Label: in.Ref.Job + " " + in.Ref.Build, Items: items})
	}
	ui.Menu = append(ui.Menu, launch.MenuItem{Label: "prowtrace", URL: pages})
	return ui
}

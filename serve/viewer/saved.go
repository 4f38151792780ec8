package viewer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/triage/diff"
)

// Saved says what a page in one file is made of.
type Saved struct {
	Traces []trace.TraceID // that are in it; none: those of the jobs, else all, as far as there is room
	Find   string          // a search that it begins with, of any kind; "" is none
	Made   time.Time
	Open   string // how all that the file leaves out is seen, for people: "prowtrace kops#18000"
}

// Bounds on a page in one file.
const (
	savedBytes  = 5_000_000 // of the file
	savedLines  = 50_000    // of all its traces
	fewestLines = 500       // that it is cut to where these are too large
	savedTraces = 200
	savedEvents = 2000 // of a trace
)

// WritePage writes the page of a run, or of some traces, as one HTML file of at most 5 MB
// that is opened from disk: without a server, without this program, without the network. It
// is the page that a Viewer serves, with the answers that it would ask for in it. Secrets
// are masked in all of them. It gives what it leaves out of this run, in sentences; the page
// says the same, and what no such file has.
//
// What is judged must be judged before (Info.Judged). The View must be held until it returns.
func WritePage(ctx context.Context, w io.Writer, view *trace.View, info Info, s Saved) (left []string, err error) {
	frame, err := newSavedFrame()
	if err != nil {
		return nil, err
	}
	v := &reader{view, analysis.Of(view), savedInfo(info), Mount{}}
	chosen := v.savedTraces(s.Traces)
	if len(chosen) == 0 {
		return nil, errors.New("cannot write a page of traces: there are none")
	}
	page := &savedPage{reader: v, ctx: ctx, find: s.Find}
	for lines := savedLines; ; lines /= 2 {
		page.pack = pack{limit: frame.room()}
		if page.traces, err = page.cutTraces(chosen, lines); err != nil {
			return nil, err
		}
		first, err := page.begin()
		if err != nil {
			return nil, err
		}
		if page.pack.put(first, 0.6) {
			break
		}
		if lines < fewestLines {
			return nil, fmt.Errorf("cannot write a page of %s: its names alone are larger than a page may be", text.Count(view.Len(), "span"))
		}
	}
	if err := page.fill(); err != nil {
		return nil, err
	}
	if err := page.end(s); err != nil {
		return nil, err
	}
	return page.left, frame.write(w, page, s)
}

// savedInfo is what a file says of a run: no address of this machine, and a judgement that
// nothing follows.
func savedInfo(info Info) Info {
	info = shown(info)
	info.Jaeger = ""
	final := func(judged func(context.Context, int64) (Judgement, int64)) func(context.Context, int64) (Judgement, int64) {
		if judged == nil {
			return nil
		}
		return func(ctx context.Context, known int64) (Judgement, int64) {
			now, version := judged(ctx, noVersion)
			now.Final = true
			if now.Summary != nil {
				now.Summary = now.Summary.Masked()
			}
			return now, version
		}
	}
	info.Judged = final(info.Judged)
	for i := range info.Jobs {
		info.Jobs[i].Judged = final(info.Jobs[i].Judged)
	}
	if differ := info.Differ; differ != nil {
		info.Differ = func(ctx context.Context, here, there trace.TraceID) (*diff.Diff, error) {
			d, err := differ(ctx, here, there)
			if err != nil {
				return nil, err
			}
			return d.Masked(), nil
		}
	}
	return info
}

// savedTraces are the traces of a file: the wanted ones, else those of the jobs, else all.
// Of too many they are those of the jobs, those with errors and the largest.
func (v *reader) savedTraces(wanted []trace.TraceID) (chosen []trace.Trace) {
	jobs := v.view.Jobs()
	for _, id := range wanted {
		if t, ok := v.view.Lookup(id); ok {
			chosen = append(chosen, t)
		}
	}
	if len(wanted) == 0 {
		chosen = slices.Clone(jobs)
	}
	for i := 0; len(wanted)+len(jobs) == 0 && i < v.view.NumTraces(); i++ {
		chosen = append(chosen, v.view.Trace(i))
	}
	if len(chosen) > savedTraces {
		slices.SortStableFunc(chosen, func(a, b trace.Trace) int {
			return cmp.Or(jobsFirst(jobs, a, b), -cmp.Compare(min(a.Errors, 1), min(b.Errors, 1)), -cmp.Compare(a.Spans, b.Spans))
		})
		chosen = chosen[:savedTraces]
	}
	return chosen
}

// savedPage is a page while it is made.
type savedPage struct {
	*reader
	ctx    context.Context
	find   string
	traces []savedTrace
	pack   pack
	share  float64 // of the pack that may be full behind what is added now
	missed []missed
	left   []string
}

// missed counts answers of one kind for which there was no room.
type missed struct {
	what string
	n    int
}

// request makes a request for a handler, with parameters.
func (p *savedPage) request(parameters ...string) *http.Request {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: values.Encode()}}
	return r.WithContext(p.ctx)
}

// begin makes the bundle without which there is no page: what the traces are, and their lines.
func (p *savedPage) begin() (*bundle, error) {
	out := &bundle{}
	list := []summary{}
	for _, t := range p.traces {
		list = append(list, p.summary(t.Tree))
		head, err := p.getTrace(nil, t.drawing)
		if err != nil {
			return nil, err
		}
		h := head.(traceHead)
		if h.First = nil; t.cut() {
			h.Note = joinSentences(h.Note, t.said())
		}
		texts := make([]lineText, h.Lines)
		for i := range texts {
			texts[i] = t.text(i)
			texts[i].Left = t.leftUnder(i)
		}
		out.json(t.path, h)
		out.raw(t.path+"/columns", t.columns(0, h.Lines))
		out.json(t.path+"/lines", map[string]any{"lines": texts})
	}
	out.json("traces", map[string]any{"traces": list})
	return out, p.ctx.Err()
}

// fill adds what there is room for, the most telling first. The views of many traces leave
// room for the details of what matters in them.
func (p *savedPage) fill() error {
	p.share = 0.75
	for _, t := range p.traces {
		if err := p.addViews(t); err != nil {
			return err
		}
	}
	if err := p.addComparison(); err != nil {
		return err
	}
	details := p.details()
	if err := p.addDetails(details, true, 0.85); err != nil {
		return err
	}
	p.share = 0.95
	for _, t := range p.traces {
		if err := p.addLogs(t); err != nil {
			return err
		}
	}
	if err := p.addDetails(details, false, 0.9); err != nil {
		return err
	}
	if err := p.addRun(); err != nil {
		return err
	}
	for _, m := range p.missed {
		of := ""
		if m.n > 1 {
			of = " of " + text.Count(m.n, "trace")
		}
		p.left = append(p.left, "No space for "+m.what+of+".")
	}
	if n, all := details.held, details.all; n < all {
		p.left = append(p.left, fmt.Sprintf("The details of %s of %s: those of findings, errors, the critical path and the longest spans are here.", text.Number(all-n), text.Count(all, "span")))
	}
	return p.ctx.Err()
}

// addViews adds what sums up a trace.
func (p *savedPage) addViews(t savedTrace) error {
	if p.find != "" {
		found, err := p.getFound(p.request("q", p.find), t.drawing)
		if err != nil {
			return err
		}
		p.add(t.path+"/find/"+p.find, found, "what the search finds")
	}
	critical, err := p.getCritical(p.request(), t.drawing)
	if err != nil {
		return err
	}
	p.add(t.path+"/critical", shownCritical(critical.(map[string]any)["segments"].([]int64)), "the critical path")
	if p.info.judged(p.view, t.Tree.Trace.ID) != nil {
		if answer, err := p.judgement(p.request(), t.drawing); err == nil {
			p.add(t.path+"/summary", answer, "the findings")
		}
		if answer, err := p.getIssue(p.request(), t.drawing); err == nil {
			p.add(t.path+"/issue", answer, "the text of an issue")
		}
	}
	operations, err := p.getOperations(p.request(), t.drawing)
	if err != nil {
		return err
	}
	p.add(t.path+"/operations", operations, "the table of operations")
	p.add(t.path+"/flame", shownFlame(t.Flame()), "the flame graph")
	p.add(t.path+"/services", shownServices(t.Services()), "the map of services")
	events, err := p.savedEvents(t.drawing)
	if err == nil {
		p.add(t.path+"/events", events, "the list of events")
	}
	return err
}

// shownCritical is a critical path without what ran in no line that is here.
func shownCritical(segments []int64) map[string]any {
	kept := []int64{}
	for i := 0; i < len(segments); i += 3 {
		if segments[i] >= 0 {
			kept = append(kept, segments[i:i+3]...)
		}
	}
	return map[string]any{"segments": kept, "offset": 0, "total": len(kept) / 3}
}

// savedEvents are the first events of a trace, in one answer.
func (p *savedPage) savedEvents(d drawing) (any, error) {
	all := []loggedEvent{}
	for {
		answer, err := p.getEvents(p.request("offset", strconv.Itoa(len(all))), d)
		if err != nil {
			return nil, err
		}
		page := answer.(map[string]any)
		total, more := page["total"].(int), page["events"].([]loggedEvent)
		if all = append(all, more...); len(more) == 0 || len(all) >= min(total, savedEvents) {
			return map[string]any{"events": all, "left": page["left"].(int) + total - len(all)}, nil
		}
	}
}

// addComparison sets two jobs beside each other, as the pages do.
func (p *savedPage) addComparison() error {
	if len(p.traces) != 2 || len(p.view.Jobs()) != 2 {
		return nil
	}
	for i, t := range p.traces {
		other := p.traces[1-i]
		id := other.Tree.Trace.ID.String()
		answer, err := p.getComparison(p.request("with", id), t.drawing)
		if err != nil {
			return err
		}
		p.add(t.path+"/compare/"+id, answer, "the comparison")
		if answer, err := p.getDifferences(p.request("with", id), t.drawing); err == nil {
			p.add(t.path+"/diff/"+id, answer, "what changed between the runs")
		}
	}
	return p.ctx.Err()
}

// tracesLeft says which traces are not in the page. A joined trace whose reported ones are all
// there says nothing more.
func (p *savedPage) tracesLeft() string {
	joined := 0
	for _, t := range p.traces {
		if t.Tree.Joined() {
			joined++
		}
	}
	jobs := len(p.view.Jobs())
	reported := p.view.NumTraces() - jobs - (len(p.traces) - joined)
	switch {
	case reported == 0:
		return ""
	case jobs > 0 && joined == jobs && joined == len(p.traces):
		return text.Count(reported, "trace") + " as reported; their spans are in the job's trace."
	}
	return text.Count(p.view.NumTraces()-len(p.traces), "other trace") + "."
}

// addRun adds what is known of the run beside its traces.
func (p *savedPage) addRun() error {
	if said := p.tracesLeft(); said != "" {
		p.left = append(p.left, said)
	}
	for _, of := range []struct {
		path string
		get  handler
	}{{"files", (*reader).getFiles}, {"problems", (*reader).getProblems}, {"operations", (*reader).getAllOperations}, {"flame", (*reader).getWholeFlame}, {"services", (*reader).getAllServices}} {
		answer, err := of.get(p.reader, p.request())
		if err != nil {
			return err
		}
		p.add(of.path, answer, "the "+of.path+" of the run")
	}
	return nil
}

// add adds an answer if there is room, and says so where there is none.
func (p *savedPage) add(path string, answer any, what string) {
	out := &bundle{}
	if b, ok := answer.(blob); ok {
		out.raw(path, b.body)
	} else {
		out.json(path, answer)
	}
	if p.pack.put(out, p.share) {
		return
	}
	i := slices.IndexFunc(p.missed, func(m missed) bool { return m.what == what })
	if i < 0 {
		i = len(p.missed)
		p.missed = append(p.missed, missed{what: what})
	}
	p.missed[i].n++
}

// end adds what the page says of itself.
func (p *savedPage) end(s Saved) error {
	answer, err := p.getRun(nil)
	if err != nil {
		return err
	}
	of := answer.(run)
	of.Saved = &savedNote{Made: s.Made.UTC().Format(time.RFC3339), Left: append(p.left[:len(p.left):len(p.left)], savedNever...), Open: text.Clip(s.Open, 500)}
	out := &bundle{}
	out.json("run", of)
	if !p.pack.put(out, 1) {
		return errors.New("cannot write the page: the run's data is too large")
	}
	return nil
}

// savedNote is what a page in a file says of itself.
type savedNote struct {
	Made string   `json:"made"`
	Left []string `json:"left"`
	Open string   `json:"open,omitempty"`
}

// savedNever is what no file has.
var savedNever = []string{
	"Searches by attributes, events and regular expressions, sums by an attribute, and downloads.",
	"Secrets of known forms: they are masked. A secret of another form may be there.",
}

func joinSentences(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

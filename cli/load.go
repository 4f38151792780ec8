package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/timeline"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The values of --join; the first two are join.By's.
const joinNone = "none"

// errNoSpans says that files were there and none gave a span.
var errNoSpans = errors.New("no spans")

// load merges the files of all inputs and tells what was wrong with them.
func (r *request) load(ctx context.Context, inputs []*session.Input) (*trace.View, error) {
	sources, joined := r.joining(inputs)
	set, err := join.Load(ctx, sources, joined...)
	if err != nil {
		return nil, err
	}
	for _, j := range joined {
		if j.Label != "" {
			r.note("the services of %s have @%s behind their names", j.Name, j.Label)
		}
	}
	r.problems(set)
	spans, traces := reported(set)
	if spans == 0 {
		set.Set().Close()
		return nil, spanless(inputs, sources)
	}
	first, last := extent(set)
	r.note("%s in %s from %s", text.Count(spans, "span"), text.Count(traces, "trace"), text.Period(first, last))
	for _, in := range inputs {
		if said := unfinished(in); said != "" {
			r.note("%s", said)
		}
	}
	return set, nil
}

// spanless says what to do where no file gave a span. What was wrong with each has
// been told.
func spanless(inputs []*session.Input, sources []trace.Source) error {
	none := "no spans could be read in " + text.Count(len(sources), "file")
	hint := "copy it again, or paste the link of its run; if it is as it was written, its process was killed early or had nothing to tell"
	if len(inputs) > 0 && inputs[0].Fetched != nil {
		hint = "the bucket has no more: what wrote it was killed early, or had nothing to tell; the build log may say why: " + objectPage(inputs[0].Ref.Run, "build-log.txt")
	}
	switch {
	case len(sources) == 0:
		none = "there are no files to read"
		fallthrough
	case !slices.ContainsFunc(sources, func(s trace.Source) bool { return strings.Contains(s.Name, ".otel") }):
		hint = "the traces of kOps are the files that end in .otel"
	}
	return advised{failure{none, errNoSpans}, hint}
}

// reported counts the spans and traces that the files hold, without those that
// tell of the jobs.
func reported(set *trace.View) (spans, traces int) {
	spans, traces = set.Len(), set.NumTraces()
	for _, t := range set.Jobs() {
		spans -= t.Spans
		traces--
	}
	return spans, traces
}

// extent is the time that the files' spans cover.
func extent(set *trace.View) (start, end time.Time) {
	own := map[int]bool{}
	for _, t := range set.Jobs() {
		own[t.Index] = true
	}
	var first, last int64
	for i := range set.NumTraces() {
		if own[i] {
			continue
		}
		t := set.Trace(i)
		if first == 0 {
			first = t.Start
		}
		last = max(last, t.End)
	}
	return time.Unix(0, first), time.Unix(0, last)
}

// problems prints what was wrong with files, the first ones in full.
func (r *request) problems(set *trace.View) {
	const shown = 10
	problems := set.Problems()
	for i, p := range problems {
		if i == shown && !r.verbose {
			r.note("and %s more; --verbose lists them", text.Count(len(problems)-shown, "problem"))
			return
		}
		r.note("%s", p)
	}
}

// joining gives what trace.Load needs to join the traces of each job into one:
// the files of all inputs, and a job for each. It keeps the ids of the joined traces.
func (r *request) joining(inputs []*session.Input) (sources []trace.Source, joined []join.Job) {
	by := join.By(r.join)
	known := map[trace.TraceID]int{}
	var runs []*prow.Run // of each that is joined; nil for local files
	for _, in := range inputs {
		number := 0
		if r.join != joinNone {
			t := traceJob(in)
			t.By = by
			r.joined[in] = t.ID
			if known[t.ID] == 0 { // the same run named twice is one job
				joined = append(joined, t)
				known[t.ID] = len(joined)
				var run *prow.Run
				switch {
				case in.Fetched != nil:
					run = &in.Fetched.Run
				case in.IsRun() && in.Ref.Job != "":
					run = &in.Ref.Run
				}
				runs = append(runs, run)
			}
			number = known[t.ID]
		}
		for _, s := range in.Sources {
			s.Group = number
			sources = append(sources, s)
		}
	}
	for i, label := range labels(runs) {
		joined[i].Label = label
	}
	return sources, joined
}

// labels tell the services of runs from those of each other: by the job where
// all are of different ones, by the build where all are of the same, else by both.
// A single run needs none, and local files have nothing short to go by.
func labels(runs []*prow.Run) []string {
	builds := map[string]int{} // by job
	total := 0
	for _, r := range runs {
		if r != nil {
			builds[r.Job]++
			total++
		}
	}
	all := make([]string, len(runs))
	for i, r := range runs {
		switch {
		case r == nil || total == 1:
		case len(builds) == total:
			all[i] = r.Job
		case len(builds) == 1:
			all[i] = r.Build
		default:
			all[i] = r.Job + "/" + r.Build
		}
	}
	return all
}

// traceJob gives a run's own spans, as far as its metadata tells; local files have
// none.
func traceJob(in *session.Input) join.Job {
	m := in.Metadata()
	if m == nil {
		t := join.Job{Name: text.Line(in.Title())}
		sum := sha256.Sum256([]byte("prowtrace: files of " + in.Title()))
		copy(t.ID[:], sum[:])
		return t
	}
	t := join.Job{Name: in.Title(), ID: timeline.TraceID(m), Own: timeline.Own(m)}
	for _, label := range timeline.Labels(m) {
		t.Attributes = append(t.Attributes, trace.Attribute{Key: label[0], Value: label[1]})
	}
	return t
}

package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/timeline"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Loaded is what a request loaded: all its inputs as one Set. It is a counted lease
// on their files. A reader takes the current View with Acquire and lets go of it when
// it uses no text of it any more. Close lets go of the owner's part. The files are
// unmapped and the runs may be pruned from the cache when the last has let go. The same
// lease is on the lines of the inputs' logs (see [Input.Logs]).
//
// It is safe for concurrent use.
type Loaded struct {
	*trace.Shared

	Inputs   []*Input
	Reported Reported
	Problems []trace.Problem // that the files have, those beside the traces too

	joining  joining
	spanless []*Input // that were loaded for their logs
}

// NoSpans is the *NoSpansError of an input that was loaded for its logs and has no span; nil
// for all others.
func (l *Loaded) NoSpans(in *Input) error {
	if !slices.Contains(l.spanless, in) {
		return nil
	}
	return noSpans([]*Input{in}, l.Problems)
}

// NoSpansError: no file gave a span, and traces were demanded or there is nothing else to
// show.
type NoSpansError struct {
	Inputs  []*Input
	Sources int  // files that were read
	Foreign bool // none of them is a trace file
}

func (e *NoSpansError) Error() string {
	var titles []string
	for _, in := range e.Inputs {
		titles = append(titles, text.Line(in.Title()))
	}
	of := strings.Join(titles, ", ")
	switch {
	case e.Sources == 0:
		return "cannot find files in " + of
	case e.Foreign:
		return "cannot find trace files in " + of
	}
	return fmt.Sprintf("cannot read any span in %s of %s", text.Count(e.Sources, "file"), of)
}

// Load loads the files of all inputs into one Set and joins them. It takes over the
// collection, also where it fails. Errors: *NoSpansError, of inputs that have nothing
// to show, and those of join.Load.
func (s *Session) Load(ctx context.Context, c *Collection) (*Loaded, error) {
	inputs := c.Inputs
	for _, in := range inputs {
		s.tellMetadata(in)
	}
	sources, groups := s.sources(inputs)
	view, jobs, processes, err := s.join(ctx, sources, groups)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if problems := s.besideProblems(inputs); len(jobs) == 0 && len(problems) > 0 {
		view = trace.NewView(view.Set(), trace.Material{Problems: problems})
	}
	l := &Loaded{Shared: trace.NewShared(view, c.Close), Inputs: inputs, Reported: ReportedIn(view), Problems: view.Problems(), joining: joining{session: s, groups: groups, told: groups, processes: processes}}
	if view.Len() >= manySpans {
		debug.FreeOSMemory()
	}
	for _, j := range jobs {
		if j.Label != "" {
			s.tell(Labelled{j.Name, j.Label})
		}
	}
	alone, empty := s.partUntraced(view, inputs)
	if s.o.Logs { // those without spans have logs
		l.spanless = slices.Concat(alone, empty)
		alone, empty = nil, nil
	}
	if len(empty) > 0 && len(empty) < len(inputs) {
		return s.loadOthers(ctx, c, l, empty)
	}
	told := slices.DeleteFunc(slices.Clone(l.Problems), func(p trace.Problem) bool { return p.Beside }) // the others were
	if told = s.tellForeign(inputs, told); len(told) > 0 {
		s.tell(ProblemsFound{told})
	}
	if len(empty) > 0 {
		return nil, errors.Join(noSpans(inputs, l.Problems), l.Close())
	}
	s.tellUntraced(alone, l.Problems)
	return l, nil
}

// noSpans is the error of inputs without spans.
func noSpans(inputs []*Input, problems []trace.Problem) *NoSpansError {
	e := &NoSpansError{Inputs: inputs}
	foreign := map[string]bool{}
	for _, p := range problems {
		if p.Foreign {
			foreign[p.Source] = true
		}
	}
	e.Foreign = true
	for _, in := range inputs {
		e.Sources += len(in.Sources)
		for _, f := range in.Sources {
			e.Foreign = e.Foreign && foreign[f.Name] && in.Fetched == nil
		}
	}
	e.Foreign = e.Foreign && e.Sources > 0
	return e
}

// withoutSpans are the inputs of which no file gave a span.
func withoutSpans(view *trace.View, inputs []*Input) (empty []*Input) {
	files := view.Files() // in the order of the inputs' sources
	for _, in := range inputs {
		spans := 0
		for _, f := range files[:len(in.Sources)] {
			spans += f.Spans
		}
		if files = files[len(in.Sources):]; spans == 0 {
			empty = append(empty, in)
		}
	}
	return empty
}

// loadOthers goes on without the inputs that have no spans, where the caller wants that:
// a job without spans would be compared as if nothing had happened in it.
func (s *Session) loadOthers(ctx context.Context, c *Collection, l *Loaded, empty []*Input) (*Loaded, error) {
	none := noSpans(empty, l.Problems)
	if len(l.Problems) > 0 {
		s.tell(ProblemsFound{l.Problems})
	}
	if !s.o.KeepGoing {
		return nil, errors.Join(none, l.Close())
	}
	s.tell(LeftOut{none})
	rest := &Collection{cache: c.cache, limits: c.limits}
	for _, in := range c.Inputs {
		if !slices.Contains(empty, in) {
			rest.Inputs = append(rest.Inputs, in)
		}
	}
	c.Inputs, c.cache = empty, nil // Close lets go of these only
	if err := l.Close(); err != nil {
		return nil, errors.Join(err, rest.Close())
	}
	return s.Load(ctx, rest)
}

// tellForeign tells in one event of the files of directories that are no trace files, and
// gives the other problems.
func (s *Session) tellForeign(inputs []*Input, problems []trace.Problem) (others []trace.Problem) {
	several := map[string]bool{}
	for _, in := range inputs {
		for _, f := range in.Sources {
			several[f.Name] = in.Fetched == nil && len(in.Sources) > 1
		}
	}
	var names []string
	for _, p := range problems {
		if p.Foreign && several[p.Source] && !strings.Contains(p.Source, ".otel") {
			names = append(names, p.Source)
		} else {
			others = append(others, p)
		}
	}
	if len(names) > 0 {
		s.tell(ForeignFiles{names})
	}
	return others
}

// manySpans is a number of spans from which on the memory that loading needed and gave
// up goes back to the system at once: twice what is kept, for a run that is looked at
// for hours. It takes some 20 ms for a million spans.
const manySpans = 100_000

// Reported is what files hold, without the spans that say what a run did.
type Reported struct {
	Spans, Traces int
	Errors        int       // of all spans, those that say what a run did too
	Start, End    time.Time // of the first and the last; of the jobs' own where there is none
}

// ReportedIn counts what the files of a View hold.
func ReportedIn(v *trace.View) Reported {
	r := Reported{Spans: v.Len(), Traces: v.NumTraces()}
	own := map[int]bool{}
	for _, t := range v.Jobs() {
		own[t.Index] = true
		r.Spans -= t.Spans
		r.Traces--
	}
	var first, last int64
	for i := range v.NumTraces() {
		t := v.Trace(i)
		r.Errors += t.Errors
		if own[i] {
			continue
		}
		if first == 0 {
			first = t.Start
		}
		last = max(last, t.End)
	}
	if r.Traces == 0 {
		for i, t := range v.Jobs() {
			if i == 0 || t.Start < first {
				first = t.Start
			}
			last = max(last, t.End)
		}
	}
	r.Start, r.End = time.Unix(0, first), time.Unix(0, last)
	return r
}

// sources gives the files of all inputs, and of each group of them the input that is its
// job: group i+1 is that of groups[i]. It tells the inputs the ids of their joined traces.
func (s *Session) sources(inputs []*Input) (sources []trace.Source, groups []*Input) {
	known := map[trace.TraceID]int{}
	for _, in := range inputs {
		number := 0
		if s.o.Join != "" {
			in.Trace = traceID(in)
			if known[in.Trace] == 0 { // the same run named twice is one job
				groups = append(groups, in)
				known[in.Trace] = len(groups)
			}
			number = known[in.Trace]
		}
		for _, file := range in.Sources {
			file.Group = number
			sources = append(sources, file)
		}
	}
	return sources, groups
}

// join loads the sources, and joins those of each group to a job.
func (s *Session) join(ctx context.Context, sources []trace.Source, groups []*Input) (view *trace.View, jobs []join.Job, processes []join.Process, err error) {
	set, err := trace.Options{Scratch: s.scratch(), Unpacked: s.o.Unpacked}.Load(ctx, sources)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(groups) > 0 {
		processes, err = join.Processes(ctx, set)
	}
	if err == nil {
		jobs = s.jobs(groups, processes, nil)
		view, err = join.Make(ctx, set, processes, jobs...)
	}
	if err != nil {
		_ = set.Close() // the first error is the one to tell
		return nil, nil, nil, err
	}
	return view, jobs, processes, nil
}

// jobs gives the job of each group. logs are those of the groups, as far as they were
// read.
func (s *Session) jobs(groups []*Input, processes []join.Process, logs [][]*timeline.Log) []join.Job {
	ofGroup := make([][]join.Process, len(groups))
	for _, p := range processes {
		if p.Group > 0 {
			ofGroup[p.Group-1] = append(ofGroup[p.Group-1], p)
		}
	}
	jobs := make([]join.Job, len(groups))
	runs := make([]*prow.Run, len(groups)) // nil for local files
	for i, in := range groups {
		o := timeline.Options{Instances: s.o.Instances, AsOf: in.AsOf(), Processes: ofGroup[i]}
		if logs != nil {
			o.Logs = logs[i]
		}
		jobs[i] = s.jobOf(in, o)
		runs[i] = runOf(in)
	}
	for i, label := range labels(runs) {
		jobs[i].Label = label
	}
	return jobs
}

// runOf is the run by which an input is labelled; nil for local files.
func runOf(in *Input) *prow.Run {
	switch {
	case in.Fetched != nil:
		return &in.Fetched.Run
	case in.IsRun() && in.Ref.Job != "":
		return &in.Ref.Run
	}
	return nil
}

// traceID is the id of an input's joined trace.
func traceID(in *Input) (id trace.TraceID) {
	if m := in.Metadata(); m != nil {
		return timeline.TraceID(m)
	}
	sum := sha256.Sum256([]byte("prowtrace: files of " + in.Title()))
	copy(id[:], sum[:])
	return id
}

// jobOf gives a run's own spans, as far as its metadata tells; local files have none.
func (s *Session) jobOf(in *Input, o timeline.Options) join.Job {
	job := join.Job{ID: in.Trace}
	if m := in.Metadata(); m != nil {
		job = timeline.Job(m, o)
		job.Name = in.Title()
	} else {
		job.Name = text.Line(in.Title())
	}
	job.By, job.Problems = s.o.Join, problemsOf(in)
	return job
}

// problemsOf gives the losses of an input as problems of its files.
func problemsOf(in *Input) []trace.Problem {
	var problems []trace.Problem
	for _, l := range in.Losses() {
		file := l.File
		if file == "" {
			file = in.Title()
		}
		what := l.Why
		if l.Files > 1 {
			what += " (and in " + text.Count(l.Files-1, "other file") + ")"
		}
		problems = append(problems, trace.Problem{Source: file, What: what, Beside: true})
	}
	return problems
}

// besideProblems are those of all inputs, for traces that are joined by no job.
func (s *Session) besideProblems(inputs []*Input) (all []trace.Problem) {
	for _, in := range inputs {
		all = append(all, problemsOf(in)...)
	}
	return all
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

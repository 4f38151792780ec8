package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

// What a run is compared with, besides runs that are named.
const (
	BaselineAuto = "auto" // the last passing runs of its job
	BaselineNone = "none"
)

// Bounds on waiting.
const (
	baselineTime = 5 * time.Second // for passing runs: then a run is judged without
	logsTime     = 2 * time.Second // for logs: then a first judgement does without
)

// Judging says how a run is judged.
type Judging struct {
	Known    *triage.Matcher
	Baseline string                // BaselineAuto, BaselineNone (also ""), or an argument that names a run
	Number   int                   // of passing runs to compare with
	Page     func(prow.Run) string // the address of a run's page; "" is not known
	History  int                   // runs of the job to look at, to tell whether it was seen before; what the cache knows counts anyway
	Mark     bool                  // mark the spans of the findings in the joined trace

	// Tell hears of each step, in order, one at a time. It may be nil.
	Tell func(Judged)
}

// Judged is what is known of a run at some step of judging it.
type Judged struct {
	Summary   *report.Summary
	Logs      bool // its logs were looked at
	Compared  int  // passing runs that are there to compare with
	ToCompare int  // of so many
	Again     bool // of a final step: what could not be had may come when it is asked for again
	Final     bool // no other step follows
}

// Judge judges a run that was loaded, in steps: by what is there, once its logs have come,
// and when the passing runs are there. It gives the last one. What cannot be had is a gap of the Summary. Errors are those
// of ctx and of the files, and a *panics.Error.
func (l *Loaded) Judge(ctx context.Context, in *Input, o Judging) (*report.Summary, error) {
	if o.Tell == nil {
		o.Tell = func(Judged) {}
	}
	r := &judging{Judging: o, loaded: l, in: in, told: l.ToldBy(in), came: make(chan [2]int, 64), base: &Baseline{}}
	var g panics.Group // what looks for passing runs ends with ctx, or after a while
	ctx, cancel := context.WithCancel(ctx)
	g.Go(func() error {
		defer close(r.came)
		r.base, r.gaps, r.late = r.passing(ctx)
		return nil
	})
	var s *report.Summary
	err := panics.Guard(func() (err error) { // the passing runs are let go of after a fault too
		s, err = r.judge(ctx)
		return err
	})
	cancel()
	g.Wait()
	return s, errors.Join(err, r.base.Close())
}

// judging is the state of judging one run.
type judging struct {
	Judging
	loaded *Loaded
	in     *Input
	told   *Input // whose small files tell of it

	came chan [2]int  // passing runs, of how many; closed when what follows is there
	base *Baseline    // never nil
	gaps []report.Gap // in it
	late bool         // what it lacks may come later
}

func (r *judging) judge(ctx context.Context) (*report.Summary, error) {
	if err := r.logs(ctx); err != nil {
		return nil, err
	}
	view, release := r.loaded.Acquire()
	defer release()
	if view == nil {
		return nil, trace.ErrClosed
	}
	e, lost := withoutLogs(r.in, r.told, view)
	more, err := addLogs(ctx, r.in, e)
	if err != nil {
		return nil, err
	}
	lost = append(lost, more...)
	if err := e.ReadFacts(ctx, r.Known); err != nil { // it is judged twice
		return nil, err
	}
	step := Judged{Logs: true}
	if step.Summary, err = r.provisional(ctx, e, lost); err != nil {
		return nil, err
	}
	r.Tell(step)
	for came := range r.came {
		step.Compared, step.ToCompare = came[0], came[1]
		r.Tell(step)
	}
	j, more, err := Judge(ctx, r.in, e, r.base, r.Known)
	if err != nil {
		return nil, err
	}
	step.Compared, step.Final = len(r.base.Runs), true
	step.ToCompare = max(step.ToCompare, step.Compared)
	lost = append(lost, more...)
	step.Again = r.late || slices.ContainsFunc(lost, func(l runfile.Loss) bool { return l.Again })
	step.Summary = report.New(j, e, r.about(r.base, append(gapsOfLosses(lost), r.gaps...)))
	children, err := r.children(ctx, j, e)
	if err != nil {
		return nil, err
	}
	step.Summary.AddChildren(children)
	if err = r.past(ctx, e, step.Summary); err != nil {
		return nil, err
	}
	if r.Mark {
		err = r.loaded.mark(ctx, r.in, marksOf(j, e, step.Summary))
	}
	r.Tell(step)
	return step.Summary, err
}

// past keeps what was judged, and tells whether it was seen before.
func (r *judging) past(ctx context.Context, e *triage.Evidence, sum *report.Summary) error {
	s, at := r.loaded.joining.session, r.in.Ref.Run
	if !r.in.Located() || r.Known == nil {
		return nil
	}
	if r.History > 0 && sum.Verdict.Result != string(runfile.Passed) {
		if _, err := s.beside().History(ctx, r.in.Ref, r.History, r.Known); ctx.Err() != nil {
			return err
		} else if err != nil {
			sum.Gaps = append(sum.Gaps, report.Gap{What: "earlier runs", Why: err.Error()})
		}
	}
	run := history.Of(e, findingOf(sum))
	run.Job, run.Build, run.URL = at.Job, at.Build, sum.Run.URL
	if seen := s.seen(run, r.base, r.Known); seen != nil {
		sum.Seen = &report.Seen{Known: seen.Known, Times: seen.Times, First: seen.First, Since: moment(seen.Since), Others: seen.Others, PassedIn: seen.PassedIn, Text: seen.Said()}
		sum.Verdict.NotTheChange = sum.Verdict.NotTheChange || seen.OtherChange
	}
	s.remember(at, run, r.Known)
	return nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// logs joins the logs. Where these take long, the run is judged without them first.
func (r *judging) logs(ctx context.Context) error {
	joined := make(chan error, 1)
	var g panics.Group
	defer g.Wait()
	g.Go(func() error { joined <- r.loaded.JoinLogs(ctx); return nil })
	late := time.NewTimer(logsTime)
	defer late.Stop()
	select {
	case <-joined: // what could not be joined is a loss of the logs
		return ctx.Err()
	case <-late.C:
	}
	view, release := r.loaded.Acquire()
	defer release()
	if view == nil {
		return trace.ErrClosed
	}
	e, lost := withoutLogs(r.in, r.told, view)
	s, err := r.provisional(ctx, e, lost)
	if err == nil {
		r.Tell(Judged{Summary: s})
	}
	return cmp.Or(err, ctx.Err())
}

// provisional judges a run by itself.
func (r *judging) provisional(ctx context.Context, e *triage.Evidence, lost []runfile.Loss) (*report.Summary, error) {
	j, err := triage.Judge(ctx, e, r.Known)
	if err != nil {
		return nil, err
	}
	return report.New(j, e, r.about(&Baseline{}, gapsOfLosses(lost))), nil
}

// passing gives what to compare the run with. What cannot be had is a gap, and no error; late
// reports that it may be had later.
func (r *judging) passing(ctx context.Context) (base *Baseline, gaps []report.Gap, late bool) {
	state := runfile.Unknown
	if m := r.told.Metadata(); m != nil {
		state = m.State()
	}
	if r.Baseline == "" || r.Baseline == BaselineNone || state == runfile.Passed || state == runfile.Running || r.Number == 0 || !r.in.Located() {
		return &Baseline{}, nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, baselineTime)
	defer cancel()
	var err error
	s := r.loaded.joining.session
	if r.Baseline == BaselineAuto {
		base, err = s.passing(ctx, r.in, r.Number, false, func(some, all int) {
			select {
			case r.came <- [2]int{some, all}:
			default: // nobody listens yet: a later one tells as much
			}
		}, func(e *triage.Evidence) { _ = e.Prepare(ctx, r.Known) }) // the judgement reads what ctx has cut short
	} else {
		base, err = s.Named(ctx, r.Baseline)
	}
	var none *find.ResolveError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return base, []report.Gap{{What: report.PassingRuns, Why: fmt.Sprintf("only %d of %d read within %s", len(base.Runs), r.Number, baselineTime), Next: "Judge the run again: more of them are in the cache then"}}, true
	case errors.As(err, &none) && errors.Is(err, find.ErrNoRun):
		return base, []report.Gap{{What: report.PassingRuns, Why: "none; " + none.Had}}, false
	case err != nil:
		return base, []report.Gap{{What: report.PassingRuns, Why: err.Error()}}, true
	}
	return base, nil, false
}

// about says which run it is, and where its files can be opened.
func (r *judging) about(base *Baseline, gaps []report.Gap) report.Context {
	of := r.loaded.joining.session.about(r.in, r.Page)
	of.Gaps = gaps
	late, running := r.in.Unfinished()
	of.Overdue = running && late.Overdue
	m := r.told.Metadata()
	of.Presubmit = r.in.Ref.Pull != "" || m != nil && m.ProwJob != nil && m.ProwJob.Type == "presubmit"
	for _, b := range base.Runs {
		of.Baseline = append(of.Baseline, report.Compared{Build: b.Build, URL: pageOf(r.Page, b)})
	}
	return of
}

// about says which run an input is, and where its files can be opened.
func (s *Session) about(in *Input, page func(prow.Run) string) report.Context {
	run, known := in.Ref.Run, s.o.Instances
	of := report.Context{Job: run.Job, Build: run.Build}
	if of.Job == "" {
		of.Job = filepath.Base(in.Title())
	}
	if run.Pull != "" && run.Org != "" {
		of.Change = run.Org + "/" + run.Repo + "#" + run.Pull
	}
	if in.Fetched != nil {
		of.Unverified = in.Fetched.Unverified
		if of.Unverified > 0 && s.throughGcsweb(in.Fetched.Run) {
			at, _ := known.OfBucket(in.Fetched.Run.Bucket)
			of.Through = at.Gcsweb[0]
		}
	}
	if in.Located() {
		of.URL = pageOf(page, run)
		of.Address = func(file string, line int) string {
			if line > 0 {
				if address, ok := link.LogLines(known, run, file, line, line); ok {
					return address
				}
			}
			return link.File(known, run, file)
		}
	}
	return of
}

// pageOf is the address of a run's page, "" where nobody knows.
func pageOf(page func(prow.Run) string, run prow.Run) string {
	if page == nil {
		return ""
	}
	return page(run)
}

// gapsOfLosses tells of what of a run could not be had.
func gapsOfLosses(lost []runfile.Loss) (gaps []report.Gap) {
	for _, l := range lost {
		gaps = append(gaps, report.Gap{What: cmp.Or(l.File, "files of the run"), Why: l.Why})
	}
	return gaps
}

// marksOf says which spans are those of the findings that a Summary tells of: the span that
// a finding is in, or in which it was written.
func marksOf(j *triage.Judgement, e *triage.Evidence, s *report.Summary) (marks []join.Finding) {
	if e.Tree == nil {
		return nil
	}
	for _, told := range s.Findings {
		if told.Number < 0 {
			continue // it is another run's
		}
		f := &j.Findings[told.Number]
		m := join.Finding{Row: -1, ID: told.ID, Rank: told.Rank}
		switch {
		case f.Span >= 0 && e.Tree.Own(f.Span):
			m.Own = e.Tree.ID(f.Span)
		case f.Span >= 0:
			m.Row = e.Tree.Row(f.Span)
		case !f.Time.IsZero():
			m.At = join.Event{Time: f.Time.UnixNano()}
		}
		marks = append(marks, m)
	}
	return marks
}

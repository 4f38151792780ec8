package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/triage"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

const (
	// historyBaseline is with how many passing runs those that failed are compared.
	historyBaseline = 3

	// judgedTogether is how many runs are judged at a time.
	judgedTogether = 4

	// connectedAhead is how many connections are opened while the runs are listed.
	connectedAhead = 64
)

// History looks at the last n runs of a job, and judges those that failed. Of all runs it
// reads Prow's files and JUnit, logs and traces only of those that failed and of three that
// passed, to compare with. What was judged before costs no request. A run that cannot be had
// is given with a Gap. Offline it takes what the cache has.
//
// Errors are those of [Session.Runs] and of ctx.
func (s *Session) History(ctx context.Context, ref prow.Ref, n int, known *triage.Matcher) ([]history.Run, error) {
	infos, err := s.pastRuns(ctx, ref, n)
	if err != nil {
		return nil, err
	}
	p := &past{s: s, infos: infos, known: known, runs: make([]history.Run, len(infos)), told: make([]bool, len(infos))}
	news := p.recall()
	s.tell(HistoryStarted{ref, len(news)})
	if len(news) == 0 {
		return p.runs, nil
	}
	if p.shared, err = s.beside().share(); err != nil {
		return p.runs, err
	}
	return p.runs, errors.Join(p.readAll(ctx, news), p.shared.close())
}

// past is a history that is being made.
type past struct {
	s     *Session
	infos []find.RunInfo
	known *triage.Matcher

	shared *sharing // by the requests for all runs

	mu   sync.Mutex
	runs []history.Run // of each of infos
	told []bool        // which of them are known for good
}

// recall enters what was judged before, and gives the other runs.
func (p *past) recall() (news []int) {
	var kept map[string]history.Run
	if !p.s.o.Refresh && len(p.infos) > 0 {
		job := p.infos[0].Job
		if slices.ContainsFunc(p.infos, func(i find.RunInfo) bool { return i.Job != job }) {
			job = "" // of a pull request
		}
		kept = p.s.recall(job, p.known, (*remembered).settled)
	}
	for i, info := range p.infos {
		if r, known := kept[info.URL()]; known {
			p.runs[i] = r
			continue
		}
		if p.runs[i] = p.s.pastRun(info); info.Root != "" {
			news = append(news, i)
		}
	}
	return news
}

// baseline gives the newest runs that passed.
func (p *past) baseline() (some []int) {
	for i, r := range p.runs {
		if r.State == runfile.Passed && r.Gap == "" && len(some) < historyBaseline {
			some = append(some, i)
		}
	}
	return some
}

// pastRuns finds the runs.
func (s *Session) pastRuns(ctx context.Context, ref prow.Ref, n int) ([]find.RunInfo, error) {
	if !s.o.Offline {
		store, err := s.storeFor(ref)
		if err != nil {
			return nil, err
		}
		o := s.findOptions()
		o.Unread = true
		if w, ok := store.(objstore.Warmer); ok {
			w.Warm(ctx, ref.Bucket, connectedAhead)
		}
		runs, err := find.Runs(ctx, store, ref, n, o)
		return runs, s.choiceError(ref, err)
	}
	all, err := s.cachedRuns()
	if err != nil {
		return nil, err
	}
	var infos []find.RunInfo
	for _, r := range all {
		if r.Run.Job == ref.Job && (ref.Bucket == "" || r.Run.Bucket == ref.Bucket) {
			infos = append(infos, find.RunInfo{Run: r.Run, State: runfile.Unknown})
		}
	}
	slices.SortFunc(infos, func(a, b find.RunInfo) int { return prow.CompareBuilds(b.Build, a.Build) })
	return infos[:min(len(infos), n)], nil
}

// pastRun is what is known of a run before its files are read.
func (s *Session) pastRun(info find.RunInfo) history.Run {
	r := history.Run{Job: info.Job, Build: info.Build, Started: info.Started, Took: info.Took, State: info.State}
	if info.Root != "" {
		r.URL = link.Page(s.o.Instances, info.Run)
	}
	if info.Err != nil {
		r.Gap = text.Line(info.Err.Error())
	}
	return r
}

// set enters what was read of a run; known says that no more of it will be.
func (p *past) set(i int, r history.Run, known bool) {
	p.mu.Lock()
	before := p.runs[i]
	r.Job, r.Build, r.URL = before.Job, before.Build, before.URL
	if r.State == runfile.Unknown {
		r.State = before.State
	}
	if r.Started.IsZero() {
		r.Started = before.Started
	}
	p.runs[i] = r
	news := known && !p.told[i]
	p.told[i] = known
	p.mu.Unlock()
	if known {
		p.s.remember(p.infos[i].Run, r, p.known)
	}
	if news {
		p.s.tell(HistoryRead{r})
	}
}

// fail enters why a run is not known.
func (p *past) fail(i int, why error) {
	p.mu.Lock()
	if !p.told[i] { // else it is only not there to compare with
		p.runs[i].Gap = text.Line(why.Error())
		defer p.s.tell(HistoryRead{p.runs[i]})
	}
	p.mu.Unlock()
}

// beside is a session for its runs.
func (p *past) beside() *Session {
	s := p.s.beside()
	s.shared = p.shared
	return s
}

// load fetches and loads a run. There is no Loaded of one that cannot be had.
func (p *past) load(ctx context.Context, s *Session, i int) (*Loaded, *Input, error) {
	c, err := s.Collect(ctx, []prow.Ref{{Kind: prow.KindRun, Run: p.infos[i].Run}})
	var l *Loaded
	if err == nil {
		l, err = s.Load(ctx, c)
	}
	if err != nil {
		if ctx.Err() == nil { // it is a gap
			p.fail(i, err)
			err = nil
		}
		return nil, nil, err
	}
	at := slices.IndexFunc(l.Inputs, func(in *Input) bool { return p.infos[i].Build == in.Ref.Build && p.infos[i].Job == in.Ref.Job })
	if at < 0 {
		p.fail(i, errors.New("cannot read its files"))
		return nil, nil, l.Close()
	}
	return l, l.Inputs[at], nil
}

// readAll reads some runs side by side, and judges each that failed as soon as it is known
// to have. What passed last, and all are compared with, is known when all were read.
func (p *past) readAll(ctx context.Context, some []int) error {
	c := &compared{there: make(chan struct{}), places: make(chan struct{}, judgedTogether)}
	var failed atomic.Bool
	judging, within := panics.WithContext(ctx)
	var reading panics.Group
	for _, i := range some {
		reading.Go(func() error {
			judged, err := p.read(within, i)
			if err == nil && !judged {
				failed.Store(true)
				judging.Go(func() error { return p.judge(within, i, c) })
			}
			return err
		})
	}
	judging.Go(func() error {
		if err := reading.Wait(); err != nil || !failed.Load() {
			return err
		}
		return p.prepare(within, c)
	})
	err := panics.Guard(judging.Wait) // the files are let go of after a fault too
	return errors.Join(err, c.base.Close())
}

// read reads what Prow's files and JUnit tell of a run. It reports whether no more need be
// known: the run did not fail, or cannot be had.
func (p *past) read(ctx context.Context, i int) (judged bool, err error) {
	s := p.beside()
	s.o.NoTraces = true
	l, in, err := p.load(ctx, s, i)
	if l == nil {
		return true, err
	}
	view, release := l.Acquire()
	e, _ := withoutLogs(in, in, view)
	state := e.Metadata.State()
	judged = state == runfile.Passed || state == runfile.Running
	p.set(i, history.Of(e, nil), judged)
	release()
	return judged, l.Close()
}

// judge judges a run that failed when its logs are there, and compares it with those that
// passed.
func (p *past) judge(ctx context.Context, i int, c *compared) error {
	l, in, err := p.load(ctx, p.beside(), i)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	defer release()
	return errors.Join(p.judgeOne(ctx, in, view, i, c), l.Close())
}

// compared is what the runs that failed are compared with.
type compared struct {
	base   Baseline
	there  chan struct{} // closed when it is
	places chan struct{} // of runs that are judged together
}

// prepare reads the runs to compare with.
func (p *past) prepare(ctx context.Context, c *compared) error {
	some := p.baseline()
	all := make([]Baseline, len(some))
	g, reading := panics.WithContext(ctx)
	for k, i := range some {
		g.Go(func() error { return p.prepareOne(reading, &all[k], i) })
	}
	err := g.Wait()
	for k := range all {
		c.base.take(&all[k], len(some))
	}
	if err == nil {
		close(c.there)
	}
	return err
}

// prepareOne reads one of them.
func (p *past) prepareOne(ctx context.Context, one *Baseline, i int) error {
	l, in, err := p.load(ctx, p.beside(), i)
	if l == nil {
		return err
	}
	one.loaded = append(one.loaded, l)
	view, release := l.Acquire()
	one.leases = append(one.leases, release)
	e, _, err := Evidence(ctx, in, view)
	if err == nil {
		err = e.Prepare(ctx, p.known)
	}
	if err != nil || e.Metadata.State() != runfile.Passed {
		return err
	}
	one.Add(in, e)
	p.set(i, history.Of(e, nil), true)
	return nil
}

// judgeOne judges one run.
func (p *past) judgeOne(ctx context.Context, in *Input, view *trace.View, i int, c *compared) error {
	e, _, err := Evidence(ctx, in, view)
	if err != nil {
		return err
	}
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := e.ReadFacts(ctx, p.known); err != nil {
		return err
	}
	select {
	case <-c.there:
	case <-ctx.Done():
		return ctx.Err()
	}
	finding, err := p.finding(ctx, in, e, &c.base)
	if err == nil {
		p.set(i, history.Of(e, finding), true)
	}
	return err
}

// finding gives what broke first in a run; nil of one that did not fail, or of which nobody
// knows.
func (p *past) finding(ctx context.Context, in *Input, e *triage.Evidence, base *Baseline) (*history.Finding, error) {
	if state := e.Metadata.State(); state == runfile.Passed || state == runfile.Running {
		return nil, nil
	}
	j, _, err := Judge(ctx, in, e, base, p.known)
	if err != nil {
		return nil, err
	}
	return findingOf(report.New(j, e, report.Context{})), nil
}

// findingOf is what a summary says broke first; nil where it says nothing.
func findingOf(s *report.Summary) *history.Finding {
	if len(s.Findings) == 0 || s.Verdict.Result == string(runfile.Passed) {
		return nil
	}
	f := s.Findings[0]
	return &history.Finding{ID: f.ID, Title: f.Title, Category: f.Category, Phase: s.Verdict.Phase}
}

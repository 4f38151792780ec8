package session

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

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
	failed, err := p.read(ctx, news)
	if err == nil && len(failed) > 0 {
		err = p.judge(ctx, append(p.baseline(), failed...))
	}
	return p.runs, err
}

// past is a history that is being made.
type past struct {
	s     *Session
	infos []find.RunInfo
	known *triage.Matcher

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
		store, err := s.storeOf(ref.Run)
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

// load fetches and loads some of the runs, each input with its number.
func (p *past) load(ctx context.Context, s *Session, some []int) (*Loaded, map[*Input]int, error) {
	if len(some) == 0 {
		return nil, nil, nil
	}
	refs := make([]prow.Ref, len(some))
	for k, i := range some {
		refs[k] = prow.Ref{Kind: prow.KindRun, Run: p.infos[i].Run}
	}
	c, err := s.Collect(ctx, refs)
	var l *Loaded
	if err == nil {
		l, err = s.Load(ctx, c)
	}
	if err != nil {
		if ctx.Err() == nil { // they are gaps
			for _, i := range some {
				p.fail(i, err)
			}
			err = nil
		}
		return nil, nil, err
	}
	numbers := map[*Input]int{}
	for _, in := range l.Inputs {
		k := slices.IndexFunc(some, func(i int) bool { return p.infos[i].Build == in.Ref.Build && p.infos[i].Job == in.Ref.Job })
		if k >= 0 {
			numbers[in] = some[k]
		}
	}
	for _, i := range some {
		if !slices.ContainsFunc(l.Inputs, func(in *Input) bool { return numbers[in] == i && in.Ref.Build == p.infos[i].Build }) {
			p.fail(i, errors.New("its files could not be had"))
		}
	}
	return l, numbers, nil
}

// read reads what Prow's files and JUnit tell of runs, and gives those that are to be judged.
func (p *past) read(ctx context.Context, some []int) (failed []int, err error) {
	s := p.s.beside()
	s.o.NoTraces = true
	l, numbers, err := p.load(ctx, s, some)
	if l == nil {
		return nil, err
	}
	view, release := l.Acquire()
	for _, in := range l.Inputs {
		i, ok := numbers[in]
		if !ok {
			continue
		}
		e, _ := withoutLogs(in, in, view)
		judged := e.Metadata.State() == runfile.Passed || e.Metadata.State() == runfile.Running
		if p.set(i, history.Of(e, nil), judged); !judged {
			failed = append(failed, i)
		}
	}
	release()
	return failed, l.Close()
}

// judge judges runs that failed, each as soon as its logs are there, and compares them with
// those that passed.
func (p *past) judge(ctx context.Context, some []int) error {
	l, numbers, err := p.load(ctx, p.s.beside(), some)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	defer release()
	c := &compared{there: make(chan struct{}), places: make(chan struct{}, judgedTogether)}
	var failed []*Input
	for _, in := range l.Inputs {
		i, ok := numbers[in]
		switch {
		case !ok:
		case p.runs[i].State == runfile.Passed:
			c.passed = append(c.passed, in)
		default:
			failed = append(failed, in)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.prepare(ctx, c, numbers, view) })
	for _, in := range failed {
		g.Go(func() error { return p.judgeOne(ctx, in, view, numbers[in], c) })
	}
	return errors.Join(g.Wait(), l.Close())
}

// compared is what the runs that failed are compared with.
type compared struct {
	passed []*Input
	base   Baseline      // of these
	there  chan struct{} // closed when it is
	places chan struct{} // of runs that are judged together
}

// prepare reads the runs to compare with.
func (p *past) prepare(ctx context.Context, c *compared, numbers map[*Input]int, view *trace.View) error {
	all := make([]*triage.Evidence, len(c.passed))
	g, reading := errgroup.WithContext(ctx)
	for k, in := range c.passed {
		g.Go(func() (err error) {
			if all[k], _, err = Evidence(reading, in, view); err == nil {
				err = all[k].Prepare(reading, p.known)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for k, in := range c.passed {
		if all[k].Metadata.State() == runfile.Passed {
			c.base.Add(in, all[k])
			p.set(numbers[in], history.Of(all[k], nil), true)
		}
	}
	close(c.there)
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

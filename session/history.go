package session

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

const (
	// historyBaseline is with how many passing runs those that failed are compared.
	historyBaseline = 3

	// judgedTogether is how many runs are judged at a time: one waits for its logs while
	// another is read.
	judgedTogether = 4
)

// History looks at the last n runs of a job, and judges those that failed. Of runs that
// passed it reads Prow's files and JUnit only, of three of them the logs too, to compare
// with. A run that cannot be had is given with a Gap. Offline it takes what the cache has.
//
// Errors are those of [Session.Runs] and of ctx.
func (s *Session) History(ctx context.Context, ref prow.Ref, n int, known *triage.Matcher) ([]history.Run, error) {
	infos, err := s.pastRuns(ctx, ref, n)
	if err != nil {
		return nil, err
	}
	p := &past{s: s, runs: make([]history.Run, len(infos)), infos: infos, known: known}
	whole, light := p.choose()
	s.tell(HistoryStarted{ref, len(whole) + len(light)})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.read(ctx, light) })
	g.Go(func() error { return p.judge(ctx, whole) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return p.runs, nil
}

// JobsLike gives the jobs whose names fit a pattern and that lie in the bucket of a job, in
// the order of their names; more reports that there are more than most. Errors are
// *find.PatternError, and what the store said.
func (s *Session) JobsLike(ctx context.Context, of prow.Ref, pattern string, most int) (refs []prow.Ref, more bool, err error) {
	if s.o.Offline {
		return nil, false, ErrOfflineChoice
	}
	store, err := s.storeOf(of.Run)
	if err != nil {
		return nil, false, err
	}
	bucket := of.Bucket
	if bucket == "" {
		runs, err := s.Runs(ctx, of, 1)
		if err != nil {
			return nil, false, err
		}
		bucket = runs[0].Bucket
	}
	names, more, err := find.Jobs(ctx, store, bucket, pattern, most)
	for _, name := range names {
		if name != of.Job {
			refs = append(refs, prow.Ref{Input: name, Kind: prow.KindJob, Host: of.Host, Run: prow.Run{Provider: of.Provider, Bucket: bucket, Job: name}})
		}
	}
	return refs, more, err
}

// past is a history that is being made.
type past struct {
	s     *Session
	infos []find.RunInfo
	known *triage.Matcher

	mu   sync.Mutex
	runs []history.Run
}

// choose tells which runs are judged by all that they left behind, and of which the small
// files are enough. What was judged before is known.
func (p *past) choose() (whole, light []int) {
	kept := map[string]history.Run{}
	if !p.s.o.Refresh {
		kept = p.s.recall("", p.known)
	}
	var passed, failed []int
	for i, info := range p.infos {
		p.runs[i] = p.s.pastRun(info)
		r, known := kept[info.URL()]
		switch {
		case known && (r.State == info.State || info.State == runfile.Unknown):
			p.runs[i] = r
		case info.Err != nil && info.Root == "" || info.State == runfile.Running:
		case info.State == runfile.Passed:
			passed = append(passed, i)
		default:
			failed = append(failed, i)
		}
	}
	if len(failed) == 0 {
		return nil, passed
	}
	for i, info := range p.infos { // the baseline may be known already
		if info.State == runfile.Passed && len(whole) < historyBaseline {
			whole = append(whole, i)
		}
	}
	for _, i := range passed {
		if !slices.Contains(whole, i) {
			light = append(light, i)
		}
	}
	return append(whole, failed...), light
}

// pastRuns finds the runs.
func (s *Session) pastRuns(ctx context.Context, ref prow.Ref, n int) ([]find.RunInfo, error) {
	if !s.o.Offline {
		store, err := s.storeOf(ref.Run)
		if err != nil {
			return nil, err
		}
		o := s.findOptions()
		o.Outcomes = true
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

// set enters what was read of a run.
func (p *past) set(i int, r history.Run) {
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
	p.mu.Unlock()
	p.s.remember(p.infos[i].Run, r, p.known)
	p.s.tell(HistoryRead{r})
}

// fail enters why a run is not known.
func (p *past) fail(i int, why error) {
	p.mu.Lock()
	p.runs[i].Gap = text.Line(why.Error())
	r := p.runs[i]
	p.mu.Unlock()
	p.s.tell(HistoryRead{r})
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

// read reads what Prow's files and JUnit tell of runs that passed.
func (p *past) read(ctx context.Context, some []int) error {
	s := p.s.beside()
	s.o.NoTraces = true
	l, numbers, err := p.load(ctx, s, some)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	for in, i := range numbers {
		e, _ := withoutLogs(in, in, view)
		p.set(i, history.Of(e, nil))
	}
	release()
	return l.Close()
}

// judge judges runs that failed, and compares them with those that passed.
func (p *past) judge(ctx context.Context, some []int) error {
	l, numbers, err := p.load(ctx, p.s.beside(), some)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	defer release()
	all := make([]*triage.Evidence, len(p.infos))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(judgedTogether)
	for in, i := range numbers {
		g.Go(func() (err error) {
			all[i], _, err = Evidence(reading, in, view)
			return err
		})
	}
	err = g.Wait()
	base := &Baseline{}
	for _, in := range l.Inputs {
		if i, ok := numbers[in]; ok && err == nil && len(base.Runs) < historyBaseline && all[i].Metadata.State() == runfile.Passed {
			base.Add(in, all[i])
			err = all[i].Prepare(ctx, p.known)
		}
	}
	g, judging := errgroup.WithContext(ctx)
	g.SetLimit(judgedTogether)
	for _, in := range l.Inputs {
		i, ok := numbers[in]
		if !ok || err != nil {
			continue
		}
		g.Go(func() error {
			finding, err := p.finding(judging, in, all[i], base)
			if err == nil {
				p.set(i, history.Of(all[i], finding))
			}
			return err
		})
	}
	return errors.Join(err, g.Wait(), l.Close())
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

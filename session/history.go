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
	"prowtrace/trace"
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
	p := &past{s: s, runs: make([]history.Run, len(infos)), known: known}
	var whole, light []int
	compared := 0
	for i, info := range infos {
		p.runs[i] = s.pastRun(info)
		switch {
		case info.Err != nil && info.Root == "" || info.State == runfile.Running:
		case info.State == runfile.Passed && compared == historyBaseline:
			light = append(light, i)
		default:
			if info.State == runfile.Passed {
				compared++
			}
			whole = append(whole, i)
		}
	}
	s.tell(HistoryStarted{ref, len(whole) + len(light)})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.read(ctx, infos, light) })
	g.Go(func() error { return p.judge(ctx, infos, whole) })
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
	known *triage.Matcher

	mu   sync.Mutex
	runs []history.Run
}

// pastRuns finds the runs.
func (s *Session) pastRuns(ctx context.Context, ref prow.Ref, n int) ([]find.RunInfo, error) {
	if !s.o.Offline {
		return s.Runs(ctx, ref, n)
	}
	cache, err := s.openCache()
	if err != nil {
		return nil, err
	}
	defer cache.Close()
	all, err := cache.Runs()
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
func (p *past) load(ctx context.Context, s *Session, infos []find.RunInfo, some []int) (*Loaded, map[*Input]int, error) {
	if len(some) == 0 {
		return nil, nil, nil
	}
	refs := make([]prow.Ref, len(some))
	for k, i := range some {
		refs[k] = prow.Ref{Kind: prow.KindRun, Run: infos[i].Run}
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
		k := slices.IndexFunc(some, func(i int) bool { return infos[i].Build == in.Ref.Build && infos[i].Job == in.Ref.Job })
		if k >= 0 {
			numbers[in] = some[k]
		}
	}
	for _, i := range some {
		if !slices.ContainsFunc(l.Inputs, func(in *Input) bool { return numbers[in] == i && in.Ref.Build == infos[i].Build }) {
			p.fail(i, errors.New("its files could not be had"))
		}
	}
	return l, numbers, nil
}

// read reads what Prow's files and JUnit tell of runs that passed.
func (p *past) read(ctx context.Context, infos []find.RunInfo, some []int) error {
	s := p.s.beside()
	s.o.NoTraces = true
	l, numbers, err := p.load(ctx, s, infos, some)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	for in, i := range numbers {
		p.set(i, history.Of(evidenceOf(in, view), nil))
	}
	release()
	return l.Close()
}

// evidenceOf is what there is to tell a run by without its logs.
func evidenceOf(in *Input, view *trace.View) *triage.Evidence {
	e := &triage.Evidence{Metadata: in.Metadata()}
	if e.Metadata == nil {
		e.Metadata = &runfile.Metadata{Run: in.Ref.Run}
	}
	if t, ok := view.Lookup(in.Trace); ok && !in.Trace.IsZero() {
		tree := view.Tree(t)
		e.Tree = &tree
	}
	return e
}

// judge judges runs that failed, and compares them with those that passed.
func (p *past) judge(ctx context.Context, infos []find.RunInfo, some []int) error {
	l, numbers, err := p.load(ctx, p.s.beside(), infos, some)
	if l == nil {
		return err
	}
	view, release := l.Acquire()
	defer release()
	all := make([]*triage.Evidence, len(infos))
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
		if i, ok := numbers[in]; ok && err == nil && all[i].Metadata.State() == runfile.Passed {
			base.Add(in, all[i])
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
	sum := report.New(j, e, report.Context{})
	if len(sum.Findings) == 0 {
		return nil, nil
	}
	f := sum.Findings[0]
	return &history.Finding{ID: f.ID, Title: f.Title, Category: f.Category, Phase: sum.Verdict.Phase}, nil
}

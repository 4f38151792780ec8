package session

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/triage/report"
)

// Pull gives the runs of a pull request at its newest commit, the newest of each of at most
// n jobs. Offline these are the newest runs in the cache, of which nothing else is known.
// Errors are *ChoiceError, the context's, and what the store or the cache said.
func (s *Session) Pull(ctx context.Context, ref prow.Ref, n int) (*find.PullRuns, error) {
	if s.o.Offline {
		return s.cachedPull(ref, n)
	}
	store, err := s.storeFor(ref)
	if err != nil {
		return nil, err
	}
	runs, err := find.Pull(ctx, store, ref, n, s.findOptions())
	return runs, s.choiceError(ref, err)
}

func (s *Session) cachedPull(ref prow.Ref, n int) (*find.PullRuns, error) {
	all, err := s.cachedRuns()
	if err != nil {
		return nil, err
	}
	newest := map[string]prow.Run{} // by job
	for _, r := range all {
		if old, ok := newest[r.Run.Job]; s.fits(r.Run, ref) && (!ok || prow.CompareBuilds(old.Build, r.Run.Build) < 0) {
			newest[r.Run.Job] = r.Run
		}
	}
	if len(newest) == 0 {
		return nil, &NotCachedError{ref.Input}
	}
	p := &find.PullRuns{}
	for _, run := range newest {
		p.Runs = append(p.Runs, find.RunInfo{Run: run})
	}
	slices.SortFunc(p.Runs, func(a, b find.RunInfo) int {
		return cmp.Or(prow.CompareBuilds(b.Build, a.Build), cmp.Compare(a.Job, b.Job))
	})
	p.LeftOut = max(0, len(p.Runs)-n)
	p.Runs = p.Runs[:len(p.Runs)-p.LeftOut]
	return p, nil
}

// JudgeRuns fetches, loads and judges runs, some at a time, and tells nothing on the way.
// Those that have not ended it waits for, where the options say so.
// Where one cannot be had, its error stands in the place of its Summary, and the others go
// on.
func (s *Session) JudgeRuns(ctx context.Context, runs []prow.Run, o Judging) ([]*report.Summary, []error) {
	quiet := s.beside()
	quiet.o.Compared, quiet.o.Watch = false, s.o.Watch
	all, errs := make([]*report.Summary, len(runs)), make([]error, len(runs))
	var g panics.Group
	g.SetLimit(judgedTogether)
	for i, run := range runs {
		g.Go(func() error {
			all[i], errs[i] = quiet.judgeRun(ctx, run, o)
			return nil
		})
	}
	g.Wait()
	return all, errs
}

func (s *Session) judgeRun(ctx context.Context, run prow.Run, o Judging) (_ *report.Summary, err error) {
	c, err := s.Collect(ctx, []prow.Ref{{Kind: prow.KindRun, Run: run}})
	if err != nil {
		return nil, err
	}
	l, err := s.Load(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return l.Judge(ctx, l.Inputs[0], o)
}

package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/triage"
)

// Evidence gives what there is to judge a run by: an input of what was loaded, with its
// trace in view and its logs, which are fetched if need be. The view is leased by the
// caller, who holds the lease as long as the evidence is used. A log that cannot be read is
// left out; lost tells of it, and of what else is missing. Errors are those of ctx.
func Evidence(ctx context.Context, in *Input, view *trace.View) (e *triage.Evidence, lost []runfile.Loss, err error) {
	e, lost = withoutLogs(in, in, view)
	more, err := addLogs(ctx, in, e)
	if err != nil {
		return nil, nil, err
	}
	return e, append(lost, more...), nil
}

// withoutLogs is the evidence of a run but for its logs. told is the input whose small files
// tell of it.
func withoutLogs(in, told *Input, view *trace.View) (e *triage.Evidence, lost []runfile.Loss) {
	e = &triage.Evidence{Metadata: told.Metadata()}
	if e.Metadata == nil {
		e.Metadata = &runfile.Metadata{Run: in.Ref.Run}
	}
	if t, ok := view.Lookup(in.Trace); ok && !in.Trace.IsZero() {
		tree := view.Tree(t)
		e.Tree = &tree
	}
	return e, slices.Clone(told.Losses())
}

// addLogs adds the logs of a run to its evidence.
func addLogs(ctx context.Context, in *Input, e *triage.Evidence) (lost []runfile.Loss, err error) {
	logs, err := in.Logs(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		lost = append(lost, runfile.Loss{Kind: runfile.LossUnavailable, Files: 1, Why: "logs are left out: " + err.Error(), Again: true})
	}
	for _, l := range logs {
		lines, err := l.Lines(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			lost = append(lost, runfile.Loss{Kind: runfile.LossBroken, File: l.Name, Files: 1, Why: err.Error()})
		default:
			e.Logs = append(e.Logs, triage.Log{Name: l.Name, Of: l.Of, Log: lines.Log, Number: lines.Number})
		}
	}
	return append(lost, in.LogLosses()...), nil
}

// A Baseline is what the last passing runs of a job left behind. Close lets go of them.
type Baseline struct {
	Runs     []prow.Run
	Evidence []*triage.Evidence // of each of Runs

	inputs []*Input // of each of Runs
	loaded []*Loaded
	leases []func()
}

// Add adds a run that the caller has loaded, and closes.
func (b *Baseline) Add(in *Input, e *triage.Evidence) {
	b.Runs, b.Evidence, b.inputs = append(b.Runs, in.Ref.Run), append(b.Evidence, e), append(b.inputs, in)
}

// Close lets go of the files. The evidence must not be used any more.
func (b *Baseline) Close() error {
	if b == nil {
		return nil
	}
	var errs []error
	for _, release := range b.leases {
		release()
	}
	for _, l := range b.loaded {
		errs = append(errs, l.Close())
	}
	b.loaded, b.leases, b.Evidence, b.inputs = nil, nil, nil, nil
	return errors.Join(errs...)
}

// passingTraces is how many bytes the traces of a passing run may have: usual ones have less
// than a megabyte, and the comparison has five seconds.
const passingTraces = 32 << 20

// Passing fetches the last n runs of an input's job that passed, and loads them, all at the
// same time. Offline it takes those that the cache has. Where ctx ends before all have come,
// those that have are given, with its error; other errors are those of find.Runs. There may
// be fewer than n, and none.
func (s *Session) Passing(ctx context.Context, in *Input, n int) (*Baseline, error) {
	return s.passing(ctx, in, n, false, func(int, int) {}, nil)
}

// passing is Passing, of runs before the input's only if that is wanted. came hears how many
// have come of how many, one call at a time.
func (s *Session) passing(ctx context.Context, in *Input, n int, before bool, came func(some, all int), read func(*triage.Evidence)) (*Baseline, error) {
	b := &Baseline{}
	refs, err := s.passingRefs(ctx, in, n, before)
	if err != nil {
		return b, err
	}
	came(0, min(n, len(refs)))
	other := s.beside()
	other.o.TraceRoom = passingTraces
	each := make([]*Baseline, len(refs))
	errs := make([]error, len(refs))
	var telling sync.Mutex
	some := 0
	var g panics.Group // one that cannot be had must not end the others
	g.SetLimit(max(n, 1))
	for i, ref := range refs {
		g.Go(func() error {
			each[i] = &Baseline{}
			errs[i] = other.addPassing(ctx, each[i], ref)
			for _, e := range each[i].Evidence {
				if read != nil {
					read(e)
				}
			}
			if telling.Lock(); len(each[i].Runs) > 0 {
				some++
				came(min(some, n), min(n, len(refs)))
			}
			telling.Unlock()
			return nil
		})
	}
	g.Wait()
	for _, one := range each {
		b.take(one, n)
	}
	if len(b.Runs) < n && ctx.Err() != nil {
		return b, ctx.Err()
	}
	return b, nil
}

// take takes over the run of another baseline, unless it has n.
func (b *Baseline) take(one *Baseline, n int) {
	b.loaded, b.leases = append(b.loaded, one.loaded...), append(b.leases, one.leases...)
	if len(b.Runs) < n {
		b.Runs, b.Evidence, b.inputs = append(b.Runs, one.Runs...), append(b.Evidence, one.Evidence...), append(b.inputs, one.inputs...)
	}
}

// Named loads the run that an argument means, to compare with.
func (s *Session) Named(ctx context.Context, arg string) (*Baseline, error) {
	b := &Baseline{}
	refs, err := s.Parse([]string{arg})
	if err != nil {
		return b, err
	}
	return b, s.beside().addPassing(ctx, b, refs[0])
}

// beside is a session for runs that are looked at beside another: it tells nothing.
func (s *Session) beside() *Session {
	o := s.o
	o.Events, o.Watch, o.KeepGoing, o.Untraced, o.Compared, o.Choice = nil, false, true, true, true, Choice{}
	if o.Cache == CacheRequired {
		o.Cache = CacheIfPossible
	}
	return New(o)
}

// passingRefs finds the runs.
func (s *Session) passingRefs(ctx context.Context, in *Input, n int, before bool) (refs []prow.Ref, err error) {
	run := in.Ref.Run
	if run.Job == "" || run.Bucket == "" {
		return nil, fmt.Errorf("the job of %s is not known", in.Title())
	}
	ref := prow.Ref{Kind: prow.KindRun, Run: run}
	if before {
		ref.Cursor = run.Build
	}
	if s.o.Offline {
		return s.cachedPassing(ref, n)
	}
	store, err := s.storeOf(run)
	if err != nil {
		return nil, err
	}
	infos, err := find.Runs(ctx, store, ref, n+1, find.Options{Want: find.WantPassed, Instances: s.o.Instances, Now: s.o.Now})
	if err != nil && len(infos) == 0 {
		return nil, err
	}
	for _, i := range infos {
		if i.Err == nil && i.Build != run.Build && len(refs) < n {
			refs = append(refs, prow.Ref{Kind: prow.KindRun, Run: i.Run})
		}
	}
	return refs, nil
}

// cachedRuns lists what is in the cache.
func (s *Session) cachedRuns() ([]fetch.CachedRun, error) {
	cache, err := s.openCache()
	if err != nil {
		return nil, err
	}
	defer cache.Close()
	return cache.Runs()
}

// cachedPassing finds runs in the cache; what became of them their files tell.
func (s *Session) cachedPassing(ref prow.Ref, n int) (refs []prow.Ref, err error) {
	all, err := s.cachedRuns()
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Run.Job == ref.Job && r.Run.Bucket == ref.Bucket && r.Run.Build != ref.Build && len(refs) < 4*n &&
			(ref.Cursor == "" || prow.CompareBuilds(r.Run.Build, ref.Cursor) < 0) {
			refs = append(refs, prow.Ref{Kind: prow.KindRun, Run: r.Run})
		}
	}
	return refs, nil
}

// addPassing fetches and loads a run; one that did not pass after all is left out.
func (s *Session) addPassing(ctx context.Context, b *Baseline, ref prow.Ref) error {
	c, err := s.Collect(ctx, []prow.Ref{ref})
	if err != nil {
		return err
	}
	l, err := s.Load(ctx, c)
	if err != nil {
		return err
	}
	if err := l.JoinLogs(ctx); ctx.Err() != nil { // what a log lacks is seen as not read
		return errors.Join(err, l.Close())
	}
	view, release := l.Acquire()
	e, _, err := Evidence(ctx, l.Inputs[0], view)
	if err != nil || e.Metadata.State() != runfile.Passed {
		release()
		return errors.Join(err, l.Close())
	}
	b.Add(l.Inputs[0], e)
	b.loaded, b.leases = append(b.loaded, l), append(b.leases, release)
	return nil
}

package session

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// A Collection is what all arguments of a request came to. Close lets other
// processes prune the runs from the cache again; a temporary cache is removed.
type Collection struct {
	Inputs []*Input

	cache  *fetch.Cache  // nil when no run was named
	limits *fetch.Limits // of what stays in it; nil: somebody else looks after that
}

// Close lets go of the files. Nothing may read them any more, nor lines of logs.
func (c *Collection) Close() error {
	var errs []error
	for _, in := range c.Inputs {
		errs = append(errs, in.closeLogs(), in.Fetched.Close())
		if in.remove != nil {
			errs = append(errs, in.remove())
		}
	}
	c.Inputs = nil
	if c.cache != nil {
		errs = append(errs, closeCache(c.cache, c.limits))
		c.cache = nil
	}
	return errors.Join(errs...)
}

// closeCache prunes the cache, if there are limits, and lets go of it.
func closeCache(c *fetch.Cache, l *fetch.Limits) error {
	if l == nil {
		return c.Close()
	}
	_, err := c.Prune(*l)
	return errors.Join(err, c.Close())
}

// limits are those of the cache; nil where somebody else looks after it.
func (s *Session) limits() *fetch.Limits {
	if s.o.unpruned {
		return nil
	}
	l := cmp.Or(s.o.CacheLimits, fetch.DefaultLimits)
	return &l
}

// Collect fetches the runs and lists the local files that the references mean. All
// runs are chosen, waited for and fetched at the same time.
//
// Without KeepGoing, anything that cannot be had is an error; with it, only if
// nothing is left. Errors are those of this package, and those of find.Resolve and
// fetch.Cache.Fetch; several are joined.
func (s *Session) Collect(ctx context.Context, refs []prow.Ref) (c *Collection, err error) {
	c = &Collection{limits: s.limits()}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
			c = nil
		}
	}()
	var runs []*Input
	for _, ref := range refs {
		switch ref.Kind {
		case prow.KindPath, prow.KindStdin:
			local, err := s.local(ctx, ref)
			if err != nil {
				return c, err
			}
			c.Inputs = append(c.Inputs, local...)
			continue
		case prow.KindRun:
			if _, err := s.storeOf(ref.Run); err != nil {
				return c, err
			}
		}
		if ref.Pattern != "" {
			s.tell(PatternDropped{ref})
		}
		in := &Input{Ref: ref}
		runs, c.Inputs = append(runs, in), append(c.Inputs, in)
	}
	if len(runs) > 0 {
		var cache *fetch.Cache
		if s.shared != nil {
			cache = s.shared.cache
		} else if cache, err = s.openCache(); err != nil {
			return c, err
		} else {
			c.cache = cache
		}
		if err = s.fetch(ctx, cache, runs); err != nil {
			return c, err
		}
	}
	if len(runs) > 0 { // what KeepGoing has left out, and what was named twice
		c.Inputs = slices.DeleteFunc(c.Inputs, func(in *Input) bool { return !in.IsRun() && len(in.Sources)+len(in.logs.local) == 0 })
	}
	if c.Inputs, err = withoutDuplicates(c.Inputs); err != nil {
		return c, err
	}
	for _, in := range c.Inputs {
		if in.Fetched == nil { // those of local files are open
			continue
		}
		if err := s.openArchives(in); err != nil {
			return c, err
		}
	}
	return c, nil
}

// lastingCache opens the cache that stays, for the reader of each run.
func (s *Session) lastingCache() (*fetch.Cache, error) {
	cache, err := fetch.OpenCache(s.o.CacheDir)
	if err == nil {
		cache.ReadBy(s.o.Reader)
	}
	return cache, err
}

// openCache does without a lasting cache where none can be used and none is needed.
func (s *Session) openCache() (cache *fetch.Cache, err error) {
	if s.o.Cache == CacheTemporary {
		cache, err = fetch.OpenTemp()
	} else if cache, err = s.lastingCache(); err != nil {
		if s.o.Offline || s.o.Cache == CacheRequired {
			return nil, &CacheError{s.o.Offline, err}
		}
		temporary, second := fetch.OpenTemp()
		if second != nil {
			return nil, errors.Join(err, second)
		}
		s.tell(CacheUnusable{err})
		cache, err = temporary, nil
	}
	if err == nil {
		s.tell(CacheOpened{cache.Dir()})
	}
	return cache, err
}

// fetch brings the runs of inputs into the cache.
func (s *Session) fetch(ctx context.Context, cache *fetch.Cache, inputs []*Input) error {
	progress := cmp.Or(s.o.Progress, new(fetch.Progress))
	errs := make([]error, len(inputs))
	s.tell(FetchStarted{progress.Counts})
	var choosing, fetching panics.Group // a run that fails must not end the others
	for i, in := range inputs {
		choosing.Go(func() error {
			run, err := s.choose(ctx, cache, in.Ref)
			if errs[i] = err; err == nil {
				in.Ref.Run = run // pinned: whatever is triggered later, this one is waited for
			}
			return nil
		})
	}
	choosing.Wait()
	var wanted []int
	for i, in := range inputs {
		switch {
		case covered(inputs, errs, i):
			s.tell(Duplicate{in})
		case errs[i] == nil:
			wanted = append(wanted, i)
		}
	}
	var pool *fetch.Pool
	if s.shared != nil {
		pool = s.shared.pool
	} else {
		pool = fetch.NewPool(fetch.DefaultParallel)
	}
	for _, i := range wanted {
		fetching.Go(func() error {
			errs[i] = s.fetchOne(ctx, cache, inputs[i], pool, progress)
			return nil
		})
	}
	fetching.Wait()
	s.tell(FetchEnded{})
	return s.verdict(inputs, errs)
}

// fetchOne waits for a chosen run if that is wanted, and fetches it.
func (s *Session) fetchOne(ctx context.Context, cache *fetch.Cache, in *Input, pool *fetch.Pool, progress *fetch.Progress) error {
	store, err := s.storeOf(in.Ref.Run)
	if err != nil {
		return err
	}
	waited, err := s.wait(ctx, store, in.Ref.Run)
	if err != nil {
		return err
	}
	logs := fetch.ArtifactOptions{Offline: s.o.Offline, Refresh: s.o.Refresh || waited, Compared: s.o.Compared, Pool: pool, Progress: progress}
	result, err := cache.Fetch(ctx, store, in.Ref.Run, fetch.Options{
		Logs: s.logsBeside(logs),
		Only: in.Part(), NoTraces: s.o.NoTraces, TraceRoom: s.o.TraceRoom, Instances: s.o.Instances, Pool: pool, Progress: progress,
		Offline: s.o.Offline, Refresh: s.o.Refresh || waited, Patience: s.o.Patience,
		Notice: func(n fetch.Notice) { s.tell(Notice{n.Text, n.Refresh}) },
	})
	if result != nil {
		in.setFetched(result)
		if !s.o.Offline {
			in.fetchRest = func(ctx context.Context) (*fetch.Result, error) {
				return cache.Fetch(ctx, store, in.Ref.Run, fetch.Options{Only: in.Part(), Instances: s.o.Instances, Pool: pool, Progress: progress.Beside(), Refresh: true})
			}
		}
		s.setLogs(in, cache, store, logs)
	}
	err = s.notUploaded(in, err)
	if withoutTraces(err) && in.Fetched != nil && (s.o.Logs || s.standsAlone(in)) {
		in.untraced, err = err, nil
	}
	return err
}

// logsBeside are the options of logs that come beside the traces; nil where nobody will
// ask for them. They do not count as progress of the traces.
func (s *Session) logsBeside(o fetch.ArtifactOptions) *fetch.ArtifactOptions {
	if s.o.Offline || s.o.NoTraces || !s.o.Logs && s.o.Join == "" {
		return nil
	}
	o.Progress = o.Progress.Beside()
	return &o
}

// notUploaded turns the error of a run that had nothing to fetch into one that says
// that it has not ended, or not as it should; other errors stay as they are.
func (s *Session) notUploaded(in *Input, err error) error {
	var none *fetch.NoTracesError
	if !errors.As(err, &none) || none.Ended || in.Fetched == nil {
		return err
	}
	s.tellMetadata(in)
	m := in.Metadata()
	state := m.State()
	if state == runfile.Unknown {
		return err
	}
	now := s.o.Now()
	return &NotUploadedError{Run: m.Run, State: state, Since: m.Since(), At: now, Overdue: m.Overdue(now), Instances: s.o.Instances, Err: err}
}

// lossesOf gives the files that a fetch did not bring.
func lossesOf(err error) (losses []runfile.Loss) {
	var partial *fetch.PartialError
	if !errors.As(err, &partial) {
		return nil
	}
	for _, f := range partial.Failed {
		losses = append(losses, runfile.Loss{Kind: runfile.LossUnavailable, File: f.Name, Files: 1, Why: text.Line(f.Err.Error()), Again: true})
	}
	if partial.Untried > 0 {
		losses = append(losses, runfile.Loss{Kind: runfile.LossUnavailable, Files: partial.Untried, Why: "not tried after many failures: " + text.Count(partial.Untried, "file"), Again: true})
	}
	if partial.Listed != nil {
		losses = append(losses, runfile.Loss{Kind: runfile.LossUnlisted, Files: 1, Why: text.Line(partial.Listed.Error()), Again: true})
	}
	return losses
}

// verdict tells what each fetch brought, and decides whether to go on.
func (s *Session) verdict(inputs []*Input, errs []error) error {
	hasFiles := func(in *Input) bool { return in.Fetched != nil && len(in.Fetched.Files) > 0 }
	var failed []error
	for i, in := range inputs {
		if hasFiles(in) {
			s.tell(Fetched{in})
		}
		switch {
		case errs[i] == nil:
		case s.o.KeepGoing && (hasFiles(in) || len(inputs) > 1):
			s.tell(LeftOut{errs[i]})
			in.leftOut = lossesOf(errs[i])
		default:
			failed = append(failed, errs[i])
		}
	}
	switch {
	case len(failed) > 0:
		return errors.Join(failed...)
	case slices.ContainsFunc(inputs, func(in *Input) bool { return hasFiles(in) || in.untraced != nil }):
		return nil
	}
	return errors.Join(errs...) // with KeepGoing, and nothing to go on with
}

package session

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
)

// A Choice says which run of a job is meant. The zero value means the newest.
type Choice struct {
	Want       find.Want
	WithTraces bool      // only runs that have traces; one that is named without any is an error
	After      time.Time // only runs started then or later; zero is no limit
	Before     time.Time // only runs started before then; zero is no limit
	Bucket     string    // of the job, where its name or page tells none
}

// narrows reports whether it goes by what a run is, which only its bucket tells.
func (c Choice) narrows() bool {
	return c.WithTraces || !c.After.IsZero() || !c.Before.IsZero() || c.Want != "" && c.Want != find.WantLatest
}

// Runs lists the latest runs that a reference can mean, the newest first, n at most.
// Errors are *ChoiceError, the context's, and what the store said.
func (s *Session) Runs(ctx context.Context, ref prow.Ref, n int) ([]find.RunInfo, error) {
	store, err := s.storeFor(ref)
	if err != nil {
		return nil, err
	}
	runs, err := find.Runs(ctx, store, ref, n, s.findOptions())
	return runs, s.choiceError(ref, err)
}

// findOptions are the options for package prow. Its notices become events.
func (s *Session) findOptions() find.Options {
	c := s.o.Choice
	return find.Options{
		Want: c.Want, WithTraces: c.WithTraces, After: c.After, Before: c.Before, Bucket: c.Bucket,
		Instances: s.o.Instances, Now: s.o.Now,
		Notice: func(n find.Notice) { s.tell(Found{n}) },
	}
}

// choose gives the run that a reference means. It asks the store where the
// reference alone does not tell.
func (s *Session) choose(ctx context.Context, cache *fetch.Cache, ref prow.Ref) (run prow.Run, err error) {
	switch {
	case ref.Kind == prow.KindRun:
		others := s.o.Choice
		others.WithTraces = false // which is a demand on the run too
		if run = ref.Run; others.narrows() || others.Want != "" {
			s.tell(ChoiceIgnored{run})
		}
	case s.o.Offline:
		if run, err = s.chooseCached(cache, ref); err != nil {
			return run, err
		}
	default:
		store, err := s.storeFor(ref)
		if err != nil {
			return run, err
		}
		if run, err = find.Resolve(ctx, store, ref, s.findOptions()); err != nil {
			return run, s.choiceError(ref, err)
		}
		s.tell(Chosen{Run: run})
	}
	_, err = s.storeOf(run)
	return run, err
}

// storeFor is the store that has the runs that a reference can mean.
func (s *Session) storeFor(ref prow.Ref) (objstore.Store, error) {
	ref.Run.Provider, ref.Run.Bucket = find.Provider(ref, s.findOptions())
	return s.storeOf(ref.Run)
}

// ThroughGcsweb is, in Options.Stores, the store for buckets that are read through the
// pages of a gcsweb.
const ThroughGcsweb = "gcsweb"

// storeOf is the store that has a run.
func (s *Session) storeOf(run prow.Run) (objstore.Store, error) {
	if s.throughGcsweb(run) {
		return s.o.Stores[ThroughGcsweb], nil
	}
	if store := s.o.Stores[cmp.Or(run.Provider, prow.DefaultProvider)]; store != nil {
		return store, nil
	}
	return nil, &UnsupportedStoreError{run}
}

// throughGcsweb reports whether a run's bucket is read through the pages of a gcsweb.
func (s *Session) throughGcsweb(run prow.Run) bool {
	in, _ := s.o.Instances.OfBucket(run.Bucket)
	return in.ThroughGcsweb && s.o.Stores[ThroughGcsweb] != nil
}

// chooseCached gives the run in the cache that a reference means: that of its
// build, or else the newest that fits.
func (s *Session) chooseCached(cache *fetch.Cache, ref prow.Ref) (prow.Run, error) {
	if s.o.Choice.narrows() {
		return prow.Run{}, ErrOfflineChoice
	}
	all, err := cache.Runs()
	if err != nil {
		return prow.Run{}, err
	}
	var fitting []prow.Run
	for _, r := range all {
		if s.fits(r.Run, ref) {
			fitting = append(fitting, r.Run)
		}
	}
	if len(fitting) == 0 {
		return prow.Run{}, &NotCachedError{strings.TrimSpace(ref.Input)}
	}
	run := slices.MaxFunc(fitting, func(a, b prow.Run) int { // builds are numbers of any length
		return cmp.Or(cmp.Compare(len(a.Build), len(b.Build)), strings.Compare(a.Build, b.Build))
	})
	s.tell(Chosen{Run: run, Cached: len(fitting)})
	return run, nil
}

// fits reports whether a cached run agrees with all that a reference tells. Runs
// may have been moved from the bucket that it names.
func (s *Session) fits(run prow.Run, ref prow.Ref) bool {
	agree := func(want, has string) bool { return want == "" || want == has }
	bucket := cmp.Or(s.o.Choice.Bucket, ref.Bucket)
	moved := bucket != "" && slices.ContainsFunc(s.o.Instances.Buckets(bucket), func(p prow.Bucket) bool { return p.Name == run.Bucket })
	return run.Bucket != "" && ref.Kind != prow.KindProwJob && (moved || agree(bucket, run.Bucket)) &&
		agree(ref.Job, run.Job) && agree(ref.Build, run.Build) && agree(ref.Org, run.Org) && agree(ref.Repo, run.Repo) && agree(ref.Pull, run.Pull)
}

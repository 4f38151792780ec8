package session

import (
	"context"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
)

// JobsLike gives the other jobs whose names fit a pattern: those that the configuration of
// the job's Prow tells, which is asked for at most once a day, else those that have a
// directory in the bucket of the job. They come in the order of their names; more reports
// that there are more than most. Offline only what the cache has of the configuration counts.
// Errors are *find.PatternError, ErrOfflineChoice, and what the store said.
func (s *Session) JobsLike(ctx context.Context, of prow.Ref, pattern string, most int) (refs []prow.Ref, more bool, err error) {
	names, more, known, err := s.jobsOfProw(ctx, of, pattern, most+1)
	switch {
	case err != nil:
		return nil, false, err
	case !known && s.o.Offline:
		return nil, false, ErrOfflineChoice
	case !known:
		return s.jobsOfBucket(ctx, of, pattern, most)
	}
	for _, name := range names {
		if name == of.Job {
			continue
		}
		if len(refs) == most {
			return refs, true, nil
		}
		refs = append(refs, likeOf(of, of.Bucket, name))
	}
	return refs, more, nil
}

// likeOf is a job that is looked at beside another.
func likeOf(of prow.Ref, bucket, name string) prow.Ref {
	return prow.Ref{Input: name, Kind: prow.KindJob, Host: of.Host, Run: prow.Run{Provider: of.Provider, Bucket: bucket, Job: name}}
}

// jobsOfProw gives the jobs that the configuration of a job's Prow tells. known is false where
// the Prow is unknown, does not answer, or tells no jobs.
func (s *Session) jobsOfProw(ctx context.Context, of prow.Ref, pattern string, most int) (names []string, more, known bool, err error) {
	in, ok := s.prowOf(of)
	if !ok || len(in.Decks) == 0 {
		return nil, false, false, nil
	}
	tabs, err := s.tabs(ctx, in.Decks[0])
	switch {
	case ctx.Err() != nil:
		return nil, false, false, context.Cause(ctx)
	case err != nil:
		s.tell(Notice{Text: "using the jobs in the bucket, cannot list those of " + text.Line(in.Decks[0]) + ": " + text.Line(err.Error())})
	}
	if len(tabs) == 0 {
		return nil, false, false, nil
	}
	names, more, err = find.JobsIn(tabs, pattern, most)
	return names, more, true, err
}

// prowOf is the Prow of a job: that of its bucket, else of its page, else the first that may
// run a job of the name.
func (s *Session) prowOf(of prow.Ref) (prow.Instance, bool) {
	switch {
	case of.Bucket != "":
		return s.o.Instances.OfBucket(of.Bucket)
	case s.o.Choice.Bucket != "":
		return s.o.Instances.OfBucket(s.o.Choice.Bucket)
	case of.Host != "":
		return s.o.Instances.At(of.Host)
	}
	return s.o.Instances.ForJob(of.Job)[0], true
}

// jobsOfBucket gives the jobs that have a directory in the bucket of a job.
func (s *Session) jobsOfBucket(ctx context.Context, of prow.Ref, pattern string, most int) (refs []prow.Ref, more bool, err error) {
	store, err := s.storeFor(of)
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
			refs = append(refs, likeOf(of, bucket, name))
		}
	}
	return refs, more, err
}

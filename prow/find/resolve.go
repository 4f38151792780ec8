// Package find resolves names to runs: the newest run of a job that failed, the
// runs of a pull request, the target of a pointer file, the run of a ProwJob
// ([Resolve], [Runs]). It also waits for the end of a run ([Wait]).
//
// It asks an object store with as few requests as possible, and a Deck only for a
// ProwJob. Listings are bounded. It reads only the small files of a run that
// package runfile knows, each up to its limit.
//
// It never downloads artifacts, never asks public buckets for jobs that only a
// user's own Prow has, and does not advise the user: its errors carry facts.
package find

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// Options say which run is wanted, and where to look for it. The zero value finds
// the newest run.
type Options struct {
	Want       Want
	WithTraces bool // only runs that have a file in artifacts/**/otlp/

	// After and Before limit when the run was started: After ≤ start < Before.
	// Zero is no limit.
	After, Before time.Time

	// Bucket holds the runs of names and pages that name no bucket. "": the bucket of the
	// known instance that has the page or job.
	Bucket string

	// Instances are the known Prows.
	Instances prow.Instances

	// Outcomes is for callers of Runs who read the runs' files anyway. Only the outcome of
	// each run is read, not how long it took and whether it has traces.
	Outcomes bool

	// Unread is for such callers who also read the outcomes. No file of a run is
	// read unless it decides which runs are wanted. Of each run only Run is known, and Started
	// if its id holds it.
	Unread bool

	// Limit is how many runs are looked at to find one that is wanted; 0: 50.
	Limit int

	// Deck fetches a page of a Deck for a ProwJob's link; nil: by HTTP, within bounds.
	Deck Getter

	// Now is the clock; nil: time.Now.
	Now func() time.Time

	// Notice, if not nil, is called to say how runs were chosen if that is not obvious. It
	// is called from one goroutine, before the function returns.
	Notice func(Notice)
}

// Want is the wanted outcome of the run.
type Want string

const (
	WantAny     Want = ""        // the newest; for a pull request, which has many, the only one
	WantLatest  Want = "latest"  // the newest, whatever its outcome
	WantFailed  Want = "failed"  // the newest that failed or that Prow could not run
	WantPassed  Want = "passed"  // the newest that passed
	WantAborted Want = "aborted" // the newest that was aborted
)

// Resolve finds the one run that ref means, in the store of its [Provider].
//
// A KindRun gives ref.Run, without a request. Refs to files and standard input are an error.
//
// The newest run of a job costs one listing if the job ran within a day. A
// wanted outcome costs one more finished.json for each run looked at, several at
// a time. latest-build.txt is never read: whichever run ends last writes it,
// and some were found to be months old.
//
// Errors are *ResolveError, the context's, and the store's, wrapped.
func Resolve(ctx context.Context, store objstore.Store, ref prow.Ref, o Options) (prow.Run, error) {
	if ref.Kind == prow.KindRun {
		return ref.Run, nil
	}
	r := newResolver(store, ref, o)
	switch ref.Kind {
	case prow.KindPointer:
		return r.pointer(ctx, ref)
	case prow.KindDeck:
		return r.deck(ctx, ref)
	case prow.KindProwJob:
		return r.prowJob(ctx, ref)
	case prow.KindJob, prow.KindPRJob, prow.KindPR:
		c, err := r.candidates(ref)
		if err != nil {
			return prow.Run{}, err
		}
		return r.pick(ctx, c)
	}
	return prow.Run{}, &ResolveError{
		Asked: "a run for " + quote(ref.Input), Had: "it does not name a run in a bucket", Reason: ReasonKind, Err: ErrNoRun,
	}
}

// resolver holds the options of one call.
type resolver struct {
	store    objstore.Store
	provider string // of the store
	o        Options
}

// newResolver expects the store of the reference's Provider.
func newResolver(store objstore.Store, ref prow.Ref, o Options) *resolver {
	if o.Limit <= 0 {
		o.Limit = 50
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Deck == nil {
		o.Deck = getPage
	}
	if o.Notice == nil {
		o.Notice = func(Notice) {}
	}
	provider, _ := Provider(ref, o)
	return &resolver{store, provider, o}
}

// Provider returns the provider of the store that can have what ref means: ref's own, else that
// of the bucket in the options, else that of its Prow. bucket is the likeliest bucket; "" if
// it is not known.
func Provider(ref prow.Ref, o Options) (provider, bucket string) {
	scheme, bucket, ok := strings.Cut(o.Bucket, "://")
	if !ok {
		scheme, bucket = "", o.Bucket
	}
	bucket = strings.Trim(bucket, "/")
	var in prow.Instance
	switch {
	case ref.Provider != "":
		return ref.Provider, ref.Bucket
	case scheme != "":
		return scheme, bucket
	case bucket != "":
		in, _ = o.Instances.OfBucket(bucket)
		return cmp.Or(in.Provider, prow.DefaultProvider), bucket
	case ref.Host != "":
		in, _ = o.Instances.At(ref.Host)
	default:
		in = o.Instances.ForJob(ref.Job)[0]
	}
	return cmp.Or(in.Provider, prow.DefaultProvider), in.Bucket
}

// buckets returns the buckets that may have the runs of ref, the likeliest first.
func (r *resolver) buckets(ref prow.Ref) ([]string, error) {
	fail := func(reason Reason, had string) ([]string, error) {
		return nil, &ResolveError{Asked: "the bucket of " + subject(ref), Had: had, Reason: reason, Err: ErrNoRun}
	}
	var in []prow.Instance
	switch {
	case ref.Bucket != "":
		return append([]string{ref.Bucket}, siblings(r.o.Instances, ref.Bucket)...), nil
	case r.o.Bucket != "":
		name := strings.Trim(strings.TrimPrefix(r.o.Bucket, r.provider+"://"), "/")
		if !prow.IsBucket(r.provider, name) {
			return fail(ReasonBucket, "invalid bucket name "+quote(r.o.Bucket))
		}
		return []string{name}, nil
	case ref.Host != "":
		known, ok := r.o.Instances.At(ref.Host)
		if !ok {
			return fail(ReasonProw, "unknown Prow "+ref.Host)
		}
		in = []prow.Instance{known}
	default:
		in = r.o.Instances.ForJob(ref.Job)
	}
	var all []string
	for _, i := range in {
		if i.Provider == r.provider && i.Bucket != "" {
			all = append(all, i.Buckets()...)
		}
	}
	if len(all) == 0 {
		return fail(ReasonStore, "no bucket is known for its Prow")
	}
	return all, nil
}

// jobDirs returns where the runs of a job may be in a bucket if only its name is known, the
// likeliest first. Batches of pull requests have no pointers.
func (r *resolver) jobDirs(bucket, job string) [][]directory {
	groups := [][]directory{
		{r.dir(bucket, "logs/"+job)},
		{r.pointers(bucket, "pr-logs/directory/"+job), r.dir(bucket, "pr-logs/pull/batch/"+job)},
	}
	if looksPresubmit(job) {
		groups[0], groups[1] = groups[1], groups[0]
	}
	return groups
}

// dir is a directory of the store.
func (r *resolver) dir(bucket, path string) directory {
	return directory{provider: r.provider, bucket: bucket, path: path}
}

// pointers is a directory of pointers in the store.
func (r *resolver) pointers(bucket, path string) directory {
	d := r.dir(bucket, path)
	d.pointers = true
	return d
}

// looksPresubmit is only a hint for the order of requests.
func looksPresubmit(job string) bool {
	return strings.HasPrefix(job, "pull-") || strings.HasPrefix(job, "rehearse-") || strings.Contains(job, "presubmit")
}

// pointer follows BUILD.txt. A batch has no pointer, although links to one are made.
func (r *resolver) pointer(ctx context.Context, ref prow.Ref) (prow.Run, error) {
	buckets, err := r.buckets(ref)
	if err != nil {
		return prow.Run{}, err
	}
	dir := strings.TrimSuffix(ref.Root, "/"+ref.Build+".txt")
	return r.first(ctx, ref, buckets, func(bucket string) []build {
		return []build{
			{id: ref.Build, in: r.pointers(bucket, dir)},
			{id: ref.Build, in: r.dir(bucket, "pr-logs/pull/batch/"+ref.Job)},
			{id: ref.Build, in: r.dir(bucket, "logs/"+ref.Job)},
		}
	})
}

// deck looks for a run by its job and build.
func (r *resolver) deck(ctx context.Context, ref prow.Ref) (prow.Run, error) {
	buckets, err := r.buckets(ref)
	if err != nil {
		return prow.Run{}, err
	}
	return r.first(ctx, ref, buckets, func(bucket string) (all []build) {
		for _, group := range r.jobDirs(bucket, ref.Job) {
			for _, s := range group {
				all = append(all, build{id: ref.Build, in: s})
			}
		}
		return all
	})
}

// first returns the first of the builds that exists.
func (r *resolver) first(ctx context.Context, ref prow.Ref, buckets []string, of func(bucket string) []build) (prow.Run, error) {
	var tried []directory
	var refused, gone error
	var broken *pointerError
	for _, bucket := range buckets {
		for _, b := range of(bucket) {
			run, ok, err := r.there(ctx, b)
			if err == nil && ok {
				return run, nil
			}
			if errors.Is(err, fs.ErrPermission) {
				if refuses(r.o.Instances, bucket, err) {
					refused = cmp.Or(refused, err)
				} else {
					tried = append(tried, b.in)
				}
				break // the same holds for the whole bucket
			}
			if err != nil && !objstore.IsAbsent(err) {
				return prow.Run{}, fmt.Errorf("cannot find %s: %w", subject(ref), err)
			}
			errors.As(err, &broken)
			if errors.Is(err, objstore.ErrBucketNotExist) {
				gone = cmp.Or(gone, err)
			}
			tried = append(tried, b.in)
		}
	}
	e := &ResolveError{Asked: subject(ref), Had: "it does not exist", Reason: ReasonNotThere, Bucket: r.o.Bucket, Err: ErrNoRun}
	if len(tried) > 0 {
		e.Looked = where(tried)
		r.o.Notice(Notice{Text: "looked in " + e.Looked, Detail: true})
	}
	named := cmp.Or(r.o.Bucket, ref.Bucket)
	switch {
	case refused != nil && len(tried) == 0:
		return prow.Run{}, fmt.Errorf("cannot find %s: %w", subject(ref), refused)
	case refused != nil: // last, because this text ends with a hint
		return prow.Run{}, fmt.Errorf("cannot find %s: not in %s, and %w", subject(ref), e.Looked, refused)
	case gone != nil && named != "":
		e.Reason, e.Had = ReasonNoBucket, "bucket "+buckets[0]+" does not exist"
	case broken != nil:
		e.Had += ": " + broken.Error()
	case named != "":
		e.Had = "not in bucket " + buckets[0]
	}
	return prow.Run{}, e
}

// there reports whether a build exists, and where its files are.
func (r *resolver) there(ctx context.Context, b build) (prow.Run, bool, error) {
	run, err := b.run(ctx, r.store, r.o.Instances)
	if err != nil || b.in.pointers {
		return run, err == nil, err
	}
	ok, err := exists(ctx, r.store, run)
	return run, ok, err
}

// subject names what a Ref means, in messages.
func subject(ref prow.Ref) string {
	switch {
	case ref.ProwJob != "":
		return "ProwJob " + quote(ref.ProwJob)
	case ref.Build != "":
		return "build " + ref.Build + " of job " + quote(ref.Job)
	case ref.Job != "" && ref.Pull != "":
		return "job " + quote(ref.Job) + " of pull request " + ref.Pull
	case ref.Pull != "" && ref.Repo != "":
		return "pull request " + quote(strings.TrimPrefix(ref.Org+"/"+ref.Repo, "/")+"#"+ref.Pull)
	case ref.Pull != "":
		return "pull request " + ref.Pull
	}
	return "job " + quote(ref.Job)
}

// siblings returns the other buckets that may have the run.
func siblings(known prow.Instances, bucket string) []string {
	var others []string
	for _, b := range known.Buckets(bucket)[1:] {
		others = append(others, b.Name)
	}
	return others
}

// refuses reports whether err means that the bucket may still have the object but does not
// show it. A bucket that was given up refuses everybody.
func refuses(known prow.Instances, bucket string, err error) bool {
	return errors.Is(err, fs.ErrPermission) && !known.Buckets(bucket)[0].Closed
}

// maxQuoted is how many bytes of foreign text a message shows.
const maxQuoted = 120

func quote(s string) string { return text.Quote(s, maxQuoted) }

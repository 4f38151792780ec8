package find

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// A pullSearch finds the builds of one job or of all jobs of a pull request.
// They are few: one listing for the jobs and one for each of them.
type pullSearch struct {
	store objstore.Store
	known prow.Instances
	dirs  []directory // where its jobs may lie, or the builds of the one job; the likeliest first
	job   string      // "": all

	after, before time.Time // zero: no limit
	cursor        string    // id that no build exceeds; "": no limit

	newest  build // the newest of all builds that were listed
	refused error // why a bucket could not be looked at
	gone    error // a bucket that does not exist
}

// builds yields all builds in one portion, newest first.
func (p *pullSearch) builds(ctx context.Context) iter.Seq2[[]build, error] {
	return func(yield func([]build, error) bool) {
		for _, dir := range p.dirs {
			var all []build
			jobs, err := p.jobs(ctx, dir)
			if err == nil {
				all, err = p.list(ctx, jobs)
			}
			if isAway(err) {
				if errors.Is(err, objstore.ErrBucketNotExist) {
					p.gone = cmp.Or(p.gone, err)
				}
				if refuses(p.known, dir.bucket, err) {
					p.refused = cmp.Or(p.refused, err)
				}
				continue
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if len(all) > 0 {
				all = slices.DeleteFunc(all, func(b build) bool {
					p.newest = newer(p.newest, b)
					return !b.allowed(p.after, p.before, p.cursor)
				})
				slices.SortStableFunc(all, func(a, b build) int { return prow.CompareBuilds(b.id, a.id) })
				yield(all, nil)
				return
			}
		}
	}
}

// maxJobs bounds how many jobs a pull request may have. Those of Kubernetes have about 60.
const maxJobs = 2000

func (p *pullSearch) jobs(ctx context.Context, dir directory) ([]directory, error) {
	if p.job != "" {
		return []directory{dir}, nil
	}
	prefix := dir.path + "/"
	var jobs []directory
	for e, err := range p.store.ListDir(ctx, dir.bucket, prefix, objstore.Bounds{}) {
		if err != nil {
			return nil, err // it names the directory
		}
		name, isDir := strings.CutSuffix(strings.TrimPrefix(e.Name, prefix), "/")
		if !isDir || !prow.IsJob(name) {
			continue
		}
		if len(jobs) == maxJobs {
			return nil, &TooManyError{dir.String(), "job", maxJobs}
		}
		jobs = append(jobs, directory{provider: dir.provider, bucket: dir.bucket, path: prefix + name})
	}
	return jobs, nil
}

func (p *pullSearch) list(ctx context.Context, jobs []directory) ([]build, error) {
	results := make([][]build, len(jobs))
	g, ctx := panics.WithContext(ctx)
	g.SetLimit(parallel)
	for i, job := range jobs {
		g.Go(func() (err error) {
			results[i], err = job.list(ctx, p.store, "", "", false)
			return err
		})
	}
	err := g.Wait()
	return slices.Concat(results...), err
}

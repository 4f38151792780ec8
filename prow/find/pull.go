package find

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// PullRuns are the runs of a pull request at the newest commit that was tested.
type PullRuns struct {
	SHA     string    // of the commit; "" if no file says it
	Runs    []RunInfo // the newest of each job, newest first; their Traces and Took are not set
	Older   int       // jobs whose newest run is of another commit
	LeftOut int       // jobs that were not looked at: those with the oldest runs
}

// Pull returns the newest run of each job of a pull request, if it is at the newest commit.
// It looks at n jobs at most. Each job costs a listing, and two requests for its run.
//
// If there are no runs the error is a *ResolveError; other errors are as for [Resolve].
func Pull(ctx context.Context, store objstore.Store, ref prow.Ref, n int, o Options) (*PullRuns, error) {
	r := newResolver(store, ref, o)
	c, err := r.candidates(ref)
	if err != nil {
		return nil, err
	}
	newest, err := newestOfJobs(ctx, c)
	if err == nil && len(newest) == 0 {
		err = c.refused()
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot list the runs of %s: %w", c.subject, err)
	case len(newest) == 0:
		return nil, r.none(ctx, c, nil, false)
	}
	p := &PullRuns{LeftOut: max(0, len(newest)-n)}
	newest = newest[:len(newest)-p.LeftOut]
	infos, commits := make([]RunInfo, len(newest)), make([]string, len(newest))
	var g panics.Group
	g.SetLimit(parallel)
	for i, b := range newest {
		g.Go(func() error {
			infos[i], commits[i] = r.commitInfo(ctx, b, ref.Pull)
			return nil
		})
	}
	g.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(commits, func(sha string) bool { return sha != "" }); i >= 0 {
		p.SHA = commits[i]
	}
	for i, info := range infos {
		if commits[i] != "" && commits[i] != p.SHA {
			p.Older++
			continue
		}
		p.Runs = append(p.Runs, info)
	}
	return p, nil
}

// newestOfJobs returns the newest build in each directory, newest first.
func newestOfJobs(ctx context.Context, c *candidates) (newest []build, err error) {
	seen := map[string]bool{}
	for portion, err := range c.builds(ctx) {
		if err != nil {
			return nil, err
		}
		for _, b := range portion {
			if !seen[b.in.path] {
				seen[b.in.path] = true
				newest = append(newest, b)
			}
		}
	}
	return newest, nil
}

// commitInfo reads how a run ended, and which commit of a pull request it tested.
func (r *resolver) commitInfo(ctx context.Context, b build, pull string) (info RunInfo, sha string) {
	info.Started, _ = prow.BuildTime(b.id)
	if info.Run, info.Err = b.run(ctx, r.store, r.o.Instances); info.Err != nil {
		info.Run = prow.Run{Build: b.id, Job: lastSegment(b.in.path)}
		return info, ""
	}
	m := &runfile.Metadata{Run: info.Run}
	if info.State, info.Finished, info.Err = outcomeOf(ctx, r.store, m, true); info.Err != nil {
		return info, ""
	}
	if m.ProwJob == nil {
		if _, info.Err = add(ctx, r.store, m, "prowjob.json"); info.Err != nil {
			return info, ""
		}
	}
	if m.ProwJob != nil && m.ProwJob.Refs != nil {
		for _, p := range m.ProwJob.Refs.Pulls {
			if strconv.Itoa(p.Number) == pull {
				sha = p.SHA
			}
		}
	}
	return info, sha
}

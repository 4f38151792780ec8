package find

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// RunInfo is one line of a job's history.
type RunInfo struct {
	prow.Run
	Started  time.Time     // UTC: the time of the build id, as for Options.After and Before, else the time in a file; zero if neither is known
	Finished time.Time     // UTC; zero while it runs, and if no file says it
	Took     time.Duration // how long the job took, with its waiting for a pod and a node; 0 if it is not known
	State    runfile.State
	Traces   bool  // there is a file in artifacts/**/otlp/; before the end there cannot be one
	Err      error // why the line is incomplete, if it is
}

// Runs returns the n newest runs that ref and the options allow, newest first. ref is a job, a
// job of a pull request, a pull request, or a run, which stands for its job. Each run costs
// three to five requests; those that do not fit cost fewer. Several runs are read at the
// same time. A run that cannot be read has its Err set. If a pointer
// leads nowhere, only Job and Build are known.
//
// If only some outcome or traces are wanted, Limit bounds how many runs are
// looked at. Notice is called if fewer than n are found because of that.
//
// If there are no runs the error is a *ResolveError; other errors are as for [Resolve].
func Runs(ctx context.Context, store objstore.Store, ref prow.Ref, n int, o Options) ([]RunInfo, error) {
	r := newResolver(store, ref, o)
	switch ref.Kind {
	case prow.KindJob, prow.KindPRJob, prow.KindPR:
	case prow.KindRun, prow.KindPointer, prow.KindDeck:
		ref = ofJob(ref)
	default:
		return nil, &ResolveError{Asked: "the runs of " + subject(ref), Had: "not a job or a pull request but a " + string(ref.Kind), Reason: ReasonKind, Err: ErrNoRun}
	}
	c, err := r.candidates(ref)
	if err != nil {
		return nil, err
	}
	infos, seen, err := r.infos(ctx, c, n)
	if err == nil && len(seen) == 0 {
		err = c.refused()
	}
	switch {
	case err != nil:
		return infos, fmt.Errorf("cannot list the runs of %s: %w", c.subject, err)
	case len(infos) == 0:
		return nil, r.none(ctx, c, seen, len(seen) >= r.o.Limit)
	case len(infos) < n && len(seen) >= max(n, r.o.Limit):
		r.o.Notice(Notice{Text: fmt.Sprintf("looked only at the %s: %s", text.Count(len(seen), "newest run"), r.tally(seen)), Limited: true, Oldest: oldest(seen)})
	}
	return infos, nil
}

// ofJob turns a reference to a run into one to its job, whatever pull requests it runs for, up
// to the cursor if there is one.
func ofJob(r prow.Ref) prow.Ref {
	job := prow.Ref{Input: r.Input, Kind: prow.KindJob, Host: r.Host, Cursor: r.Cursor, Run: prow.Run{Provider: r.Provider, Bucket: r.Bucket, Job: r.Job}}
	if dir := strings.TrimSuffix(r.Root, "/"+r.Build); r.Kind == prow.KindRun && !strings.Contains(dir, "pr-logs/") {
		job.Root = dir
	}
	return job
}

// infos also returns what was read about all runs looked at.
func (r *resolver) infos(ctx context.Context, c *candidates, n int) (infos []RunInfo, seen []look, err error) {
	most := max(n, r.o.Limit)
	for portion, err := range c.builds(ctx) {
		if err != nil {
			return infos, seen, err
		}
		for len(portion) > 0 {
			batch := n - len(infos)
			if r.o.Want.only() || r.o.WithTraces { // some will not fit
				batch = max(batch, parallel)
			}
			some := portion[:min(len(portion), batch, most-len(seen))]
			portion = portion[len(some):]
			for i, info := range r.describe(ctx, some) {
				seen = append(seen, look{build: some[i], run: info.Run, state: info.State, err: info.Err})
				if r.lists(info) && len(infos) < n {
					infos = append(infos, info)
				}
			}
			if len(infos) == n || len(seen) == most || ctx.Err() != nil {
				return infos, seen, ctx.Err()
			}
		}
	}
	return infos, seen, nil
}

// lists reports whether a run belongs in the list. If a run's id holds no time, only its
// files say when it was started.
func (r *resolver) lists(i RunInfo) bool {
	_, timed := prow.BuildTime(i.Build)
	inTime := timed || i.Started.IsZero() || within(i.Started, r.o.After, r.o.Before)
	return inTime && r.o.Want.is(i.State) && (i.Traces || !r.o.WithTraces)
}

// describing is how many runs are read together: all are wanted, and a request is small.
const describing = 32

// describe reads the files of some runs at the same time.
func (r *resolver) describe(ctx context.Context, builds []build) []RunInfo {
	infos := make([]RunInfo, len(builds))
	var g panics.Group
	g.SetLimit(describing)
	for i, b := range builds {
		g.Go(func() error {
			infos[i] = r.info(ctx, b)
			return nil
		})
	}
	g.Wait()
	return infos
}

// info reads about one run, until it is clear that the run does not belong in the list.
func (r *resolver) info(ctx context.Context, b build) RunInfo {
	info := RunInfo{}
	timed := false
	info.Started, timed = prow.BuildTime(b.id)
	if info.Run, info.Err = b.run(ctx, r.store, r.o.Instances); info.Err != nil {
		info.Run = prow.Run{Build: b.id, Job: lastSegment(b.in.path)}
		return info
	}
	if limited := !r.o.After.IsZero() || !r.o.Before.IsZero(); r.o.Unread && !r.o.Want.only() && !r.o.WithTraces && (timed || !limited) {
		return info
	}
	m := &runfile.Metadata{Run: info.Run}
	info.State, info.Finished, info.Err = outcomeOf(ctx, r.store, m, true)
	if info.Err != nil || !r.o.Want.is(info.State) || r.o.Outcomes && !r.o.WithTraces {
		return info
	}
	info.Traces, info.Err = hasTraces(ctx, r.store, info.Run)
	if info.Err != nil || r.o.WithTraces && !info.Traces {
		return info
	}
	info.Err = r.times(ctx, m, &info)
	return info
}

// times reads when a run was started, and how long it took. As in the run's trace, the run
// begins when its ProwJob was made.
func (r *resolver) times(ctx context.Context, m *runfile.Metadata, info *RunInfo) error {
	var err error
	if m.ProwJob == nil {
		_, err = add(ctx, r.store, m, "prowjob.json")
	}
	if info.Started.IsZero() && err == nil {
		_, err = add(ctx, r.store, m, "started.json")
		if m.Started != nil {
			info.Started = m.Started.Time
		}
	}
	if m.ProwJob != nil && info.State != runfile.Running {
		info.Finished = cmp.Or(m.ProwJob.Completion, info.Finished)
	}
	if since := m.Since(); !since.IsZero() && !info.Finished.IsZero() {
		info.Took = max(0, info.Finished.Sub(since)) // the two times can come from different clocks
	}
	if info.Started.IsZero() {
		info.Started = m.Since()
	}
	return err
}

package cli

import (
	"context"
	"errors"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// Bounds on what is looked at of a pull request.
const (
	mostPullJobs   = 200 // jobs whose newest runs are asked for their outcome
	mostPullJudged = 20  // failed ones that are judged
)

// pull judges the failed jobs of a pull request at its newest commit.
func (c *summaryCommand) pull(ctx context.Context, ref prow.Ref) ([]*report.Summary, *report.Pull, error) {
	done := c.shown.during(func() string { return "looking for the runs of " + changeOf(ref) })
	found, err := c.session.Pull(ctx, ref, mostPullJobs)
	done()
	if err != nil {
		return nil, nil, err
	}
	p := &report.Pull{Change: changeOf(ref), SHA: found.SHA, Older: found.Older, LeftOut: found.LeftOut}
	var failed []prow.Run
	running := 0
	for _, r := range found.Runs {
		if r.Err != nil {
			c.note("%s %s: %v", r.Job, r.Build, r.Err)
		}
		switch {
		case c.offline || r.State == runfile.Failed || r.State == runfile.Errored:
			failed = append(failed, r.Run)
		case c.watch && r.State == runfile.Running:
			failed = append(failed, r.Run)
			running++
		default:
			p.Count(r.State)
		}
	}
	if more := len(failed) - mostPullJudged; more > 0 {
		p.LeftOut += more
		failed = failed[:mostPullJudged]
	}
	if running > 0 {
		c.note("waiting for the end of %s", text.Count(running, "run"))
	}
	if len(failed) > 0 {
		c.note("judging %s of %s", text.Count(len(failed), "run"), p.Change)
	}
	some, errs := c.judgeAll(ctx, failed)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var all []*report.Summary
	for i, s := range some {
		switch {
		case errs[i] != nil:
			p.Unknown++
			c.note("cannot judge %s %s: %s", failed[i].Job, failed[i].Build, oneLine(errs[i]))
		case s.Run.Result == string(runfile.Passed) || s.Run.Result == string(runfile.Running): // of the cache, or waited for
			p.Count(runfile.State(s.Run.Result))
		default:
			p.Count(runfile.State(s.Run.Result))
			all = append(all, s)
		}
	}
	if err := errors.Join(errs...); len(all) == 0 && err != nil && p.Passed+p.Running+p.Aborted == 0 {
		return nil, nil, err
	}
	return all, p, nil
}

// judgeAll judges runs while a terminal shows how many are done.
func (c *summaryCommand) judgeAll(ctx context.Context, runs []prow.Run) ([]*report.Summary, []error) {
	stage := &stage{said: "judging " + text.Count(len(runs), "run")}
	defer c.shown.during(stage.say)()
	how := c.judging(c.compare)
	how.Tell = func(step session.Judged) {
		if step.Final {
			stage.counted("judging runs", len(runs))
		}
	}
	return c.session.JudgeRuns(ctx, runs, how)
}

// changeOf names a pull request, as kubernetes/kops#18000.
func changeOf(ref prow.Ref) string {
	return strings.TrimPrefix(ref.Org+"/"+ref.Repo, "/") + "#" + ref.Pull
}

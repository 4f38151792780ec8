package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage/history"
)

// historyCommand says what failed how often, and since when.
type historyCommand struct {
	request
	output string
	asJSON bool
	number int
	with   string
	page   openedPage
}

// mostJobs bounds the jobs that --with adds.
const mostJobs = 20

func newHistory(s Streams) *cobra.Command {
	c := &historyCommand{request: newRequest(s)}
	command := &cobra.Command{
		Use:   "history JOB…",
		Short: "Show what failed how often, since when, and if it is flaky",
		Long: `history reads the last runs of jobs and judges those that failed. It groups equal
failures and says whether a job is broken (and since which commits), flaky or
fixed. It also says what failed runs have in common and how much of their time
limits runs use.

JOB is the name of a job, or any link to it or to one of its runs. A failure that
three jobs have within a day is called systemic and is listed first.

With --open it shows a page in the browser, on this machine until Ctrl-C.`,
		Example: `  prowtrace history e2e-kops-gce-cni-cilium
  prowtrace history -n 50 e2e-kops-gce-cni-cilium --with 'e2e-kops-*'
  prowtrace history --open e2e-kops-gce-cni-cilium`,
		Args: atLeastOneJob,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	f := command.Flags()
	c.registerStore(f)
	named(f, &c.choice.after, "after", "", "TIME", "only runs started at this time or later: 2026-11-24, 2026-11-24T18:00:00Z, or an age such as 12h or 3d")
	named(f, &c.choice.before, "before", "", "TIME", "only runs started before this time")
	named(f, &c.choice.bucket, "bucket", "", "BUCKET", "bucket of the job, if its name or link names none")
	f.BoolVar(&c.offline, "offline", false, "send no request: use the runs in the cache")
	f.BoolVar(&c.noCache, "no-cache", false, "download to a temporary directory and delete it on exit")
	c.number = 30
	f.VarP(countValue{&c.number}, "number", "n", "number of runs of each job")
	named(f, &c.with, "with", "", "PATTERN", "also read the jobs of the same Prow whose names match, such as 'pull-kops-*'")
	f.VarP(choiceValue{&c.output, []string{asText, asMarkdown, asJSON}}, "output", "o", "output format: text, markdown (for a comment) or json")
	c.output = asText
	f.BoolVar(&c.asJSON, "json", false, "the same as --output json")
	c.page.register(f)
	return command
}

// atLeastOneJob wants an argument.
func atLeastOneJob(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return usageError{errors.New("no job given"), "name a job, or paste a link: " + c.CommandPath() + " e2e-kops-gce-cni-cilium"}
}

func (c *historyCommand) run(ctx context.Context, args []string) error {
	if c.asJSON {
		c.output = asJSON
	}
	if err := c.page.check(c.output); err != nil {
		return err
	}
	c.join = string(join.ByTime)
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.close()
	refs, err := c.session.ParseAsking(ctx, args)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if ref.Kind == prow.KindPath || ref.Kind == prow.KindStdin {
			return usageError{fmt.Errorf("cannot look at the history of %s: it is on this machine, not a job", text.Line(cmp.Or(ref.Path, "-"))), "name a job, or paste a link"}
		}
	}
	if refs, err = c.others(ctx, refs); err != nil {
		return err
	}
	runs, err := c.runs(ctx, refs)
	if err != nil {
		return err
	}
	if c.page.open {
		return c.serve(ctx, history.Make(runs))
	}
	return c.print(history.Make(runs))
}

// others adds the jobs of --with.
func (c *historyCommand) others(ctx context.Context, refs []prow.Ref) ([]prow.Ref, error) {
	if c.with == "" {
		return refs, nil
	}
	more, left, err := c.session.JobsLike(ctx, refs[0], c.with, mostJobs)
	if err != nil {
		return nil, err
	}
	if left {
		c.note("more than %d jobs match %s: using the first %d", mostJobs, text.Quote(c.with, maxQuoted), mostJobs)
	}
	if len(more) == 0 {
		c.note("no other job's name matches %s", text.Quote(c.with, maxQuoted))
	}
	return append(refs, more...), nil
}

// runs gives the runs of all jobs, each job once.
func (c *historyCommand) runs(ctx context.Context, refs []prow.Ref) (all []history.Run, err error) {
	seen := map[string]bool{}
	for _, ref := range refs {
		c.reading = &stage{said: "looking for the runs of " + cmp.Or(ref.Job, changeOf(ref))}
		done := c.shown.during(c.reading.say)
		runs, err := c.session.History(ctx, ref, c.number, c.knownErrors())
		done()
		if err != nil && len(refs) > 1 && ctx.Err() == nil {
			c.note("%v", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			if name := r.Job + " " + r.Build; !seen[name] {
				seen[name] = true
				all = append(all, r)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no runs were found")
	}
	return all, nil
}

func (c *historyCommand) print(h *history.History) (err error) {
	switch out := c.streams.Out; c.output {
	case asJSON:
		err = h.JSON(out)
	case asMarkdown:
		err = h.Markdown(out)
	default:
		err = h.Text(out, c.streams.look())
	}
	if err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// historyStarted tells how much is read: of a job, or of a pull request.
func historyStarted(e session.HistoryStarted) string {
	of := e.Ref.Job
	if of == "" {
		of = changeOf(e.Ref)
	}
	return fmt.Sprintf("reading %s of %s", text.Count(e.Runs, "run"), text.Line(of))
}

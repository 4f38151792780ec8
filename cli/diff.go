package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/launch"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage/diff"
)

// diffCommand says what differs between a run and runs that passed.
type diffCommand struct {
	request
	output string
	asJSON bool
	number int
	opened openedPage
}

func newDiff(s Streams) *cobra.Command {
	c := &diffCommand{request: newRequest(s)}
	command := &cobra.Command{
		Use:   "diff [GOOD] BAD",
		Short: "Show how a run differs from a passing run of its job",
		Long: `diff compares a run with another run, or with earlier passing runs of its job.
It lists changed inputs first: commits, images, versions, configuration of the
job, cluster and node. Then it lists errors, phases, test cases, calls and log
lines. Each is listed if only one run has it, if its number changed, if it took
longer, or if it stopped early. Attributes that more spans have come last.

With several passing runs, diff lists what differs from all of them. z is how
many spreads a duration is from the median of these runs.

With --open it shows a page in the browser, on this machine until Ctrl-C: both
timelines aligned by phase, what changed, and both logs side by side.`,
		Example: `  prowtrace diff e2e-kops-aws-distro-deb13 kops#18000
  prowtrace diff --failed --runs 3 e2e-kops-gce-cni-cilium
  prowtrace diff ./passed ./failed -o markdown
  prowtrace diff --open e2e-kops-aws-distro-deb13 kops#18000`,
		Args: oneOrTwo,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	f := command.Flags()
	c.register(f)
	f.VarP(choiceValue{&c.output, []string{asText, asMarkdown, asJSON}}, "output", "o", "output format: text, markdown (for a comment) or json")
	c.output = asText
	f.BoolVar(&c.asJSON, "json", false, "the same as --output json")
	f.Var(countValue{&c.number}, "runs", "compare with this many passing runs of the job (default 1)")
	c.opened.register(f)
	return command
}

// oneOrTwo wants a run, or two of them.
func oneOrTwo(c *cobra.Command, args []string) error {
	if len(args) > 2 {
		return usageError{fmt.Errorf("diff takes at most two runs, but got %s", text.Number(len(args))), "--runs 10 compares with several passing runs of the job"}
	}
	return atLeastOne(c, args)
}

func (c *diffCommand) run(ctx context.Context, args []string) error {
	if c.asJSON {
		c.output = asJSON
	}
	if len(args) == 2 && c.number > 0 {
		return usageError{errors.New("--runs and a run to compare with cannot be combined"), "leave out one of them"}
	}
	if err := c.opened.check(c.output); err != nil {
		return err
	}
	if c.opened.open {
		return c.openPages(ctx, args)
	}
	c.join, c.logs, c.reported = string(join.ByTime), true, true
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.close()
	refs, err := c.parse(ctx, args)
	if err != nil {
		return err
	}
	d, err := c.compare(ctx, refs)
	if err != nil {
		return err
	}
	if err := c.print(d); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// openPages shows two runs as the pages of traces do, beside each other.
func (c *diffCommand) openPages(ctx context.Context, args []string) error {
	if c.number > 1 {
		return usageError{errors.New("--open compares with one run, --runs with several"), "leave out one of them"}
	}
	v := &viewCommand{request: c.request, ui: uiBuiltin, listen: c.opened.listen, noBrowser: c.opened.noBrowser, compare: judgeFlags{baseline: session.BaselineAuto, number: 3}}
	v.join, v.patience = string(join.ByTime), besideFirst
	if err := v.request.open(ctx); err != nil {
		return err
	}
	defer v.close()
	refs, err := v.parse(ctx, args)
	if err != nil {
		return err
	}
	if len(refs) == 1 {
		if refs, err = v.withPassing(ctx, refs[0]); err != nil {
			return err
		}
	}
	loaded, err := v.load(ctx, refs)
	if err != nil {
		return err
	}
	defer loaded.Close()
	if len(loaded.Inputs) != 2 {
		return usageError{errors.New("both arguments are the same run"), "name another run, or only one to compare it with the last passing run"}
	}
	return v.serve(ctx, loaded, launch.Jaeger{}, nil)
}

// withPassing is the last run of the job that passed before a run, and the run.
func (r *request) withPassing(ctx context.Context, bad prow.Ref) (refs []prow.Ref, err error) {
	collected, err := r.session.Collect(ctx, []prow.Ref{bad})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, collected.Close()) }()
	in := collected.Inputs[0]
	good, err := r.session.LastPassing(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.Located() { // of a job the run that was chosen
		bad = prow.Ref{Kind: prow.KindRun, Run: in.Ref.Run}
	}
	return []prow.Ref{good, bad}, nil
}

// compare compares the last of the runs with the one before it, or with passing ones.
func (c *diffCommand) compare(ctx context.Context, refs []prow.Ref) (d *diff.Diff, err error) {
	loaded, err := c.collect(ctx, refs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, loaded.Close()) }()
	if len(loaded.Inputs) != len(refs) {
		return nil, usageError{errors.New("both arguments are the same run"), "name another run, or only one to compare it with the last passing run"}
	}
	o := session.Differing{Known: c.knownErrors(), Number: max(1, c.number), Page: c.page}
	stage := &stage{said: "reading the logs"}
	o.Tell = func(some, all int) {
		stage.compared(some, all)
		if some == 0 && all > 0 {
			c.note("comparing with %s", text.Count(all, "passing run"))
		}
	}
	last := len(loaded.Inputs) - 1
	if last > 0 {
		o.Good = loaded.Inputs[0]
	}
	defer c.shown.during(stage.say)()
	return loaded.Diff(ctx, loaded.Inputs[last], o)
}

func (c *diffCommand) print(d *diff.Diff) error {
	out := c.streams.Out
	switch c.output {
	case asJSON:
		return d.JSON(out)
	case asMarkdown:
		return d.Markdown(out)
	}
	return d.Text(out, c.streams.look())
}

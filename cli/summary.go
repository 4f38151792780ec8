package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
	"prowtrace/triage/report"
)

// summaryCommand says what broke first.
type summaryCommand struct {
	request
	output     string
	asJSON     bool
	compare    judgeFlags
	signatures string
	form       string
	newSince   string
	exitCode   bool

	nothing []error // of files that tell nothing
}

// The forms of a summary.
const (
	asText     = "text"
	asMarkdown = "markdown"
	asIssue    = "issue"
	asJSON     = "json"

	formAuto = "auto" // of an issue

	unknownResult = "unknown" // of a verdict on what no file of Prow tells of
)

func newSummary(s Streams) *cobra.Command {
	c := &summaryCommand{request: newRequest(s)}
	command := &cobra.Command{
		Use:   "summary WHAT…",
		Short: "Show what broke first in a run, and how that is known",
		Long: `summary reads Prow's files, JUnit, logs and traces of a run and says what broke
first: the cause in one sentence, how it led to the failure, what to do, and where
the time went. It compares with the last passing runs of the same job, because
what is in them too is seldom the cause. It waits for them for at most 5 seconds.

For a pull request it judges the newest runs of all jobs that failed at the newest
commit, and groups equal failures.

With --exit-code it exits with 10 if it found a cause with medium or high
confidence, with 11 if it found none or the run has not ended, and with 0 if the
run passed.

With --new-since FILE it prints only findings that are not in FILE yet, and adds
them to it. If nothing is new, it prints nothing (with --json the runs without
findings), and --exit-code gives 0. docs/bots.md has recipes.`,
		Example: `  prowtrace summary kops#18011
  prowtrace summary --failed pull-kops-e2e-k8s-gce-cilium -o markdown
  prowtrace summary --new-since seen.json -o markdown kops#18011`,
		Args: atLeastOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("new-since") && c.newSince == "" {
				return usageError{errors.New("--new-since needs a file"), "write --new-since FILE; a new file is created"}
			}
			return c.run(cmd.Context(), args)
		},
	}
	f := command.Flags()
	c.register(f)
	f.VarP(choiceValue{&c.output, []string{asText, asMarkdown, asIssue, asJSON}}, "output", "o", "output format: text, markdown (for a comment), issue (Kubernetes' form for a failing test) or json")
	c.output = asText
	choice(f, &c.form, "form", formAuto, "kind of --output issue: failing, flaking or auto (flaking if a later run passed without a change)", formAuto, string(report.FailingTest), string(report.FlakingTest))
	f.BoolVar(&c.asJSON, "json", false, "the same as --output json")
	c.compare.register(f)
	f.Var(namedValue{&c.signatures, "FILE"}, "signatures", "also use the signatures of this file")
	f.Var(namedValue{&c.newSince, fileValue}, "new-since", "print only findings that this file does not have yet, and add them to it")
	f.BoolVar(&c.exitCode, "exit-code", false, "exit with 10 if a cause was found, 11 if none was found or the run has not ended")
	return command
}

func (c *summaryCommand) run(ctx context.Context, args []string) error {
	if c.asJSON {
		c.output = asJSON
	}
	if c.form != formAuto && c.output != asIssue {
		return usageError{errors.New("--form needs --output issue"), "use it with --output issue"}
	}
	c.join, c.logs = string(join.ByTime), true
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.close()
	if err := c.readSignatures(); err != nil {
		return err
	}
	refs, err := c.parse(ctx, args)
	if err != nil {
		return err
	}
	if c.newSince != "" { // before minutes of work
		if err := session.CheckSeen(c.newSince); err != nil {
			return err
		}
	}
	several := &report.Summaries{}
	for _, ref := range refs {
		some, pull, err := c.summarize(ctx, ref)
		if err != nil {
			return err
		}
		several.Runs = append(several.Runs, some...)
		if several.Pull = pull; pull != nil && len(refs) > 1 {
			c.note("%s", pull.Line())
			several.Pull = nil
		}
	}
	pull := several.Pull
	several = report.Several(several.Runs)
	several.Pull = pull
	if c.newSince != "" {
		several, err = c.printNew(ctx, several)
	} else {
		err = c.print(several)
	}
	if err = errors.Join(append([]error{err}, c.nothing...)...); err != nil {
		return err
	}
	for _, s := range several.Runs {
		if err := c.codeOf(s); err != nil {
			return err
		}
	}
	return nil
}

// summarize judges what one argument means: its run, or the failed jobs of a pull request,
// unless one run of it is chosen.
func (c *summaryCommand) summarize(ctx context.Context, ref prow.Ref) ([]*report.Summary, *report.Pull, error) {
	if ref.Kind == prow.KindPR && len(c.choice.given()) == 0 {
		return c.pull(ctx, ref)
	}
	loaded, err := c.collect(ctx, []prow.Ref{ref})
	if err != nil {
		return nil, nil, err
	}
	all, err := c.judge(ctx, loaded)
	return all, nil, err
}

// readSignatures adds those of --signatures, which come before all others.
func (c *summaryCommand) readSignatures() error {
	if c.signatures == "" {
		return nil
	}
	own, err := readSignatures(c.signatures)
	if isA[*session.MissingPathError](err) {
		return advised{err, "check the name of the file; docs/signatures.md describes it"}
	}
	if err != nil {
		return err
	}
	more, err := ownSignatures(c.streams.Getenv)
	if err != nil {
		return err
	}
	c.knownErrors = matcher(append(own, more...))
	return nil
}

// judge judges what one argument came to, and closes it.
func (c *summaryCommand) judge(ctx context.Context, loaded *session.Loaded) (all []*report.Summary, err error) {
	defer func() { err = errors.Join(err, loaded.Close()) }()
	for _, in := range loaded.Inputs {
		s, err := c.judgeShown(ctx, loaded, in, c.judging(c.compare))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
		if err := loaded.NoSpans(in); err != nil && onlyLocal(err) && len(s.Findings) == 0 && s.Verdict.Result == unknownResult {
			c.nothing = append(c.nothing, err)
		}
	}
	return all, nil
}

// print writes all summaries: one run in full, also where it is the only failed one of a
// pull request.
func (c *summaryCommand) print(s *report.Summaries) error {
	if err := c.write(s); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

func (c *summaryCommand) write(s *report.Summaries) error {
	out, pull, look := c.streams.Out, s.Pull, c.streams.look()
	if len(s.Runs) == 1 && (pull == nil || c.output != asJSON) {
		if pull != nil && c.output == asText {
			if _, err := fmt.Fprintf(out, "%s\n\n", strings.Join(text.Wrap(pull.Line(), look.Width), "\n")); err != nil {
				return err
			}
		}
		switch one := s.Runs[0]; c.output {
		case asJSON:
			return one.JSON(out)
		case asMarkdown:
			return one.Markdown(out)
		case asIssue:
			return one.IssueAs(out, c.issueForm(one))
		default:
			return one.Text(out, look)
		}
	}
	switch c.output {
	case asJSON:
		return s.JSON(out)
	case asIssue:
		c.note("printing a table: an issue is about one run; name one of them")
		return s.Markdown(out)
	case asMarkdown:
		return s.Markdown(out)
	default:
		return s.Text(out, look)
	}
}

// issueForm is the form that was asked for, or that the evidence asks for.
func (c *summaryCommand) issueForm(s *report.Summary) report.Form {
	if c.form == formAuto {
		return s.Form()
	}
	return report.Form(c.form)
}

// codeOf is what --exit-code makes of a summary.
func (c *summaryCommand) codeOf(s *report.Summary) error {
	switch {
	case !c.exitCode || s.Verdict.Result == string(runfile.Passed):
		return nil
	case len(s.Findings) == 0 && s.Known > 0: // nothing is new
		return nil
	case len(s.Findings) > 0 && s.Findings[0].Confidence != string(triage.Low):
		return judgedError{ExitCause}
	}
	return judgedError{ExitNoCause}
}

// judgedError is no error: a code that was asked for.
type judgedError struct{ code int }

func (e judgedError) Error() string        { return fmt.Sprintf("exit code %d", e.code) }
func (e judgedError) Is(target error) bool { return target == errReported }

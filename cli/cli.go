// Package cli is prowtrace's command line: one file a command, and the wording
// of everything a person reads on the terminal.
//
// Results go to standard output, progress and problems to standard error. The
// package parses no formats and makes no requests itself; it calls the
// packages that do and puts their errors into words. Text that comes from
// buckets or traces is made harmless before it is printed.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/session"
)

// Streams are what a command reads from and writes to, and the environment it
// looks at.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
}

// Main runs the command line args (without the program's name) until it is
// done or ctx ends, and returns the exit code.
func Main(ctx context.Context, args []string, s Streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	ran, err := root, askedHelp(root, args)
	if err == nil {
		err = panics.Guard(func() (err error) {
			ran, err = root.ExecuteContextC(ctx)
			return err
		})
	}
	if err != nil && !isA[*session.WaitError](err) && stopped(ctx, err) {
		fmt.Fprintf(s.Err, "prowtrace: %v\n", context.Cause(ctx))
	} else if err != nil {
		printError(s.Err, invocation{ran}, err)
	}
	return codeOfEnd(ctx, err)
}

// Command gives all commands, for who writes manuals of them.
func Command(s Streams) *cobra.Command { return newRoot(s) }

func newRoot(s Streams) *cobra.Command {
	view := newView(s)
	root := view.command("prowtrace WHAT…")
	root.Short = "Show what happened in a Prow job, and what broke first"
	root.Long = `prowtrace shows what happened in a Prow job and what broke first. It downloads
the job's artifacts and joins Prow's files, the logs and the OpenTelemetry traces
in artifacts/otlp/. It opens the result in Jaeger, or in its own pages if there
is no Jaeger. To read the cause in the terminal: prowtrace summary WHAT.

WHAT is the link of a run (Spyglass, gcsweb, storage), a directory, a file, or -
for a file or an archive on standard input. It can also be the name of a job,
JOB@BUILD or a pull request (kops#18000): see --latest and --failed.

To add a Prow that is not built in, describe it in prowtrace/config.yaml in the
user's config directory, or in the file PROWTRACE_CONFIG. docs/config.md
describes the file.`
	root.Example = `  prowtrace summary kops#18011
  prowtrace https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002
  prowtrace fetch gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002
  prowtrace --failed pull-kops-e2e-k8s-gce-cilium`
	root.Version = built()
	root.RunE = func(c *cobra.Command, args []string) error {
		if err := mistyped(root, args); err != nil {
			return err
		}
		return view.run(c.Context(), args)
	}
	guided(root, s)
	takeLinks(root, s)
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetUsageFunc(printUsage)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	addCommands(root, view, s)
	foldHelp(root, s)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = unknownSub, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	completeRunsOf(root, s)
	completeFlags(root)
	return root
}

// addCommands adds the commands in groups, each with an example of one of them.
func addCommands(root *cobra.Command, view *viewCommand, s Streams) {
	for _, g := range []struct {
		id, example string
		ofLinks     []*cobra.Command
		others      []*cobra.Command
	}{
		{"Look", "prowtrace log --errors kops#18000", []*cobra.Command{view.command("view WHAT…"), newLog(s), newRuns(s)}, nil},
		{"Judge", "prowtrace summary kops#18011", []*cobra.Command{newSummary(s), newDiff(s), newHistory(s)}, []*cobra.Command{newSignatures(s)}},
		{"Get", "prowtrace fetch --failed pull-kops-e2e-k8s-gce-cilium", []*cobra.Command{newFetch(s), newResolve(s)}, []*cobra.Command{newCache(s)}},
		{"Share", "prowtrace export --format html -o run.html kops#18000", []*cobra.Command{newExport(s), newPush(s)}, nil},
		{"Serve", "prowtrace serve kops#18000", nil, []*cobra.Command{newServe(s), newMCP(s)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.id + ", as in " + g.example + ":"})
		for _, c := range g.ofLinks {
			takeLinks(c, s)
		}
		for _, c := range slices.Concat(g.ofLinks, g.others) {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
	root.AddCommand(newVersion(s))
}

// usageError is a command line that makes no sense, with what to do.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// advised is a failure with what to do about it, on a line of its own.
type advised struct {
	err  error
	hint string
}

func (u advised) Error() string { return u.err.Error() }
func (u advised) Unwrap() error { return u.err }

// atLeastOne wants an argument.
func atLeastOne(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return usageError{errors.New("no run, directory or file given"),
		"paste the link of a Prow job, or name a directory or a file; " + c.CommandPath() + " --help shows examples"}
}

// printError prints an error of a command, and what to do about it on a line of its own.
func printError(w io.Writer, ran invocation, err error) {
	if errors.Is(err, errReported) {
		return
	}
	fmt.Fprintf(w, "prowtrace: %s\n", text.Lines(err.Error()))
	if hint := hintOf(ran, err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", text.Lines(hint))
	}
	if met := (*panics.Error)(nil); errors.As(err, &met) {
		fmt.Fprintf(w, "%s\n", text.Lines(string(met.Stack)))
	}
}

// errReported is a failure whose every part was printed as it came.
var errReported = errors.New("reported")

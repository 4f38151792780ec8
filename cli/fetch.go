package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// fetchCommand downloads and opens nothing.
type fetchCommand struct {
	request
	output string
}

// newFetch makes the command that only downloads.
func newFetch(s Streams) *cobra.Command {
	f := &fetchCommand{request: newRequest(s)}
	c := &cobra.Command{
		Use:   "fetch WHAT…",
		Short: "Download the traces of runs and print where they are",
		Long: `fetch downloads the trace files of runs into the cache and prints the directory of
each run. prowtrace also takes that directory as WHAT. The logs of a run that has
ended are fetched after its traces.

With -o the files are copied to a directory under their own names (on Windows %3A
stands for a colon). Logs are copied if they were fetched whole. Several runs get
one directory each below it.`,
		Example: `  dir=$(prowtrace fetch gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002)
  prowtrace "$dir"`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c.Context(), args) },
	}
	f.register(c.Flags())
	c.Flags().VarP(namedValue{&f.output, dirValue}, "output", "o", "copy the files to this directory, under their names in the run")
	c.Flags().Lookup("no-cache").Usage = "with -o: download to a temporary directory, copy, and delete it on exit"
	return c
}

func (f *fetchCommand) run(ctx context.Context, args []string) (err error) {
	if f.noCache && f.output == "" {
		return usageError{errors.New("--no-cache needs -o: fetch would delete what it has downloaded"), "name a directory for the files: fetch --no-cache -o DIR"}
	}
	if info, err := os.Stat(f.output); err == nil && !info.IsDir() {
		return usageError{fmt.Errorf("cannot copy files to %s: it is a file", text.Line(f.output)), "name a directory; a new one is created"}
	}
	f.keepFiles = f.output == ""
	if err := f.open(ctx); err != nil {
		return err
	}
	defer f.close()
	refs, err := f.session.ParseAsking(ctx, args)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if _, err := os.Lstat(ref.Path); ref.Kind == prow.KindPath && errors.Is(err, fs.ErrNotExist) {
			return &session.MissingPathError{Path: ref.Path}
		}
		if ref.Kind == prow.KindPath || ref.Kind == prow.KindStdin {
			return usageError{fmt.Errorf("cannot fetch %s: it is on this machine already", text.Line(ref.Input)), "fetch takes links of runs"}
		}
	}
	done := f.shown.during(func() string { return "looking for " + text.Count(len(refs), "run") })
	c, err := f.session.Collect(ctx, refs)
	done()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, in := range c.Inputs {
		if said := unfinished(in); said != "" {
			f.note("%s", said)
		}
		if _, running := in.Unfinished(); !running { // else they are still written
			if _, err := in.Logs(ctx); err != nil {
				return err
			}
			f.tellLosses(in.LogLosses())
		}
		dir := in.Fetched.Dir
		if f.output != "" {
			dir = f.output
			if len(c.Inputs) > 1 { // two runs have files of the same names
				dir = filepath.Join(dir, exportName(in.Ref.Run))
			}
			if _, err := in.Fetched.Export(ctx, dir); err != nil {
				var there *fs.PathError
				if errors.As(err, &there) {
					err = advised{err, "name a directory that can be written: -o DIR"}
				}
				return err
			}
		}
		if _, err := fmt.Fprintln(f.streams.Out, dir); err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
	}
	return nil
}

// exportName is a directory for one run of several. Prow's names of jobs have
// letters, digits, dots, dashes and underscores only; prow.Parse sees to that.
func exportName(run prow.Run) string { return run.Job + "-" + run.Build }

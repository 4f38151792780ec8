package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newFetch makes the command that only downloads.
func newFetch(s Streams) *cobra.Command {
	g := &sourcing{streams: s}
	c := &cobra.Command{
		Use:   "fetch WHAT…",
		Short: "Download the traces of runs and print where they are",
		Long: `fetch downloads the trace files of runs into the cache and prints, for each run,
the directory that holds them, which prowtrace also takes as WHAT.`,
		Example: `  dir=$(prowtrace fetch gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000001)
  prowtrace "$dir"`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error {
			refs, err := parse(args)
			if err != nil {
				return err
			}
			jobs := make([]*job, len(refs))
			for i, ref := range refs {
				run, err := runOf(ref)
				if err != nil {
					return err
				}
				ref.Run = run
				jobs[i] = &job{ref: ref}
			}
			if err := g.fetch(c.Context(), jobs); err != nil {
				return err
			}
			for _, j := range jobs {
				if _, err := fmt.Fprintln(s.Out, j.result.Dir); err != nil {
					return fmt.Errorf("writing: %w", err)
				}
			}
			return nil
		},
	}
	g.register(c.Flags())
	return c
}

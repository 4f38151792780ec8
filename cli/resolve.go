package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// newResolve makes the command that says what links and names mean.
func newResolve(s Streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "resolve WHAT…",
		Short: "Say what links and names mean, without the network",
		Long: `resolve prints what each link or name means, one a line, without asking the
network. A status of ok is a run, resolve is something that leads to a run once
the bucket is asked, error says what is wrong. Exit code 2 if any is wrong.`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error {
			known, err := knownInstances(s.Getenv)
			if err != nil {
				return err
			}
			failed := false
			for _, arg := range args {
				ref, err := session.Parse(known, arg)
				if e := (*link.ParseError)(nil); errors.As(err, &e) {
					e.Hint = parseHint(e)
				}
				row := link.NewRow(ref, err)
				failed = failed || row.Error != ""
				if err := printRow(s, row, asJSON); err != nil {
					return fmt.Errorf("writing: %w", err)
				}
			}
			if failed {
				return usageError{err: errReported}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON objects")
	return c
}

func printRow(s Streams, row link.Row, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(s.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(row)
	}
	var parts []string
	values := row.Values()
	for i, column := range link.Columns() {
		switch {
		case values[i] == "":
		case strings.ContainsAny(values[i], " \t") || column == "error" || column == "note":
			parts = append(parts, fmt.Sprintf("%s=%q", column, text.Line(values[i])))
		default:
			parts = append(parts, column+"="+text.Line(values[i]))
		}
	}
	_, err := fmt.Fprintln(s.Out, strings.Join(parts, " "))
	return err
}

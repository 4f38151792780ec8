package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// newResolve makes the command that says what links and names mean.
func newResolve(s Streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "resolve WHAT…",
		Short: "Say what links and names mean, without the network",
		Long: `resolve says what each link or name means, one per line, without the network.
With --json it prints one object per line; docs/resolve.md explains the codes.
The exit code is that of the first argument that cannot be used.`,
		Example: `  prowtrace resolve kops#18000
  prowtrace resolve --json https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error {
			known, err := knownInstances(s.Getenv)
			if err != nil {
				return err
			}
			var failed error
			for _, arg := range args {
				ref, err := session.Parse(known, arg)
				if e := (*link.ParseError)(nil); errors.As(err, &e) {
					e.Hint = parseHint(e)
				}
				row := link.NewRow(ref, err)
				if err == nil {
					err = usable(ref)
				} else {
					err = &session.ArgumentError{Argument: arg, Err: err}
				}
				if err != nil && row.Error == "" {
					row.Status, row.Error = "error", codeOf(err)+": "+err.Error()
				}
				failed = cmp.Or(failed, err)
				if err := printRow(s, arg, ref, row, err, asJSON); err != nil {
					return fmt.Errorf("cannot write the output: %w", err)
				}
			}
			if failed != nil {
				return reportedAs{failed}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON objects")
	return c
}

// usable refuses what is understood and cannot be opened: files that are not there, and
// stores that cannot be read.
func usable(ref prow.Ref) error {
	switch ref.Kind {
	case prow.KindStdin:
	case prow.KindPath:
		if _, err := os.Stat(ref.Path); err != nil {
			return &session.MissingPathError{Path: ref.Path}
		}
	default:
		if _, ok := stores[cmp.Or(ref.Provider, prow.DefaultProvider)]; !ok {
			return &session.UnsupportedStoreError{Run: ref.Run}
		}
	}
	return nil
}

// codeOf is the code of what is understood and cannot be opened.
func codeOf(err error) string {
	if isA[*session.MissingPathError](err) {
		return "E_MISSING"
	}
	return "E_STORE"
}

// reportedAs is an error that was printed already, for the exit code.
type reportedAs struct{ err error }

func (r reportedAs) Error() string        { return r.err.Error() }
func (r reportedAs) Unwrap() error        { return r.err }
func (r reportedAs) Is(target error) bool { return target == errReported }

func printRow(s Streams, arg string, ref prow.Ref, row link.Row, failed error, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(s.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(row)
	}
	if failed != nil {
		said := failed.Error()
		if !isA[*session.ArgumentError](failed) {
			said = "cannot use " + link.QuoteLink(arg) + ": " + said
		}
		if hint := hintOf(invocation{}, failed); hint != "" {
			said += "; " + hint
		}
		_, err := fmt.Fprintln(s.Out, text.Line(said))
		return err
	}
	said := sentence(ref)
	if row.Note != "" {
		said += " (" + strings.Replace(row.Note, "default instance", "default Prow", 1) + ")" // scripts know the note as it is
	}
	_, err := fmt.Fprintln(s.Out, text.Line(said))
	return err
}

// sentence says for a person what a reference means.
func sentence(ref prow.Ref) string {
	of := ""
	if ref.Pull != "" {
		of = " of pull request " + strings.TrimPrefix(strings.TrimPrefix(ref.Org+"/"+ref.Repo, "/")+"#"+ref.Pull, "#")
	}
	in := ""
	if ref.Bucket != "" {
		in = " in bucket " + ref.Provider + "://" + ref.Bucket
	}
	below := ""
	if ref.Rest != "" {
		below = ", there " + ref.Rest
	}
	switch ref.Kind {
	case prow.KindStdin:
		return "standard input"
	case prow.KindPath:
		return "the file or directory " + ref.Path + " on this machine"
	case prow.KindRun:
		return "run " + ref.Build + " of job " + ref.Job + of + in + below
	case prow.KindPointer, prow.KindDeck:
		return "run " + ref.Build + " of job " + ref.Job + in + below + "; its bucket says where it is"
	case prow.KindJob, prow.KindPRJob:
		return "a run of job " + ref.Job + of + in + ": the newest, unless --failed or the like is given"
	case prow.KindPR:
		return "a run" + of + in + ": its only one, unless --latest, --failed or the like is given"
	case prow.KindProwJob:
		return "the run of the ProwJob " + ref.ProwJob + "; its Prow says where it is"
	}
	return string(ref.Kind)
}

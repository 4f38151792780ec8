package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/session"
	"prowtrace/triage"
)

// newSignatures makes the commands for errors that are known.
func newSignatures(s Streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "signatures",
		Short: "List the errors that prowtrace knows, and test your own",
		Long: `signatures lists the errors that prowtrace knows by their text: what each means,
and what to do. Your own are in signatures.yaml in the configuration directory,
beside config.yaml. One of yours with the id of a built-in one replaces it.
docs/signatures.md describes the file.`,
		Example: `  prowtrace signatures
  prowtrace signatures test signatures.yaml`,
		Args: unknownSub,
		RunE: func(*cobra.Command, []string) error {
			own, err := ownSignatures(s.Getenv)
			if err != nil {
				return err
			}
			all, err := knownSignatures(own)
			if err != nil {
				return err
			}
			if asJSON {
				return printSignaturesJSON(s, all)
			}
			return printSignatures(s, all)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON objects, one per line")
	c.AddCommand(newSignaturesTest(s))
	return c
}

func newSignaturesTest(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "test FILE…",
		Short:   "Read files of signatures and try their examples",
		Example: "  prowtrace signatures test signatures.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return nil
			}
			return usageError{errors.New("no file given"), "name a file of signatures: prowtrace signatures test signatures.yaml"}
		},
		RunE: func(_ *cobra.Command, args []string) error {
			failed := false
			for _, path := range args {
				all, err := readSignatures(path)
				if err != nil {
					return err
				}
				for _, one := range all {
					if err := one.Check(); err != nil {
						failed = true
						fmt.Fprintln(s.Err, text.Lines(err.Error()))
					}
				}
				if !failed {
					if _, err := fmt.Fprintf(s.Out, "%s: %s, all examples pass\n", text.Line(path), text.Count(len(all), "signature")); err != nil {
						return fmt.Errorf("cannot write the output: %w", err)
					}
				}
			}
			if failed {
				return advised{errors.New("some examples fail"), "change the pattern or the example that is named above; docs/signatures.md describes both"}
			}
			return nil
		},
	}
}

// readSignatures reads a file of signatures.
func readSignatures(path string) ([]*triage.Signature, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &session.MissingPathError{Path: path}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := triage.Read(path, f)
	if err != nil {
		return nil, usageError{err, "docs/signatures.md describes the file"}
	}
	return all, nil
}

// ownSignatures gives those in the user's configuration directory.
func ownSignatures(getenv func(string) string) ([]*triage.Signature, error) {
	config, _ := configPath(getenv)
	if config == "" {
		return nil, nil
	}
	own, err := readSignatures(filepath.Join(filepath.Dir(config), "signatures.yaml"))
	if isA[*session.MissingPathError](err) {
		return nil, nil
	}
	return own, err
}

// knownSignatures gives the user's signatures, and behind them those that are built in and
// that he does not replace.
func knownSignatures(own []*triage.Signature) ([]*triage.Signature, error) {
	all := slices.Clone(own)
	builtIn, err := triage.BuiltIn()
	for _, s := range builtIn {
		if !slices.ContainsFunc(own, func(o *triage.Signature) bool { return o.ID == s.ID }) {
			all = append(all, s)
		}
	}
	return all, err
}

// matcher makes what finds the user's signatures and the others. It is made when it is
// first asked for: that takes some 15 ms.
func matcher(own []*triage.Signature) func() *triage.Matcher {
	return sync.OnceValue(func() *triage.Matcher {
		all, err := knownSignatures(own)
		if err != nil {
			all = own // a test reads those that are built in
		}
		return triage.NewMatcher(all)
	})
}

func printSignatures(s Streams, all []*triage.Signature) error {
	var t text.Table
	t.Row("ID", "CATEGORY", "TITLE")
	for _, one := range all {
		t.Row(one.ID, string(one.Category), text.Line(one.Title))
	}
	return s.table(&t)
}

func printSignaturesJSON(s Streams, all []*triage.Signature) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	for _, one := range all {
		err := enc.Encode(struct {
			ID         string          `json:"id"`
			Category   triage.Category `json:"category"`
			Title      string          `json:"title"`
			Pattern    string          `json:"pattern"`
			Attributes []string        `json:"attributes,omitempty"`
			Next       string          `json:"next"`
			Link       string          `json:"link,omitempty"`
		}{one.ID, one.Category, one.Title, one.Pattern.String(), one.Attributes, one.Next, one.Link})
		if err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
	}
	return nil
}

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"prowtrace/internal/text"
	"prowtrace/launch"
)

// The values of --from.
const (
	fromClipboard = "clipboard"
	fromStdin     = "stdin"
)

// Bounds on what --from takes.
const (
	maxPasted = 64 << 10 // bytes
	maxLinks  = 100
)

// guide says what can be pasted.
const guide = `Paste behind prowtrace what you have:

  prowtrace https://prow.k8s.io/view/gs/…  the link of a run
  prowtrace e2e-kops-aws-distro-deb13      a job: its newest run
  prowtrace summary kops#18011             a pull request
  prowtrace ./artifacts                    files of traces

A link in the clipboard: prowtrace --from clipboard
A link from another program: prowtrace --from stdin
What broke first, in the terminal: prowtrace summary, with the same
All commands: prowtrace --help
`

// atTerminal reports whether a person types and reads.
func (s Streams) atTerminal() bool {
	in, ok := s.In.(*os.File)
	_, out := terminal(s.Out)
	return out && ok && term.IsTerminal(int(in.Fd()))
}

// guided makes the name of the program alone print the guide for a person.
func guided(root *cobra.Command, s Streams) {
	check, run := root.Args, root.RunE
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 && s.atTerminal() {
			return nil
		}
		return check(c, args)
	}
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return run(c, args)
		}
		width, _ := terminal(s.Out)
		if _, err := io.WriteString(s.Out, folded(guide, width)); err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
		return nil
	}
}

// takeLinks adds --from to a command, which takes the place of its arguments. Nothing is read
// from the clipboard, and nothing but "-" from standard input, unless it is asked for.
func takeLinks(c *cobra.Command, s Streams) {
	var from string
	choice(c.Flags(), &from, "from", "", "read the link from the clipboard, or links from stdin (one per line)", fromClipboard, fromStdin)
	check, run := c.Args, c.RunE
	c.Args = func(c *cobra.Command, args []string) error {
		switch {
		case from == "":
			return check(c, args)
		case len(args) > 0:
			return usageError{fmt.Errorf("--from %s and an argument cannot be combined", from), "leave out one of them"}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if from == "" {
			return run(c, args)
		}
		links, err := pasted(c.Context(), s, from)
		if err != nil {
			return err
		}
		if err := check(c, links); err != nil {
			return err
		}
		return run(c, links)
	}
}

// pasted reads links from where --from says.
func pasted(ctx context.Context, s Streams, from string) ([]string, error) {
	if from == fromStdin {
		return stdinLinks(ctx, s)
	}
	said, err := launch.Clipboard(ctx)
	if err != nil {
		return nil, advised{err, "paste the link as an argument, or pipe it: --from stdin"}
	}
	links := linksIn(said)
	if len(links) == 0 {
		return nil, advised{errors.New("the clipboard holds no text"), "copy the link of a run, or paste it as an argument"}
	}
	fmt.Fprintf(s.Err, "from the clipboard: %s\n", text.Clip(links[0], maxQuoted))
	return links[:1], nil
}

// stdinLinks reads the lines of standard input; of a terminal the first.
func stdinLinks(ctx context.Context, s Streams) ([]string, error) {
	in, ok := s.In.(*os.File)
	one := ok && term.IsTerminal(int(in.Fd()))
	if one {
		fmt.Fprintln(s.Err, "Paste a link and press Enter.")
	}
	type answer struct {
		said string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // reading cannot be interrupted: it ends with the program
		var a answer
		r := bufio.NewReader(io.LimitReader(s.In, maxPasted+1))
		if one {
			a.said, a.err = r.ReadString('\n')
		} else {
			all, err := io.ReadAll(r)
			a = answer{string(all), err}
		}
		read <- a
	}()
	var links []string
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case a := <-read:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return nil, fmt.Errorf("cannot read standard input: %w", a.err)
		}
		if len(a.said) > maxPasted {
			return nil, usageError{fmt.Errorf("standard input holds more than %s", text.Size(maxPasted)), "name fewer runs"}
		}
		links = linksIn(a.said)
	}
	switch {
	case len(links) == 0:
		return nil, usageError{errors.New("standard input holds no link"), "write one link per line"}
	case len(links) > maxLinks:
		return nil, usageError{fmt.Errorf("standard input holds %s, at most %d are allowed", text.Count(len(links), "line"), maxLinks), "name fewer runs"}
	}
	return links, nil
}

// linksIn gives the lines of a text that are not empty.
func linksIn(said string) []string {
	lines := strings.FieldsFunc(said, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

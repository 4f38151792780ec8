package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"prowtrace/internal/text"
)

// look is how results are shown: as wide as the terminal, in colours. Elsewhere lines have no
// limit, and there are colours only if CLICOLOR_FORCE asks for them. NO_COLOR and a terminal
// that is dumb have none.
func (s Streams) look() text.Look {
	width, on := terminal(s.Out)
	wanted := on && s.Getenv("CLICOLOR") != "0" || cmp.Or(s.Getenv("CLICOLOR_FORCE"), "0") != "0"
	return text.Look{Width: width, Colour: wanted && s.Getenv("NO_COLOR") == "" && s.Getenv("TERM") != "dumb"}
}

// terminal reports whether something is a terminal that can be drawn on, and how wide it is;
// 0 is not known.
func terminal(of any) (width int, ok bool) {
	f, isFile := of.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return width, drawable(f)
}

// table writes a table to standard output.
func (s Streams) table(t *text.Table) error {
	width, _ := terminal(s.Out)
	if err := t.Write(s.Out, width); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// foldHelp makes the help of all commands fit into a terminal.
func foldHelp(root *cobra.Command, s Streams) {
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		width, _ := terminal(s.Out)
		if width == 0 {
			help(c, args)
			return
		}
		var b strings.Builder
		c.SetOut(&b)
		help(c, args)
		c.SetOut(s.Out)
		_, _ = io.WriteString(s.Out, folded(b.String(), width))
	})
}

// folded breaks the lines of a help that are longer than width. Paragraphs are filled again;
// commands to copy stay whole.
func folded(help string, width int) string {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.TrimRight(help, "\n"), "\n\n") {
		for _, line := range filled(strings.Split(block, "\n"), width) {
			parts := []string{line}
			if !strings.HasPrefix(line, "  prowtrace ") {
				parts = text.Fold(line, width)
			}
			b.WriteString(strings.Join(parts, "\n") + "\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// filled joins the lines of a paragraph of which one is too long. Other blocks have lines
// that are indented.
func filled(lines []string, width int) []string {
	long := false
	for _, line := range lines {
		if strings.HasPrefix(line, " ") {
			return lines
		}
		long = long || utf8.RuneCountInString(line) > width
	}
	if !long {
		return lines
	}
	return []string{strings.Join(lines, " ")}
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"prowtrace/internal/text"
)

const (
	helpWidth   = 80 // columns of the help; commands and links may be longer
	usageColumn = 28 // where the texts of flags begin
)

// printUsage prints how a command is used: its lines, examples, commands and flags. It
// takes the place of cobra's, whose texts of flags are not wrapped.
func printUsage(c *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if c.Runnable() {
		fmt.Fprintf(&b, "  %s\n", c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", c.CommandPath())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, g := range c.Groups() {
		listCommands(&b, c, g.ID, g.Title)
	}
	if len(c.Groups()) > 0 {
		listCommands(&b, c, "", "Additional Commands:")
	} else {
		listCommands(&b, c, "", "Available Commands:")
	}
	if c.HasAvailableLocalFlags() {
		b.WriteString("\nFlags:\n")
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { printFlag(&b, f) })
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse \"%s [command] --help\" for more information about a command.\n", c.CommandPath())
	}
	_, err := io.WriteString(c.OutOrStderr(), b.String())
	return err
}

// listCommands prints the commands of a group below its title.
func listCommands(b *strings.Builder, c *cobra.Command, group, title string) {
	for _, sub := range c.Commands() {
		if sub.GroupID != group || !sub.IsAvailableCommand() && sub.Name() != "help" {
			continue
		}
		if title != "" {
			fmt.Fprintf(b, "\n%s\n", title)
			title = ""
		}
		fmt.Fprintf(b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
	}
}

// printFlag prints a flag, what it takes, and its text: beside that, or below it where it is long.
func printFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	value, said := pflag.UnquoteUsage(f)
	switch {
	case f.NoOptDefVal != "" && value != "":
		name += "[=" + value + "]"
	case value != "":
		name += " " + value
	}
	if f.DefValue != "" && value != "" && f.DefValue != "[]" && f.DefValue != "0" {
		said += " (default " + f.DefValue + ")"
	}
	b.WriteString(name)
	column := len(name)
	if column+2 > usageColumn {
		b.WriteString("\n")
		column = 0
	}
	for i, line := range text.Wrap(said, helpWidth-usageColumn) {
		if i > 0 {
			column = 0
		}
		fmt.Fprintf(b, "%*s%s\n", usageColumn-column, "", line)
	}
}

package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// An invocation is a command as it ran: what a hint about it can repeat. The zero value is
// prowtrace without a command.
type invocation struct {
	command *cobra.Command // nil: the program itself
}

// path is the name of the program and of the command, such as "prowtrace summary".
func (ran invocation) path() string {
	if ran.command == nil {
		return "prowtrace"
	}
	return ran.command.CommandPath()
}

// instead is the command with a name in the place of one of its arguments, or of all where
// that is none of them. Its flags are left out.
func (ran invocation) instead(of, name string) string {
	var args []string
	if ran.command != nil {
		args = slices.Clone(ran.command.Flags().Args())
	}
	at := slices.Index(args, of)
	if at < 0 {
		args, at = []string{""}, 0
	}
	args[at] = name
	for i, arg := range args {
		args[i] = shellWord(arg)
	}
	return ran.path() + " " + strings.Join(args, " ")
}

// shellWord writes an argument as a shell reads it.
func shellWord(arg string) string {
	if plainWord.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// plainWord matches what no shell changes.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/:@%+,=-]+$`)

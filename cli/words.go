package cli

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
)

// otherNames is what other programs call our commands.
var otherNames = map[string]string{
	"ls": "runs", "list": "runs", "history": "runs", "jobs": "runs", "builds": "runs",
	"convert": "export", "download": "fetch", "get": "fetch", "cp": "fetch", "copy": "fetch", "save": "fetch", "pull": "fetch",
	"open": "view", "show": "view", "compare": "diff", "changes": "diff",
	"server": "serve", "start": "serve",
	"logs": "log", "grep": "log", "tail": "log", "cat": "log", "errors": "log",
	"parse": "resolve", "explain": "resolve", "which": "resolve",
	"clean": "cache", "clear": "cache", "prune": "cache",
}

// bareWord matches words that are hardly the name of a job: those have dashes.
var bareWord = regexp.MustCompile(`^[a-zA-Z]+$`)

// commandMeant is the command that a word is nearly the name of; "" for all other
// words, and for files.
func commandMeant(c *cobra.Command, word string) string {
	if _, err := os.Lstat(word); err == nil || !bareWord.MatchString(word) {
		return ""
	}
	if name := otherNames[strings.ToLower(word)]; name != "" && c == c.Root() {
		return name
	}
	near, best := "", 3
	if len(word) < 5 {
		best = 2
	}
	for _, sub := range c.Commands() {
		if d := text.Distance(word, sub.Name()); d < best && sub.IsAvailableCommand() {
			near, best = sub.Name(), d
		}
	}
	return near
}

// mistyped refuses a first argument that is nearly a command's name, before anything is
// asked for a job of that name.
func mistyped(root *cobra.Command, args []string) error {
	near := commandMeant(root, args[0])
	if near == "" {
		return nil
	}
	return usageError{fmt.Errorf("unknown command %s: did you mean %s?", text.Quote(args[0], maxQuoted), near),
		"for a job of that name: prowtrace view " + args[0]}
}

// unknownSub refuses what is no command of a group.
func unknownSub(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := "use " + either(names) + ": " + c.CommandPath() + " " + names[0]
	if near := commandMeant(c, args[0]); near != "" {
		hint = "did you mean " + c.CommandPath() + " " + near + "? Otherwise " + hint
	}
	return usageError{fmt.Errorf("unknown command %s of %s", text.Quote(args[0], maxQuoted), c.CommandPath()), hint}
}

// noArguments is for commands that take none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%s takes no arguments, but got %s", c.CommandPath(), text.Quote(args[0], maxQuoted)), "run " + c.CommandPath()}
}

// oneJob is for commands that take the name or the link of one job.
func oneJob(c *cobra.Command, args []string) error {
	const example = "e2e-kops-aws-distro-deb13"
	switch len(args) {
	case 0:
		return usageError{fmt.Errorf("no job given"), fmt.Sprintf("name a job or a pull request, or paste a link: %s %s", c.CommandPath(), example)}
	case 1:
		return nil
	}
	return usageError{fmt.Errorf("%s takes one job, but got %d arguments", c.CommandPath(), len(args)),
		fmt.Sprintf("run it for each of them: %s %s", c.CommandPath(), text.Line(args[0]))}
}

// newHelp makes the command that prints the help of another. It fails for topics that
// there are not.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			found, rest, err := root.Find(args)
			if len(args) == 0 {
				return root.Help()
			}
			if err != nil || found == root || len(rest) > 0 {
				return unknownTopic(root, strings.Join(args, " "))
			}
			return found.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, sub := range c.Root().Commands() {
				if len(args) == 0 && sub.IsAvailableCommand() {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func unknownTopic(root *cobra.Command, topic string) error {
	hint := "prowtrace --help lists the commands"
	if near := commandMeant(root, topic); near != "" {
		hint = "did you mean prowtrace help " + near + "? " + hint
	}
	return usageError{fmt.Errorf("unknown help topic %s", text.Quote(topic, maxQuoted)), hint}
}

// askedHelp refuses --help behind a word that is nearly a command's name: the help
// of the whole program would be taken for an answer.
func askedHelp(root *cobra.Command, args []string) error {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 || !slices.Contains(args, "--help") && !slices.Contains(args, "-h") {
		return nil
	}
	if found, _, err := root.Find(args); err == nil && found == root && commandMeant(root, args[i]) != "" {
		return unknownTopic(root, args[i])
	}
	return nil
}

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"prowtrace/internal/text"
)

// choiceValue is the value of a flag that takes one of some words. Help shows them
// all, and the shell completes them.
type choiceValue struct {
	to    *string
	words []string
}

func choice(f *pflag.FlagSet, to *string, name, start, usage string, words ...string) {
	*to = start
	f.Var(choiceValue{to, words}, name, usage)
}

func (c choiceValue) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

// Type is what help shows behind the flag.
func (c choiceValue) Type() string { return strings.Join(c.words, "|") }

func (c choiceValue) Set(value string) error {
	if !slices.Contains(c.words, value) {
		return errors.New("use " + either(c.words))
	}
	*c.to = value
	return nil
}

// either lists words to choose from: "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// namedValue is any text. Help shows its name behind the flag.
type namedValue struct {
	to   *string
	name string
}

func named(f *pflag.FlagSet, to *string, flag, start, name, usage string) {
	*to = start
	f.Var(namedValue{to, name}, flag, usage)
}

func (n namedValue) String() string {
	if n.to == nil {
		return ""
	}
	return *n.to
}

func (n namedValue) Type() string           { return n.name }
func (n namedValue) Set(value string) error { *n.to = value; return nil }

// The names of values that are files: the shell completes these.
const (
	fileValue = "PATH"
	dirValue  = "DIR"
)

// countValue is a number from 1 up.
type countValue struct{ to *int }

func (c countValue) String() string {
	if c.to == nil {
		return ""
	}
	return strconv.Itoa(*c.to)
}

func (c countValue) Type() string { return "NUMBER" }

func (c countValue) Set(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errors.New("use a number of at least 1, such as 20")
	}
	*c.to = n
	return nil
}

// completeFlags tells the shell what the values of a command's flags can be. Without
// that it offers files for all of them.
func completeFlags(c *cobra.Command) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		complete := cobra.NoFileCompletions
		switch v := f.Value.(type) {
		case choiceValue:
			complete = cobra.FixedCompletions(v.words, cobra.ShellCompDirectiveNoFileComp)
		case namedValue:
			switch v.name {
			case fileValue:
				return
			case dirValue:
				complete = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
					return nil, cobra.ShellCompDirectiveFilterDirs
				}
			}
		}
		// An error would mean that the flag has one already.
		_ = c.RegisterFlagCompletionFunc(f.Name, complete)
	})
	for _, sub := range c.Commands() {
		completeFlags(sub)
	}
}

// flagError puts what is wrong with a flag into our words.
func flagError(c *cobra.Command, err error) error {
	lists := c.CommandPath() + " --help lists the flags"
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		hint := lists
		if f.Value.Type() == "bool" {
			hint = "leave the value out: " + flagName(f)
		} else if cause := errors.Unwrap(invalid); cause != nil {
			hint = cause.Error()
		}
		return usageError{fmt.Errorf("invalid %s %s", flagName(f), text.Quote(invalid.GetValue(), maxQuoted)), hint}
	case errors.As(err, &missing):
		f := missing.GetFlag()
		return usageError{fmt.Errorf("%s needs a value", flagName(f)), "write " + flagName(f) + " " + f.Value.Type()}
	case errors.As(err, &unknown):
		if near := nearFlag(c, unknown.GetSpecifiedName()); near != "" {
			lists = "did you mean --" + near + "? " + lists
		}
	}
	return usageError{err, lists}
}

// flagName is how a person writes a flag: -n, --join.
func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

func nearFlag(c *cobra.Command, name string) (near string) {
	best := 3
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := text.Distance(name, f.Name); d < best && len(name) > 2 {
			best, near = d, f.Name
		}
	})
	return near
}

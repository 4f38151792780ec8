// Command manual writes the files that a package of prowtrace has beside the program: a man
// page for each command, and completions for the usual shells. Both come from the commands
// themselves, so that they cannot differ from --help. It writes only into the named directory.
//
//	go run ./internal/manual -out DIR
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"prowtrace/cli"
)

func main() {
	out := flag.String("out", "", "`directory` to write to")
	date := flag.String("date", "", "`day` that the pages are of: 2026-11-24")
	flag.Parse()
	if err := write(*out, *date); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

// write writes all pages and completions below a directory.
func write(dir, date string) error {
	if dir == "" {
		return errors.New("name a directory with -out")
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return fmt.Errorf("cannot read -date: %w", err)
	}
	root := cli.Command(cli.Streams{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr, Getenv: func(string) string { return "" }})
	pages := filepath.Join(dir, "man1")
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true
	head := &doc.GenManHeader{Section: "1", Source: "prowtrace", Manual: "prowtrace", Date: &day}
	if err := doc.GenManTree(root, head, pages); err != nil {
		return fmt.Errorf("cannot write the pages: %w", err)
	}
	return completions(root, filepath.Join(dir, "completions"))
}

// completions writes the completions of each shell, under the name that the shell looks for.
func completions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, write := range map[string]func(string) error{
		"prowtrace.bash": func(file string) error { return root.GenBashCompletionFileV2(file, true) },
		"_prowtrace":     root.GenZshCompletionFile,
		"prowtrace.fish": func(file string) error { return root.GenFishCompletionFile(file, true) },
		"prowtrace.ps1":  root.GenPowerShellCompletionFileWithDesc,
	} {
		if err := write(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("cannot write the completion %s: %w", name, err)
		}
	}
	return nil
}

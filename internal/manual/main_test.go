package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"prowtrace/cli"
)

// Each command has a page with its flags, and each shell a completion.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, "2026-11-24"); err != nil {
		t.Fatal(err)
	}
	pages := 0
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Hidden || c.IsAdditionalHelpTopicCommand() {
			return
		}
		pages++
		page := read(t, filepath.Join(dir, "man1", strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		if !strings.HasPrefix(page, ".nh\n.TH ") || !strings.Contains(page, `"Nov 2026"`) || !strings.Contains(page, c.Short) {
			t.Errorf("the page of %s begins with %.200q", c.CommandPath(), page)
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	root := cli.Command(cli.Streams{Getenv: os.Getenv})
	check(root)
	if files, err := os.ReadDir(filepath.Join(dir, "man1")); err != nil || len(files) != pages || pages < 15 {
		t.Errorf("%d pages of %d commands: %v", len(files), pages, err)
	}
	if page := read(t, filepath.Join(dir, "man1", "prowtrace-summary.1")); !strings.Contains(page, `--output`) || !strings.Contains(page, ".SH EXAMPLE") {
		t.Errorf("summary's page lacks its flags or examples:\n%s", page)
	}
	for _, name := range []string{"prowtrace.bash", "_prowtrace", "prowtrace.fish", "prowtrace.ps1"} {
		if script := read(t, filepath.Join(dir, "completions", name)); !strings.Contains(script, "__complete") {
			t.Errorf("%s completes nothing", name)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, c := range []struct{ dir, date, why string }{{"", "2026-11-24", "-out"}, {t.TempDir(), "", "-date"}} {
		if err := write(c.dir, c.date); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("error %v, want one about %s", err, c.why)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

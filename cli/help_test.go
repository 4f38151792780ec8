package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The help of every command is as it was read: a change of it is seen.
func TestHelp(t *testing.T) {
	seen := map[string]bool{}
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Hidden { // cobra's own words, which go with its version
			return
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".txt"
		seen[name] = true
		var out bytes.Buffer
		root := newRoot(Streams{Out: &out, Err: &out, Getenv: func(string) string { return "" }})
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append(strings.Fields(c.CommandPath())[1:], "--help"))
		if err := root.Execute(); err != nil {
			t.Fatalf("%s: %v", c.CommandPath(), err)
		}
		golden(t, filepath.Join("testdata", "help", name), out.Bytes())
		if !strings.Contains(out.String(), "\nExamples:\n  ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(newRoot(Streams{Getenv: func(string) string { return "" }}))
	files, err := os.ReadDir(filepath.Join("testdata", "help"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f.Name()] {
			t.Errorf("testdata/help/%s is of no command", f.Name())
		}
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

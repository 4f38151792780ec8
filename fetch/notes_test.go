package fetch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/fetch"
	"prowtrace/prow"
)

func noted(job, build string) prow.Run {
	return prow.Run{Provider: "gs", Bucket: "b", Job: job, Build: build, Root: "logs/" + job + "/" + build}
}

func builds(t *testing.T, c *fetch.Cache, job string) string {
	t.Helper()
	notes, err := c.Notes(job)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range notes {
		all = append(all, n.Run.Build+string(n.Text))
	}
	return strings.Join(all, " ")
}

func TestNotes(t *testing.T) {
	c, err := fetch.OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := builds(t, c, ""); got != "" {
		t.Errorf("an empty cache has notes: %s", got)
	}
	for _, n := range []fetch.Note{
		{noted("../job", "1"), json.RawMessage(`1`)}, {noted("other", "3"), json.RawMessage(`{}`)}, {noted("../job", "1"), json.RawMessage(`2`)},
	} {
		if err := c.AddNote(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := builds(t, c, "../job"); got != "12" {
		t.Errorf("notes of a job: %s", got)
	}
	if notes, err := c.Notes(""); err != nil || len(notes) != 2 {
		t.Errorf("notes of all jobs: %v %v", notes, err)
	}
	if err := c.AddNote(fetch.Note{Run: noted("job", "1"), Text: json.RawMessage(`"` + strings.Repeat("x", 300<<10) + `"`)}); err == nil {
		t.Error("a note of 300 KiB is kept")
	}

	// What is torn is passed over, and pruning everything leaves nothing.
	files, err := filepath.Glob(filepath.Join(c.Dir(), "notes", "*", "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte(`{"run":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if notes, err := c.Notes(""); err != nil || len(notes) != 1 {
		t.Errorf("beside a torn note: %v %v", notes, err)
	}
	if _, err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if got := builds(t, c, ""); got != "" {
		t.Errorf("a cleared cache has notes: %s", got)
	}
}

func TestNotesAreBounded(t *testing.T) {
	c, err := fetch.OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 520 {
		if err := c.AddNote(fetch.Note{Run: noted("job", fmt.Sprint(i)), Text: json.RawMessage(`0`)}); err != nil {
			t.Fatal(err)
		}
	}
	if notes, err := c.Notes("job"); err != nil || len(notes) != 500 {
		t.Errorf("%d notes are kept of a job: %v", len(notes), err)
	}
}

// Only files of the cache's own are read and removed: what a link leads to may have no end,
// or be somebody's.
func TestNotesBehindLinks(t *testing.T) {
	c, err := fetch.OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddNote(fetch.Note{Run: noted("job", "1"), Text: json.RawMessage(`1`)}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(c.Dir(), "notes", "*", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	own := filepath.Join(other, "own.json")
	if err := os.WriteFile(own, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{filepath.Join(filepath.Dir(files[0]), "link.json"): own, filepath.Join(c.Dir(), "notes", "dir"): other} {
		if err := os.Symlink(to, name); err != nil {
			t.Skip("there are no links here: ", err)
		}
	}
	if got := builds(t, c, ""); got != "11" {
		t.Errorf("notes are %s", got)
	}
	if _, err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(own); err != nil {
		t.Errorf("clearing removed what a link led to: %v", err)
	}
}

package fetch_test

import (
	"encoding/json"
	"errors"
	"testing"

	"prowtrace/fetch"
)

// Notes of several kinds about one run stand beside each other, and a lock is for one kind
// and job.
func TestKeptNotes(t *testing.T) {
	c, err := fetch.OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := noted("job", "1")
	for _, n := range []struct{ kind, text string }{{"a", "1"}, {"b", "2"}, {"a", "3"}} {
		if err := c.KeepNote(n.kind, fetch.Note{Run: run, Text: json.RawMessage(n.text)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AddNote(fetch.Note{Run: run, Text: json.RawMessage("4")}); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{"a": "3", "b": "2", "c": ""} {
		got := ""
		for _, n := range c.KeptNotes(kind, "job") {
			got += string(n.Text)
		}
		if got != want {
			t.Errorf("kind %s: %q, want %q", kind, got, want)
		}
	}
	if notes, err := c.Notes(""); err != nil || len(notes) != 1 {
		t.Errorf("%v, %v", notes, err)
	}

	unlock, err := c.LockKept("a", "job")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.LockKept("a", "job"); !errors.Is(err, fetch.ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	other, err := c.LockKept("b", "job")
	if err != nil {
		t.Fatal(err)
	}
	other()
	unlock()
	if unlock, err = c.LockKept("a", "job"); err != nil {
		t.Fatal(err)
	}
	unlock()

	if _, err := c.Prune(fetch.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	if n := len(c.KeptNotes("a", "job")); n != 1 {
		t.Errorf("%d notes after pruning", n)
	}
	if _, err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if n := len(c.KeptNotes("a", "job")) + len(c.KeptNotes("b", "job")); n != 0 {
		t.Errorf("%d notes after clearing", n)
	}
}

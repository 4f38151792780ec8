package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The table of cases in testdata/README.md names every case, once and in order, with what it needs.
func TestReadmeListsCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `[A-Z]+[0-9]+` \\|.*$").FindAllString(string(text), -1)
	for i, f := range failures() {
		want := f.row()
		if i >= len(rows) || rows[i] != want {
			t.Errorf("row %d is missing or differs: %s", i+1, want)
		}
	}
	if len(rows) != len(failures()) {
		t.Errorf("%d rows for %d cases", len(rows), len(failures()))
	}
}

// row is a case's row of the table.
func (f failure) row() string {
	return "| `" + f.id + "` | " + f.expect.Title + " | `" + f.expect.Category + "` | " + strings.Join(f.expect.Needs, ", ") + " |"
}

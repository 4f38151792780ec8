package fetch

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpenDir(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	want, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := want.Close(); err != nil {
		t.Fatal(err)
	}

	got, ok := OpenDir(want.Dir + string(filepath.Separator))
	if !ok {
		t.Fatal("the run's directory is not known again")
	}
	if got.Run != testRun || len(got.Files) != len(want.Files) || len(got.Metadata) != len(want.Metadata) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for i, f := range got.Files {
		if f != want.Files[i] {
			t.Errorf("file %+v, want %+v", f, want.Files[i])
		}
	}
	if removed, err := c.Clear(); err != nil || len(removed.Runs) != 0 {
		t.Errorf("a run that is shown was removed: %v, %v", removed, err)
	}

	if err := os.Remove(got.Files[0].Path); err != nil {
		t.Fatal(err)
	}
	if again, _ := OpenDir(want.Dir); len(again.Files) != len(want.Files)-1 {
		t.Errorf("%d files, want all but the one that is gone", len(again.Files))
	} else if err := again.Close(); err != nil {
		t.Error(err)
	}
	if err := got.Close(); err != nil {
		t.Fatal(err)
	}
	if removed, err := c.Clear(); err != nil || len(removed.Runs) != 1 {
		t.Errorf("removed %v, %v; want the run", removed, err)
	}

	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing"), ""} {
		if _, ok := OpenDir(dir); ok {
			t.Errorf("%q is taken for a run", dir)
		}
	}
}

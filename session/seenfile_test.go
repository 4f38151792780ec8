package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func openSeen(t *testing.T, path string) *SeenFile {
	t.Helper()
	f, err := OpenSeen(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is noted is there the next time, and a file that does not exist has nothing.
func TestSeenFileKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen.json")
	at := time.Date(2025, 3, 13, 1, 0, 0, 0, time.UTC)
	f := openSeen(t, path)
	if f.Has("a") {
		t.Error("an empty file has a finding")
	}
	f.Note("a", "refused: password=hunter2 \x1b[31m"+strings.Repeat("x", 500), at)
	if err := errors.Join(f.Save(), f.Close()); err != nil {
		t.Fatal(err)
	}
	f = openSeen(t, path)
	if !f.Has("a") || f.Has("b") {
		t.Error("what was noted is not there")
	}
	f.Note("a", "another title", at.Add(time.Hour))
	one := f.all["a"]
	if !one.First.Equal(at) || !one.Last.Equal(at.Add(time.Hour)) || !strings.HasPrefix(one.Title, "refused") {
		t.Errorf("got %+v", one)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), "hunter2") || strings.Contains(string(data), `\u001b`) || len(data) > 500 {
		t.Errorf("%v\n%s", err, data)
	}
}

// Of too many findings the ones go that were found least lately; also the largest file can
// be read again.
func TestSeenFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen.json")
	start := time.Date(2025, 3, 13, 1, 0, 0, 0, time.UTC)
	f := openSeen(t, path)
	for i := range mostSeen + 10 {
		f.Note(fmt.Sprintf("%0*d", maxSeenID, i), strings.Repeat("\U0001F525", 2*maxSeenTitle), start.Add(time.Duration(i)*time.Second))
	}
	f.Note(fmt.Sprintf("%0*d", maxSeenID, 0), "", start.Add(time.Hour*1000)) // found again
	if err := errors.Join(f.Save(), f.Close()); err != nil {
		t.Fatal(err)
	}
	f = openSeen(t, path)
	defer f.Close()
	for i, want := range map[int]bool{0: true, 1: false, 10: false, 11: true, mostSeen + 9: true} {
		if f.Has(fmt.Sprintf("%0*d", maxSeenID, i)) != want {
			t.Errorf("finding %d: has it: %t", i, !want)
		}
	}
	if len(f.all) != mostSeen {
		t.Errorf("%d findings are kept", len(f.all))
	}
}

// Those who use a file at a time lose nothing of each other.
func TestSeenFileLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen.json")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			f, err := OpenSeen(t.Context(), path, func() {})
			if err != nil {
				t.Error(err)
				return
			}
			f.Note(fmt.Sprint(i), "", time.Unix(0, 0))
			if err := errors.Join(f.Save(), f.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f := openSeen(t, path)
	if len(f.all) != 8 {
		t.Errorf("%d of 8 findings are kept", len(f.all))
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := false
	if _, err := OpenSeen(ctx, path, func() { waited = true; cancel() }); !waited || !errors.Is(err, context.Canceled) {
		t.Errorf("waited: %t, error %v", waited, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A link stays one, the file behind it keeps its permissions, and a failure leaves the file.
func TestSeenFileReplaces(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and permissions are of Unix")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "shared", "seen.json"), filepath.Join(dir, "seen.json")
	if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(`{"schema":"prowtrace.seen/v1"}`), 0o600), os.Chmod(path, 0o664), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	f := openSeen(t, link)
	f.Note("a", "", time.Unix(0, 0))
	if err := errors.Join(f.Save(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if at, err := os.Readlink(link); err != nil || at != path {
		t.Errorf("the link leads to %q: %v", at, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o664 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	f = openSeen(t, link)
	if !f.Has("a") {
		t.Error("what was noted is not there")
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	var failed *SeenError
	if err := f.Save(); !errors.As(err, &failed) || failed.Damaged || failed.Verb != "write" {
		t.Errorf("got %v", err)
	}
	f.Close()
}

func TestParseSeen(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"nothing", "", "it is empty"},
		{"cut off", `{"schema":"prowtrace.seen/v1","findings":[{"id":"a`, "invalid JSON at byte 50: unexpected end of JSON input"},
		{"two documents", `{"schema":"prowtrace.seen/v1"}{}`, "invalid JSON at byte 31: invalid character '{' after top-level value"},
		{"another type", `{"schema":"prowtrace.seen/v1","findings":7}`, "invalid JSON: json: cannot unmarshal"},
		{"a list", `[]`, "invalid JSON: json: cannot unmarshal"},
		{"another file", `{"schema":"prowtrace.summary/v1"}`, `unknown schema "prowtrace.summary/v1", want "prowtrace.seen/v1"`},
		{"no schema", `null`, `unknown schema "", want "prowtrace.seen/v1"`},
		{"no id", `{"schema":"prowtrace.seen/v1","findings":[{"id":"a"},{"title":"b"}]}`, "finding 2 has no valid id"},
		{"a long id", `{"schema":"prowtrace.seen/v1","findings":[{"id":"` + strings.Repeat("a", 65) + `"}]}`, "finding 1 has no valid id"},
		{"too large", strings.Repeat(" ", maxSeenFile+1), "it is larger than 8.4 MB"},
		{"unknown fields", `{"schema":"prowtrace.seen/v1","more":1,"findings":[{"id":"a","more":1}]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseSeen([]byte(tt.data))
			if said := fmt.Sprint(err); tt.want == "" && err != nil || tt.want != "" && !strings.Contains(said, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// What can be read is written so that it can be read again.
func FuzzParseSeen(f *testing.F) {
	f.Add([]byte(`{"schema":"prowtrace.seen/v1","findings":[{"id":"a","title":"b","first":"2025-03-13T01:00:00Z","last":"2025-03-13T01:00:00Z"}]}`))
	f.Add([]byte(`{"schema":"prowtrace.seen/v1","findings":[{"id":"\ud800"}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseSeen(data)
		if err != nil {
			return
		}
		again, err := (&SeenFile{all: all}).document()
		if err != nil {
			t.Fatal(err)
		}
		read, err := parseSeen(again)
		if err != nil || len(read) != min(len(all), mostSeen) {
			t.Fatalf("%d of %d findings: %v\n%s", len(read), len(all), err, again)
		}
	})
}

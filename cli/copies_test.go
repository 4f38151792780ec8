package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// exportDemo fetches a run of the sample bucket and copies it to a directory, as
// fetch -o does.
func exportDemo(t *testing.T, address string) string {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", server.Host)
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	r := testRequest(t, nil, new(bytes.Buffer))
	r.auth = "anonymous"
	c, err := openedRequest(t, r).session.Collect(t.Context(), []prow.Ref{ref})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	dir := filepath.Join(t.TempDir(), "copy")
	if _, err := c.Inputs[0].Fetched.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tarGz packs a directory, its names after a prefix.
func tarGz(t *testing.T, dir, prefix string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: prefix + filepath.ToSlash(name), Mode: 0o600, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// loadLocal takes a path or standard input, and gives what was loaded and printed.
func loadLocal(t *testing.T, ref prow.Ref, in []byte) (r *request, loaded *session.Loaded, view *trace.View, stderr string) {
	t.Helper()
	var printed bytes.Buffer
	r = openedRequest(t, testRequest(t, bytes.NewReader(in), &printed))
	loaded, err := r.load(t.Context(), []prow.Ref{ref})
	if err != nil {
		t.Fatal(err, printed.String())
	}
	t.Cleanup(func() { loaded.Close() })
	view, release := loaded.Acquire()
	t.Cleanup(release)
	return r, loaded, view, printed.String()
}

// A copy of a run, as a directory or packed, is the same trace with the same
// links as the run itself, and nothing in it is an alarm.
func TestCopiesAreRuns(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "joined", "failing.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := exportDemo(t, failingDemo)
	packed := filepath.Join(t.TempDir(), "run.tar.gz")
	if err := os.WriteFile(packed, tarGz(t, dir, "./some/where/"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ref  prow.Ref
		in   []byte
	}{
		{"directory", prow.Local(dir), nil},
		{"directory above", prow.Local(filepath.Dir(dir)), nil},
		{"archive", prow.Local(packed), nil},
		{"archive in a directory", prow.Local(filepath.Dir(packed)), nil},
		{"standard input", prow.Ref{Kind: prow.KindStdin}, tarGz(t, dir, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, loaded, set, stderr := loadLocal(t, tt.ref, tt.in)
			if len(loaded.Inputs) != 1 || len(set.Jobs()) != 1 {
				t.Fatalf("%d jobs, %d joined", len(loaded.Inputs), len(set.Jobs()))
			}
			if got := drawTree(set.Tree(set.Jobs()[0])); got != string(want) {
				t.Errorf("the tree is another than that of the run:\n%s", got)
			}
			info := r.pageInfo(loaded.Inputs)
			root := strings.TrimPrefix(failingDemo, "gs://")
			if info.Title != "pull-kops-e2e-k8s-gce-cilium 1900000000000000001" || info.Run != "https://prow.k8s.io/view/gs/"+root || len(info.Links) != 2 {
				t.Errorf("%+v", info)
			}
			said := strings.TrimPrefix(stderr, "reading standard input; Ctrl-C ends it\n")
			if n := strings.Count(said, "\n"); n != 3 || strings.Contains(stderr, "not a trace file") {
				t.Errorf("printed:\n%s", stderr)
			}
		})
	}
}

// Copies of several runs in a directory are as many jobs.
func TestCopiesOfSeveralRuns(t *testing.T) {
	dir := t.TempDir()
	for i, link := range []string{failingDemo, passingDemo} {
		if err := os.Rename(exportDemo(t, link), filepath.Join(dir, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	_, loaded, set, _ := loadLocal(t, prow.Local(dir), nil)
	if len(loaded.Inputs) != 2 || len(set.Jobs()) != 2 || loaded.Inputs[0].Title() == loaded.Inputs[1].Title() {
		t.Errorf("%d jobs, %d joined", len(loaded.Inputs), len(set.Jobs()))
	}
}

// What is not known of a copy is left out, not made up.
func TestCopiesOfUnknownRuns(t *testing.T) {
	dir := exportDemo(t, passingDemo)
	for _, tt := range []struct{ name, prowJob, title string }{
		{"nowhere", `{"spec":{"job":"e2e"},"status":{"build_id":"7"}}`, "e2e 7"},
		{"nonsense", `{"status":{"url":"file:///etc/passwd"}`, dir},
		{"no prowjob.json", "", dir},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(dir, "prowjob.json")
			if err := os.WriteFile(file, []byte(tt.prowJob), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.prowJob == "" {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			r, loaded, set, stderr := loadLocal(t, prow.Local(dir), nil)
			info := r.pageInfo(loaded.Inputs)
			if info.Title != tt.title || info.Run != "" || len(info.Links) > 0 || len(set.Jobs()) != 1 {
				t.Errorf("%+v", info)
			}
			if ui := r.jaegerUI(loaded, "http://x/"); len(ui.Menu) != 1 {
				t.Errorf("menu %+v", ui.Menu)
			}
			if strings.Contains(stderr, "://") {
				t.Errorf("printed:\n%s", stderr)
			}
		})
	}
}

// testRequest makes a request for a test, with what a command's flags default to.
func testRequest(t *testing.T, in io.Reader, stderr io.Writer) *request {
	t.Helper()
	t.Setenv("PROWTRACE_CONFIG", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	r := newRequest(Streams{In: in, Err: stderr, Getenv: os.Getenv})
	r.join = string(join.ByTime)
	return &r
}

// openedRequest opens a request; it is closed when the test ends.
func openedRequest(t *testing.T, r *request) *request {
	t.Helper()
	if err := r.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

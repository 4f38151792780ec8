package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
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
	g := sourcing{streams: Streams{Err: new(bytes.Buffer)}, auth: "anonymous"}
	c, err := g.collect(t.Context(), []prow.Ref{ref})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	dir := filepath.Join(t.TempDir(), "copy")
	if _, err := c.jobs[0].result.Export(t.Context(), dir); err != nil {
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

// collectLocal takes a path or standard input, and gives the jobs, their set and
// what was printed.
func collectLocal(t *testing.T, ref prow.Ref, in []byte) ([]job, *trace.View, string) {
	t.Helper()
	var stderr bytes.Buffer
	g := sourcing{streams: Streams{In: bytes.NewReader(in), Err: &stderr}, join: string(join.ByTime)}
	c, err := g.collect(t.Context(), []prow.Ref{ref})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	set, err := g.load(t.Context(), c.jobs)
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	t.Cleanup(func() { set.Set().Close() })
	return c.jobs, set, stderr.String()
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
			jobs, set, stderr := collectLocal(t, tt.ref, tt.in)
			if len(jobs) != 1 || len(set.Jobs()) != 1 {
				t.Fatalf("%d jobs, %d joined", len(jobs), len(set.Jobs()))
			}
			if got := drawTree(set.Tree(set.Jobs()[0])); got != string(want) {
				t.Errorf("the tree is another than that of the run:\n%s", got)
			}
			info := (&sourcing{}).pageInfo(jobs)
			root := strings.TrimPrefix(failingDemo, "gs://")
			if info.Title != "pull-kops-e2e-k8s-gce-cilium 1900000000000000001" || info.Run != "https://prow.k8s.io/view/gs/"+root || len(info.Links) != 2 {
				t.Errorf("%+v", info)
			}
			if n := strings.Count(stderr, "\n"); n != 3 || strings.Contains(stderr, "not a trace file") {
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
	jobs, set, _ := collectLocal(t, prow.Local(dir), nil)
	if len(jobs) != 2 || len(set.Jobs()) != 2 || jobs[0].title() == jobs[1].title() {
		t.Errorf("%d jobs, %d joined", len(jobs), len(set.Jobs()))
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
			jobs, set, stderr := collectLocal(t, prow.Local(dir), nil)
			info := (&sourcing{}).pageInfo(jobs)
			if info.Title != tt.title || info.Run != "" || len(info.Links) > 0 || len(set.Jobs()) != 1 {
				t.Errorf("%+v", info)
			}
			if ui := (&sourcing{}).jaegerUI(set, jobs, "http://x/"); len(ui.Menu) != 1 {
				t.Errorf("menu %+v", ui.Menu)
			}
			if strings.Contains(stderr, "://") {
				t.Errorf("printed:\n%s", stderr)
			}
		})
	}
}

func TestFindCopies(t *testing.T) {
	deep := strings.Repeat("d/", maxCopyDepth)
	for _, tt := range []struct{ name, files, want string }{
		{"no run", "a.otel b/c.otel", " | a.otel b/c.otel"},
		{"a run", "started.json artifacts/otlp/a artifacts/otlp/b.log build-log.txt artifacts/x/junit_1.xml c.otel", ": artifacts/otlp/a c.otel + started.json artifacts/x/junit_1.xml | "},
		{"names of archives", "./r/prowjob.json ./r//artifacts/otlp/a /r/artifacts/otlp/b", "r: artifacts/otlp/a artifacts/otlp/b + prowjob.json | "},
		{"a run in a run", "r/finished.json r/artifacts/otlp/started.json r/s/prowjob.json r/s/a.otel", "r: artifacts/otlp/started.json + finished.json, r/s: a.otel + prowjob.json | "},
		{"two and others", "r/finished.json s/finished.json s/a.otel t/a.otel", "r:  + finished.json, s: a.otel + finished.json | t/a.otel"},
		{"climbing", "../r/started.json ../../b.otel", "../r:  + started.json | ../../b.otel"},
		{"as deep as is looked", deep + "started.json", strings.TrimSuffix(deep, "/") + ":  + started.json | "},
		{"too deep", deep + "d/started.json", " | " + deep + "d/started.json"},
	} {
		var files []trace.Source
		for name := range strings.FieldsSeq(tt.files) {
			files = append(files, trace.Source{Name: name})
		}
		copies, others := findCopies(files)
		names := func(files []trace.Source) string {
			var all []string
			for _, f := range files {
				all = append(all, f.Name)
			}
			return strings.Join(all, " ")
		}
		var found []string
		for _, c := range copies {
			found = append(found, c.dir+": "+names(c.traces)+" + "+names(c.metadata))
		}
		if got := strings.Join(found, ", ") + " | " + names(others); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Of JUnit files no more are read than of a run in a bucket.
func TestCopiedMetadataIsBounded(t *testing.T) {
	report := []byte(`<testsuite name="s"><testcase name="c" time="1"/></testsuite>`)
	c := &runCopy{}
	for i := range runfile.WantedMost + 5 {
		c.metadata = append(c.metadata, trace.Source{Name: fmt.Sprintf("artifacts/junit_%03d.xml", i), Data: report})
	}
	limit, _ := runfile.Wanted("started.json")
	c.metadata = append(c.metadata, trace.Source{Name: "started.json", Data: append([]byte(`{"timestamp":1}`), make([]byte, limit)...)})
	g := sourcing{streams: Streams{Err: new(bytes.Buffer)}}
	story := g.copiedJob(prow.Local("d"), c).story
	if len(story.Suites) != runfile.WantedMost || story.Started != nil {
		t.Errorf("%d suites, want %d; started.json %+v", len(story.Suites), runfile.WantedMost, story.Started)
	}
	budget := junitBudget{files: 2, bytes: int64(len(report))}
	for i, ok := range []bool{true, false} {
		if err := addCopied(&runfile.Metadata{}, c.metadata[i], &budget); (err == nil) != ok {
			t.Errorf("file %d: %v", i, err)
		}
	}
}

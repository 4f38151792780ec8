package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/objstore"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// names lists the files of a tree whose path has a part, relative to dir.
func names(t *testing.T, dir, part string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if rel, _ := filepath.Rel(dir, path); !d.IsDir() && strings.Contains(rel, part) {
			out = append(out, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantContents(t *testing.T, res *Result, want map[string]string) {
	t.Helper()
	if got := contents(t, res); !maps.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	if !slices.IsSortedFunc(res.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("files are not sorted: %v", res.Files)
	}
}

var metadataOfTestRun = map[string]string{
	"started.json": `{"timestamp":1}`, "finished.json": `{"timestamp":2,"result":"FAILURE"}`, "prowjob.json": `{}`,
}

func TestFetch(t *testing.T) {
	traces := map[string]string{
		"artifacts/otlp/kops-1-T01:02:03Z.otel": "one",
		"artifacts/otlp/kops-2-T01:02:03Z.otel": "two, longer",
		"artifacts/node-a/otlp/deep/x":          "nested",
	}
	for _, tt := range []struct {
		name, only string
		want       []string
		lists      []string // prefixes and patterns below the run
	}{
		{"whole run", "", slices.Collect(maps.Keys(traces)), []string{"/artifacts/**/otlp/**", "/artifacts/**{junit,monitor}**xml*", "/artifacts/otlp/"}},
		{"log", "build-log.txt", slices.Collect(maps.Keys(traces)), []string{"/artifacts/**/otlp/**", "/artifacts/**{junit,monitor}**xml*", "/artifacts/otlp/"}},
		{"other directory", "artifacts/cluster-info/", slices.Collect(maps.Keys(traces)), []string{"/artifacts/**/otlp/**", "/artifacts/**{junit,monitor}**xml*", "/artifacts/otlp/"}},
		{"otlp", "artifacts/otlp/", []string{"artifacts/otlp/kops-1-T01:02:03Z.otel", "artifacts/otlp/kops-2-T01:02:03Z.otel"}, []string{"/artifacts/**{junit,monitor}**xml*", "/artifacts/otlp"}},
		{"one file", "artifacts/otlp/kops-1-T01:02:03Z.otel", []string{"artifacts/otlp/kops-1-T01:02:03Z.otel"}, []string{"/artifacts/**{junit,monitor}**xml*", "/artifacts/otlp/kops-1-T01:02:03Z.otel"}},
		{"nested", "artifacts/node-a/otlp", []string{"artifacts/node-a/otlp/deep/x"}, []string{"/artifacts/**{junit,monitor}**xml*", "/artifacts/node-a/otlp"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore()
			putRun(s, testRun)
			c := openTest(t)
			var p Progress
			res, err := c.Fetch(t.Context(), s, testRun, Options{Only: tt.only, Progress: &p})
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(metadataOfTestRun)
			for _, name := range tt.want {
				want[name] = traces[name]
			}
			wantContents(t, res, want)
			if res.FromCache || !res.Ended || res.Run != testRun || !strings.HasPrefix(res.Files[0].Path, res.Dir) {
				t.Errorf("unexpected result %+v", res)
			}
			var lists []string
			for _, r := range s.asked() {
				if p, ok := strings.CutPrefix(r, "list ci-logs/"+testRun.Root); ok {
					lists = append(lists, p)
				}
			}
			if !slices.Equal(lists, tt.lists) {
				t.Errorf("listed %q, want %q", lists, tt.lists)
			}
			n := int64(len(want))
			if got := p.Counts(); got.Files != n || got.Done != n || got.Bytes != got.BytesDone || got.Listing {
				t.Errorf("progress %+v, want %d files done", got, n)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestSecondFetch(t *testing.T) {
	running := func(s *memStore) { s.delete(testRun.Bucket, testRun.Root+"/finished.json") }
	justEnded := func(s *memStore) {
		s.putAt(testRun.Bucket, testRun.Root+"/finished.json", `{}`, ended.Add(time.Hour-settled+time.Second))
	}
	for _, tt := range []struct {
		name        string
		setup       func(*memStore)
		first, then string // Only of the two calls
		between     func(t *testing.T, s *memStore, res *Result)
		requests    int // of the second call; -1: some
		downloads   int
	}{
		{"ended: no request", func(*memStore) {}, "", "", nil, 0, 0},
		{"a part of what was fetched: no request", func(*memStore) {}, "", "artifacts/otlp/kops-1-T01:02:03Z.otel", nil, 0, 0},
		{"more than was fetched", func(*memStore) {}, "artifacts/otlp/kops-1-T01:02:03Z.otel", "", nil, -1, 2},
		{"running: asks, downloads nothing", running, "", "", nil, 11, 0},
		{"just ended: asks, downloads nothing", justEnded, "", "", nil, 11, 0},
		{"never finished, nothing new for a week: no request", func(s *memStore) {
			for name, o := range s.buckets[testRun.Bucket] {
				s.putAt(testRun.Bucket, name, string(o.data), ended.Add(time.Hour-abandoned))
			}
			running(s)
		}, "", "", nil, 0, 0},
		{"running: one more file", running, "", "", func(t *testing.T, s *memStore, _ *Result) {
			s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-3.otel", "three")
		}, 12, 1},
		{"running: one overwritten", running, "", "", func(t *testing.T, s *memStore, _ *Result) {
			s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-1-T01:02:03Z.otel", "ONE")
		}, 12, 1},
		{"ended: a blob is gone", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			os.Remove(res.Files[0].Path)
		}, -1, 1},
		{"ended: a blob is shorter", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			damage(t, res.Files[0].Path, func(b []byte) []byte { return b[:1] })
		}, -1, 1},
		{"ended: a bit of a blob is flipped", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			damage(t, res.Files[0].Path, func(b []byte) []byte { b[0] ^= 1; return b })
		}, -1, 1},
		{"ended: a blob was touched, its bytes are right", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			damage(t, res.Files[0].Path, func(b []byte) []byte { return b })
		}, 0, 0},
		{"the manifest is torn", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			damage(t, filepath.Join(res.Dir, "manifest.json"), func(b []byte) []byte { return b[:len(b)/2] })
		}, 11, 0},
		{"the manifest is gone", func(*memStore) {}, "", "", func(t *testing.T, s *memStore, res *Result) {
			os.Remove(filepath.Join(res.Dir, "manifest.json"))
		}, 11, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			tt.setup(s)
			res, err := c.Fetch(t.Context(), s, testRun, Options{Only: tt.first})
			if err != nil {
				t.Fatal(err)
			}
			if tt.between != nil {
				tt.between(t, s, res)
			}
			s.asked()
			res, err = c.Fetch(t.Context(), s, testRun, Options{Only: tt.then})
			if err != nil {
				t.Fatal(err)
			}
			asked := s.asked()
			if tt.requests >= 0 && len(asked) != tt.requests || gets(asked) != tt.downloads {
				t.Errorf("asked %q; want %d requests, %d downloads", asked, tt.requests, tt.downloads)
			}
			if res.FromCache != (len(asked) == 0) {
				t.Errorf("FromCache is %v after %d requests", res.FromCache, len(asked))
			}
			fresh, err := openTest(t).Fetch(t.Context(), s, testRun, Options{Only: tt.then})
			if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, contents(t, fresh))
		})
	}
}

// damage rewrites a file in the cache behind its back.
func damage(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data := change([]byte(readFile(t, path)))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFetchFails(t *testing.T) {
	otlp := testRun.Root + "/artifacts/otlp/"
	refused := &objstore.AccessError{Bucket: "ci-logs", Op: "list", Status: 403}
	for _, tt := range []struct {
		name    string
		setup   func(*memStore)
		only    string
		is      error
		message string
		files   int // of the Result; -1: no Result
	}{
		{"no bucket", func(s *memStore) { delete(s.buckets, "ci-logs") }, "", ErrNotFound,
			"cannot find gs://ci-logs/" + testRun.Root + ": bucket ci-logs does not exist", -1},
		{"no run", func(s *memStore) { clear(s.buckets["ci-logs"]) }, "", ErrNotFound,
			"cannot find gs://ci-logs/" + testRun.Root + ": its bucket has no such run", -1},
		{"neighbour with a longer number", func(s *memStore) {
			clear(s.buckets["ci-logs"])
			s.put("ci-logs", testRun.Root+"9/started.json", "{}")
		}, "", ErrNotFound,
			"cannot find gs://ci-logs/" + testRun.Root + ": its bucket has no such run", -1},
		{"no traces, ended", func(s *memStore) { keepOnly(s, "finished.json", "artifacts/junit.xml") }, "", ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + " has no trace files: nothing in artifacts/**/otlp/; the run has ended (FAILURE), and only jobs that write OpenTelemetry files there have traces", 0},
		{"no traces, running", func(s *memStore) { keepOnly(s, "started.json") }, "", ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + " has no trace files: nothing in artifacts/**/otlp/; the run has not ended yet, and Prow uploads artifacts at the end", 0},
		{"no traces, no metadata", func(s *memStore) { keepOnly(s, "build-log.txt") }, "", ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + " has no trace files: nothing in artifacts/**/otlp/; the run has not ended yet, and Prow uploads artifacts at the end", 0},
		{"only other files", func(s *memStore) { keepOnly(s, "finished.json", "artifacts/otlp/README.md") }, "", ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + " has no trace files: nothing in artifacts/**/otlp/ but 1 file of other kinds; the run has ended (FAILURE), and only jobs that write OpenTelemetry files there have traces", 0},
		{"the file of the link is not there", func(s *memStore) {}, "artifacts/otlp/a\x1b[2J.otel", ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + ` has no file "artifacts/otlp/a\x1b[2J.otel"`, 0},
		{"listing refused", func(s *memStore) { s.onList = func(string, int) error { return refused } }, "", refused,
			"cannot look for traces of gs://ci-logs/" + testRun.Root + ": " + refused.Error(), -1},
		{"one download fails", func(s *memStore) {
			s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
				if o.Name == otlp+"kops-2-T01:02:03Z.otel" {
					return errors.New("503")
				}
				_, err := w.Write(data)
				return err
			}
		}, "", nil, "cannot fetch all files: 5 of 6 fetched, 1 failed: artifacts/otlp/kops-2-T01:02:03Z.otel: 503", 2},
		{"a metadata file fails", func(s *memStore) {
			s.onRead = func(object string) error {
				if strings.HasSuffix(object, "podinfo.json") {
					return errors.New("503")
				}
				return nil
			}
			keepOnly(s, "podinfo.json", "started.json")
		}, "", nil, "cannot fetch all files: 1 of 2 fetched, 1 failed: podinfo.json: 503", 0},
		{"the listing breaks off", func(s *memStore) {
			s.onList = func(prefix string, n int) error {
				if strings.HasSuffix(prefix, "otlp") && n == 2 {
					return errors.New("503")
				}
				return nil
			}
		}, "artifacts/otlp", nil, "cannot fetch all files: 4 of at least 4 fetched: the list of files is incomplete: 503", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore("ci-logs"), openTest(t)
			putRun(s, testRun)
			tt.setup(s)
			res, err := c.Fetch(t.Context(), s, testRun, Options{Only: tt.only})
			if err == nil || err.Error() != tt.message {
				t.Errorf("error\n%v\nwant\n%s", err, tt.message)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
			if (res == nil) != (tt.files < 0) || res != nil && len(res.Files) != tt.files {
				t.Errorf("result %+v, want %d files", res, tt.files)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if res == nil {
				if left := names(t, c.Dir(), "jobs"); len(left) > 0 && tt.is == ErrNotFound {
					t.Errorf("left behind: %q", left)
				}
				return
			}

			// What has failed is fetched by the next call, and nothing else is.
			s.onGet, s.onList, s.onRead = nil, nil, nil
			s.asked()
			if len(res.Files) == 0 {
				return
			}
			again, err := c.Fetch(t.Context(), s, testRun, Options{Only: tt.only})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := gets(s.asked()), len(again.Files)-len(res.Files); got != want {
				t.Errorf("%d downloads, want %d", got, want)
			}
		})
	}
}

// keepOnly leaves just these files in the test run.
func keepOnly(s *memStore, keep ...string) {
	old := s.buckets["ci-logs"]
	s.buckets["ci-logs"] = map[string]memObject{}
	for _, name := range keep {
		data := "x"
		if o, ok := old[testRun.Root+"/"+name]; ok {
			data = string(o.data)
		}
		s.put("ci-logs", testRun.Root+"/"+name, data)
	}
}

func TestNoTracesIsRemembered(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	keepOnly(s, "finished.json", "artifacts/otlp/README.md")
	_, first := c.Fetch(t.Context(), s, testRun, Options{})
	s.asked()
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if asked := s.asked(); len(asked) > 0 {
		t.Errorf("asked again: %q", asked)
	}
	if err == nil || err.Error() != first.Error() || !res.FromCache {
		t.Errorf("%v\nthen\n%v", first, err)
	}
}

func TestGivesUp(t *testing.T) {
	s, c := newStore(), openTest(t)
	for i := range 100 {
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/otlp/%03d.otel", testRun.Root, i), "x")
	}
	s.onGet = func(objstore.Object, []byte, io.Writer) error { return errors.New("no network") }
	_, err := c.Fetch(t.Context(), s, testRun, Options{Pool: NewPool(1)})
	var partial *PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != giveUp || partial.Untried != 100-giveUp {
		t.Fatalf("error %v", err)
	}
	if got := gets(s.asked()); got != giveUp {
		t.Errorf("%d downloads were tried, want %d", got, giveUp)
	}
	want := "cannot fetch all files: 0 of 100 fetched, 16 failed, 84 not tried after that: artifacts/otlp/000.otel: no network; artifacts/otlp/001.otel: no network; " +
		"artifacts/otlp/002.otel: no network; artifacts/otlp/003.otel: no network; artifacts/otlp/004.otel: no network; and 11 more"
	if err.Error() != want {
		t.Errorf("message %q\nwant %q", err, want)
	}
}

func TestCancel(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		w.Write(data[:1])
		cancel(stop)
		return ctx.Err()
	}
	res, err := c.Fetch(ctx, s, testRun, Options{})
	if res != nil || !errors.Is(err, stop) {
		t.Errorf("result %v, error %v; want the cause", res, err)
	}
	if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	s.onGet = nil
	if _, err := c.Fetch(t.Context(), s, testRun, Options{}); err != nil {
		t.Fatal(err)
	}
}

// Downloads start while the listing is not complete, and never more than the
// pool has places for.
func TestPipeline(t *testing.T) {
	s, c := newStore(), openTest(t)
	for i := range 50 {
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/otlp/%03d.otel", testRun.Root, i), "x")
	}
	started := make(chan struct{}, 50)
	busy := watchPool(s)
	download := s.onGet
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		started <- struct{}{}
		return download(o, data, w)
	}
	s.onList = func(prefix string, n int) error {
		if n == 10 {
			<-started // hangs here if downloads wait for the listing's end
		}
		return nil
	}
	if _, err := c.Fetch(t.Context(), s, testRun, Options{Only: "artifacts/otlp", Pool: NewPool(4)}); err != nil {
		t.Fatal(err)
	}
	if most := busy(); most > 4 {
		t.Errorf("%d downloads at once in a pool of 4", most)
	}
}

// A listing that changes between pages names an object twice.
func TestListedTwice(t *testing.T) {
	s, c := newStore(), openTest(t)
	name := testRun.Root + "/artifacts/otlp/a.otel"
	s.put(testRun.Bucket, name, "old")
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/b.otel", "b")
	listed := false
	s.onList = func(prefix string, n int) error {
		// The second of the two listings starts after the first has ended.
		if strings.HasSuffix(prefix, "/otlp/") && n == 2 && !listed {
			listed = true
			s.put(testRun.Bucket, name, "new")
		}
		return nil
	}
	first, ended := context.WithCancel(t.Context())
	res, err := c.Fetch(t.Context(), serialLists{s, first, ended}, testRun, Options{Pool: NewPool(1)})
	if err != nil {
		t.Fatal(err)
	}
	wantContents(t, res, map[string]string{"artifacts/otlp/a.otel": "new", "artifacts/otlp/b.otel": "b"})
}

package fetch

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/objstore"
)

func TestOffline(t *testing.T) {
	const file = "artifacts/otlp/kops-1-T01:02:03Z.otel"
	for _, tt := range []struct {
		name    string
		fetched string // Only of the fetch before; "-": none
		before  func(*memStore)
		only    string
		damage  bool
		files   int // of the Result; -1: no Result
		is      error
		message string // CACHE stands for the directory
	}{
		{"never fetched", "-", nil, "", false, -1, ErrOffline,
			"cannot find gs://ci-logs/" + testRun.Root + " offline: not in the cache CACHE"},
		{"all there", "", nil, "", false, 3, nil, ""},
		{"running when it was fetched", "", func(s *memStore) { s.delete("ci-logs", testRun.Root+"/finished.json") }, "", false, 3, nil, ""},
		{"a part of it", "", nil, file, false, 1, nil, ""},
		{"only a part was fetched", file, nil, "", false, 1, ErrOffline,
			"cannot fetch all files: 4 of at least 4 fetched: the list of files is incomplete: not in the cache"},
		{"a blob is damaged", "", nil, "", true, 2, ErrOffline,
			"cannot fetch all files: 5 of 6 fetched, 1 failed: artifacts/node-a/otlp/deep/x: not in the cache"},
		{"no traces", "", func(s *memStore) { keepOnly(s, "finished.json") }, "", false, 0, ErrNoTraces,
			"gs://ci-logs/" + testRun.Root + " has no trace files: nothing in artifacts/**/otlp/; the run has ended (FAILURE), and only jobs that write OpenTelemetry files there have traces"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			if tt.before != nil {
				tt.before(s)
			}
			if tt.fetched != "-" {
				res, err := c.Fetch(t.Context(), s, testRun, Options{Only: tt.fetched})
				if err != nil && !errors.Is(err, ErrNoTraces) {
					t.Fatal(err)
				}
				if tt.damage {
					damage(t, res.Files[0].Path, func(b []byte) []byte { return append(b, '!') })
				}
			}
			res, err := c.Fetch(t.Context(), nil, testRun, Options{Only: tt.only, Offline: true})
			message := strings.ReplaceAll(tt.message, "CACHE", c.Dir())
			if !errors.Is(err, tt.is) || err != nil && err.Error() != message {
				t.Errorf("error %v\nwant  %s", err, message)
			}
			if (res == nil) != (tt.files < 0) || res != nil && (len(res.Files) != tt.files || !res.FromCache) {
				t.Errorf("result %+v, want %d files", res, tt.files)
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := contents(t, res)

	// Damage that size and time of the file do not show.
	path := res.Files[0].Path
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	damage(t, path, func(b []byte) []byte { b[0] ^= 1; return b })
	if err := os.Chtimes(path, fi.ModTime(), fi.ModTime()); err != nil {
		t.Fatal(err)
	}
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/late.otel", "late")
	want["artifacts/otlp/late.otel"] = "late"
	s.asked()
	res, err = c.Fetch(t.Context(), s, testRun, Options{Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	wantContents(t, res, want)
	if asked := s.asked(); gets(asked) != 2 || res.FromCache {
		t.Errorf("asked %q; want the damaged and the late file", asked)
	}
}

func TestGoneUpstream(t *testing.T) {
	running := func(s *memStore) { s.delete("ci-logs", testRun.Root+"/finished.json") }
	refused := &objstore.AccessError{Bucket: "ci-logs", Op: "list", Status: 403}
	copyOf := "2025-06-01T13:00:00Z"
	for _, tt := range []struct {
		name    string
		change  func(*memStore)
		notice  string
		message string
		then    int // requests of one more call
	}{
		{"the run", func(s *memStore) { clear(s.buckets["ci-logs"]) },
			"gs://ci-logs/" + testRun.Root + " is no longer in the bucket: using the copy of " + copyOf, "", 0},
		{"the bucket", func(s *memStore) { delete(s.buckets, "ci-logs") },
			"gs://ci-logs/" + testRun.Root + " is no longer in the bucket: using the copy of " + copyOf, "", 0},
		{"two files", func(s *memStore) {
			s.delete("ci-logs", testRun.Root+"/artifacts/node-a/otlp/deep/x")
			s.delete("ci-logs", testRun.Root+"/started.json")
		}, "2 files of gs://ci-logs/" + testRun.Root + " are no longer in the bucket: using the copies in the cache", "", 11},
		{"access", func(s *memStore) { s.onList = func(string, int) error { return refused } }, "",
			"cannot look for traces of gs://ci-logs/" + testRun.Root + ": " + refused.Error() + "; the cache has a copy of " + copyOf + "", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			running(s)
			res, err := c.Fetch(t.Context(), s, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := contents(t, res)
			tt.change(s)
			c.now = func() time.Time { return ended.Add(2 * time.Hour) }
			var notices []string
			res, err = c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
			if tt.message != "" {
				if err == nil || err.Error() != tt.message || !errors.Is(err, refused) {
					t.Errorf("error %v\nwant  %s", err, tt.message)
				}
				res, err = c.Fetch(t.Context(), nil, testRun, Options{Offline: true})
				if err != nil {
					t.Fatal(err)
				}
				wantContents(t, res, want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, want)
			if !slices.Equal(notices, []string{tt.notice}) {
				t.Errorf("notices %q\nwant %q", notices, tt.notice)
			}
			s.asked()
			res, err = c.Fetch(t.Context(), s, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, want)
			if asked := s.asked(); len(asked) != tt.then {
				t.Errorf("then asked %q, want %d requests", asked, tt.then)
			}
		})
	}
}

func TestOpenCache(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PROWTRACE_CACHE", filepath.Join(dir, "from environment"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "xdg"))
	t.Setenv("HOME", filepath.Join(dir, "home"))
	c, err := OpenCache("")
	if err != nil || c.Dir() != filepath.Join(dir, "from environment") {
		t.Errorf("cache %v, error %v", c, err)
	}
	if tag := readFile(t, filepath.Join(c.Dir(), "CACHEDIR.TAG")); !strings.HasPrefix(tag, "Signature: 8a477f597d28d172789f06886806bc55") {
		t.Errorf("tag %q", tag)
	}
	if fi, err := os.Stat(c.Dir()); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", fi, err)
	}
	t.Setenv("PROWTRACE_CACHE", "")
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := OpenCache(""); err != nil || c.Dir() != filepath.Join(base, "prowtrace", "v1") {
		t.Errorf("cache %v, error %v", c, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.Dir()); err != nil {
		t.Errorf("Close removed a lasting cache: %v", err)
	}

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = OpenCache(file)
	var none *CacheError
	if !errors.As(err, &none) || none.Op != "create" || none.Dir != file {
		t.Errorf("error %v", err)
	}
}

func TestOpenTemp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := newStore()
	putRun(s, testRun)
	c, err := OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(contents(t, res)) != 6 {
		t.Errorf("files %v", res.Files)
	}
	if err := errors.Join(res.Close(), c.Close()); err != nil {
		t.Fatal(err)
	}
	if left := names(t, os.Getenv("TMPDIR"), ""); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// numbered is a text of n lines of 10 bytes.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%09d\n", i)
	}
	return b.String()
}

// fetchLogs fetches the logs of the test run under bounds of some bytes.
func fetchLogs(t *testing.T, c *Cache, store objstore.Store, o ArtifactOptions, whole, edge, total int64) *Logs {
	t.Helper()
	res, err := c.Fetch(t.Context(), store, testRun, Options{Offline: o.Offline})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	d := c.onDemand(store, res, o)
	d.whole, d.edge, d.total = whole, edge, total
	logs, err := d.logs(t.Context(), res.lane)
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

// described is what is held of logs, for comparison.
func described(t *testing.T, logs *Logs) string {
	t.Helper()
	var b strings.Builder
	for _, a := range logs.Files {
		data, err := os.ReadFile(a.Path)
		if err != nil {
			t.Fatal(err)
		}
		if n := heldBytes(a.Parts); n != int64(len(data)) {
			t.Errorf("%s: %d bytes in parts, %d on disk", a.Name, n, len(data))
		}
		fmt.Fprintf(&b, "%s %d %v", a.Name, a.Size, a.Parts)
		if a.Unchecked {
			b.WriteString(" unchecked")
		}
		b.WriteString("\n")
	}
	for _, l := range logs.Lost {
		fmt.Fprintf(&b, "- %s %s %d: %s\n", l.Kind, l.File, l.Files, l.Why)
	}
	return b.String()
}

// What is held of logs of every size and kind.
func TestFetchLogs(t *testing.T) {
	text := numbered(10)
	torn := zip(text[:70])
	torn = torn[:len(torn)-8]
	for _, tt := range []struct {
		name    string
		objects map[string]gcstest.Object
		total   int64
		want    string
	}{
		{"none", nil, 1000, ""},
		{"containers and steps", map[string]gcstest.Object{
			"build-log.txt": {Data: []byte("one\n")}, "b-build-log.txt": {Data: []byte("two\n")}, "artifacts/t/s/build-log.txt": {Data: []byte("three\n")},
			"artifacts/build-log.txt": {Data: []byte("x")}, "artifacts/a/b/c/build-log.txt": {Data: []byte("x")}, "artifacts/t/s/other.log": {Data: []byte("x")},
		}, 1000, "artifacts/t/s/build-log.txt 6 [{0 6}]\nb-build-log.txt 4 [{0 4}]\nbuild-log.txt 4 [{0 4}]\n"},
		{"empty", map[string]gcstest.Object{"build-log.txt": {}}, 1000, "build-log.txt 0 []\n"},
		{"as large as is taken", map[string]gcstest.Object{"build-log.txt": {Data: []byte(text[:80])}}, 1000, "build-log.txt 80 [{0 80}]\n"},
		{"larger", map[string]gcstest.Object{"build-log.txt": {Data: []byte(text)}}, 1000,
			"build-log.txt 100 [{0 20} {80 20}] unchecked\n- too-large build-log.txt 1: only 40 bytes of 100 bytes fetched: the beginning and the end\n"},
		{"larger, of one line", map[string]gcstest.Object{"build-log.txt": {Data: []byte(strings.Repeat("x", 100))}}, 1000,
			"build-log.txt 100 [{0 25}] unchecked\n- too-large build-log.txt 1: only 25 bytes of 100 bytes fetched: the beginning and the end\n"},
		{"gzip", map[string]gcstest.Object{"build-log.txt": {Data: []byte(zip(text[:70])), ContentEncoding: "gzip"}}, 1000, "build-log.txt 70 [{0 70}]\n"},
		{"gzip twice", map[string]gcstest.Object{"build-log.txt": {Data: []byte(zip(zip(text[:70]))), ContentEncoding: "gzip"}}, 1000, "build-log.txt 70 [{0 70}]\n"},
		{"gzip of a larger one", map[string]gcstest.Object{"build-log.txt": {Data: []byte(zip(numbered(1000))), ContentEncoding: "gzip"}}, 10_000,
			"build-log.txt 10000 [{0 20} {9980 20}]\n- too-large build-log.txt 1: only 40 bytes of 10.0 kB fetched: the beginning and the end\n"},
		{"gzip without a word, and too large for one reading", map[string]gcstest.Object{"build-log.txt": {Data: []byte(zip(numbered(1000)))}}, 10_000,
			"build-log.txt 10000 [{0 20} {9980 20}]\n- too-large build-log.txt 1: only 40 bytes of 10.0 kB fetched: the beginning and the end\n"},
		{"damaged gzip", map[string]gcstest.Object{"build-log.txt": {Data: []byte(torn), ContentEncoding: "gzip"}}, 1000,
			"build-log.txt 70 [{0 70}]\n- broken build-log.txt 1: its gzip data is damaged: unexpected EOF\n"},
		{"more than all may have", map[string]gcstest.Object{
			"artifacts/t/a/build-log.txt": {Data: []byte(text[:70])}, "artifacts/t/b/build-log.txt": {Data: []byte(text[:70])}, "artifacts/t/c/build-log.txt": {Data: []byte(text[:50])},
			"artifacts/t/d/build-log.txt": {Data: []byte(text[:10])},
		}, 130, "artifacts/t/a/build-log.txt 70 [{0 70}]\nartifacts/t/b/build-log.txt 70 [{0 20} {50 20}] unchecked\nartifacts/t/d/build-log.txt 10 [{0 10}]\n" +
			"- too-large artifacts/t/b/build-log.txt 1: only 40 bytes of 70 bytes fetched: the beginning and the end\n" +
			"- too-large artifacts/t/c/build-log.txt 1: the logs of a run are limited to 130 bytes\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			client, c := dial(t, s), openTest(t)
			s.PutBytes(testRun.Bucket, testRun.Root+"/finished.json", []byte("{}"))
			s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-1.otel", []byte("x"))
			for name, o := range tt.objects {
				o.Bucket, o.Name = testRun.Bucket, testRun.Root+"/"+name
				s.Put(o)
			}
			logs := fetchLogs(t, c, client, ArtifactOptions{}, 80, 25, tt.total)
			if got := described(t, logs); got != tt.want {
				t.Errorf("got\n%s, want\n%s", got, tt.want)
			}
			if got := described(t, fetchLogs(t, c, nil, ArtifactOptions{Offline: true}, 80, 25, tt.total)); got != tt.want {
				t.Errorf("offline\n%s, want\n%s", got, tt.want)
			}
			dirs := names(t, c.Dir(), "artifacts")
			for _, name := range dirs {
				if strings.HasSuffix(name, partSuffix) {
					t.Errorf("left behind: %s", name)
				}
			}
		})
	}
}

// Nothing is asked of logs before every trace has come, nor while the run is only fetched.
func TestLogsComeAfterTraces(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for _, r := range s.asked() {
		if strings.Contains(r, "build-log") || strings.HasPrefix(r, "listdir") {
			t.Errorf("beside the traces: %s", r)
		}
	}
	if _, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{}); err != nil {
		t.Fatal(err)
	}
	root := testRun.Bucket + "/" + testRun.Root
	want := []string{"get " + root + "/build-log.txt", "list " + root + "/artifacts/**/build-log.txt", "listdir " + root + "/"}
	if got := s.asked(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// Which logs are asked for again, and when.
func TestLogsAgain(t *testing.T) {
	for _, tt := range []struct {
		name     string
		between  func(*testing.T, *memStore, *Logs)
		requests int
		log      string
	}{
		{"ended", func(*testing.T, *memStore, *Logs) {}, 0, "log"},
		{"removed from the cache", func(t *testing.T, _ *memStore, l *Logs) { os.Remove(l.Files[0].Path) }, 3, "log"},
		{"damaged in the cache", func(t *testing.T, _ *memStore, l *Logs) {
			damage(t, l.Files[0].Path, func(b []byte) []byte { b[0] ^= 1; return b })
		}, 3, "log"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			tt.between(t, s, fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000))
			s.asked()
			logs := fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
			if got := s.asked(); len(got) != tt.requests {
				t.Errorf("asked %q", got)
			}
			if len(logs.Files) != 1 || readFile(t, logs.Files[0].Path) != tt.log {
				t.Errorf("logs %+v", logs)
			}
		})
	}
	t.Run("running and growing", func(t *testing.T) {
		s, c := newStore(), openTest(t)
		putRun(s, testRun)
		s.delete(testRun.Bucket, testRun.Root+"/finished.json")
		first := fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
		s.put(testRun.Bucket, testRun.Root+"/build-log.txt", "log and more")
		logs := fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
		if got := readFile(t, logs.Files[0].Path); got != "log and more" {
			t.Errorf("%q", got)
		}
		if _, err := os.Stat(first.Files[0].Path); !os.IsNotExist(err) {
			t.Errorf("the older version is still there: %v", err)
		}
	})
}

// A bucket that gives no log, or no listing, costs nothing else, and is asked again.
func TestLogsFail(t *testing.T) {
	s := gcstest.New(t)
	client, c := dial(t, s), openTest(t)
	s.PutBytes(testRun.Bucket, testRun.Root+"/finished.json", []byte("{}"))
	s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-1.otel", []byte("x"))
	s.PutBytes(testRun.Bucket, testRun.Root+"/build-log.txt", []byte("log"))
	s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/t/s/build-log.txt", []byte("step"))
	s.Fault(gcstest.Match{Object: testRun.Root + "/build-log.txt"}, gcstest.Status(403))
	logs := fetchLogs(t, c, client, ArtifactOptions{}, 80, 25, 1000)
	if len(logs.Files) != 1 || len(logs.Lost) != 1 || logs.Lost[0].Kind != runfile.LossUnavailable || !logs.Lost[0].Again {
		t.Errorf("one refused: %s", described(t, logs))
	}
	s.ClearFaults()
	if logs = fetchLogs(t, c, client, ArtifactOptions{}, 80, 25, 1000); len(logs.Files) != 2 || len(logs.Lost) != 0 {
		t.Errorf("asked again: %s", described(t, logs))
	}
	s.Fault(gcstest.Match{Op: gcstest.List}, gcstest.Status(403))
	res, err := c.Fetch(t.Context(), client, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if logs, err = c.FetchLogs(t.Context(), client, res, ArtifactOptions{Refresh: true}); err != nil || len(logs.Files) != 2 || len(logs.Lost) != 1 {
		t.Errorf("no listing: %v, %v", logs, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.FetchLogs(stopped, client, res, ArtifactOptions{Refresh: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// A cache of the first format gains its logs.
func TestFirstFormatGainsLogs(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/cache-v1")); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	if logs := fetchLogs(t, c, nil, ArtifactOptions{Offline: true}, 80, 25, 1000); len(logs.Files) != 0 || !logs.Listed.IsZero() {
		t.Errorf("offline: %+v", logs)
	}
	s := newStore()
	putRun(s, testRun)
	for range 2 {
		if logs := fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000); len(logs.Files) != 1 || logs.Listed.IsZero() {
			t.Errorf("logs %+v", logs)
		}
	}
	if got := s.asked(); len(got) != 3 {
		t.Errorf("asked %q", got)
	}
}

package session_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// logged is a run whose logs are on this machine.
func logged(log string) map[string]string {
	files := maps.Clone(ended)
	maps.Copy(files, map[string]string{
		"build-log.txt":                     log,
		"artifacts/e2e/setup/build-log.txt": "step\n",
		"artifacts/e2e/kubelet.log":         "no build log\n",
		"artifacts/otlp/kops-1.otel":        "<!doctype html>",
	})
	return files
}

const twoLines = "one\nE1125 05:55:00.000000 1 a.go:1] two\n"

// writeFiles writes files below dir.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// archive makes an archive of files.
func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: "run/" + name, Mode: 0o600, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(data))
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.tar.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(data string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(data))
	z.Close()
	return b.String()
}

// A directory and an archive give the logs of the run in them.
func TestLocalLogs(t *testing.T) {
	dir, zippedDir := t.TempDir(), t.TempDir()
	writeFiles(t, dir, logged(twoLines))
	writeFiles(t, zippedDir, logged(zipped(twoLines)))
	for name, place := range map[string]string{"directory": dir, "archive": archive(t, logged(twoLines)), "stored with gzip": zippedDir} {
		t.Run(name, func(t *testing.T) {
			o, _, _ := sample(t)
			o.Untraced = true
			l, err := load(t, o, place)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			logs, err := l.Inputs[0].Logs(t.Context())
			if err != nil || len(logs) != 2 {
				t.Fatalf("%d logs, %v", len(logs), err)
			}
			if got := logs[0].Of; logs[0].Name != "build-log.txt" || got != (runfile.LogOf{Container: "test"}) {
				t.Errorf("%s of %+v", logs[0].Name, got)
			}
			if got := logs[1].Of; logs[1].Name != "artifacts/e2e/setup/build-log.txt" || got != (runfile.LogOf{Test: "e2e", Step: "setup"}) {
				t.Errorf("%s of %+v", logs[1].Name, got)
			}
			lines, err := logs[0].Lines(t.Context())
			if err != nil || lines.Len() != 2 {
				t.Fatal(lines, err)
			}
			line := lines.Line(1)
			if want := time.Date(2026, 11, 25, 5, 55, 0, 0, time.UTC); !line.Time.Equal(want) || !strings.Contains(string(line.Bytes), "two") {
				t.Errorf("line %+v", line)
			}
			if n, exact := lines.Number(1); n != 2 || !exact || lines.Before(1) != 0 || lines.Place(1) != 4 || lines.URL(1, 1) != "" {
				t.Errorf("line %d, exact %v, before it %d, at %d, address %s", n, exact, lines.Before(1), lines.Place(1), lines.URL(1, 1))
			}
		})
	}
}

// What lies beside logs is as before, and a directory of logs alone gives them.
func TestLogsOfNoRun(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"build-log.txt": "a\n", "x/build-log.txt": "b\n", "kops-1.otel": "c"})
	s := session.New(session.Options{})
	for _, tt := range []struct {
		arg           string
		logs, sources int
	}{{dir, 2, 1}, {filepath.Join(dir, "x"), 1, 1}, {filepath.Join(dir, "build-log.txt"), 1, 1}} {
		refs, err := s.Parse([]string{tt.arg})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Collect(t.Context(), refs)
		if err != nil {
			t.Fatal(err)
		}
		logs, err := c.Inputs[0].Logs(t.Context())
		if err != nil || len(logs) != tt.logs || len(c.Inputs[0].Sources) != tt.sources {
			t.Errorf("%s: %d logs, %v, %d sources", tt.arg, len(logs), err, len(c.Inputs[0].Sources))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Lines are indexed once, whoever asks, and are there until the last reader has let go.
func TestLinesOutliveTheirOwner(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, logged(strings.Repeat("a line of text\n", 200_000))) // large enough to be mapped
	o, _, _ := sample(t)
	o.Untraced = true
	l, err := load(t, o, dir)
	if err != nil {
		t.Fatal(err)
	}
	in := l.Inputs[0]
	logs, err := in.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := logs[0].Lines(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	var readers sync.WaitGroup
	started, closed := make(chan *session.Lines, 8), make(chan struct{})
	for range cap(started) {
		readers.Go(func() {
			_, release := l.Acquire()
			defer release()
			lines, err := logs[0].Lines(t.Context())
			if err != nil {
				t.Error(err)
			}
			started <- lines
			<-closed
			for _, line := range lines.Lines() {
				if string(line.Bytes) != "a line of text" {
					t.Errorf("line %q", line.Bytes)
					return
				}
			}
		})
	}
	first := <-started
	for range cap(started) - 1 {
		if <-started != first {
			t.Error("the log was indexed again")
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	close(closed)
	readers.Wait()
	if _, err := logs[0].Lines(t.Context()); !errors.Is(err, session.ErrLogClosed) {
		t.Errorf("after all: %v", err)
	}
	if _, err := in.Logs(t.Context()); !errors.Is(err, session.ErrLogClosed) {
		t.Errorf("after all: %v", err)
	}
}

// The logs of a run in a bucket are fetched when they are asked for first, once, and lie
// in the cache from then on.
func TestFetchedLogs(t *testing.T) {
	o, _, server := sample(t)
	putBare(server, logged(twoLines))
	l, err := load(t, o, passing, bare)
	if err == nil {
		t.Fatal("a run without traces was loaded")
	}
	o.Untraced = true
	for _, tt := range []struct {
		name    string
		offline bool
		asked   bool
	}{{"first", false, true}, {"again", false, false}, {"offline", true, false}} {
		t.Run(tt.name, func(t *testing.T) {
			o.Offline = tt.offline
			if l, err = load(t, o, bare); err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			in := l.Inputs[0]
			for range 2 {
				server.ResetLog()
				logs, err := in.Logs(t.Context())
				if err != nil || len(logs) != 2 || len(in.LogLosses()) != 0 {
					t.Fatalf("%d logs, %v, lost %v", len(logs), err, in.LogLosses())
				}
				if len(server.Requests()) > 0 && !tt.asked {
					t.Errorf("asked %v", server.Requests())
				}
				tt.asked = false
				lines, err := logs[0].Lines(t.Context())
				if err != nil || lines.Len() != 2 || logs[0].Of.Container != "test" {
					t.Fatal(lines, err)
				}
				const want = "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/ci-unit/1900000000000000005#1:build-log.txt%3A2"
				if got := lines.URL(1, 1); got != want {
					t.Errorf("address %s", got)
				}
			}
			dir, err := load(t, session.Options{Join: join.ByTime, Untraced: true}, in.Fetched.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			if logs, err := dir.Inputs[0].Logs(t.Context()); err != nil || len(logs) != 2 {
				t.Errorf("of the cache's directory: %d logs, %v", len(logs), err)
			}
		})
	}
}

// A run whose logs were never fetched says so offline.
func TestLogsOffline(t *testing.T) {
	o, _, _ := sample(t)
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	o.Offline = true
	if l, err = load(t, o, passing); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	logs, err := l.Inputs[0].Logs(t.Context())
	if lost := l.Inputs[0].LogLosses(); err != nil || len(logs) != 0 || len(lost) != 1 || lost[0].Kind != runfile.LossUnlisted {
		t.Errorf("%d logs, %v, lost %v", len(logs), err, lost)
	}
}

// numbers is a text of n lines, the numbers from 0 in nine digits.
func numbers(n int) string {
	text := make([]byte, 0, 10*n)
	line := []byte("000000000\n")
	for range n {
		text = append(text, line...)
		for i := 8; i >= 0; i-- {
			if line[i]++; line[i] <= '9' {
				break
			}
			line[i] = '0'
		}
	}
	return string(text)
}

// Of a log that is too large the ends are held, and any part comes on demand.
func TestLargeLog(t *testing.T) {
	if testing.Short() {
		t.Skip("serves 70 MiB")
	}
	o, _, server := sample(t)
	o.Untraced = true
	putBare(server, logged(numbers(7<<20)))
	l, err := load(t, o, bare)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := l.Inputs[0]
	logs, err := in.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ends := logs[0]
	const edge = 16<<20 - 6 // whole lines
	if ends.Size != 70<<20 || !ends.Unchecked || len(ends.Gaps) != 1 || ends.Gaps[0] != (session.Gap{Offset: edge, Size: 70<<20 - 2*edge}) || len(in.LogLosses()) != 1 {
		t.Fatalf("%d bytes, unchecked %v, gaps %v, lost %v", ends.Size, ends.Unchecked, ends.Gaps, in.LogLosses())
	}
	before, err := ends.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	more, err := in.MoreOfLog(t.Context(), ends, 400_000_05, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(more.Gaps) != 2 || more.Gaps[1].Offset != 400_001_00 {
		t.Errorf("gaps %v", more.Gaps)
	}
	lines, err := more.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := edge / 10
	if got := string(lines.Line(first).Bytes); got != "004000001" || lines.Before(first) != more.Gaps[0].Size || lines.Place(first) != 400_000_10 {
		t.Errorf("line %q, before it %d, at %d", got, lines.Before(first), lines.Place(first))
	}
	if got := string(before.Line(first).Bytes); got == "004000001" || before.Len() != lines.Len()-9 {
		t.Errorf("the log of before changed: %q", got)
	}
	if logs, err = in.Logs(t.Context()); err != nil || logs[0] != more {
		t.Errorf("later it is %v, %v", logs[0], err)
	}
	if whole, err := in.MoreOfLog(t.Context(), more, 0, 70<<20); err != nil || len(whole.Gaps) > 0 || len(in.LogLosses()) > 0 {
		t.Errorf("of the whole log %v are missing, lost %v, %v", whole.Gaps, in.LogLosses(), err)
	}
}

// Lines of a time that is not held are fetched where they should lie: writers that are
// busy at some times and idle at others cost some looks more, and never the whole log.
func TestLogAt(t *testing.T) {
	if testing.Short() {
		t.Skip("serves 80 MiB")
	}
	const n = 1 << 20 // lines of 80 bytes
	start := time.Date(2025, 3, 13, 5, 0, 0, 0, time.UTC)
	timeOf := func(i int) time.Time { // three quarters of the lines in the first tenth
		if busy := n / 4 * 3; i < busy {
			return start.Add(6 * time.Minute * time.Duration(i) / time.Duration(busy))
		} else {
			return start.Add(6*time.Minute + 54*time.Minute*time.Duration(i-busy)/time.Duration(n-busy))
		}
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%s %-*d\n", timeOf(i).Format("2006-01-02T15:04:05.000000Z"), 51, i)
	}
	o, _, server := sample(t)
	o.Untraced = true
	putBare(server, logged(text.String()))
	l, err := load(t, o, bare)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := l.Inputs[0]
	for _, wanted := range []int{1000, n / 2, n - 1} {
		logs, err := in.Logs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		log, err := in.LogAt(t.Context(), logs[0], timeOf(wanted))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := log.Lines(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := lines.At(timeOf(wanted).Truncate(time.Microsecond))
		if got := strings.Fields(string(lines.Line(i).Bytes))[1]; got != strconv.Itoa(wanted) || lines.Before(i) != 0 {
			t.Errorf("at line %d is %s, and %d bytes are missing before it", wanted, got, lines.Before(i))
		}
	}
	logs, _ := in.Logs(t.Context())
	held := logs[0].Size
	for _, g := range logs[0].Gaps {
		held -= g.Size
	}
	if held > 60<<20 || len(logs[0].Gaps) == 0 {
		t.Errorf("%d bytes of %d are held", held, logs[0].Size)
	}
	if log, err := in.LogAt(t.Context(), logs[0], start.Add(100*time.Hour)); err != nil || log != logs[0] {
		t.Errorf("of a time behind the end: %v, %v", log, err)
	}
}

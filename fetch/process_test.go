package fetch

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
)

// The test binary started with this variable is a prowtrace that fetches the
// test run into the cache named by it, from the server in the other variable.
const (
	childCache  = "FETCH_TEST_CACHE"
	childServer = "FETCH_TEST_SERVER"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childCache); dir != "" {
		if err := childFetch(dir, os.Getenv(childServer)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func childFetch(dir, server string) error {
	ctx := context.Background()
	client, err := gcs.New(ctx, gcs.Options{Auth: gcs.AuthAnonymous, Endpoint: server, Connections: 4})
	if err != nil {
		return err
	}
	defer client.Close()
	c, err := OpenCache(dir)
	if err != nil {
		return err
	}
	res, err := c.Fetch(ctx, client, testRun, Options{
		Pool: NewPool(4), Notice: func(n Notice) { fmt.Println(n.Text) },
	})
	if err != nil {
		return err
	}
	return res.Close()
}

func child(t *testing.T, c *Cache, s *gcstest.Server) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childCache+"="+c.Dir(), childServer+"="+s.URL)
	return cmd
}

// TestKill kills a process at 50 points of a fetch. What it leaves must be right
// or be left alone, and the next fetch must ask only for what is missing.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 50 processes")
	}
	s := gcstest.New(t)
	want := map[string]string{"finished.json": "{}", "artifacts/otlp/large.otel": big(sliceAbove + 1), "artifacts/otlp/middle.otel": big(keepAbove + 1)}
	for i := range 20 {
		want[fmt.Sprintf("artifacts/otlp/%02d.otel", i)] = big(20_000 + i)
	}
	var total int64
	for name, data := range want {
		s.PutBytes(testRun.Bucket, testRun.Root+"/"+name, []byte(data))
		total += int64(len(data))
	}
	meter := &meter{}
	s.Fault(gcstest.Match{}, meter.effect)
	client, c := dial(t, s), openTest(t)
	random := rand.New(rand.NewPCG(1, 2))
	killed, reused, resumed := 0, 0, 0
	for range 50 {
		if err := os.RemoveAll(string(c.runDir(testRun))); err != nil {
			t.Fatal(err)
		}
		cmd := child(t, c, s)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		meter.after(random.Int64N(total+total/20), func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			if out.Len() > 0 {
				t.Fatalf("the child failed: %s", out.String())
			}
			killed++
		}
		meter.after(1<<62, nil)

		complete := checkBlobs(t, c, want)
		reused += complete
		s.ResetLog()
		res, err := c.Fetch(t.Context(), client, testRun, Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantContents(t, res, want)
		fetched := map[string]bool{}
		for _, r := range s.Requests() {
			if r.Op == gcstest.Get && strings.HasSuffix(r.Object, ".otel") {
				fetched[r.Object] = true
				if strings.HasSuffix(r.Object, "middle.otel") && r.Header.Get("Range") != "" {
					resumed++
				}
			}
		}
		if len(fetched) > len(want)-1-complete {
			t.Errorf("%d files were fetched though %d were there", len(fetched), complete)
		}
		if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		res.Close()
	}
	t.Logf("%d killed, %d files and %d parts used again", killed, reused, resumed)
	if killed < 20 || reused == 0 {
		t.Errorf("only %d processes were killed in the middle, %d files used again", killed, reused)
	}
}

// checkBlobs looks at what a killed process has left: every blob must be one of
// the run's files, complete; a manifest must be whole. It counts the trace files.
func checkBlobs(t *testing.T, c *Cache, want map[string]string) (complete int) {
	t.Helper()
	content := map[string]bool{}
	for name, data := range want {
		content[data] = strings.HasSuffix(name, ".otel")
	}
	for _, name := range names(t, c.Dir(), "blobs") {
		trace, ok := content[readFile(t, filepath.Join(c.Dir(), name))]
		if !ok {
			t.Errorf("%s has wrong bytes", name)
		}
		if trace {
			complete++
		}
	}
	d := c.runDir(testRun)
	if _, err := os.Stat(d.manifest()); err == nil && d.readManifest().Version != manifestVersion {
		t.Error("the manifest is torn")
	}
	return complete
}

// A meter calls a function when a server has sent so many bytes.
type meter struct {
	mu   sync.Mutex
	left int64
	do   func()
}

func (m *meter) after(n int64, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.do = n, do
}

func (m *meter) count(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left -= int64(n); m.left < 0 && m.do != nil {
		m.do()
		m.do = nil
	}
}

func (m *meter) effect(_ *gcstest.Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(&meteredWriter{w, m}, r)
}

type meteredWriter struct {
	http.ResponseWriter
	m *meter
}

func (w *meteredWriter) Write(b []byte) (int, error) {
	n := 0
	for chunk := range slices.Chunk(b, 16<<10) {
		w.m.count(len(chunk))
		k, err := w.ResponseWriter.Write(chunk)
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (w *meteredWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Two processes on one run: the second says that it waits, and fetches nothing.
func TestTwoProcesses(t *testing.T) {
	s, c := gcstest.New(t), openTest(t)
	objects := map[string]string{"finished.json": "{}", "artifacts/otlp/a.otel": "a", "artifacts/otlp/b.otel": "b"}
	for name, data := range objects {
		s.PutBytes(testRun.Bucket, testRun.Root+"/"+name, []byte(data))
	}
	firstIsAtWork, secondWaits := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	s.Fault(gcstest.Match{Op: gcstest.Get, Object: testRun.Root + "/artifacts/otlp/a.otel"}, gcstest.Before(func() {
		if once.CompareAndSwap(false, true) {
			close(firstIsAtWork)
			<-secondWaits
		}
	}))
	first := child(t, c, s)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-firstIsAtWork
	second := child(t, c, s)
	out, err := second.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	close(secondWaits)
	if want := fmt.Sprintf("waiting for another prowtrace (process %d) that fetches this run\n", first.Process.Pid); line != want {
		t.Errorf("the second said %q, want %q", line, want)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second: %v", err)
	}
	for name := range objects {
		if n := s.Count(gcstest.Get, testRun.Root+"/"+name); n != 1 {
			t.Errorf("%s was fetched %d times", name, n)
		}
	}
	res, err := c.Fetch(t.Context(), nil, testRun, Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	wantContents(t, res, objects)
}

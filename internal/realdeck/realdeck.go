// Package realdeck starts the real Deck, Prow's own page, for tests: the one that
// build-deck.sh builds once a machine from the module in deck.
//
// It never builds or downloads one.
package realdeck

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Base is the address of Deck's pages. Deck chooses neither this port nor that of its own
// lenses, so that only one can run at a time.
const Base = "http://127.0.0.1:8080"

// Dir gives the directory that Deck was built into. A test without it is skipped, or fails
// where PROWTRACE_REQUIRE_DECK is 1.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := locate()
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "of"))
	}
	if err != nil {
		const hint = "%v; make deck builds it (once, some minutes)"
		if os.Getenv("PROWTRACE_REQUIRE_DECK") == "1" {
			t.Fatalf(hint, err)
		}
		t.Skipf(hint, err)
	}
	return dir
}

func locate() (string, error) {
	dir := os.Getenv("PROWTRACE_DECK_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "prowtrace-test")
	}
	return filepath.Abs(filepath.Join(dir, "deck"))
}

// Start starts Deck with a configuration, which reads buckets at a storage server, as
// host:port. It ends with the test.
func Start(t testing.TB, storage string, config []byte) {
	t.Helper()
	dir, scratch := Dir(t), t.TempDir()
	for _, port := range []string{"8080", "1234"} {
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatalf("Deck needs port %s: %v", port, err)
		}
		l.Close()
	}
	for name, data := range map[string][]byte{"config.yaml": config, "data/prowjobs.json": []byte(`{"items":[]}`)} {
		path := filepath.Join(scratch, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "deck"),
		"--pregenerated-data="+filepath.Join(scratch, "data"), "--config-path="+filepath.Join(scratch, "config.yaml"), "--spyglass",
		"--static-files-location="+filepath.Join(dir, "cmd/deck/static"), "--template-files-location="+filepath.Join(dir, "cmd/deck/template"),
		"--spyglass-files-location="+filepath.Join(dir, "pkg/spyglass/lenses"),
		"--metrics-port="+freePort(t), "--pprof-port="+freePort(t), "--health-port="+freePort(t))
	cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+storage)
	var said output
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("Deck said:\n%s", said.String())
		}
	})
	await(t, ended)
}

// await waits until Deck answers.
func await(t testing.TB, ended <-chan struct{}) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		if r, err := http.Get(Base + "/"); err == nil {
			r.Body.Close()
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ended:
			t.Fatal("Deck ended")
		case <-limit:
			t.Fatal("Deck does not answer")
		}
	}
}

// freePort is a port that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// output keeps the end of what a program says. It is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := strings.Split(o.text.String(), "\n")
	return strings.Join(lines[max(len(lines)-60, 0):], "\n")
}

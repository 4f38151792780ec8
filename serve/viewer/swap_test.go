package viewer

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"prowtrace/trace"
	"prowtrace/trace/join"
)

// A newer View takes the place of one that is being read. Each request is answered
// from one View; the files of a Set, which are mapped, stay until its last reader has
// ended: otherwise the test would crash.
func TestViewIsSwappedUnderRequests(t *testing.T) {
	dir := t.TempDir()
	open := func(n int) *trace.View {
		source := file(t, 1, span{id: 1, name: fmt.Sprintf("root %d", n), end: 1000}, span{id: 2, parent: 1, name: fmt.Sprintf("child %d", n), end: 600, change: failed(fmt.Sprintf("message %d", n))})
		path := filepath.Join(dir, fmt.Sprint(n, ".otel"))
		if err := os.WriteFile(path, source.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := join.Load(t.Context(), []trace.Source{{Name: path, Path: path}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	shared := trace.NewShared(open(0))
	h := New(shared, Info{Title: "run 0"})
	one := "/api/v1/traces/" + traceID(1).String()
	targets := []string{"/api/v1/run", "/api/v1/traces?q=child", "/api/v1/operations", "/api/v1/keys", "/api/v1/flame", "/api/v1/services", "/api/v1/files", one, one + "/columns",
		one + "/lines?at=0-2", one + "/operations", one + "/critical", one + "/find?q=message", one + "/spans/0000000000000002", one + "/compare?with=" + traceID(1).String(), one + "/otlp", "/trace/" + traceID(1).String()}
	const swaps = 60
	var done atomic.Bool
	var readers sync.WaitGroup
	for w := range 4 {
		readers.Go(func() {
			for i := w; !done.Load(); i++ {
				target := targets[i%len(targets)]
				w := get(h, target)
				if w.Code != http.StatusOK {
					t.Errorf("%s: status %d", target, w.Code)
					return
				}
				if target == one {
					body := w.Body.String()
					n := strings.TrimPrefix(body[strings.Index(body, "root "):], "root ")
					if n = n[:strings.IndexByte(n, '"')]; !strings.Contains(body, `"child `+n+`"`) {
						t.Errorf("one answer from two views: %s", body)
						return
					}
				}
			}
		})
	}
	var last *trace.View
	for n := range swaps {
		if n%2 == 0 {
			last = open(n + 1)
		} else {
			last = trace.NewView(last.Set(), trace.Material{}) // as when facts are added
		}
		if err := shared.Swap(last); err != nil {
			t.Error(err)
		}
		h.SetInfo(Info{Title: fmt.Sprint("run ", n+1)})
	}
	done.Store(true)
	readers.Wait()
	if got := answer[run](t, h, "run").Title; got != fmt.Sprint("run ", swaps) {
		t.Errorf("title %q", got)
	}
	if got, want := answer[summary](t, h, "traces/"+traceID(1).String()).Name, fmt.Sprint("root ", swaps-1); got != want {
		t.Errorf("root %q, want %q", got, want)
	}
	if err := shared.Close(); err != nil {
		t.Error(err)
	}
	if w := get(h, "/api/v1/run"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after the end: status %d", w.Code)
	}
}

package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

const page = "https://ui.perfetto.dev"

// handOver starts one that writes a text, and gives its end.
func handOver(t *testing.T, write func(context.Context, io.Writer) error) (h *HandOver, end <-chan error, stop context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	h, err := ListenOnce(ctx, "127.0.0.1:0", page, ".pftrace", write)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	return h, ended, cancel
}

func writesTrace(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "trace")
	return err
}

func request(t *testing.T, method, url string, change func(*http.Request)) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", page)
	if change != nil {
		change(r)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

// The file is given once, to the page, and then the port is closed.
func TestHandOver(t *testing.T) {
	h, ended, _ := handOver(t, writesTrace)
	if !strings.HasPrefix(h.URL(), "http://127.0.0.1:") || !strings.HasSuffix(h.URL(), ".pftrace") || len(h.name) < 26+len(".pftrace") {
		t.Errorf("it is at %s", h.URL())
	}
	for name, test := range map[string]struct {
		method, url string
		change      func(*http.Request)
		want        int
	}{
		"another origin":                 {"GET", h.URL(), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		"no origin":                      {"GET", h.URL(), func(r *http.Request) { r.Header.Del("Origin") }, http.StatusForbidden},
		"another host":                   {"GET", h.URL(), func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		"another name":                   {"GET", strings.TrimSuffix(h.URL(), ".pftrace"), nil, http.StatusNotFound},
		"the root":                       {"GET", "http://" + h.listener.Addr().String() + "/", nil, http.StatusNotFound},
		"another method":                 {"POST", h.URL(), nil, http.StatusMethodNotAllowed},
		"a question from another origin": {"OPTIONS", h.URL(), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
	} {
		res, _, err := request(t, test.method, test.url, test.change)
		if err != nil || res.StatusCode != test.want {
			t.Fatalf("%s: %v %v, want %d", name, res, err, test.want)
		}
		if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "" && allowed != page {
			t.Errorf("%s: %q may read it", name, allowed)
		}
	}
	res, _, err := request(t, "OPTIONS", h.URL(), func(r *http.Request) { r.Header.Set("Access-Control-Request-Private-Network", "true") })
	if err != nil || res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Private-Network") != "true" || res.Header.Get("Access-Control-Allow-Origin") != page {
		t.Fatalf("the browser's question: %v, %v", res, err)
	}
	res, body, err := request(t, "GET", h.URL(), nil)
	if err != nil || res.StatusCode != http.StatusOK || body != "trace" || res.Header.Get("Access-Control-Allow-Origin") != page {
		t.Fatalf("%v %q %v", res, body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if c, err := net.Dial("tcp", h.listener.Addr().String()); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
}

// A second request while the first is answered gets nothing.
func TestHandOverOnce(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	h, ended, _ := handOver(t, func(ctx context.Context, w io.Writer) error {
		close(begun)
		<-goOn
		return writesTrace(ctx, w)
	})
	first := make(chan string, 1)
	go func() {
		_, body, _ := request(t, "GET", h.URL(), nil)
		first <- body
	}()
	<-begun
	if res, _, err := request(t, "GET", h.URL(), nil); err != nil || res.StatusCode != http.StatusGone {
		t.Errorf("the second request: %v %v", res, err)
	}
	close(goOn)
	if body := <-first; body != "trace" {
		t.Errorf("the first got %q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Ctrl-C closes the port, and what fails in the middle is no whole file.
func TestHandOverFails(t *testing.T) {
	_, ended, stop := handOver(t, writesTrace)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	broken := errors.New("broken")
	h, ended, _ := handOver(t, func(ctx context.Context, w io.Writer) error { _ = writesTrace(ctx, w); return broken })
	if _, body, err := request(t, "GET", h.URL(), nil); err == nil {
		t.Errorf("%q was taken for the file", body)
	}
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("it ended with %v", err)
	}
}

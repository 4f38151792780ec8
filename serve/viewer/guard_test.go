package viewer

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, test := range []struct {
		name, host, origin, method string
		hosts                      []string
		status                     int
		says                       string
	}{
		{name: "localhost", host: "localhost:16686", status: 200},
		{name: "localhost without a port", host: "localhost", status: 200},
		{name: "upper case", host: "LOCALHOST:80", status: 200},
		{name: "last dot", host: "localhost.:80", status: 200},
		{name: "name under localhost", host: "prowtrace.localhost:80", status: 200},
		{name: "IPv4 loopback", host: "127.0.0.1:80", status: 200},
		{name: "all of 127/8", host: "127.8.9.1", status: 200},
		{name: "IPv6 loopback", host: "[::1]:80", status: 200},
		{name: "IPv4 in IPv6", host: "[::ffff:127.0.0.1]:80", status: 200},
		{name: "foreign name", host: "evil.example:80", status: 403, says: "asked for as “evil.example:80”"},
		{name: "name that ends alike", host: "notlocalhost", status: 403},
		{name: "localhost in front", host: "localhost.evil.example", status: 403},
		{name: "foreign address", host: "10.1.2.3:80", status: 403},
		{name: "no host", host: "", status: 403},
		{name: "terminal escapes in the host", host: "a\x1b[2J", status: 403, says: `“a\x1b[2J”`},
		{name: "host listened on", host: "ci-box:80", hosts: []string{"ci-box"}, status: 200},
		{name: "address listened on", host: "10.1.2.3:80", hosts: []string{"10.1.2.3:80"}, status: 200},
		{name: "other address", host: "10.1.2.4:80", hosts: []string{"10.1.2.3"}, status: 403},
		{name: "all addresses", host: "10.1.2.4:80", hosts: []string{"0.0.0.0"}, status: 200},
		{name: "all addresses, foreign name", host: "evil.example", hosts: []string{"::"}, status: 403},
		{name: "own origin", host: "localhost:80", origin: "http://localhost:80", status: 200},
		{name: "other port", host: "localhost:80", origin: "http://localhost:81", status: 403, says: "a page of"},
		{name: "foreign origin", host: "localhost:80", origin: "https://evil.example", status: 403, says: "“https://evil.example”"},
		{name: "hidden origin", host: "localhost:80", origin: "null", status: 403},
		{name: "HEAD", host: "localhost", method: http.MethodHead, status: 200},
		{name: "POST", host: "localhost", method: http.MethodPost, status: 405, says: "GET or HEAD"},
		{name: "OPTIONS", host: "localhost", method: http.MethodOptions, status: 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newViewer(load(t), Info{}, test.hosts...)
			if test.method == "" {
				test.method = http.MethodGet
			}
			r := httptest.NewRequest(test.method, "/", nil)
			r.Host = test.host
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
			if !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("%q does not say %q", w.Body, test.says)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins are allowed")
			}
		})
	}
}

// TestHeaders goes through a real server: all answers carry the headers, those
// of net/http's own making included.
func TestHeaders(t *testing.T) {
	server := httptest.NewServer(newViewer(load(t, sampleFiles(t)...), Info{}))
	defer server.Close()
	for _, path := range []string{
		"/", "/trace/" + traceID(1).String(), "/api/v1/run", "/api/v1/traces/" + traceID(1).String() + "/columns", "/api/v1/traces/" + traceID(1).String() + "/spans/0/raw", "/api/v1/nothing",
		"/ui/style.css", "/ui/icon.svg", "/nothing", "/trace/nonsense", "/trace//double", "/ui/index.html", "/ui/..%2fviewer.go",
	} {
		t.Run(path, func(t *testing.T) {
			client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			resp, err := client.Get(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Error(err)
			}
			for key, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "no-referrer",
			} {
				if got := resp.Header.Get(key); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
		})
	}
}

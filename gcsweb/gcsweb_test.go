package gcsweb

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/objstore"
	"prowtrace/objstore/storetest"
)

// web shows buckets as a gcsweb does: it escapes nothing, and shows an empty directory
// for what does not exist.
type web struct {
	mu      sync.Mutex
	buckets map[string]map[string][]byte
	before  func(w http.ResponseWriter, r *http.Request) (answered bool)
	asked   int
}

func newWeb(t *testing.T) (*web, *Client) {
	t.Helper()
	s := &web{buckets: map[string]map[string][]byte{"bucket": {}, "empty": {}}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{
		RetryPause: time.Millisecond, Logf: t.Logf, FirstSign: 30 * time.Millisecond, StallTimeout: 5 * time.Second,
		Pages: func(bucket string) *url.URL {
			if strings.ContainsAny(bucket, "/?\n") || bucket == "" {
				return nil
			}
			return base.JoinPath("s3", bucket)
		},
	})
	t.Cleanup(func() { c.Close() })
	return s, c
}

func (s *web) put(bucket, name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket][name] = data
}

func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.before != nil && s.before(w, r) {
		return
	}
	bucket, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/s3/"), "/")
	name = strings.Trim(name, "/")
	objects, ok := s.buckets[bucket]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if data, ok := objects[name]; ok {
		w.Write(data)
		return
	}
	io.WriteString(w, s.page(bucket, name, objects))
}

func (s *web) page(bucket, dir string, objects map[string][]byte) string {
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	dirs, files := map[string]bool{}, []string{}
	for name := range objects {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == "" {
			continue
		}
		if first, _, deep := strings.Cut(rest, "/"); deep {
			dirs[first+"/"] = true
		} else {
			files = append(files, rest)
		}
	}
	var b strings.Builder
	path := "/s3/" + bucket + "/" + prefix
	fmt.Fprintf(&b, "\n    <!doctype html>\n   \t<html>\n   \t<head>\n   \t    <title>S3 browser: %s</title>\n   \t</head>\n   \t<body>\n", bucket)
	fmt.Fprintf(&b, "\n    <header>\n        <h1>%s</h1>\n        <h3>%s</h3>\n    </header>\n    <ul class=\"resource-grid\">\n", bucket, strings.TrimPrefix(path, "/s3"))
	b.WriteString("\n\t<li class=\"pure-g\">\n\t\t<div class=\"pure-u-2-5 grid-head\">Name</div>\n\t</li>\n")
	item := func(icon, address, name, size, modified string) {
		fmt.Fprintf(&b, "\n    <li class=\"pure-g grid-row\">\n\t    <div class=\"pure-u-2-5\"><a href=\"%s\"><img src=\"/icons/%s.png\"> %s</a></div>\n\t    <div class=\"pure-u-1-5\">%s</div>\n\t    <div class=\"pure-u-2-5\">%s</div>\n\t</li>\n",
			address, icon, name, size, modified)
	}
	item("back", "/s3/", "..", "-", "-")
	for name := range dirs {
		item("dir", path+name, name, "-", "-")
	}
	for _, name := range files {
		item("file", path+name, name, fmt.Sprint(len(objects[prefix+name])), "Thu, 13 Mar 2025 02:17:00 UTC")
	}
	b.WriteString("</ul></body></html>")
	return b.String()
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Server {
		s, c := newWeb(t)
		return storetest.Server{
			Store: c, Bare: true,
			Holds: func(name string) bool {
				return name != "run/a" && name != "a" && !strings.Contains(name, "//") && !strings.Contains(name, "../") && !strings.HasSuffix(name, "/")
			},
			Put:    func(u storetest.Upload) { s.put(u.Bucket, u.Name, u.Data) },
			Delete: func(bucket, name string) { s.mu.Lock(); delete(s.buckets[bucket], name); s.mu.Unlock() },
		}
	})
}

// answer makes a fault of the first n requests.
func answer(n int, do func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if n--; n < 0 {
			return false
		}
		do(w, r)
		return true
	}
}

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
}

func TestFaults(t *testing.T) {
	const always = 1 << 30
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "0123")
		panic(http.ErrAbortHandler)
	}
	for _, tt := range []struct {
		name   string
		before func(http.ResponseWriter, *http.Request) bool
		fails  string // "": not at all
		is     error
	}{
		{"500 twice", answer(2, says(500, "Error: slow")), "", nil},
		{"500 for ever", answer(always, says(500, "Error: \x1b[2Jrefused")), "the gcsweb at ", nil},
		{"cut twice", answer(2, cut), "", nil},
		{"cut for ever", answer(always, cut), "cannot reach", nil},
		{"its own error behind the bytes", answer(1, says(200, "0123Error: coudln't copy data to the response writer: reset")), "", nil},
		{"shorter", answer(always, says(200, "0123")), "", objstore.ErrChecksum},
		{"longer", answer(always, says(200, "01234567890")), "", objstore.ErrChecksum},
		{"gone", answer(always, says(404, "404 page not found")), "", objstore.ErrBucketNotExist},
		{"refused", answer(always, says(403, "no")), "refuses anonymous readers (HTTP 403 to read: no)", nil},
		{"elsewhere", answer(always, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}), "the answer is not a gcsweb's", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newWeb(t)
			s.put("bucket", "run/x", []byte("0123456789"))
			var o objstore.Object
			for e, err := range c.ListDir(t.Context(), "bucket", "run/", objstore.Bounds{}) {
				if err != nil {
					t.Fatal(err)
				}
				o = e.Object
			}
			s.mu.Lock()
			s.before = tt.before
			s.mu.Unlock()
			var b strings.Builder
			err := c.Read(t.Context(), o, &b)
			fails := tt.fails != "" || tt.is != nil
			if !fails && (err != nil || b.String() != "0123456789") || fails && (err == nil || !strings.Contains(err.Error(), tt.fails) || tt.is != nil && !errors.Is(err, tt.is)) {
				t.Errorf("%q, %v", b.String(), err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("control characters in %q", err)
			}
		})
	}
}

// Pages that no gcsweb writes are refused, and nothing is walked without an end.
func TestHostilePages(t *testing.T) {
	page := func(rows string) string {
		return `<title>S3 browser: bucket</title><h3>/bucket/run/</h3><ul class="resource-grid">` + rows
	}
	r := func(address, icon, name, size, modified string) string {
		return rowStart + `<div class="x"><a href="` + address + `"><img src="/icons/` + icon + `.png"> ` + name + `</a></div><div class="x">` + size + `</div><div class="x">` + modified + `</div></li>`
	}
	const at = "Thu, 13 Mar 2025 02:17:00 UTC"
	for name, body := range map[string]string{
		"another directory's":       strings.Replace(page(""), "run", "other", 1),
		"a login page":              "<html>Log in</html>",
		"a row without a link":      page(rowStart + "</li>"),
		"a link elsewhere":          page(r("/s3/bucket/run/y", "file", "x", "1", at)),
		"a name that leads up":      page(r("/s3/bucket/run/..", "file", "..", "1", at)),
		"a name with directories":   page(r("/s3/bucket/run/a/b", "file", "a/b", "1", at)),
		"a directory without slash": page(r("/s3/bucket/run/a", "dir", "a", "-", "-")),
		"a negative size":           page(r("/s3/bucket/run/x", "file", "x", "-1", at)),
		"no size":                   page(r("/s3/bucket/run/x", "file", "x", "", at)),
		"no time":                   page(r("/s3/bucket/run/x", "file", "x", "1", "soon")),
	} {
		s, c := newWeb(t)
		s.before = answer(1<<30, says(200, body))
		for _, err := range c.List(t.Context(), "bucket", "run/", "") {
			var foreign *objstore.UnreachableError
			if !errors.As(err, &foreign) || foreign.Cause != objstore.ForeignAnswer {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	s, c := newWeb(t)
	s.before = func(w http.ResponseWriter, r *http.Request) bool { // a directory in each directory
		dir := strings.TrimPrefix(r.URL.Path, "/s3/")
		fmt.Fprintf(w, `<title>S3 browser: bucket</title><h3>/%s</h3><ul class="resource-grid">%s`, strings.TrimSuffix(dir, "/")+"/", rowStart+
			`<a href="/s3/`+dir+`d/"><img src="/icons/dir.png"> d/</a></div><div class="x">-</div><div class="x">-</div></li>`)
		return true
	}
	var last error
	for _, last = range c.List(t.Context(), "bucket", "run/", "") {
	}
	if last == nil || s.asked > maxPages {
		t.Errorf("%d pages, error %v", s.asked, last)
	}
}

// FuzzParsePage: whatever a page is, its rows have names that stay in the directory.
func FuzzParsePage(f *testing.F) {
	s := &web{}
	f.Add([]byte(s.page("bucket", "run", map[string][]byte{"run/a": nil, "run/b/c": nil, `run/"><img src="`: nil})))
	f.Fuzz(func(t *testing.T, page []byte) {
		rows, err := parsePage(page)
		if err != nil && !errors.Is(err, errForeign) {
			t.Fatal(err)
		}
		if slices.ContainsFunc(rows, func(r row) bool {
			inside := strings.TrimSuffix(r.name, "/")
			return !isName(inside) || r.size < 0 || r.dir == (inside == r.name)
		}) {
			t.Errorf("rows %+v", rows)
		}
	})
}

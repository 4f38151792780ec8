package gcsweb

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcswebtest"
	"prowtrace/objstore"
	"prowtrace/objstore/storetest"
)

// newWeb starts a gcsweb with the buckets of the contract, and opens it as one of a kind: gcs
// or s3.
func newWeb(t *testing.T, kind string) (*gcswebtest.Server, *Client) {
	t.Helper()
	s := gcswebtest.New(t)
	s.CreateBucket("bucket")
	s.CreateBucket("empty")
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{RetryPause: time.Millisecond, Logf: t.Logf, FirstSign: 30 * time.Millisecond, StallTimeout: 5 * time.Second, Pages: pagesOf(base, kind)})
	t.Cleanup(func() { c.Close() })
	return s, c
}

// pagesOf gives the address of a bucket's pages at a gcsweb.
func pagesOf(base *url.URL, kind string) func(bucket string) *url.URL {
	return func(bucket string) *url.URL {
		if strings.ContainsAny(bucket, "/?\n") || bucket == "" {
			return nil
		}
		return base.JoinPath(kind, bucket)
	}
}

// holds reports whether a gcsweb can show an object of a name beside all others of the
// contract.
func holds(name string) bool {
	return name != "run/a" && name != "a" && !strings.Contains(name, "//") && !strings.Contains(name, "../")
}

func TestContract(t *testing.T) {
	for _, kind := range []string{"gcs", "s3"} {
		t.Run(kind, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Server {
				s, c := newWeb(t, kind)
				return storetest.Server{
					Store: c, Bare: true, Holds: holds,
					Put:    func(u storetest.Upload) { s.Put(u.Bucket, u.Name, u.Data) },
					Delete: s.Delete,
				}
			})
		})
	}
}

// What is stored with the encoding gzip comes inflated from Google's store. Reading it fails at
// once and says why; a store that sends it as it is stored is read.
func TestInflated(t *testing.T) {
	s, c := newWeb(t, "gcs")
	s.Put("bucket", "run/x", []byte("0123456789"))
	o := objstore.Object{Bucket: "bucket", Name: "run/x", Size: 10}
	for body, fails := range map[string]string{"inflated to more": "stored with gzip encoding", "0123456789": ""} {
		before := s.Asked()
		s.Before(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/plain; charset=gzip")
			io.WriteString(w, body)
			return true
		})
		var b strings.Builder
		err := c.Read(t.Context(), o, &b)
		if fails == "" && (err != nil || b.String() != body) || fails != "" && (err == nil || !strings.Contains(err.Error(), fails) || b.Len() > 0) {
			t.Errorf("%q: %q, %v", body, b.String(), err)
		}
		if n := s.Asked() - before; n != 1 {
			t.Errorf("%q: asked for %d times", body, n)
		}
	}
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
		}), "the answer does not come from gcsweb", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newWeb(t, "s3")
			s.Put("bucket", "run/x", []byte("0123456789"))
			var o objstore.Object
			for e, err := range c.ListDir(t.Context(), "bucket", "run/", objstore.Bounds{}) {
				if err != nil {
					t.Fatal(err)
				}
				o = e.Object
			}
			s.Before(tt.before)
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
		s, c := newWeb(t, "s3")
		s.Before(answer(1<<30, says(200, body)))
		for _, err := range c.List(t.Context(), "bucket", "run/", "") {
			var foreign *objstore.UnreachableError
			if !errors.As(err, &foreign) || foreign.Cause != objstore.ForeignAnswer {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	s, c := newWeb(t, "s3")
	s.Before(func(w http.ResponseWriter, r *http.Request) bool { // a directory in each directory
		dir := strings.TrimPrefix(r.URL.Path, "/s3/")
		fmt.Fprintf(w, `<title>S3 browser: bucket</title><h3>/%s</h3><ul class="resource-grid">%s`, strings.TrimSuffix(dir, "/")+"/", rowStart+
			`<a href="/s3/`+dir+`d/"><img src="/icons/dir.png"> d/</a></div><div class="x">-</div><div class="x">-</div></li>`)
		return true
	})
	var last error
	for _, last = range c.List(t.Context(), "bucket", "run/", "") {
	}
	if last == nil || s.Asked() > maxPages {
		t.Errorf("%d pages, error %v", s.Asked(), last)
	}
}

// FuzzParsePage: whatever a page is, its rows have names that stay in the directory.
func FuzzParsePage(f *testing.F) {
	f.Add([]byte(gcswebtest.Page("gcs", "bucket", "run", map[string][]byte{"run/": nil, "run/a": nil, "run/b/c": nil, `run/"><img src="`: nil})))
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

// Package gcswebtest is a gcsweb inside the test process: pages of buckets, as a real one was
// seen to write them (TestRealGcsweb of package gcsweb tells what was looked at). Only tests
// import it.
//
// It promises what a reader of the pages meets: nothing is escaped, a path is read as an
// address once more, what does not exist is an empty directory, the object that stands for a
// directory is a file without a name, and buckets of Google's store that it does not have lead
// elsewhere. It inflates nothing.
package gcswebtest

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a gcsweb at URL. It shows each of its buckets below /gcs/ and /s3/ alike. It is
// safe for concurrent use.
type Server struct {
	URL  string
	http *httptest.Server

	mu      sync.Mutex
	buckets map[string]map[string][]byte
	before  func(w http.ResponseWriter, r *http.Request) (answered bool)
	asked   int
}

// New starts a server without buckets, until the test ends.
func New(t testing.TB) *Server {
	s := Listen()
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server without buckets, until Close.
func Listen() *Server {
	s := &Server{buckets: map[string]map[string][]byte{}}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// CreateBucket makes an empty bucket.
func (s *Server) CreateBucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] == nil {
		s.buckets[name] = map[string][]byte{}
	}
}

// Put stores an object, and makes its bucket.
func (s *Server) Put(bucket, name string, data []byte) {
	s.CreateBucket(bucket)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket][name] = data
}

// Delete removes an object.
func (s *Server) Delete(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[bucket], name)
}

// LoadDir stores the files of a directory: DIR/BUCKET/NAME, in which %3A is a colon. The
// object ".../artifacts/otlp/" stands for each such directory, as tools for buckets make one.
func (s *Server) LoadDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		bucket, name, ok := strings.Cut(strings.ReplaceAll(filepath.ToSlash(rel), "%3A", ":"), "/")
		switch {
		case ok && d.IsDir() && strings.HasSuffix(name, "/artifacts/otlp"):
			s.Put(bucket, name+"/", nil)
		case ok && !d.IsDir():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s.Put(bucket, name, data)
		}
		return nil
	})
}

// Before lets a function answer requests in the server's place, where it says that it has;
// nil lets none.
func (s *Server) Before(answer func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = answer
}

// Asked is how many requests came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP answers one request at a time.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.before != nil && s.before(w, r) {
		return
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	bucket, shown, _ := strings.Cut(rest, "/")
	objects, ok := s.buckets[bucket]
	switch {
	case !ok && kind == "gcs" && strings.HasSuffix(r.URL.Path, "/"):
		http.Redirect(w, r, "https://console.cloud.google.com/storage/browser/"+rest, http.StatusSeeOther)
		return
	case !ok || kind != "gcs" && kind != "s3":
		http.NotFound(w, r)
		return
	}
	shown = strings.Trim(shown, "/")
	read, err := url.Parse("gs://" + bucket + "/" + shown)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "Error: %v", err)
		return
	}
	name := strings.Trim(read.Path, "/")
	if data, ok := objects[name]; ok {
		w.Write(data)
		return
	}
	io.WriteString(w, page(kind, bucket, shown, name, objects))
}

// Page is the page of a directory, whose name has no slash at its end. kind is gcs or s3.
func Page(kind, bucket, dir string, objects map[string][]byte) string {
	return page(kind, bucket, dir, dir, objects)
}

func page(kind, bucket, shown, dir string, objects map[string][]byte) string {
	prefix, path := "", "/"+bucket+"/"
	if dir != "" {
		prefix, path = dir+"/", path+shown+"/"
	}
	dirs, files := map[string]bool{}, []string{}
	for name := range objects {
		rest, ok := strings.CutPrefix(name, prefix)
		if first, _, deep := strings.Cut(rest, "/"); ok && deep {
			dirs[first+"/"] = true
		} else if ok {
			files = append(files, rest)
		}
	}
	slices.Sort(files)

	var b strings.Builder
	fmt.Fprintf(&b, "\n<!doctype html>\n<html>\n<head>\n<title>%s browser: %s</title>\n</head>\n<body>\n", map[string]string{"gcs": "GCS", "s3": "S3"}[kind], bucket)
	fmt.Fprintf(&b, "\n<header>\n<h1>%s</h1>\n<h3>%s</h3>\n</header>\n<ul class=\"resource-grid\">\n", bucket, path)
	b.WriteString("\n<li class=\"pure-g\">\n<div class=\"pure-u-2-5 grid-head\">Name</div>\n<div class=\"pure-u-1-5 grid-head\">Size</div>\n</li>\n")
	item := func(icon, address, name, size, modified string) {
		fmt.Fprintf(&b, "\n<li class=\"pure-g grid-row\">\n<div class=\"pure-u-2-5\"><a href=\"%s\"><img src=\"/icons/%s.png\"> %s</a></div>\n<div class=\"pure-u-1-5\">%s</div>\n<div class=\"pure-u-2-5\">%s</div>\n</li>\n",
			address, icon, name, size, modified)
	}
	if dir != "" {
		item("back", "/"+kind+path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1], "..", "-", "-")
	}
	for name := range dirs {
		item("dir", "/"+kind+path+name, name, "-", "-")
	}
	for _, name := range files {
		item("file", "/"+kind+path+name, name, fmt.Sprint(len(objects[prefix+name])), "Thu, 13 Mar 2025 02:17:00 UTC")
	}
	b.WriteString("</ul>\n")
	if kind == "gcs" {
		fmt.Fprintf(&b, "<details>\n<summary>Download</summary>\n<div>A <a href=\"https://cloud.google.com/\">command</a>:\n<pre>gcloud storage cp -r gs://%s .</pre>\n</div>\n</details>\n", bucket+"/"+prefix)
	}
	b.WriteString("</body></html>")
	return b.String()
}

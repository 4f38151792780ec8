package gcstest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

type page struct {
	Items []struct {
		Name, Size, Generation, Crc32c, Bucket string
	}
	Prefixes      []string
	NextPageToken string
}

func names(p page) []string {
	var all []string
	for _, item := range p.Items {
		all = append(all, item.Name)
	}
	return all
}

func get(t *testing.T, address string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		body = append(body, (" <" + err.Error() + ">")...)
	}
	return res, string(body)
}

func list(t *testing.T, s *gcstest.Server, query url.Values) page {
	t.Helper()
	res, body := get(t, s.URL+"/storage/v1/b/b/o?"+query.Encode())
	if res.StatusCode != http.StatusOK {
		t.Fatalf("list %v: %s: %s", query, res.Status, body)
	}
	var p page
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestListSelects(t *testing.T) {
	s := gcstest.New(t)
	for _, name := range []string{"a", "a/b", "a/c.otel", "a/d/e.otel", "a/d/f.txt", "z:1"} {
		s.PutBytes("b", name, []byte(name))
	}
	tests := []struct {
		name  string
		query url.Values
		want  string // names, then prefixes
	}{
		{"all", url.Values{}, "a a/b a/c.otel a/d/e.otel a/d/f.txt z:1 |"},
		{"prefix", url.Values{"prefix": {"a/d/"}}, "a/d/e.otel a/d/f.txt |"},
		{"delimiter", url.Values{"prefix": {"a/"}, "delimiter": {"/"}}, "a/b a/c.otel | a/d/"},
		{"delimiter at the root", url.Values{"delimiter": {"/"}}, "a z:1 | a/"},
		{"offsets", url.Values{"startOffset": {"a/c"}, "endOffset": {"a/d/f.txt"}}, "a/c.otel a/d/e.otel |"},
		{"glob of one segment", url.Values{"matchGlob": {"a/*.otel"}}, "a/c.otel |"},
		{"glob over segments", url.Values{"matchGlob": {"a/**.otel"}}, "a/c.otel a/d/e.otel |"},
		{"glob choice and class", url.Values{"matchGlob": {"a/d/[e-f].{otel,json}"}}, "a/d/e.otel |"},
		{"glob question mark", url.Values{"matchGlob": {"z?1"}}, "z:1 |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := list(t, s, tt.query)
			got := strings.TrimSpace(strings.Join(names(p), " ") + " | " + strings.Join(p.Prefixes, " "))
			if got != strings.TrimSpace(tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestListPages(t *testing.T) {
	s := gcstest.New(t)
	var want []string
	for i := range 2500 {
		name := fmt.Sprintf("o/%04d", i)
		want = append(want, name)
		s.PutBytes("b", name, nil)
	}
	var got, sizes []string
	q := url.Values{"maxResults": {"5000"}, "fields": {"nextPageToken,items(name)"}}
	for {
		p := list(t, s, q)
		got = append(got, names(p)...)
		sizes = append(sizes, fmt.Sprint(len(p.Items)))
		if p.Items[0].Size != "" {
			t.Fatal("a field came that was not asked for")
		}
		if p.NextPageToken == "" {
			break
		}
		q.Set("pageToken", p.NextPageToken)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d names, want all %d in order", len(got), len(want))
	}
	if s := strings.Join(sizes, " "); s != "1000 1000 500" {
		t.Errorf("pages of %s", s)
	}
}

func TestGet(t *testing.T) {
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	zw.Write([]byte("inflated"))
	zw.Close()

	s := gcstest.New(t)
	o := s.Put(gcstest.Object{Bucket: "b", Name: "d/x:%?#", Data: []byte("0123456789"), Metadata: map[string]string{"link": "gs://b/c"}})
	s.Put(gcstest.Object{Bucket: "b", Name: "z", Data: zipped.Bytes(), ContentEncoding: "gzip"})
	s.PutBytes("private", "x", []byte("secret"))
	s.Private("private", "good")
	s.PutBytes("pays", "x", nil)
	s.RequesterPays("pays")

	x := "/b/" + url.PathEscape("d/x:%?#")
	tests := []struct {
		name, path string
		header     []string
		status     int
		body       string
	}{
		{"xml", x, nil, 200, "0123456789"},
		{"xml with unescaped slash", "/b/d/x:%25%3F%23", nil, 200, "0123456789"},
		{"json media", "/storage/v1/b/b/o/" + url.PathEscape("d/x:%?#") + "?alt=media", nil, 200, "0123456789"},
		{"generation", x + fmt.Sprintf("?generation=%d", o.Generation), nil, 200, "0123456789"},
		{"other generation", x + "?generation=1", nil, 404, "NoSuchKey"},
		{"range", x, []string{"Range", "bytes=2-4"}, 206, "234"},
		{"open range", x, []string{"Range", "bytes=7-"}, 206, "789"},
		{"suffix range", x, []string{"Range", "bytes=-2"}, 206, "89"},
		{"range past the end", x, []string{"Range", "bytes=10-"}, 416, "InvalidRange"},
		{"gzip for one who takes it", "/b/z", []string{"Accept-Encoding", "gzip"}, 200, zipped.String()},
		{"gzip for others", "/b/z", nil, 200, "inflated"},
		{"no bucket", "/nowhere/x", nil, 404, "NoSuchBucket"},
		{"no object", "/b/nothing", nil, 404, "NoSuchKey"},
		{"anonymous, xml", "/private/x", nil, 403, "Anonymous caller"},
		{"anonymous, json", "/storage/v1/b/private/o", nil, 401, "Anonymous caller does not have storage.objects.list"},
		{"wrong token", "/private/x", []string{"Authorization", "Bearer bad"}, 403, "someone@example.com"},
		{"right token", "/private/x", []string{"Authorization", "Bearer good"}, 200, "secret"},
		{"requester pays", "/pays/x", nil, 400, "UserProjectMissing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := get(t, s.URL+tt.path, tt.header...)
			if res.StatusCode != tt.status || !strings.Contains(body, tt.body) || tt.status < 300 && body != tt.body {
				t.Errorf("%d %q, want %d %q", res.StatusCode, body, tt.status, tt.body)
			}
		})
	}
	res, _ := get(t, s.URL+x)
	if got := res.Header.Get("X-Goog-Meta-Link"); got != "gs://b/c" {
		t.Errorf("metadata link = %q", got)
	}
	if got := res.Header.Values("X-Goog-Hash"); len(got) != 2 || got[0] != "crc32c=KAwGng==" {
		t.Errorf("X-Goog-Hash = %q", got)
	}
}

func TestFaults(t *testing.T) {
	released := make(chan struct{})
	close(released)
	tests := []struct {
		name   string
		effect gcstest.Effect
		want   string
	}{
		{"status", gcstest.Status(503), "503 Service Unavailable: <?xml"},
		{"retry after", gcstest.RetryAfter(429, "7"), "429 Too Many Requests: <?xml"},
		{"flipped bit", gcstest.FlipBit(3), "200 OK: 0122456789"},
		{"truncated", gcstest.Truncate(4), "200 OK: 0123"},
		{"cut", gcstest.Cut(4), "200 OK: 0123 <unexpected EOF>"},
		{"stall in the headers, released", gcstest.StallHeaders(released), "200 OK: 0123456789"},
		{"stall in the body, released", gcstest.StallBody(4, released), "200 OK: 0123456789"},
		{"header", gcstest.Header("Content-Type", "text/x"), "200 OK: 0123456789"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			s.PutBytes("b", "x", []byte("0123456789"))
			s.Fault(gcstest.Match{Op: gcstest.Get, Object: "x", Skip: 1, Times: 1}, tt.effect)
			var got []string
			for range 3 {
				res, body := get(t, s.URL+"/b/x")
				got = append(got, res.Status+": "+body)
			}
			if got[0] != "200 OK: 0123456789" || got[2] != got[0] {
				t.Errorf("the fault hit more than the second request: %q", got)
			}
			if !strings.HasPrefix(got[1], tt.want) {
				t.Errorf("got %q, want %q", got[1], tt.want)
			}
			if n := s.Count(gcstest.Get, "x"); n != 3 {
				t.Errorf("%d requests counted, want 3", n)
			}
		})
	}
}

func TestResetBreaksTheConnection(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", bytes.Repeat([]byte("x"), 1<<20))
	s.Fault(gcstest.Match{}, gcstest.Reset(1<<19))
	res, err := http.Get(s.URL + "/b/x")
	if err != nil {
		return // the reset overtook the headers
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Errorf("read %d bytes without an error", n)
	}
}

func TestListingChanges(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("old"))
	size := int64(99)
	s.Put(gcstest.Object{Bucket: "b", Name: "y", Data: []byte("y"), ListedSize: &size})
	s.Fault(gcstest.Match{Op: gcstest.List, Skip: 1}, gcstest.Before(func() { s.Delete("b", "x") }))
	if p := list(t, s, nil); len(p.Items) != 2 || p.Items[1].Size != "99" {
		t.Errorf("first listing: %+v", p)
	}
	if p := list(t, s, nil); len(p.Items) != 1 {
		t.Errorf("second listing: %+v", p)
	}
}

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "b", "run", "kops-1-2025-01-01T00%3A00%3A00Z.otel")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := gcstest.New(t)
	if err := s.LoadDir(dir); err != nil {
		t.Fatal(err)
	}
	first := list(t, s, nil)
	if got := names(first); len(got) != 1 || got[0] != "run/kops-1-2025-01-01T00:00:00Z.otel" {
		t.Errorf("objects %q", got)
	}
	if err := s.LoadDir(dir); err != nil {
		t.Fatal(err)
	}
	if again := list(t, s, nil); again.Items[0].Generation != first.Items[0].Generation {
		t.Error("the same contents got another generation")
	}
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zw.Write([]byte("a log"))
	zw.Close()
	for _, name := range []string{"build-log.txt", "kops-2.otel"} {
		if err := os.WriteFile(filepath.Join(dir, "b", "run", name), packed.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.LoadDir(dir); err != nil {
		t.Fatal(err)
	}
	if res, body := get(t, s.URL+"/b/run/build-log.txt"); body != "a log" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("a compressed log is answered with %q", body)
	}
	if res, body := get(t, s.URL+"/b/run/build-log.txt", "Accept-Encoding", "gzip"); body != packed.String() || res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("a compressed log is answered with %q to who takes gzip", body)
	}
	if _, body := get(t, s.URL+"/b/run/kops-2.otel"); body != packed.String() {
		t.Errorf("a compressed trace file is answered with %q", body)
	}
	if err := s.LoadDir(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a missing directory")
	}
}

func TestDeckShowsLogs(t *testing.T) {
	s := gcstest.New(t)
	dir := filepath.Join(t.TempDir(), "deck")
	if err := os.MkdirAll(filepath.Join(dir, "ci-a", "1900550000000000006"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ci-a", "1900550000000000006", "test.txt"), []byte("one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.LoadDeck(dir); err != nil {
		t.Fatal(err)
	}
	s.PutLog("ci-a", "1900550000000000006", "sidecar", []byte("two\n"))
	for _, test := range []struct {
		name, query string
		status      int
		body        string
	}{
		{"the test container", "job=ci-a&id=1900550000000000006", http.StatusOK, "one\n"},
		{"another container", "job=ci-a&id=1900550000000000006&container=sidecar", http.StatusOK, "two\n"},
		{"a pod that is gone", "job=ci-a&id=1", http.StatusNotFound, "Log not found"},
		{"no id", "job=ci-a", http.StatusBadRequest, "'id'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			res, body := get(t, s.URL+"/log?"+test.query)
			if res.StatusCode != test.status || !strings.Contains(body, test.body) {
				t.Errorf("HTTP %d %q, want %d %q", res.StatusCode, body, test.status, test.body)
			}
		})
	}
	s.PutLog("ci-a", "1900550000000000006", "test", []byte("one\nthree\n"))
	if _, body := get(t, s.URL+"/log?job=ci-a&id=1900550000000000006"); body != "one\nthree\n" {
		t.Errorf("after it grew: %q", body)
	}
	s.PutLog("ci-a", "1900550000000000006", "test", nil)
	if n := s.Count(gcstest.Log, "ci-a/1900550000000000006/test"); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	if res, _ := get(t, s.URL+"/log?job=ci-a&id=1900550000000000006"); res.StatusCode != http.StatusNotFound {
		t.Errorf("after its end: %s", res.Status)
	}
}

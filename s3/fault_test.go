package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"prowtrace/internal/s3test"
	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// noise is data that no cut or flip can leave looking the same.
func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// first makes a fault of the first n requests with a word in their operation.
func first(n int64, do http.HandlerFunc) func(http.Handler) http.Handler {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !r.URL.Query().Has("list-type") && seen.Add(1) <= n {
				do(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

const always = 1 << 40

// send answers with a head for an object and then with other bytes than it promises.
func send(head map[string]string, length int, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Thu, 13 Mar 2025 02:17:00 GMT")
		for key, value := range head {
			w.Header().Set(key, value)
		}
		if length >= 0 {
			w.Header().Set("Content-Length", fmt.Sprint(length))
		}
		w.Write(body)
		if length > len(body) {
			panic(http.ErrAbortHandler) // the connection breaks
		}
	}
}

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s3test.Refuse(w, status, code, "Slow down.") }
}

func TestFaults(t *testing.T) {
	data := noise(100_000)
	sum := md5.Sum(data)
	etag := map[string]string{"ETag": `"` + hex.EncodeToString(sum[:]) + `"`}
	flipped := bytes.Clone(data)
	flipped[77]++
	checksum := objstore.ErrChecksum
	for _, tt := range []struct {
		name  string
		fault func(http.Handler) http.Handler
		want  string // in the error; "" for none
		is    error
	}{
		{"503 SlowDown twice", first(2, refuse(503, "SlowDown")), "", nil},
		{"503 SlowDown for ever", first(always, refuse(503, "SlowDown")),
			"read s3://bucket/x: the server answers HTTP 503 (Slow down.), also after 5 attempts; try again later", nil},
		{"500 twice", first(2, refuse(500, "InternalError")), "", nil},
		{"400", first(always, refuse(400, "Odd")), "read s3://bucket/x: the server answers HTTP 400 (Slow down.)", nil},
		{"cut once", first(1, send(etag, len(data), data[:50_000])), "", nil},
		{"cut for ever", first(always, send(etag, len(data), nil)), "cannot reach", nil},
		{"a bit flipped", first(always, send(etag, len(data), flipped)), "MD5", checksum},
		{"shorter than listed", first(always, send(etag, 5, data[:5])), "it has 5 bytes, listed 100000", checksum},
		{"longer than listed, without a length", first(always, send(etag, -1, append(bytes.Clone(data), 1))), "more bytes than the 100000 listed", checksum},
		{"shorter than listed, without a length", first(always, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
		}), "cannot reach", nil}, // no head of an object either
		{"another version", first(always, send(map[string]string{"ETag": `"x"`}, len(data), data)), "object does not exist", objstore.ErrNotExist},
		{"no such object", first(always, refuse(404, "NoSuchKey")), "read s3://bucket/x: object does not exist", objstore.ErrNotExist},
		{"no such bucket", first(always, refuse(404, "NoSuchBucket")), "read s3://bucket: bucket does not exist", objstore.ErrBucketNotExist},
		{"a page for an error", first(always, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(502)
			io.WriteString(w, "\x1b[2J\n<html><script>"+strings.Repeat("x", 200_000))
		}), "the server answers HTTP 502", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s3test.New(t)
			s.PutBytes("bucket", "x", data)
			s.Intercept(tt.fault)
			got, err := download(t, client(t, s), "bucket", "x")
			switch {
			case tt.want == "" && (err != nil || got != string(data)):
				t.Errorf("%d bytes, %v", len(got), err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is)):
				t.Errorf("error %v, want %s", err, tt.want)
			case err != nil && strings.ContainsAny(err.Error(), "\x1b\n"):
				t.Errorf("control characters in %q", err)
			}
		})
	}
}

// What is there is compared with the best that the server tells of it.
func TestSumsOfTheServer(t *testing.T) {
	data := noise(1000)
	sum := func(data []byte) string {
		return base64.StdEncoding.EncodeToString([]byte{
			byte(crc32.ChecksumIEEE(data) >> 24), byte(crc32.ChecksumIEEE(data) >> 16), byte(crc32.ChecksumIEEE(data) >> 8), byte(crc32.ChecksumIEEE(data))})
	}
	for _, tt := range []struct {
		name    string
		etag    string
		headers map[string]string
		wrong   bool
		kind    objstore.SumKind
	}{
		{"ETag", "", nil, false, objstore.MD5},
		{"a wrong ETag", strings.Repeat("0", 32), nil, true, objstore.MD5},
		{"a checksum before the ETag", strings.Repeat("0", 32), map[string]string{"x-amz-checksum-crc32": sum(data), "x-amz-checksum-type": "FULL_OBJECT"}, false, objstore.CRC32},
		{"a wrong checksum", "", map[string]string{"x-amz-checksum-crc32": sum(nil), "x-amz-checksum-type": "FULL_OBJECT"}, true, objstore.CRC32},
		{"a checksum of parts", "abc-2", map[string]string{"x-amz-checksum-crc32": sum(nil) + "-2", "x-amz-checksum-type": "COMPOSITE"}, false, ""},
		{"no checksum at all", "abc-2", map[string]string{"x-amz-checksum-crc32": "?"}, false, ""},
		{"encrypted with a key of its own", strings.Repeat("0", 32), map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms"}, false, ""},
		{"no ETag", "-", nil, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s3test.New(t)
			s.Put(s3test.Object{Bucket: "bucket", Name: "x", Data: data, ETag: tt.etag, Headers: tt.headers})
			c := client(t, s)
			all, err := collect(t, c, "bucket", "x")
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			asked, err := c.Sum(t.Context(), all[0]) // by a request
			if err != nil || asked.Kind != tt.kind {
				t.Errorf("asked for the sum: %v, %v", asked, err)
			}
			err = c.Read(t.Context(), all[0], io.Discard)
			if tt.wrong != errors.Is(err, objstore.ErrChecksum) || !tt.wrong && err != nil {
				t.Errorf("read: error %v", err)
			}
			if _, _, err := c.ReadAll(t.Context(), "bucket", "x", 1000); tt.wrong != errors.Is(err, objstore.ErrChecksum) || !tt.wrong && err != nil {
				t.Errorf("read all: error %v", err)
			}
			s.Requests()
			told, err := c.Sum(t.Context(), all[0])
			if err != nil || told != asked {
				t.Errorf("told the sum %v, %v", told, err)
			}
			if n := len(s.Requests()); n > 0 && tt.kind != "" {
				t.Errorf("%d requests for a sum that came with the object", n)
			}
		})
	}
}

// Listings are bounded, and say only what was asked for.
func TestHostileListings(t *testing.T) {
	content := func(key string) []s3test.Content {
		return []s3test.Content{{Key: key, LastModified: "2025-03-13T02:17:00Z", Size: 1}}
	}
	pages := func(page func(n int) s3test.Page) http.HandlerFunc {
		n := 0
		return func(w http.ResponseWriter, r *http.Request) { n++; s3test.WritePage(w, page(n)) }
	}
	text := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status); io.WriteString(w, text) }
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"the same page again", pages(func(int) s3test.Page {
			return s3test.Page{IsTruncated: true, NextContinuationToken: "same", Contents: content("run/x")}
		}), "the listing does not end: the server names the same next page again"},
		{"empty pages", pages(func(n int) s3test.Page {
			return s3test.Page{IsTruncated: true, NextContinuationToken: fmt.Sprint(n)}
		}), "the listing does not end: 201 pages in a row name no object"},
		{"no way on", pages(func(int) s3test.Page { return s3test.Page{IsTruncated: true} }), "has no token for the next page"},
		{"names outside of the prefix", pages(func(int) s3test.Page { return s3test.Page{Contents: content("other/x")} }), "names outside the prefix"},
		{"not a listing", text(200, "<html>Log in to the guests' network</html>"), "the answer does not come from an S3 server (it is not a listing)"},
		{"nothing", text(200, ""), "it is not a listing"},
		{"204", text(204, ""), "HTTP 204 to a listing"},
		{"a bomb of entities", text(200, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><ListBucketResult><Name>&b;&b;&b;</Name></ListBucketResult>`), "it is not a listing"},
		{"a bomb of elements", text(200, "<ListBucketResult>"+strings.Repeat("<a>", 1_000_000)), "it is not a listing"},
		{"without an end", func(w http.ResponseWriter, r *http.Request) {
			chunk := []byte("<ListBucketResult>" + strings.Repeat("<Contents></Contents>", 50_000))
			for range maxAnswer/len(chunk) + 2 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "the answer has no end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s3test.New(t)
			s.Intercept(func(http.Handler) http.Handler { return tt.answer })
			_, err := collect(t, client(t, s), "bucket", "run/")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if errors.Is(err, objstore.ErrBucketNotExist) {
				t.Errorf("%v means that the bucket does not exist", err)
			}
		})
	}
}

// A directory of many pages is left as soon as the bound is reached.
func TestBoundsSaveRequests(t *testing.T) {
	s := s3test.New(t)
	for i := range 5000 {
		s.PutBytes("bucket", fmt.Sprintf("job/%04d/x", i), nil)
	}
	c := client(t, s)
	for _, tt := range []struct {
		within    objstore.Bounds
		n, atMost int
	}{
		{objstore.Bounds{From: "job/4990/"}, 10, 1}, {objstore.Bounds{From: "job/4990"}, 10, 1}, {objstore.Bounds{To: "job/0005/"}, 5, 2}, {objstore.Bounds{From: "job/2000/", To: "job/2003/"}, 3, 2},
	} {
		s.Requests()
		n := 0
		for _, err := range c.ListDir(t.Context(), "bucket", "job/", tt.within) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if asked := len(s.Requests()); n != tt.n || asked > tt.atMost {
			t.Errorf("%+v: %d entries with %d requests, want %d with %d", tt.within, n, asked, tt.n, tt.atMost)
		}
	}
}

// A server that says nothing is told of, asked again, and given up.
func TestSilence(t *testing.T) {
	for _, op := range []string{"list", "get"} {
		t.Run(op, func(t *testing.T) {
			s := s3test.New(t)
			s.PutBytes("bucket", "x", noise(1000))
			var told atomic.Int64
			c := client(t, s, func(o *Options) {
				o.FirstSign, o.StallTimeout = 30*time.Millisecond, 90*time.Millisecond
				o.Silent = func(host string, _ time.Duration) {
					if host == s.Host {
						told.Add(1)
					}
				}
			})
			s.Intercept(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			var err error
			if op == "list" {
				_, err = collect(t, c, "bucket", "")
			} else {
				_, _, err = c.ReadAll(t.Context(), "bucket", "x", 5000)
			}
			var unreachable *objstore.UnreachableError
			if !errors.As(err, &unreachable) || unreachable.Cause != objstore.TooSlow {
				t.Errorf("error %v", err)
			}
			if n := len(s.Requests()); n != storehttp.MostSilences || told.Load() == 0 {
				t.Errorf("%d requests, told %d times", n, told.Load())
			}
		})
	}
}

// Where no server is, and where the caller does not wait any more, nothing is tried again.
func TestGivenUpAtOnce(t *testing.T) {
	c, err := New(Options{Place: func(string) Place { return Place{Endpoint: "http://127.0.0.1:1"} }, RetryPause: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = collect(t, c, "bucket", "x")
	if want := "list s3://bucket/x: cannot reach 127.0.0.1:1: connect: connection refused"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	s := s3test.New(t)
	s.PutBytes("bucket", "x", nil)
	ctx, cancel := context.WithCancel(t.Context())
	s.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cancel(); refuse(503, "SlowDown")(w, r) })
	})
	if _, _, err := client(t, s, func(o *Options) { o.RetryPause = time.Hour }).ReadAll(ctx, "bucket", "x", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

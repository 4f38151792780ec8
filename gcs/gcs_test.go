package gcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// client returns a client of the server that does not wait long.
func client(t *testing.T, s *gcstest.Server, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{
		Endpoint: s.Host, RetryPause: time.Millisecond, Logf: t.Logf,
		Token: func(context.Context) (string, error) { return "", errors.New("no credentials in this test") },
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func collect(t *testing.T, c *Client, bucket, prefix string) ([]objstore.Object, error) {
	t.Helper()
	var all []objstore.Object
	for o, err := range c.List(t.Context(), bucket, prefix, "") {
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, nil
}

func mustList(t *testing.T, c *Client, bucket, prefix string) []objstore.Object {
	t.Helper()
	all, err := collect(t, c, bucket, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// download lists the object and reads it.
func download(t *testing.T, c *Client, bucket, name string) ([]byte, error) {
	t.Helper()
	for _, o := range mustList(t, c, bucket, name) {
		if o.Name == name {
			var buf bytes.Buffer
			err := c.Read(t.Context(), o, &buf)
			return buf.Bytes(), err
		}
	}
	t.Fatalf("%s is not listed", name)
	return nil, nil
}

// noise is data that no cut or flip can leave looking the same.
func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

func TestNewSendsNothing(t *testing.T) {
	s := gcstest.New(t)
	asked := 0
	client(t, s, func(o *Options) {
		o.Token = func(context.Context) (string, error) { asked++; return "t", nil }
	})
	if s.Conns() != 0 || asked != 0 {
		t.Errorf("%d connections and %d searches for credentials, want none", s.Conns(), asked)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"unknown auth", Options{Auth: "magic"}, `unknown authentication "magic": want auto, anonymous or adc`},
		{"anonymous payer", Options{Auth: AuthAnonymous, BillingProject: "p"}, "a billing project needs credentials"},
		{"foreign scheme", Options{Endpoint: "ftp://x"}, `storage server "ftp://x" (STORAGE_EMULATOR_HOST): want host:port`},
		{"no host", Options{Endpoint: "http://"}, "want host:port"},
		{"nonsense", Options{Endpoint: "http://[::1"}, "want host:port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(t.Context(), tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestEmulatorHost(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("hello"))
	for _, form := range []string{s.Host, s.URL, s.Host + "/", s.Host + "/some/path", s.URL + "/storage/v1/"} {
		t.Run(form, func(t *testing.T) {
			t.Setenv("STORAGE_EMULATOR_HOST", form)
			c := client(t, s, func(o *Options) { o.Endpoint = "" })
			if data, err := download(t, c, "b", "x"); err != nil || string(data) != "hello" {
				t.Errorf("read %q, %v", data, err)
			}
		})
	}
}

func TestList(t *testing.T) {
	s := gcstest.New(t)
	var want []string
	for i := range 2500 {
		name := fmt.Sprintf("run/%04d", i)
		want = append(want, name)
		s.PutBytes("b", name, []byte("x"))
	}
	s.PutBytes("b", "run/0001/", nil)                        // a placeholder: left out
	s.PutBytes("b", "run/0002/", []byte("bytes"))            // bytes are never left out
	s.PutBytes("b", "other", []byte("not under the prefix")) //
	want = slices.Insert(want, 3, "run/0002/")
	stored := s.Put(gcstest.Object{
		Bucket: "b", Name: "run/2500", Data: []byte("0123456789"), ContentType: "text/plain", ContentEncoding: "gzip",
		Metadata: map[string]string{"Link": "gs://b/x"}, Updated: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	want = append(want, "run/2500")

	all := mustList(t, client(t, s), "b", "run/")
	var got []string
	for _, o := range all {
		got = append(got, o.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d names, want %d", len(got), len(want))
	}
	if n := s.Count(gcstest.List, ""); n != 3 {
		t.Errorf("%d list requests, want 3 pages", n)
	}
	last := all[len(all)-1]
	wantLast := objstore.Object{
		Bucket: "b", Name: "run/2500", Size: 10, Version: strconv.FormatInt(stored.Generation, 10), Sum: objstore.NewCRC32C(0x280c069e), Updated: stored.Updated,
		ContentType: "text/plain", ContentEncoding: "gzip", Metadata: map[string]string{"link": "gs://b/x"},
	}
	if fmt.Sprintf("%+v", last) != fmt.Sprintf("%+v", wantLast) {
		t.Errorf("last object\n%+v, want\n%+v", last, wantLast)
	}
	q := s.Requests()[0].Query
	if q.Get("projection") != "noAcl" || !strings.Contains(q.Get("fields"), "nextPageToken") || strings.Contains(q.Get("fields"), "acl") {
		t.Errorf("asked for more than is used: %v", q)
	}
}

func TestListGlob(t *testing.T) {
	s := gcstest.New(t)
	for _, name := range []string{"r/artifacts/otlp/a.otel", "r/artifacts/step/otlp/d/b.otel", "r/artifacts/step/log", "r/otlp/c.otel"} {
		s.PutBytes("b", name, []byte("x"))
	}
	var got []string
	for o, err := range client(t, s).List(t.Context(), "b", "r/artifacts/", "r/artifacts/**/otlp/**") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Name)
	}
	if want := []string{"r/artifacts/step/otlp/d/b.otel"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func TestListAsksForTheNextPageEarly(t *testing.T) {
	s := gcstest.New(t)
	for i := range 1001 {
		s.PutBytes("b", fmt.Sprintf("%04d", i), []byte("x"))
	}
	second := make(chan struct{})
	s.Fault(gcstest.Match{Op: gcstest.List, Skip: 1, Times: 1}, gcstest.Before(func() { close(second) }))
	n := 0
	for _, err := range client(t, s).List(t.Context(), "b", "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			<-second // hangs if the page is asked for only when the first is used up
		}
	}
	if n != 1001 {
		t.Errorf("%d objects", n)
	}
}

func TestListCanBeLeft(t *testing.T) {
	s := gcstest.New(t)
	for i := range 3001 {
		s.PutBytes("b", fmt.Sprintf("%04d", i), []byte("x"))
	}
	for range client(t, s).List(t.Context(), "b", "", "") {
		break
	}
}

func TestListEndsWithTheContext(t *testing.T) {
	s := gcstest.New(t)
	for i := range 3001 {
		s.PutBytes("b", fmt.Sprintf("%04d", i), []byte("x"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range client(t, s).List(ctx, "b", "", "") {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled listing ended with %v", last)
	}
}

func TestListChangesBetweenPages(t *testing.T) {
	s := gcstest.New(t)
	for i := range 1500 {
		s.PutBytes("b", fmt.Sprintf("%04d", i), []byte("x"))
	}
	s.Fault(gcstest.Match{Op: gcstest.List, Skip: 1, Times: 1}, gcstest.Before(func() {
		s.Delete("b", "0999") // the name that the token stands for
		s.Delete("b", "1200")
		s.PutBytes("b", "0000a", []byte("before the page"))
		s.PutBytes("b", "1300a", []byte("in the page"))
	}))
	if n := len(mustList(t, client(t, s), "b", "")); n != 1500 { // one less, one more
		t.Errorf("%d objects, want 1500", n)
	}
}

func TestDownloadOddNames(t *testing.T) {
	names := []string{
		"a", "a/b", "a//b", "kops-1-2025-01-01T00:00:00Z.otel", "what?#%25 100% + &;=.otel", "../up", "ünï/日本", "-", `q"uo\te`,
		strings.Repeat("long/", 100) + "name", "slash/",
	}
	s := gcstest.New(t)
	for _, name := range names {
		s.PutBytes("b", name, []byte("data of "+name))
	}
	c := client(t, s)
	for _, name := range names {
		t.Run(name[:min(len(name), 40)], func(t *testing.T) {
			data, err := download(t, c, "b", name)
			if err != nil || string(data) != "data of "+name {
				t.Errorf("read %q, %v", data, err)
			}
		})
	}
}

func TestDownloadPinsTheGeneration(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("first"))
	c := client(t, s)
	o := mustList(t, c, "b", "x")[0]
	s.PutBytes("b", "x", []byte("other"))
	err := c.Read(t.Context(), o, io.Discard)
	if !errors.Is(err, objstore.ErrNotExist) || err.Error() != "read gs://b/x: object does not exist" {
		t.Errorf("error %v, want ErrNotExist", err)
	}
	o.Version = "" // no pin: whatever is there, and the checksum tells
	if err := c.Read(t.Context(), o, io.Discard); !errors.Is(err, objstore.ErrChecksum) {
		t.Errorf("error %v, want ErrChecksum", err)
	}
}

func TestDownloadStoredBytes(t *testing.T) {
	zipped := gz(t, bytes.Repeat([]byte("a"), 1<<16))
	twice := gz(t, zipped)
	tests := []struct {
		name     string
		data     []byte
		encoding string
	}{
		{"plain", []byte("plain"), ""},
		{"empty", nil, ""},
		{"gzip with encoding", zipped, "gzip"},
		{"gzip without encoding", zipped, ""},
		{"double gzip", twice, "gzip"},
		{"encoding without gzip", []byte("not zipped"), "gzip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			s.Put(gcstest.Object{Bucket: "b", Name: "x", Data: tt.data, ContentEncoding: tt.encoding})
			c := client(t, s)
			if data, err := download(t, c, "b", "x"); err != nil || !bytes.Equal(data, tt.data) {
				t.Errorf("Download: %d bytes, want %d; %v", len(data), len(tt.data), err)
			}
			data, o, err := c.ReadAll(t.Context(), "b", "x", 1<<20)
			if err != nil || !bytes.Equal(data, tt.data) || o.Size != int64(len(tt.data)) || o.ContentEncoding != tt.encoding {
				t.Errorf("ReadAll: %d bytes, want %d; %+v; %v", len(data), len(tt.data), o, err)
			}
		})
	}
}

func TestDownloadRange(t *testing.T) {
	data := noise(1000)
	for _, encoding := range []string{"", "gzip"} {
		s := gcstest.New(t)
		s.Put(gcstest.Object{Bucket: "b", Name: "x", Data: data, ContentEncoding: encoding})
		c := client(t, s)
		o := mustList(t, c, "b", "x")[0]
		for _, r := range [][2]int64{{0, 1000}, {0, 1}, {999, 1}, {300, 400}, {1000, 0}, {5, 0}} {
			var buf bytes.Buffer
			err := c.ReadRange(t.Context(), o, r[0], r[1], &buf)
			if err != nil || !bytes.Equal(buf.Bytes(), data[r[0]:r[0]+r[1]]) {
				t.Errorf("range %v of %q: %d bytes, %v", r, encoding, buf.Len(), err)
			}
		}
		for _, r := range [][2]int64{{0, 1001}, {1000, 1}, {-1, 1}, {0, -1}, {1, 1<<63 - 1}} {
			if err := c.ReadRange(t.Context(), o, r[0], r[1], io.Discard); err == nil {
				t.Errorf("range %v was accepted", r)
			}
		}
	}
}

func TestReadAll(t *testing.T) {
	s := gcstest.New(t)
	stored := s.Put(gcstest.Object{Bucket: "b", Name: "x", Data: []byte("0123456789"), Metadata: map[string]string{"link": "gs://c/d"}})
	c := client(t, s)
	data, o, err := c.ReadAll(t.Context(), "b", "x", 10)
	if err != nil || string(data) != "0123456789" {
		t.Fatalf("read %q, %v", data, err)
	}
	want := objstore.Object{
		Bucket: "b", Name: "x", Size: 10, Version: strconv.FormatInt(stored.Generation, 10), Sum: objstore.NewCRC32C(0x280c069e), Updated: stored.Updated,
		ContentType: "application/octet-stream", Metadata: map[string]string{"link": "gs://c/d"},
	}
	if fmt.Sprintf("%+v", o) != fmt.Sprintf("%+v", want) {
		t.Errorf("object\n%+v, want\n%+v", o, want)
	}
	if _, _, err := c.ReadAll(t.Context(), "b", "x", 9); !errors.Is(err, objstore.ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	s.Fault(gcstest.Match{Op: gcstest.Get, Times: 1}, gcstest.FlipBit(3))
	if data, _, err := c.ReadAll(t.Context(), "b", "x", 10); err != nil || string(data) != "0123456789" {
		t.Errorf("after one flipped bit: %q, %v", data, err)
	}
}

func TestWarmConnectionsAreUsed(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) {
			s := gcstest.New(t)
			if secure {
				s = gcstest.NewTLS(t)
			}
			const n = 8
			for i := range n {
				s.PutBytes("b", fmt.Sprint(i), []byte("x"))
			}
			c := client(t, s, func(o *Options) {
				o.Endpoint = s.URL
				if secure {
					o.tls = s.Client().Transport.(*http.Transport).TLSClientConfig
				}
			})
			c.Warm(t.Context(), "b", n)
			all := mustList(t, c, "b", "")

			// All reads are held until all have come, so each needs a connection.
			come, release := make(chan struct{}, n), make(chan struct{})
			s.Fault(gcstest.Match{Op: gcstest.Get}, func(_ *gcstest.Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
				come <- struct{}{}
				<-release
				next.ServeHTTP(w, r)
			})
			errs := make(chan error, n)
			for _, o := range all {
				go func() { errs <- c.Read(t.Context(), o, io.Discard) }()
			}
			for range n {
				<-come
			}
			close(release)
			for range n {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			if got := s.Conns(); got != n {
				t.Errorf("%d connections, want the %d warm ones", got, n)
			}
		})
	}
}

func TestWarmIsHarmless(t *testing.T) {
	t.Run("more than allowed", func(t *testing.T) {
		s := gcstest.New(t)
		s.PutBytes("b", "x", []byte("x"))
		c := client(t, s, func(o *Options) { o.Connections = 2 })
		c.Warm(t.Context(), "b", 100)
		c.Warm(t.Context(), "b", 100)
		mustList(t, c, "b", "")
		c.Close()
		if n := s.Conns(); n > 3 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		c := client(t, gcstest.New(t), func(o *Options) { o.Endpoint = deadAddress(t) })
		c.Warm(t.Context(), "b", 3)
		var unreachable *objstore.UnreachableError
		if _, err := collect(t, c, "b", ""); !errors.As(err, &unreachable) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		s := gcstest.New(t)
		c := client(t, s)
		c.Close()
		c.Warm(t.Context(), "b", 3)
		if n := s.Conns(); n != 0 {
			t.Errorf("%d connections after Close", n)
		}
	})
}

func TestProxyIsUsed(t *testing.T) {
	s := gcstest.New(t) // takes the requests of a proxy too: only the path counts
	s.PutBytes("b", "x", []byte("through the proxy"))
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, s, func(o *Options) {
		o.Endpoint = "storage.invalid:80"
		o.proxy = http.ProxyURL(proxy)
	})
	c.Warm(t.Context(), "b", 4) // must not try to reach storage.invalid
	if data, err := download(t, c, "b", "x"); err != nil || string(data) != "through the proxy" {
		t.Errorf("read %q, %v", data, err)
	}
}

// deadAddress is a loopback address where nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

package s3

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"prowtrace/internal/reals3"
	"prowtrace/objstore"
	"prowtrace/objstore/storetest"
)

// realClient reads a real server, with its key where it asks for one.
func realClient(t *testing.T, s *reals3.Server, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{
		Place: func(string) Place { return Place{Endpoint: s.URL} }, Logf: t.Logf,
		Credentials: []Source{{"this test", &credentials.Static{Value: credentials.Value{AccessKeyID: reals3.Key, SecretAccessKey: reals3.Secret, SignerType: credentials.SignatureV4}}}},
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The contract, read anonymously and with signed requests.
func TestRealContract(t *testing.T) {
	for _, public := range []bool{true, false} {
		name := map[bool]string{true: "anonymous", false: "signed"}[public]
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Server {
				s := reals3.Start(t)
				for _, bucket := range []string{"bucket", "empty"} {
					s.CreateBucket(t, bucket)
					if public {
						s.Publish(t, bucket)
					}
				}
				return storetest.Server{
					Store: realClient(t, s, func(o *Options) {
						if public {
							o.Auth = AuthAnonymous
						}
					}),
					// It keeps objects as files: a name is a file or a directory, and is a clean path.
					Holds: func(name string) bool {
						return name != "run/a" && name != "a" && !strings.Contains(name, "//") && !strings.Contains(name, "../")
					},
					Put: func(u storetest.Upload) {
						s.Put(t, u.Bucket, u.Name, u.Data, minio.PutObjectOptions{ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, UserMetadata: u.Metadata})
					},
					Delete: func(bucket, name string) {
						if err := s.Admin.RemoveObject(t.Context(), bucket, name, minio.RemoveObjectOptions{}); err != nil {
							t.Fatal(err)
						}
					},
					Refuse: refuser(t, s, public),
				}
			})
		})
	}
}

// refuser takes a bucket's policy away. Its owner cannot be refused.
func refuser(t *testing.T, s *reals3.Server, public bool) func(string) {
	if !public {
		return nil
	}
	return func(bucket string) {
		if err := s.Admin.SetBucketPolicy(t.Context(), bucket, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// A wrong key is refused by a server that checks signatures.
func TestRealSignatures(t *testing.T) {
	s := reals3.Start(t)
	s.CreateBucket(t, "bucket")
	s.Put(t, "bucket", "x", []byte("data"), minio.PutObjectOptions{})
	if got, err := download(t, realClient(t, s), "bucket", "x"); err != nil || got != "data" {
		t.Errorf("%q, %v", got, err)
	}
	for name, value := range map[string]credentials.Value{
		"unknown key":  {AccessKeyID: "other", SecretAccessKey: reals3.Secret},
		"wrong secret": {AccessKeyID: reals3.Key, SecretAccessKey: "wrong"},
	} {
		value.SignerType = credentials.SignatureV4
		_, err := collect(t, realClient(t, s, func(o *Options) { o.Credentials = []Source{{name, &credentials.Static{Value: value}}} }), "bucket", "")
		if refused := (*objstore.AccessError)(nil); !errors.As(err, &refused) || refused.Reason != objstore.Denied {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// Sums of a real server: of single parts, of many, and of none.
func TestRealSums(t *testing.T) {
	s := reals3.Start(t)
	s.CreateBucket(t, "bucket")
	data := noise(6 << 20)
	s.Put(t, "bucket", "single", data, minio.PutObjectOptions{DisableMultipart: true, SendContentMd5: true})
	s.Put(t, "bucket", "parts", data, minio.PutObjectOptions{PartSize: 5 << 20, SendContentMd5: true})
	// Behind the server's back there is no ETag either.
	if err := os.WriteFile(filepath.Join(s.Dir, "bucket", "copied"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	c := realClient(t, s)
	for name, want := range map[string]objstore.SumKind{"single": objstore.CRC64NVME, "parts": objstore.CRC64NVME, "copied": ""} {
		all, err := collect(t, c, "bucket", name)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		sum, err := c.Sum(t.Context(), all[0])
		if err != nil || sum.Kind != want {
			t.Errorf("%s: asked for the sum: %v, %v; want %q", name, sum, err, want)
		}
		var buf bytes.Buffer
		if err := c.Read(t.Context(), all[0], &buf); err != nil || !bytes.Equal(buf.Bytes(), data) {
			t.Errorf("%s: %d bytes, %v", name, buf.Len(), err)
		}
		if told, err := c.Sum(t.Context(), all[0]); err != nil || told != sum {
			t.Errorf("%s: told the sum %v, %v; want %v", name, told, err, sum)
		}
		if err := c.ReadRange(t.Context(), all[0], 5<<20, 1000, io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each fault befalls the way to a real server once, or for ever.
func TestRealFaults(t *testing.T) {
	s := reals3.Start(t)
	s.CreateBucket(t, "bucket")
	s.Publish(t, "bucket")
	data := noise(300_000)
	s.Put(t, "bucket", "x", data, minio.PutObjectOptions{})
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		times int64
		fault http.HandlerFunc
		want  string // in the error; "" for none
		is    error
	}{
		{"503 twice", 2, refuse(503, "SlowDown"), "", nil},
		{"503 for ever", always, refuse(503, "SlowDown"), "HTTP 503", nil},
		{"429 twice", 2, refuse(429, "SlowDown"), "", nil},
		{"403 on an object", always, refuse(403, "AccessDenied"), "refuses", fs.ErrPermission},
		{"404 on an object that is listed", always, refuse(404, "NoSuchKey"), "object does not exist", objstore.ErrNotExist},
		{"reset before the headers", 1, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", nil},
		{"cut in the middle", 1, through(target, func(b []byte) ([]byte, bool) { return b[:100_000], true }), "", nil},
		{"cut at the beginning for ever", always, through(target, func(b []byte) ([]byte, bool) { return nil, true }), "cannot reach", nil},
		{"a bit flipped", always, through(target, func(b []byte) ([]byte, bool) { b[77]++; return b, false }), "", objstore.ErrChecksum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			way := httptest.NewServer(first(tt.times, tt.fault)(through(target, nil)))
			defer way.Close()
			c := realClient(t, s, func(o *Options) {
				o.RetryPause, o.Auth = time.Millisecond, AuthAnonymous
				o.Place = func(string) Place { return Place{Endpoint: way.URL} }
			})
			got, err := download(t, c, "bucket", "x")
			switch fails := tt.want != "" || tt.is != nil; {
			case !fails && (err != nil || got != string(data)):
				t.Errorf("%d bytes, %v", len(got), err)
			case fails && (err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is)):
				t.Errorf("error %v", err)
			}
		})
	}
}

// through asks the real server, and sends what change makes of the bytes; cut breaks the
// connection behind them.
func through(target *url.URL, change func([]byte) (sent []byte, cut bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req := r.Clone(r.Context())
		req.URL.Scheme, req.URL.Host, req.RequestURI = target.Scheme, target.Host, ""
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		cut := false
		if change != nil {
			data, cut = change(data)
		}
		w.Write(data)
		if cut {
			panic(http.ErrAbortHandler)
		}
	}
}

package s3

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"prowtrace/internal/s3test"
	"prowtrace/objstore"
)

// client returns a client of the server that does not wait long.
func client(t *testing.T, s *s3test.Server, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{RetryPause: time.Millisecond, Logf: t.Logf, Credentials: []Source{{Name: "nowhere", Provider: &credentials.Static{}}}}
	at(&o, s, AddressingAuto)
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

// at says where the server is. With virtual addressing it is behind a proxy, which it
// is itself: no resolver knows the names of its buckets.
func at(o *Options, s *s3test.Server, addressing Addressing) {
	endpoint := s.URL
	if addressing == AddressingVirtual {
		endpoint = "http://localhost:80"
		o.proxy = func(*http.Request) (*url.URL, error) { return url.Parse(s.URL) }
	}
	o.Place = func(string) Place { return Place{Endpoint: endpoint, Addressing: addressing} }
}

// key is a source of credentials.
func key(name string) func(*Options) {
	return func(o *Options) {
		o.Credentials = []Source{{Name: "this test", Provider: &credentials.Static{Value: credentials.Value{
			AccessKeyID: name, SecretAccessKey: "secret", SignerType: credentials.SignatureV4,
		}}}}
	}
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

// download lists the object and reads it.
func download(t *testing.T, c *Client, bucket, name string) (string, error) {
	t.Helper()
	all, err := collect(t, c, bucket, name)
	if err != nil {
		return "", err
	}
	for _, o := range all {
		if o.Name == name {
			var buf bytes.Buffer
			err := c.Read(t.Context(), o, &buf)
			return buf.String(), err
		}
	}
	t.Fatalf("%s is not listed", name)
	return "", nil
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{Auth: "adc"}); err == nil || !strings.Contains(err.Error(), "unknown authentication") {
		t.Errorf("error %v", err)
	}
	for address, want := range map[string]string{
		"minio.example.com": "https://minio.example.com", "127.0.0.1:9000": "https://127.0.0.1:9000", "http://minio:9000/": "http://minio:9000",
		"": "", "ftp://x": "", "https://x/bucket": "", "https://user:secret@x": "", "https://x?y=1": "", "https://": "", ":9000": "",
	} {
		u, err := ParseEndpoint(address)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken for %s", address, u)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%q: %v, %v; want %s", address, u, err, want)
		}
	}
}

// Addresses of the environment are Amazon's tools' own.
func TestEndpointOfTheEnvironment(t *testing.T) {
	s := s3test.New(t)
	s.PutBytes("bucket", "x", []byte("data"))
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_S3", s.URL)
	c := client(t, s, func(o *Options) { o.Place = nil })
	if got, err := download(t, c, "bucket", "x"); err != nil || got != "data" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	_, err := collect(t, c, "bucket", "")
	var unreachable *objstore.UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Cause != objstore.NotRunning || unreachable.Setting != "AWS_ENDPOINT_URL" || unreachable.Host != "127.0.0.1:1" {
		t.Errorf("error %v", err)
	}
}

// Amazon's hosts are made of the bucket and the region.
func TestAmazonsHosts(t *testing.T) {
	for bucket, want := range map[string]string{"bucket": "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/x", "a.bucket": "https://s3.dualstack.eu-west-1.amazonaws.com/a.bucket/x"} {
		c, err := New(Options{Place: func(string) Place { return Place{Region: "eu-west-1"} }})
		if err != nil {
			t.Fatal(err)
		}
		p, endpoint, err := c.place(bucket)
		if err != nil {
			t.Fatal(err)
		}
		lib, err := c.library(p, endpoint, credentials.NewStaticV4("a", "b", ""))
		if err != nil {
			t.Fatal(err)
		}
		u, err := lib.PresignedGetObject(t.Context(), bucket, "x", time.Hour, nil)
		if err != nil || !strings.HasPrefix(u.String(), want+"?") {
			t.Errorf("%v, %v; want %s", u, err, want)
		}
	}
}

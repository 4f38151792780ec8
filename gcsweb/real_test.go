package gcsweb

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/reals3"
	"prowtrace/objstore/storetest"
)

// The contract holds through a real gcsweb, which PROWTRACE_GCSWEB names: a program that
// takes -p PORT, -b BUCKET and Prow's flags, and listens on all addresses. The module system
// does not serve it, so nothing here builds it.
//
// Kubernetes' gcsweb of August 2026 was tried over the tests' storage servers. It escapes
// nothing and shows a directory on one page. It reads a path as an address once more, so that
// "%", "?" and "#" have a meaning in names. It shows the object that stands for a directory in
// Google's store as a file without a name. It sends what lies there with the encoding gzip
// inflated, so that it does not have the listed size. It gives an empty page for what does not
// exist, and leads to Google's own pages for buckets that it does not know.
func TestRealGcsweb(t *testing.T) {
	program := os.Getenv("PROWTRACE_GCSWEB")
	if program == "" {
		t.Skip("PROWTRACE_GCSWEB names no gcsweb")
	}
	contract := func(t *testing.T, base *url.URL, kind string, put func(storetest.Upload), remove func(bucket, name string)) storetest.Server {
		c := New(Options{RetryPause: time.Millisecond, Logf: t.Logf, Pages: pagesOf(base, kind)})
		t.Cleanup(func() { c.Close() })
		return storetest.Server{Store: c, Bare: true, Holds: holds, Inflates: kind == "gcs", Put: put, Delete: remove}
	}
	t.Run("gs", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Server {
			s := gcstest.New(t)
			s.CreateBucket("bucket")
			s.CreateBucket("empty")
			base := startGcsweb(t, program, []string{"STORAGE_EMULATOR_HOST=" + s.Host}, "-b", "gs://bucket", "-b", "gs://empty")
			return contract(t, base, "gcs", func(u storetest.Upload) {
				s.Put(gcstest.Object{Bucket: u.Bucket, Name: u.Name, Data: u.Data, ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, Metadata: u.Metadata})
			}, s.Delete)
		})
	})
	t.Run("s3", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Server {
			s := reals3.Start(t)
			s.CreateBucket(t, "bucket")
			s.CreateBucket(t, "empty")
			key := filepath.Join(t.TempDir(), "key.json")
			text := fmt.Sprintf(`{"region":"us-east-1","endpoint":%q,"insecure":true,"s3_force_path_style":true,"access_key":%q,"secret_key":%q}`, s.URL, reals3.Key, reals3.Secret)
			if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			base := startGcsweb(t, program, nil, "-b", "s3://bucket", "-b", "s3://empty", "-s3-credentials-file", key)
			return contract(t, base, "s3", func(u storetest.Upload) {
				s.Put(t, u.Bucket, u.Name, u.Data, minio.PutObjectOptions{ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, UserMetadata: u.Metadata})
			}, func(bucket, name string) {
				if err := s.Admin.RemoveObject(t.Context(), bucket, name, minio.RemoveObjectOptions{}); err != nil {
					t.Fatal(err)
				}
			})
		})
	})
}

// startGcsweb starts a gcsweb until the test ends, and gives its address.
func startGcsweb(t *testing.T, program string, env []string, args ...string) *url.URL {
	t.Helper()
	port, health := freePort(t), freePort(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, append([]string{"-p", port, "-health-port", health}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cancel(); <-ended })
	base := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", port)}
	for range 200 {
		if res, err := http.Get(base.JoinPath("robots.txt").String()); err == nil {
			res.Body.Close()
			return base
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the gcsweb ended: %v\n%s", err, &said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("the gcsweb does not answer")
	return nil
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// Package reals3 starts the real S3 server that tests read, versitygw over a directory:
// the one that build-s3server.sh builds once a machine from the module in versitygw.
// PROWTRACE_S3SERVER names any other versitygw to test with in its place.
//
// It never builds or downloads one.
package reals3

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The key that may do everything.
const (
	Key    = "prowtrace-test"
	Secret = "prowtrace-test-secret"
)

// Server is a running server. Its buckets are the directories in Dir.
type Server struct {
	URL, Host string
	Dir       string
	Admin     *minio.Client // with Key
}

// Path gives the absolute path of the server. A test without it is skipped, or fails
// where PROWTRACE_REQUIRE_S3SERVER is 1.
func Path(t testing.TB) string {
	t.Helper()
	path, err := locate()
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		const hint = "%v; make s3server builds it (once, some minutes)"
		if os.Getenv("PROWTRACE_REQUIRE_S3SERVER") == "1" {
			t.Fatalf(hint, err)
		}
		t.Skipf(hint, err)
	}
	return path
}

func locate() (path string, err error) {
	if other := os.Getenv("PROWTRACE_S3SERVER"); other != "" {
		return filepath.Abs(other)
	}
	dir := os.Getenv("PROWTRACE_S3SERVER_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "prowtrace-test")
	}
	return filepath.Abs(filepath.Join(dir, "versitygw"))
}

// Start starts a server over an empty directory, until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	program := Path(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Host: l.Addr().String(), Dir: t.TempDir()}
	s.URL = "http://" + s.Host
	l.Close()

	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--quiet", "--keep-alive", "--port", s.Host, "posix", "--sidecar", t.TempDir(), s.Dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+Key, "ROOT_SECRET_KEY="+Secret)
	said := &output{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cancel(); <-ended })
	if err := ready(s.URL, ended); err != nil {
		ended <- err
		t.Fatalf("the S3 server does not start: %v\n%s", err, said)
	}
	// Each request has a connection of its own: on used ones the server sometimes answers that
	// it cannot parse the next request.
	transport := &http.Transport{DisableKeepAlives: true}
	if s.Admin, err = minio.New(s.Host, &minio.Options{Creds: credentials.NewStaticV4(Key, Secret, ""), Region: "us-east-1", Transport: transport}); err != nil {
		t.Fatal(err)
	}
	return s
}

// ready waits for any answer.
func ready(url string, ended <-chan error) error {
	for range 200 {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not answer")
}

// CreateBucket makes a bucket, which is private.
func (s *Server) CreateBucket(t testing.TB, name string) {
	t.Helper()
	if err := s.Admin.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Publish lets everybody read a bucket.
func (s *Server) Publish(t testing.TB, bucket string) {
	t.Helper()
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],` +
		`"Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"]}]}`
	if err := s.Admin.SetBucketPolicy(t.Context(), bucket, fmt.Sprintf(policy, bucket)); err != nil {
		t.Fatal(err)
	}
}

// Put stores an object.
func (s *Server) Put(t testing.TB, bucket, name string, data []byte, o minio.PutObjectOptions) {
	t.Helper()
	if _, err := s.Admin.PutObject(t.Context(), bucket, name, bytes.NewReader(data), int64(len(data)), o); err != nil {
		t.Fatalf("put %q: %v", name, err)
	}
}

// output keeps what a process says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Package gcstest is a Google Cloud Storage server inside the test process: the
// part of the JSON and XML APIs that a reader uses, over loopback, with faults.
// Beside it, it is a Deck that shows logs of runs that have not ended.
//
// It promises what the real service does where readers depend on it: pages of
// at most 1000 objects, opaque page tokens, generations that change when an
// object is overwritten, checksums of the stored bytes, gzip objects inflated
// for clients that do not accept gzip, ranges, and the texts of 401 and 403.
// Faults (see [Server.Fault]) replace or distort single answers. Nothing in it
// waits for time to pass: a stall lasts until the test ends it.
//
// It never writes: objects come from [Server.Put] and [Server.LoadDir] only, logs
// from [Server.PutLog] and [Server.LoadDeck].
package gcstest

import (
	"crypto/md5"
	"hash/crc32"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is one running server. All methods may be called at any time from any
// goroutine; a change is seen by the next request.
type Server struct {
	URL  string // http://127.0.0.1:port
	Host string // 127.0.0.1:port, the form of STORAGE_EMULATOR_HOST without a scheme

	http *httptest.Server
	done chan struct{} // closed by Close: ends every stall

	mu       sync.Mutex
	buckets  map[string]*bucket
	logs     map[string][]byte // by JOB/BUILD/CONTAINER
	config   []byte            // of its Prow
	faults   []*fault
	requests []*Request
	conns    int
	lastGen  int64
}

// Object is a stored object. Zero fields of one given to [Server.Put] are filled in.
type Object struct {
	Bucket, Name    string
	Data            []byte // the stored bytes; must not change afterwards
	ContentType     string // default application/octet-stream
	ContentEncoding string // "gzip" makes the server inflate Data for clients that do not accept gzip
	Metadata        map[string]string
	Updated         time.Time // default: a fixed date
	Generation      int64     // default: larger than all before

	// ListedSize, if not nil, is the size that a listing claims.
	ListedSize *int64
	// ListedCRC32C, if not nil, is the checksum that a listing claims.
	ListedCRC32C *uint32

	crc uint32
	md5 [md5.Size]byte
}

type bucket struct {
	objects       map[string]*Object // the live generation of each name
	tokens        []string           // if not nil: the bearer tokens that may read
	requesterPays bool
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := newServer()
	s.http.Start()
	s.started()
	t.Cleanup(s.Close)
	return s
}

// NewTLS is [New] with TLS. Client returns what trusts it.
func NewTLS(t testing.TB) *Server {
	t.Helper()
	s := newServer()
	s.http.StartTLS()
	s.started()
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server without a test on addr ("127.0.0.1:0" for any free port).
func Listen(addr string) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := newServer()
	s.http.Listener.Close()
	s.http.Listener = l
	s.http.Start()
	s.started()
	return s, nil
}

func newServer() *Server {
	s := &Server{done: make(chan struct{}), buckets: map[string]*bucket{}, logs: map[string][]byte{}, lastGen: 1_700_000_000_000_000}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse a certificate are tests
	s.http.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
		}
	}
	return s
}

func (s *Server) started() {
	s.URL = s.http.URL
	_, s.Host, _ = strings.Cut(s.URL, "://")
}

// Client returns an HTTP client that trusts the server's certificate.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Close ends every stall, breaks open connections and waits for the handlers.
func (s *Server) Close() {
	select {
	case <-s.done:
		return
	default:
	}
	close(s.done)
	s.http.CloseClientConnections()
	s.http.Close()
}

// CreateBucket makes an empty bucket if there is none of that name.
func (s *Server) CreateBucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucketLocked(name)
}

func (s *Server) bucketLocked(name string) *bucket {
	b := s.buckets[name]
	if b == nil {
		b = &bucket{objects: map[string]*Object{}}
		s.buckets[name] = b
	}
	return b
}

// Private lets only the given bearer tokens read the bucket. Others are refused
// as the service refuses them: 401 (JSON) or 403 (XML) without a token, 403 with a wrong one.
func (s *Server) Private(bucket string, tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucketLocked(bucket).tokens = append([]string{}, tokens...)
}

// RequesterPays makes the bucket refuse requests that name no project to bill.
func (s *Server) RequesterPays(bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucketLocked(bucket).requesterPays = true
}

// Put stores o, replacing the live generation of its name, and returns it as
// stored. The bucket is made if needed.
func (s *Server) Put(o Object) Object {
	o.crc = crc32.Checksum(o.Data, castagnoli)
	o.md5 = md5.Sum(o.Data)
	if o.ContentType == "" {
		o.ContentType = "application/octet-stream"
	}
	if o.Updated.IsZero() {
		o.Updated = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Generation == 0 {
		s.lastGen++
		o.Generation = s.lastGen
	}
	s.bucketLocked(o.Bucket).objects[o.Name] = &o
	return o
}

// PutBytes is [Server.Put] of plain bytes.
func (s *Server) PutBytes(bucket, name string, data []byte) Object {
	return s.Put(Object{Bucket: bucket, Name: name, Data: data})
}

// Delete removes an object.
func (s *Server) Delete(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[bucket]; b != nil {
		delete(b.objects, name)
	}
}

// CRC32C is the Castagnoli checksum of the stored bytes.
func (o Object) CRC32C() uint32 { return o.crc }

// Package s3test is an S3 server inside the test process: as much of it as a reader
// uses. It checks what it is asked, remembers it, and lets a test stand between
// ([Server.Intercept]) to make faults.
//
// It does not check signatures, only who signs and for which region: a real server in
// the tests of package s3 checks them.
package s3test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is the access key that opens private buckets.
const Key = "prowtrace-test"

// Object is an object as it is stored. The zero values of the fields below Data are
// good.
type Object struct {
	Bucket, Name    string
	Data            []byte
	ContentType     string
	ContentEncoding string
	Metadata        map[string]string
	ETag            string            // "": the MD5; "-": none at all
	Headers         map[string]string // that come with the object, such as checksums
	ListedSize      *int64            // instead of the real one
	updated         time.Time
}

// Request is one request as it came.
type Request struct {
	Op       string // "list" or "get" or "head"
	Bucket   string
	Name     string
	Query    url.Values
	Header   http.Header
	SignedBy string // the access key; "": anonymous
	Region   string // that is signed for
}

// Server is a server. It is safe for concurrent use.
type Server struct {
	URL  string // with http
	Host string

	http      *httptest.Server
	mu        sync.Mutex
	buckets   map[string]map[string]Object
	private   map[string]bool // value: nobody at all
	region    string
	log       []Request
	intercept func(next http.Handler) http.Handler
	pageSize  int
}

// New starts a server for a test.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server that Close ends.
func Listen() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{buckets: map[string]map[string]Object{}, private: map[string]bool{}, pageSize: 1000}
	s.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: s}}
	s.http.Start()
	s.URL, s.Host = s.http.URL, l.Addr().String()
	return s, nil
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// CreateBucket makes an empty bucket.
func (s *Server) CreateBucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] == nil {
		s.buckets[name] = map[string]Object{}
	}
}

// Put stores an object as its newest version.
func (s *Server) Put(o Object) {
	s.CreateBucket(o.Bucket)
	if o.ETag == "" {
		sum := md5.Sum(o.Data)
		o.ETag = hex.EncodeToString(sum[:])
	}
	o.updated = time.Date(2025, 3, 13, 2, 17, 0, 0, time.UTC)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[o.Bucket][o.Name] = o
}

// PutBytes stores an object of which only the bytes matter.
func (s *Server) PutBytes(bucket, name string, data []byte) {
	s.Put(Object{Bucket: bucket, Name: name, Data: data})
}

// LoadDir stores the files of a directory: those in DIR/BUCKET/… as objects of BUCKET,
// with their names percent-encoded.
func (s *Server) LoadDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		bucket, name, ok := strings.Cut(filepath.ToSlash(name), "/")
		if !ok {
			return nil
		}
		if name, err = url.PathUnescape(name); err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			s.PutBytes(bucket, name, data)
		}
		return err
	})
}

// Delete removes an object.
func (s *Server) Delete(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[bucket], name)
}

// Private lets only Key read a bucket; if nobody is true, not even that.
func (s *Server) Private(bucket string, nobody bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private[bucket] = nobody
}

// InRegion refuses requests that are signed for another region, as Amazon does.
func (s *Server) InRegion(region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.region = region
}

// PageSize bounds the names of a page; 1000 at the beginning.
func (s *Server) PageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pageSize = n
}

// Intercept puts a handler before the server's own; nil takes it away.
func (s *Server) Intercept(with func(next http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = with
}

// Requests are those that came since the last call.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := parse(r)
	s.mu.Lock()
	s.log = append(s.log, req)
	with := s.intercept
	s.mu.Unlock()
	own := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.answer(w, r, req) }))
	if with != nil {
		own = with(own)
	}
	own.ServeHTTP(w, r)
}

// parse reads path style, and virtual style under the name localhost.
func parse(r *http.Request) Request {
	path := strings.TrimPrefix(r.URL.Path, "/")
	req := Request{Op: "get", Query: r.URL.Query(), Header: r.Header.Clone()}
	host, _, _ := strings.Cut(r.Host, ":")
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		req.Bucket, req.Name = bucket, path
	} else {
		req.Bucket, req.Name, _ = strings.Cut(path, "/")
	}
	if req.Query.Has("list-type") {
		req.Op = "list"
	} else if r.Method == http.MethodHead {
		req.Op = "head"
	}
	if _, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		if parts := strings.Split(credential, "/"); len(parts) > 3 {
			req.SignedBy, req.Region = parts[0], parts[2]
		}
	}
	return req
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	objects, ok := s.buckets[req.Bucket]
	nobody, private := s.private[req.Bucket]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		Refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "this server is for reading")
	case req.SignedBy != "" && s.region != "" && req.Region != s.region:
		w.Header().Set("X-Amz-Bucket-Region", s.region)
		Refuse(w, http.StatusBadRequest, "AuthorizationHeaderMalformed", "the region is wrong; expecting "+s.region)
	case req.SignedBy != "" && req.SignedBy != Key:
		Refuse(w, http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case private && (nobody || req.SignedBy == ""):
		Refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied.")
	case !ok:
		Refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case req.Op == "list":
		s.list(w, req, objects)
	default:
		o, ok := objects[req.Name]
		if !ok {
			Refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
			return
		}
		o.serve(w, r)
	}
}

// Refuse writes an error as S3 does.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	xml.NewEncoder(w).Encode(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
		Region        string `xml:",omitempty"`
	}{Code: code, Message: message, Region: w.Header().Get("X-Amz-Bucket-Region")})
}

func (o Object) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if o.ETag != "-" {
		h.Set("ETag", `"`+o.ETag+`"`)
	}
	if match := r.Header.Get("If-Match"); match != "" && match != `"`+o.ETag+`"` {
		Refuse(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
		return
	}
	h.Set("Last-Modified", o.updated.Format(http.TimeFormat))
	h.Set("Content-Type", o.ContentType)
	if o.ContentEncoding != "" {
		h.Set("Content-Encoding", o.ContentEncoding)
	}
	for key, value := range o.Metadata {
		h.Set("X-Amz-Meta-"+key, value)
	}
	data, status := o.Data, http.StatusOK
	if wanted := r.Header.Get("Range"); wanted != "" {
		first, last, _ := strings.Cut(strings.TrimPrefix(wanted, "bytes="), "-")
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if last == "" {
			to, err2 = len(data)-1, nil
		}
		if err != nil || err2 != nil || from >= len(data) || to < from {
			Refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
			return
		}
		to = min(to, len(data)-1)
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(data)))
		data, status = data[from:to+1], http.StatusPartialContent
	} else if r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		for key, value := range o.Headers {
			h.Set(key, value)
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(data)
	}
}

// Page is a page of a listing. Tests write hostile ones.
type Page struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []Content
	CommonPrefixes        []Prefix
}

// Content is an object in a page.
type Content struct {
	Key          string
	LastModified string
	ETag         string `xml:",omitempty"`
	Size         int64
}

// Prefix is a directory in a page.
type Prefix struct{ Prefix string }

func (s *Server) list(w http.ResponseWriter, req Request, objects map[string]Object) {
	q := req.Query
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		decoded, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			Refuse(w, http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
			return
		}
		after = string(decoded)
	}
	var names []string
	for name := range objects {
		if strings.HasPrefix(name, prefix) && name > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	page := Page{Name: req.Bucket, Prefix: prefix, EncodingType: "url"}
	last := ""
	for _, name := range names {
		dir, isDir := "", false
		if rest := name[len(prefix):]; delimiter != "" {
			if i := strings.Index(rest, delimiter); i >= 0 {
				dir, isDir = prefix+rest[:i+1], true
			}
		}
		if isDir && (strings.HasPrefix(last, dir) || strings.HasPrefix(after, dir)) {
			last = name
			continue
		}
		if len(page.Contents)+len(page.CommonPrefixes) == s.pageSize {
			page.IsTruncated, page.NextContinuationToken = true, base64.StdEncoding.EncodeToString([]byte(last))
			break
		}
		last = name
		if isDir {
			page.CommonPrefixes = append(page.CommonPrefixes, Prefix{url.QueryEscape(dir)})
			last = dir + "\U0010ffff"
			continue
		}
		o := objects[name]
		c := Content{Key: url.QueryEscape(name), LastModified: o.updated.Format(time.RFC3339), Size: int64(len(o.Data))}
		if o.ETag != "-" {
			c.ETag = `"` + o.ETag + `"`
		}
		if o.ListedSize != nil {
			c.Size = *o.ListedSize
		}
		page.Contents = append(page.Contents, c)
	}
	WritePage(w, page)
}

// WritePage writes a page.
func WritePage(w http.ResponseWriter, p Page) {
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(p)
}

package fetch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
)

// memStore is a store in memory that counts what it is asked and can be told to
// misbehave. Missing buckets answer objstore.ErrBucketNotExist.
type memStore struct {
	mu       sync.Mutex
	buckets  map[string]map[string]memObject
	nextGen  int64
	requests []string // "list bucket/prefix" or "list bucket/pattern", "get bucket/object", "read bucket/object"

	// onList, if not nil, is asked before a listing yields its n-th object and at its end.
	onList func(prefix string, n int) error
	// onGlob is so asked too where the listing has a pattern.
	onGlob func(glob string, n int) error
	// onGet, if not nil, stands in for the body of a download.
	onGet func(o objstore.Object, data []byte, w io.Writer) error
	// onRead, if not nil, is asked before a small object is read.
	onRead func(object string) error
}

type memObject struct {
	objstore.Object
	data []byte
}

// ended is when the test runs ended: long before the tests' clocks.
var ended = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func newStore(buckets ...string) *memStore {
	s := &memStore{buckets: map[string]map[string]memObject{}, nextGen: 1000}
	for _, b := range buckets {
		s.buckets[b] = map[string]memObject{}
	}
	return s
}

func (s *memStore) put(bucket, name, data string) objstore.Object {
	return s.putAt(bucket, name, data, ended)
}

func (s *memStore) putAt(bucket, name, data string, updated time.Time) objstore.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextGen++
	o := objstore.Object{
		Bucket: bucket, Name: name, Size: int64(len(data)), Version: strconv.FormatInt(s.nextGen, 10),
		Sum: objstore.CRC32COf([]byte(data)), Updated: updated, ContentType: "application/octet-stream",
	}
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = map[string]memObject{}
	}
	s.buckets[bucket][name] = memObject{o, []byte(data)}
	return o
}

func (s *memStore) delete(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[bucket], name)
}

// asked returns the requests since it was called last, sorted.
func (s *memStore) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests
	s.requests = nil
	slices.Sort(r)
	return r
}

// gets is the number of downloads among requests.
func gets(requests []string) int {
	n := 0
	for _, r := range requests {
		if strings.HasPrefix(r, "get ") {
			n++
		}
	}
	return n
}

func (s *memStore) Features() objstore.Features {
	return objstore.Features{Pinned: true, Sums: true, Ranges: true}
}

// List ignores the glob, as fake-gcs-server does.
func (s *memStore) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		s.mu.Lock()
		s.requests = append(s.requests, "list "+bucket+"/"+cmp.Or(glob, prefix))
		objects, ok := s.buckets[bucket]
		var found []objstore.Object
		for name, o := range objects {
			if strings.HasPrefix(name, prefix) {
				found = append(found, o.Object)
			}
		}
		s.mu.Unlock()
		if !ok {
			yield(objstore.Object{}, fmt.Errorf("list %s: %w", bucket, objstore.ErrBucketNotExist))
			return
		}
		slices.SortFunc(found, func(a, b objstore.Object) int { return strings.Compare(a.Name, b.Name) })
		for n := range len(found) + 1 {
			if s.onList != nil {
				if err := s.onList(prefix, n); err != nil {
					yield(objstore.Object{}, err)
					return
				}
			}
			if glob != "" && s.onGlob != nil {
				if err := s.onGlob(glob, n); err != nil {
					yield(objstore.Object{}, err)
					return
				}
			}
			if ctx.Err() != nil {
				yield(objstore.Object{}, ctx.Err())
				return
			}
			if n < len(found) && !yield(found[n], nil) {
				return
			}
		}
	}
}

func (s *memStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	return s.get(o, 0, o.Size, w, "get "+o.Bucket+"/"+o.Name)
}

func (s *memStore) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	return s.get(o, offset, length, w, fmt.Sprintf("get %s/%s from %d to %d", o.Bucket, o.Name, offset, offset+length))
}

func (s *memStore) get(o objstore.Object, offset, length int64, w io.Writer, request string) error {
	s.mu.Lock()
	s.requests = append(s.requests, request)
	have, ok := s.buckets[o.Bucket][o.Name]
	s.mu.Unlock()
	if !ok || have.Version != o.Version {
		return fmt.Errorf("get %s: %w", o.Name, objstore.ErrNotExist)
	}
	data := have.data[offset : offset+length]
	if s.onGet != nil {
		return s.onGet(o, data, w)
	}
	_, err := w.Write(data)
	return err
}

func (s *memStore) ReadAll(ctx context.Context, bucket, object string, limit int64) ([]byte, objstore.Object, error) {
	s.mu.Lock()
	s.requests = append(s.requests, "read "+bucket+"/"+object)
	objects, ok := s.buckets[bucket]
	o, there := objects[object]
	s.mu.Unlock()
	switch {
	case !ok:
		return nil, objstore.Object{}, fmt.Errorf("read %s: %w", object, objstore.ErrBucketNotExist)
	case s.onRead != nil && s.onRead(object) != nil:
		return nil, objstore.Object{}, s.onRead(object)
	case !there:
		return nil, objstore.Object{}, fmt.Errorf("read %s: %w", object, objstore.ErrNotExist)
	}
	return o.data, o.Object, nil
}

// The run that most tests fetch.
var testRun = prow.Run{Provider: "gs", Bucket: "ci-logs", Root: "logs/e2e-kops/1900000000000000001", Job: "e2e-kops", Build: "1900000000000000001"}

// putRun fills the store with a run of three traces that ended.
func putRun(s *memStore, run prow.Run) {
	for name, data := range map[string]string{
		"started.json": `{"timestamp":1}`, "finished.json": `{"timestamp":2,"result":"FAILURE"}`, "prowjob.json": `{}`,
		"build-log.txt":                         "log",
		"artifacts/cluster-info/nodes.txt":      "nodes",
		"artifacts/otlp/kops-1-T01:02:03Z.otel": "one",
		"artifacts/otlp/kops-2-T01:02:03Z.otel": "two, longer",
		"artifacts/otlp/README.md":              "not a trace",
		"artifacts/node-a/otlp/deep/x":          "nested",
	} {
		s.put(run.Bucket, run.Root+"/"+name, data)
	}
}

func openTest(t *testing.T) *Cache {
	t.Helper()
	c, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return ended.Add(time.Hour) }
	return c
}

// contents reads what a Result names, trace files and metadata.
func contents(t *testing.T, res *Result) map[string]string {
	t.Helper()
	got := map[string]string{}
	files := slices.Clone(res.Files)
	for name, f := range res.Metadata {
		if name != f.Name {
			t.Errorf("metadata %q is named %q", name, f.Name)
		}
		files = append(files, f)
	}
	for _, f := range files {
		got[f.Name] = readFile(t, f.Path)
		if int64(len(got[f.Name])) != f.Size {
			t.Errorf("%s: Size %d, %d bytes on disk", f.Name, f.Size, len(got[f.Name]))
		}
	}
	return got
}

// ListDir gives the objects only.
func (s *memStore) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		s.mu.Lock()
		s.requests = append(s.requests, "listdir "+bucket+"/"+dir)
		var found []objstore.Object
		for name, o := range s.buckets[bucket] {
			if rest, ok := strings.CutPrefix(name, dir); ok && !strings.Contains(rest, "/") {
				found = append(found, o.Object)
			}
		}
		s.mu.Unlock()
		for _, o := range found {
			if !yield(objstore.Entry{Object: o}, nil) {
				return
			}
		}
	}
}

// serialLists lets the pattern listings start when the plain one has ended.
type serialLists struct {
	*memStore
	first context.Context
	ended context.CancelFunc
}

func (s serialLists) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		if glob == "" {
			defer s.ended()
		} else {
			<-s.first.Done()
		}
		s.memStore.List(ctx, bucket, prefix, glob)(yield)
	}
}

// beforeGet calls a function before each download.
type beforeGet struct {
	*memStore
	do func()
}

func (s *beforeGet) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	s.do()
	return s.memStore.Read(ctx, o, w)
}

// refusingStore is closed for some buckets.
type refusingStore struct {
	*memStore
	closed []string
}

func (s *refusingStore) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	if !slices.Contains(s.closed, bucket) {
		return s.memStore.List(ctx, bucket, prefix, glob)
	}
	return func(yield func(objstore.Object, error) bool) {
		for range s.memStore.List(ctx, bucket, prefix, glob) {
			break // for the log
		}
		yield(objstore.Object{}, &objstore.AccessError{Bucket: bucket, Op: "list", Status: 403})
	}
}

func (s *refusingStore) ReadAll(ctx context.Context, bucket, object string, limit int64) ([]byte, objstore.Object, error) {
	if !slices.Contains(s.closed, bucket) {
		return s.memStore.ReadAll(ctx, bucket, object, limit)
	}
	return nil, objstore.Object{}, &objstore.AccessError{Bucket: bucket, Op: "read", Status: 403}
}

// bucketsAsked returns the buckets that were asked, each once, in order.
func (s *memStore) bucketsAsked() (buckets []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		_, rest, _ := strings.Cut(r, " ")
		bucket, _, _ := strings.Cut(rest, "/")
		if !slices.Contains(buckets, bucket) {
			buckets = append(buckets, bucket)
		}
	}
	return buckets
}

// watchPool returns a function that tells the most downloads that were under way
// together.
func watchPool(s *memStore) func() int64 {
	var now, most atomic.Int64
	s.onGet = func(_ objstore.Object, data []byte, w io.Writer) error {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return write(w, data)
	}
	return most.Load
}

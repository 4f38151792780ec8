package fetch

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"prowtrace/gcs"
	"prowtrace/prow"
)

// memStore is a Store in memory that counts what it is asked and can be told to
// misbehave. Missing buckets answer gcs.ErrBucketNotExist.
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
	onGet func(o gcs.Object, data []byte, w io.Writer) error
	// onRead, if not nil, is asked before a small object is read.
	onRead func(object string) error
}

type memObject struct {
	gcs.Object
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

func (s *memStore) put(bucket, name, data string) gcs.Object {
	return s.putAt(bucket, name, data, ended)
}

func (s *memStore) putAt(bucket, name, data string, updated time.Time) gcs.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextGen++
	o := gcs.Object{
		Bucket: bucket, Name: name, Size: int64(len(data)), Generation: s.nextGen,
		CRC32C: crc32.Checksum([]byte(data), castagnoli), Updated: updated, ContentType: "application/octet-stream",
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

func (s *memStore) List(ctx context.Context, bucket, prefix string) iter.Seq2[gcs.Object, error] {
	return s.list(ctx, bucket, prefix, "")
}

// ListGlob is like that of fake-gcs-server, which ignores the pattern.
func (s *memStore) ListGlob(ctx context.Context, bucket, prefix, glob string) iter.Seq2[gcs.Object, error] {
	return s.list(ctx, bucket, prefix, glob)
}

func (s *memStore) list(ctx context.Context, bucket, prefix, glob string) iter.Seq2[gcs.Object, error] {
	return func(yield func(gcs.Object, error) bool) {
		s.mu.Lock()
		s.requests = append(s.requests, "list "+bucket+"/"+cmp.Or(glob, prefix))
		objects, ok := s.buckets[bucket]
		var found []gcs.Object
		for name, o := range objects {
			if strings.HasPrefix(name, prefix) {
				found = append(found, o.Object)
			}
		}
		s.mu.Unlock()
		if !ok {
			yield(gcs.Object{}, fmt.Errorf("list %s: %w", bucket, gcs.ErrBucketNotExist))
			return
		}
		slices.SortFunc(found, func(a, b gcs.Object) int { return strings.Compare(a.Name, b.Name) })
		for n := range len(found) + 1 {
			if s.onList != nil {
				if err := s.onList(prefix, n); err != nil {
					yield(gcs.Object{}, err)
					return
				}
			}
			if glob != "" && s.onGlob != nil {
				if err := s.onGlob(glob, n); err != nil {
					yield(gcs.Object{}, err)
					return
				}
			}
			if ctx.Err() != nil {
				yield(gcs.Object{}, ctx.Err())
				return
			}
			if n < len(found) && !yield(found[n], nil) {
				return
			}
		}
	}
}

func (s *memStore) Download(ctx context.Context, o gcs.Object, w io.Writer) error {
	return s.get(o, 0, o.Size, w, "get "+o.Bucket+"/"+o.Name)
}

func (s *memStore) DownloadRange(ctx context.Context, o gcs.Object, offset, length int64, w io.Writer) error {
	return s.get(o, offset, length, w, fmt.Sprintf("get %s/%s from %d to %d", o.Bucket, o.Name, offset, offset+length))
}

func (s *memStore) get(o gcs.Object, offset, length int64, w io.Writer, request string) error {
	s.mu.Lock()
	s.requests = append(s.requests, request)
	have, ok := s.buckets[o.Bucket][o.Name]
	s.mu.Unlock()
	if !ok || have.Generation != o.Generation {
		return fmt.Errorf("get %s: %w", o.Name, gcs.ErrNotExist)
	}
	data := have.data[offset : offset+length]
	if s.onGet != nil {
		return s.onGet(o, data, w)
	}
	_, err := w.Write(data)
	return err
}

func (s *memStore) ReadAll(ctx context.Context, bucket, object string, limit int64) ([]byte, gcs.Object, error) {
	s.mu.Lock()
	s.requests = append(s.requests, "read "+bucket+"/"+object)
	objects, ok := s.buckets[bucket]
	o, there := objects[object]
	s.mu.Unlock()
	switch {
	case !ok:
		return nil, gcs.Object{}, fmt.Errorf("read %s: %w", object, gcs.ErrBucketNotExist)
	case s.onRead != nil && s.onRead(object) != nil:
		return nil, gcs.Object{}, s.onRead(object)
	case !there:
		return nil, gcs.Object{}, fmt.Errorf("read %s: %w", object, gcs.ErrNotExist)
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

// serialLists lets the pattern listings start when the plain one has ended.
type serialLists struct {
	*memStore
	first context.Context
	ended context.CancelFunc
}

func (s serialLists) List(ctx context.Context, bucket, prefix string) iter.Seq2[gcs.Object, error] {
	return func(yield func(gcs.Object, error) bool) {
		defer s.ended()
		s.memStore.List(ctx, bucket, prefix)(yield)
	}
}

func (s serialLists) ListGlob(ctx context.Context, bucket, prefix, glob string) iter.Seq2[gcs.Object, error] {
	return func(yield func(gcs.Object, error) bool) {
		<-s.first.Done()
		s.memStore.ListGlob(ctx, bucket, prefix, glob)(yield)
	}
}

// beforeGet calls a function before each download.
type beforeGet struct {
	*memStore
	do func()
}

func (s *beforeGet) Download(ctx context.Context, o gcs.Object, w io.Writer) error {
	s.do()
	return s.memStore.Download(ctx, o, w)
}

// refusingStore is closed for some buckets.
type refusingStore struct {
	*memStore
	closed []string
}

func (s *refusingStore) List(ctx context.Context, bucket, prefix string) iter.Seq2[gcs.Object, error] {
	if !slices.Contains(s.closed, bucket) {
		return s.memStore.List(ctx, bucket, prefix)
	}
	return func(yield func(gcs.Object, error) bool) {
		for range s.memStore.List(ctx, bucket, prefix) {
			break // for the log
		}
		yield(gcs.Object{}, &gcs.AccessError{Bucket: bucket, Op: "list", Status: 403})
	}
}

func (s *refusingStore) ListGlob(ctx context.Context, bucket, prefix, _ string) iter.Seq2[gcs.Object, error] {
	return s.List(ctx, bucket, prefix)
}

func (s *refusingStore) ReadAll(ctx context.Context, bucket, object string, limit int64) ([]byte, gcs.Object, error) {
	if !slices.Contains(s.closed, bucket) {
		return s.memStore.ReadAll(ctx, bucket, object, limit)
	}
	return nil, gcs.Object{}, &gcs.AccessError{Bucket: bucket, Op: "read", Status: 403}
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
	s.onGet = func(_ gcs.Object, data []byte, w io.Writer) error {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return write(w, data)
	}
	return most.Load
}

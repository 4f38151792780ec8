// Package storetest is the contract of objstore.Store as a test. Every store runs
// it against a server that the test can fill: see [Run].
//
// It checks what callers rely on, and the features that a store declares only if it
// declares them. It does not check how a store survives faults of the network: that
// differs from protocol to protocol, and each store has tests of its own.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"prowtrace/objstore"
)

// bucket is where most objects of the tests are. Some stores want three letters.
const bucket = "bucket"

// A Server is what a store reads, and how a test fills it. The buckets "bucket" and
// "empty" exist at the beginning.
type Server struct {
	Store objstore.Store

	// Holds reports whether the server can have an object of a name beside all others.
	// nil: any name. Tests leave out those that it cannot have.
	Holds func(name string) bool

	// Bare says that ReadAll gives bytes and nothing that describes them.
	Bare bool

	// Inflates says that nobody can read what is stored with the encoding gzip as it is
	// stored: Read fails.
	Inflates bool

	// Put stores an object as its newest version.
	Put func(Upload)

	// Delete removes an object.
	Delete func(bucket, name string)

	// Refuse lets nobody read a bucket any more. nil: the server cannot do that.
	Refuse func(bucket string)
}

// An Upload is an object as it is stored.
type Upload struct {
	Bucket, Name    string
	Data            []byte
	ContentType     string
	ContentEncoding string
	Metadata        map[string]string
}

// Run tests a store. open gives a new, empty server for each test.
func Run(t *testing.T, open func(t *testing.T) Server) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Server)
	}{
		{"List", testList},
		{"ListPages", testListPages},
		{"ListGlob", testListGlob},
		{"ListDir", testListDir},
		{"Names", testNames},
		{"Describe", testDescribe},
		{"StoredBytes", testStoredBytes},
		{"Versions", testVersions},
		{"Sums", testSums},
		{"Ranges", testRanges},
		{"Limit", testLimit},
		{"Absent", testAbsent},
		{"Refused", testRefused},
		{"WriterFails", testWriterFails},
		{"Cancelled", testCancelled},
		{"Concurrent", testConcurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// held are the names that the server can have.
func (s Server) held(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return s.Holds != nil && !s.Holds(name) })
}

func (s Server) put(name, data string) {
	if s.Holds != nil && !s.Holds(name) {
		return
	}
	s.Put(Upload{Bucket: bucket, Name: name, Data: []byte(data)})
}

// list collects a listing of the bucket.
func (s Server) list(t *testing.T, prefix, glob string) []objstore.Object {
	t.Helper()
	var all []objstore.Object
	for o, err := range s.Store.List(t.Context(), bucket, prefix, glob) {
		if err != nil {
			t.Fatalf("List %q %q: %v", prefix, glob, err)
		}
		all = append(all, o)
	}
	return all
}

func (s Server) listed(t *testing.T, name string) objstore.Object {
	t.Helper()
	for _, o := range s.list(t, name, "") {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("%q is not listed", name)
	return objstore.Object{}
}

func names(objects []objstore.Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.Name)
	}
	return all
}

func testList(t *testing.T, s Server) {
	for _, name := range []string{"run/b", "run/a", "run/a/c", "run2", "other", "run/a-b"} {
		s.put(name, "x")
	}
	s.put("run/dir/", "") // a placeholder
	for _, tt := range []struct {
		prefix string
		want   []string
	}{
		{"run/", []string{"run/a", "run/a-b", "run/a/c", "run/b"}},
		{"run", []string{"run/a", "run/a-b", "run/a/c", "run/b", "run2"}},
		{"", []string{"other", "run/a", "run/a-b", "run/a/c", "run/b", "run2"}},
		{"nothing/", nil},
	} {
		if got := names(s.list(t, tt.prefix, "")); !slices.Equal(got, s.held(tt.want)) {
			t.Errorf("%q: %q, want %q", tt.prefix, got, s.held(tt.want))
		}
	}
	for o, err := range s.Store.List(t.Context(), bucket, "", "") {
		if err != nil || o.Name != "other" {
			t.Errorf("first %q, %v", o.Name, err)
		}
		break // a caller may leave
	}
	for o, err := range s.Store.List(t.Context(), "empty", "", "") {
		t.Errorf("in an empty bucket: %q, %v", o.Name, err)
	}
}

// More objects than any server gives in one answer.
func testListPages(t *testing.T, s Server) {
	var want []string
	for i := range 2100 {
		name := fmt.Sprintf("run/%04d/x", i)
		want = append(want, name)
		s.put(name, "x")
	}
	if got := names(s.list(t, "run/", "")); !slices.Equal(got, want) {
		t.Errorf("%d objects, want %d by name", len(got), len(want))
	}
	n := 0
	for e, err := range s.Store.ListDir(t.Context(), bucket, "run/", objstore.Bounds{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("run/%04d/", n); !e.Dir || e.Name != want {
			t.Fatalf("entry %d: %+v, want the directory %q", n, e, want)
		}
		n++
	}
	if n != 2100 {
		t.Errorf("%d directories", n)
	}
}

func testListGlob(t *testing.T, s Server) {
	matching := []string{"r/artifacts/step/otlp/a.otel", "r/artifacts/x/y/otlp/d/b.otel"}
	for _, name := range append([]string{"r/artifacts/log.txt", "r/other/x/otlp/c.otel"}, matching...) {
		s.put(name, "x")
	}
	got := names(s.list(t, "r/artifacts/", "r/artifacts/**/otlp/**"))
	for _, name := range matching { // a store may yield more
		if !slices.Contains(got, name) {
			t.Errorf("%q matches and is not listed", name)
		}
	}
	if slices.Contains(got, "r/other/x/otlp/c.otel") {
		t.Errorf("listed outside of the prefix: %q", got)
	}
}

func testListDir(t *testing.T, s Server) {
	for _, name := range []string{"a/1/x", "a/1/y", "a/2/x", "a/3.txt", "a/4/deep/er", "a/latest", "b/1/x"} {
		s.Put(Upload{Bucket: bucket, Name: name, Data: []byte("x"), Metadata: map[string]string{"Link": name}})
	}
	for _, tt := range []struct {
		dir    string
		within objstore.Bounds
		want   []string
	}{
		{"a/", objstore.Bounds{}, []string{"a/1/", "a/2/", "a/3.txt", "a/4/", "a/latest"}},
		{"", objstore.Bounds{}, []string{"a/", "b/"}},
		{"a/", objstore.Bounds{From: "a/3.txt"}, []string{"a/3.txt", "a/4/", "a/latest"}},
		{"a/", objstore.Bounds{To: "a/3"}, []string{"a/1/", "a/2/"}},
		{"a/", objstore.Bounds{From: "a/2", To: "a/3"}, []string{"a/2/"}},
		{"c/", objstore.Bounds{}, nil},
	} {
		var got []string
		for e, err := range s.Store.ListDir(t.Context(), bucket, tt.dir, tt.within) {
			if err != nil {
				t.Fatalf("%+v: %v", tt, err)
			}
			if e.Dir != strings.HasSuffix(e.Name, "/") || e.Bucket != bucket {
				t.Errorf("%+v: entry %+v", tt, e)
			}
			if !e.Dir && (s.Store.Features().Described && e.Metadata["link"] != e.Name || e.Size != 1) {
				t.Errorf("%q has the metadata %q and %d bytes", e.Name, e.Metadata, e.Size)
			}
			got = append(got, e.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q %+v: %q, want %q", tt.dir, tt.within, got, tt.want)
		}
	}
}

// Names are whatever a job has written.
func testNames(t *testing.T, s Server) {
	all := []string{
		"a", "a/b", "a//b", "kops-1-2025-01-01T00:00:00Z.otel", "what?", "num#ber", "100%25", "100%", "two words", "a+b&c=d;e", "../up",
		"ünï/日本", "-", strings.Repeat("long/", 60) + "name",
	}
	all = s.held(all)
	for _, name := range all {
		s.put(name, "data of "+name)
	}
	listed := names(s.list(t, "", ""))
	for _, name := range all {
		if !slices.Contains(listed, name) {
			t.Errorf("%q is not listed", name)
			continue
		}
		var buf bytes.Buffer
		if err := s.Store.Read(t.Context(), s.listed(t, name), &buf); err != nil || buf.String() != "data of "+name {
			t.Errorf("%q: Read %q, %v", name, buf.String(), err)
		}
		if data, _, err := s.Store.ReadAll(t.Context(), bucket, name, 1000); err != nil || string(data) != "data of "+name {
			t.Errorf("%q: ReadAll %q, %v", name, data, err)
		}
	}
}

// A listing and a reading describe an object alike.
func testDescribe(t *testing.T, s Server) {
	data := []byte("0123456789")
	s.Put(Upload{Bucket: bucket, Name: "x", Data: data, ContentType: "text/plain", Metadata: map[string]string{"Link": "gs://b/x"}})
	features := s.Store.Features()
	_, read, err := s.Store.ReadAll(t.Context(), bucket, "x", 100)
	if err != nil {
		t.Fatal(err)
	}
	listed := s.listed(t, "x")
	for how, o := range map[string]objstore.Object{"listed": listed, "read": read} {
		if o.Bucket != bucket || o.Name != "x" || o.Size != 10 || o.Updated.IsZero() && (how == "listed" || !s.Bare) {
			t.Errorf("%s: %+v", how, o)
		}
		if (how == "read" && !s.Bare || features.Described) && (o.ContentType != "text/plain" || o.Metadata["link"] != "gs://b/x") {
			t.Errorf("%s: %+v", how, o)
		}
	}
	if features.Pinned && (listed.Version == "" || listed.Version != read.Version) {
		t.Errorf("pinned versions: listed %q, read %q", listed.Version, read.Version)
	}
	if h := listed.Sum.NewHash(); h != nil {
		h.Write(data)
		if got := listed.Sum.Kind.Of(h); got != listed.Sum {
			t.Errorf("listed the sum %v of bytes with %v", listed.Sum, got)
		}
	} else if features.Sums {
		t.Errorf("listed the sum %v, which cannot be compared", listed.Sum)
	}
	if summer, ok := s.Store.(objstore.Summer); ok {
		testSum(t, summer, listed, data)
	}
}

// testSum asks for the sum of an object that is there, and of one that is not.
func testSum(t *testing.T, summer objstore.Summer, o objstore.Object, data []byte) {
	for range 2 {
		sum, err := summer.Sum(t.Context(), o)
		h := sum.NewHash()
		if err != nil || h == nil {
			t.Fatalf("sum %v, error %v", sum, err)
		}
		h.Write(data)
		if got := sum.Kind.Of(h); got != sum {
			t.Errorf("told the sum %v of bytes with %v", sum, got)
		}
	}
	o.Name = "gone"
	if sum, err := summer.Sum(t.Context(), o); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("sum %v, error %v, want ErrNotExist", sum, err)
	}
}

func testStoredBytes(t *testing.T, s Server) {
	gzipped := []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4a\x04\x04\x00\x00\xff\xff\x43\xbe\xb7\xe8\x01\x00\x00\x00") // of "a"
	for _, tt := range []struct {
		name, encoding string
		data           []byte
	}{
		{"plain", "", []byte("plain")},
		{"empty", "", nil},
		{"gzip", "gzip", gzipped},
		{"gzip, not declared", "", gzipped},
		{"large", "", bytes.Repeat([]byte("0123456789"), 100_000)},
	} {
		s.Put(Upload{Bucket: bucket, Name: tt.name, Data: tt.data, ContentType: "text/plain", ContentEncoding: tt.encoding})
		o := s.listed(t, tt.name)
		var buf bytes.Buffer
		err := s.Store.Read(t.Context(), o, &buf)
		if s.Inflates && tt.encoding != "" {
			if err == nil {
				t.Errorf("%s: Read gives %d bytes without an error", tt.name, buf.Len())
			}
			continue
		}
		if err != nil || !bytes.Equal(buf.Bytes(), tt.data) || o.Size != int64(len(tt.data)) {
			t.Errorf("%s: Read %d bytes, listed %d, want %d; %v", tt.name, buf.Len(), o.Size, len(tt.data), err)
		}
		data, o, err := s.Store.ReadAll(t.Context(), bucket, tt.name, 1<<20)
		if err != nil || !bytes.Equal(data, tt.data) || o.Size != int64(len(tt.data)) || o.ContentEncoding != tt.encoding && !s.Bare {
			t.Errorf("%s: ReadAll %d bytes, want %d; %+v, %v", tt.name, len(data), len(tt.data), o, err)
		}
	}
}

func testVersions(t *testing.T, s Server) {
	if !s.Store.Features().Pinned {
		t.Skip("versions are not pinned")
	}
	s.put("x", "first")
	old := s.listed(t, "x")
	s.put("x", "other")
	newer := s.listed(t, "x")
	if old.Version == newer.Version {
		t.Errorf("both versions are %q", old.Version)
	}
	if err := s.Store.Read(t.Context(), old, io.Discard); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("an overwritten version: %v, want ErrNotExist", err)
	}
	var buf bytes.Buffer
	if err := s.Store.Read(t.Context(), newer, &buf); err != nil || buf.String() != "other" {
		t.Errorf("the newest version: %q, %v", buf.String(), err)
	}
	s.Delete(bucket, "x")
	if err := s.Store.Read(t.Context(), newer, io.Discard); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("a deleted version: %v, want ErrNotExist", err)
	}
}

func testSums(t *testing.T, s Server) {
	s.put("x", "0123456789")
	s.put("y", "abcdefghij")
	o, other := s.listed(t, "x"), s.listed(t, "y").Sum
	if summer, ok := s.Store.(objstore.Summer); ok {
		var err error
		if other, err = summer.Sum(t.Context(), s.listed(t, "y")); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(*objstore.Object){
		"too short":        func(o *objstore.Object) { o.Size-- },
		"too long":         func(o *objstore.Object) { o.Size++ },
		"of another's sum": func(o *objstore.Object) { o.Sum = other },
	} {
		wrong := o
		change(&wrong)
		if wrong.Sum == o.Sum && wrong.Size == o.Size {
			continue // no sums
		}
		if err := s.Store.Read(t.Context(), wrong, io.Discard); !errors.Is(err, objstore.ErrChecksum) {
			t.Errorf("bytes that are %s: %v, want ErrChecksum", name, err)
		}
	}
}

func testRanges(t *testing.T, s Server) {
	if !s.Store.Features().Ranges {
		t.Skip("the store has no ranges")
	}
	data := bytes.Repeat([]byte("0123456789"), 100)
	for _, encoding := range []string{"", "gzip"} {
		s.Put(Upload{Bucket: bucket, Name: "x", Data: data, ContentEncoding: encoding})
		o := s.listed(t, "x")
		for _, r := range [][2]int64{{0, 1000}, {0, 1}, {999, 1}, {303, 404}, {1000, 0}, {5, 0}} {
			var buf bytes.Buffer
			if err := s.Store.ReadRange(t.Context(), o, r[0], r[1], &buf); err != nil || !bytes.Equal(buf.Bytes(), data[r[0]:r[0]+r[1]]) {
				t.Errorf("range %v: %d bytes, %v", r, buf.Len(), err)
			}
		}
		for _, r := range [][2]int64{{0, 1001}, {1000, 1}, {-1, 1}, {0, -1}, {1, 1<<63 - 1}} {
			if err := s.Store.ReadRange(t.Context(), o, r[0], r[1], io.Discard); err == nil {
				t.Errorf("range %v was read", r)
			}
		}
	}
}

func testLimit(t *testing.T, s Server) {
	s.put("x", "0123456789")
	if data, _, err := s.Store.ReadAll(t.Context(), bucket, "x", 10); err != nil || string(data) != "0123456789" {
		t.Errorf("%q, %v", data, err)
	}
	if _, _, err := s.Store.ReadAll(t.Context(), bucket, "x", 9); !errors.Is(err, objstore.ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
}

// access is each way to read a bucket; op is what an AccessError calls it.
func (s Server) access(t *testing.T, bucket, name string, version objstore.Object) map[string]struct {
	op  string
	err error
} {
	ctx := t.Context()
	version.Bucket, version.Name = bucket, name
	var list, listDir error
	for _, err := range s.Store.List(ctx, bucket, name, "") {
		list = err
	}
	for _, err := range s.Store.ListDir(ctx, bucket, "", objstore.Bounds{}) {
		listDir = err
	}
	_, _, readAll := s.Store.ReadAll(ctx, bucket, name, 100)
	return map[string]struct {
		op  string
		err error
	}{
		"List": {"list", list}, "ListDir": {"list", listDir},
		"Read": {"read", s.Store.Read(ctx, version, io.Discard)}, "ReadAll": {"read", readAll},
	}
}

func testAbsent(t *testing.T, s Server) {
	s.put("x", "x")
	o := s.listed(t, "x")
	for how, got := range s.access(t, "gone", "x", o) {
		if got.op == "list" && !errors.Is(got.err, objstore.ErrBucketNotExist) || !objstore.IsAbsent(got.err) {
			t.Errorf("%s, no bucket: %v, want ErrBucketNotExist", how, got.err)
		}
	}
	for _, name := range []string{"gone", "\x1b[2J\n"} {
		for how, got := range s.access(t, bucket, name, o) {
			if got.op == "list" {
				if got.err != nil {
					t.Errorf("%s: %v", how, got.err)
				}
				continue
			}
			if !errors.Is(got.err, objstore.ErrNotExist) || errors.Is(got.err, objstore.ErrBucketNotExist) {
				t.Errorf("%s, no object: %v, want ErrNotExist", how, got.err)
			} else if strings.ContainsAny(got.err.Error(), "\x1b\n") {
				t.Errorf("%s: control characters in %q", how, got.err)
			}
		}
	}
	for _, impossible := range []string{"", "a/../b", "bucket/x", "bucket?", "\n"} {
		for how, got := range s.access(t, impossible, "x", o) {
			if !errors.Is(got.err, objstore.ErrBucketNotExist) {
				t.Errorf("%s, impossible bucket %q: %v, want ErrBucketNotExist", how, impossible, got.err)
			}
		}
	}
}

func testRefused(t *testing.T, s Server) {
	if s.Refuse == nil {
		t.Skip("the server refuses nobody")
	}
	s.put("x", "x")
	o := s.listed(t, "x")
	s.Refuse(bucket)
	for how, got := range s.access(t, bucket, "x", o) {
		var refused *objstore.AccessError
		if !errors.As(got.err, &refused) || refused.Bucket != bucket || refused.Op != got.op || !errors.Is(got.err, fs.ErrPermission) {
			t.Errorf("%s: %v, want an AccessError", how, got.err)
		}
		if objstore.IsAbsent(got.err) {
			t.Errorf("%s: %v means absence too", how, got.err)
		}
	}
}

var errFull = errors.New("no space left")

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

func testWriterFails(t *testing.T, s Server) {
	s.put("x", "x")
	if err := s.Store.Read(t.Context(), s.listed(t, "x"), fullWriter{}); !errors.Is(err, errFull) || errors.Is(err, objstore.ErrChecksum) {
		t.Errorf("error %v, want the writer's", err)
	}
}

func testCancelled(t *testing.T, s Server) {
	s.put("x", "x")
	o := s.listed(t, "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var list, listDir error
	for _, err := range s.Store.List(ctx, bucket, "", "") {
		list = err
	}
	for _, err := range s.Store.ListDir(ctx, bucket, "", objstore.Bounds{}) {
		listDir = err
	}
	_, _, readAll := s.Store.ReadAll(ctx, bucket, "x", 100)
	for how, err := range map[string]error{"List": list, "ListDir": listDir, "Read": s.Store.Read(ctx, o, io.Discard), "ReadAll": readAll} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", how, err)
		}
	}
}

func testConcurrent(t *testing.T, s Server) {
	for i := range 50 {
		s.put(fmt.Sprint(i), fmt.Sprint("data of ", i))
	}
	var g errgroup.Group
	for _, o := range s.list(t, "", "") {
		g.Go(func() error {
			var buf bytes.Buffer
			if err := s.Store.Read(t.Context(), o, &buf); err != nil || buf.String() != "data of "+o.Name {
				return fmt.Errorf("%s: %q, %w", o.Name, buf.String(), err)
			}
			return nil
		})
		g.Go(func() error {
			_, _, err := s.Store.ReadAll(t.Context(), bucket, o.Name, 100)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

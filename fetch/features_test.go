package fetch

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"prowtrace/objstore"
	"prowtrace/prow"
)

// plainStore has no ranges and no checksums.
type plainStore struct{ *memStore }

func (plainStore) Features() objstore.Features { return objstore.Features{} }

func (s plainStore) ReadRange(context.Context, objstore.Object, int64, int64, io.Writer) error {
	return errors.New("a range was asked for")
}

// A store that can do no more than it must: large objects come whole, broken ones
// from their beginning, and what could not be compared is told.
func TestStoreWithoutFeatures(t *testing.T) {
	s, c := newStore(), openTest(t)
	s.put(testRun.Bucket, testRun.Root+"/finished.json", `{"result":"SUCCESS"}`)
	large := big(sliceAbove + 1)
	for name, data := range map[string]string{"artifacts/otlp/large.otel": large, "artifacts/otlp/small.otel": "small"} {
		o := s.put(testRun.Bucket, testRun.Root+"/"+name, data)
		o.Sum = objstore.Sum{}
		s.buckets[testRun.Bucket][o.Name] = memObject{o, []byte(data)}
	}
	store := plainStore{s}
	broken := true
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		if strings.HasSuffix(o.Name, "large.otel") && broken {
			w.Write(data[:keepAbove+1])
			return errors.New("the connection broke")
		}
		return write(w, data)
	}
	_, err := c.Fetch(t.Context(), store, testRun, Options{})
	var partial *PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 1 || !strings.Contains(err.Error(), "the connection broke") {
		t.Fatalf("error %v", err)
	}
	broken = false
	var notices []string
	res, err := c.Fetch(t.Context(), store, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	wantContents(t, res, map[string]string{"finished.json": `{"result":"SUCCESS"}`, "artifacts/otlp/large.otel": large, "artifacts/otlp/small.otel": "small"})
	if want := []string{"the bucket has no checksums for 2 files: only sizes were checked"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}
}

// namelessStore describes nothing of what it reads by its name.
type namelessStore struct{ plainStore }

func (s namelessStore) ReadAll(ctx context.Context, bucket, name string, limit int64) ([]byte, objstore.Object, error) {
	data, o, err := s.plainStore.ReadAll(ctx, bucket, name, limit)
	return data, objstore.Object{Bucket: o.Bucket, Name: o.Name, Size: o.Size}, err
}

// Small files of which no version is known are held, and found again without a request.
func TestSmallFilesWithoutVersions(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	store := namelessStore{plainStore{s}}
	want := map[string]string{}
	for try, o := range []Options{{}, {Offline: true}, {Refresh: true}} {
		res, err := c.Fetch(t.Context(), store, testRun, o)
		if err != nil {
			t.Fatalf("fetch %d: %v", try+1, err)
		}
		got := map[string]string{}
		for name, f := range res.Metadata {
			data, err := os.ReadFile(f.Path)
			if err != nil {
				t.Errorf("fetch %d: %v", try+1, err)
			}
			got[name] = string(data)
		}
		if try == 0 {
			want = got
		}
		if !res.Ended || len(got) == 0 || !maps.Equal(got, want) {
			t.Errorf("fetch %d: ended %v, files %q, want %q", try+1, res.Ended, got, want)
		}
		res.Close()
	}
}

// Buckets of two providers can have one name: their runs are kept apart.
func TestProvidersAreKeptApart(t *testing.T) {
	c := openTest(t)
	other := testRun
	other.Provider = "s3"
	for run, result := range map[prow.Run]string{testRun: "SUCCESS", other: "FAILURE"} {
		s := newStore()
		s.put(run.Bucket, run.Root+"/finished.json", `{"result":"`+result+`"}`)
		s.put(run.Bucket, run.Root+"/artifacts/otlp/a.otel", result)
		res, err := c.Fetch(t.Context(), s, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantContents(t, res, map[string]string{"finished.json": `{"result":"` + result + `"}`, "artifacts/otlp/a.otel": result})
		res.Close()
	}
}

// Versions need not be numbers, and the manifest keeps them.
func TestVersionsThatAreNotNumbers(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	for name, o := range s.buckets[testRun.Bucket] {
		o.Version = "etag-" + o.Version + `"`
		s.buckets[testRun.Bucket][name] = o
	}
	if _, err := c.Fetch(t.Context(), s, testRun, Options{}); err != nil {
		t.Fatal(err)
	}
	res, err := c.Fetch(t.Context(), nil, testRun, Options{Offline: true})
	if err != nil || len(res.Files) != 3 {
		t.Errorf("%+v, %v", res, err)
	}
	for _, e := range c.runDir(testRun).readManifest().Files {
		if !strings.HasPrefix(string(e.Version), "etag-") {
			t.Errorf("%s has the version %q", e.Name, e.Version)
		}
	}
}

// summingStore lists no sums, and tells them one by one.
type summingStore struct {
	*memStore
	told  func(name string) (objstore.Sum, error)
	asked []string
}

func (s *summingStore) Sum(_ context.Context, o objstore.Object) (objstore.Sum, error) {
	s.asked = append(s.asked, o.Name)
	return s.told(o.Name)
}

// What a store tells of one object is compared, kept, and compared again later.
func TestSumsToldOneByOne(t *testing.T) {
	md5Of := func(data string) objstore.Sum {
		h := objstore.Sum{Kind: objstore.MD5}.NewHash()
		h.Write([]byte(data))
		return objstore.MD5.Of(h)
	}
	for _, tt := range []struct {
		name   string
		told   func(string) (objstore.Sum, error)
		failed bool
		notice string
	}{
		{"right", func(string) (objstore.Sum, error) { return md5Of("data"), nil }, false, ""},
		{"wrong", func(string) (objstore.Sum, error) { return md5Of("other"), nil }, true, ""},
		{"none", func(string) (objstore.Sum, error) { return objstore.Sum{}, nil }, false, "the bucket has no checksums for 1 file: only sizes were checked"},
		{"not to be had", func(string) (objstore.Sum, error) { return objstore.Sum{}, errors.New("refused") }, false, "the bucket has no checksums for 1 file: only sizes were checked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			s.put(testRun.Bucket, testRun.Root+"/finished.json", `{"result":"SUCCESS"}`)
			o := s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/a.otel", "data")
			o.Sum = objstore.Sum{}
			s.buckets[testRun.Bucket][o.Name] = memObject{o, []byte("data")}
			store := &summingStore{memStore: s, told: tt.told}
			fetch := func(o Options) (*Result, []string, error) {
				var notices []string
				o.Notice = func(n Notice) { notices = append(notices, n.Text) }
				res, err := c.Fetch(t.Context(), store, testRun, o)
				return res, notices, err
			}
			_, notices, err := fetch(Options{})
			if tt.failed != errors.Is(err, objstore.ErrChecksum) || strings.Join(notices, "") != tt.notice {
				t.Fatalf("error %v, notices %q, want %q", err, notices, tt.notice)
			}
			if tt.failed {
				return
			}
			store.asked = nil
			if _, _, err := fetch(Options{Refresh: true}); err != nil || len(store.asked) > 0 {
				t.Errorf("asked again for the sums of %q, error %v", store.asked, err)
			}
			if tt.notice != "" {
				return
			}
			e := c.runDir(testRun).readManifest().Files[0]
			if e.Name != "artifacts/otlp/a.otel" || e.sum() != md5Of("data") {
				t.Errorf("the manifest has %+v", e)
			}
			path := c.runDir(testRun).blob(testRun, &e)
			os.Chmod(path, 0o600)
			if err := os.WriteFile(path, []byte("dat4"), 0o600); err != nil {
				t.Fatal(err)
			}
			res, _, err := fetch(Options{Refresh: true})
			if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, map[string]string{"finished.json": `{"result":"SUCCESS"}`, "artifacts/otlp/a.otel": "data"})
		})
	}
}

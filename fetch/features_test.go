package fetch

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"prowtrace/objstore"
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
	if want := []string{"the bucket lists no checksum of 2 files: only the sizes were compared"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
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

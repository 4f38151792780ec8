package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// besideArtifacts are metadata files that come beside the traces.
var besideArtifacts = map[string]string{
	"artifacts/junit.xml":                   "<testsuite/>",
	"artifacts/junit_01.xml":                "<testsuite></testsuite>",
	"artifacts/e2e/step/junit_e2e.xml":      "<testsuites/>",
	"artifacts/ci-operator-step-graph.json": "[]",
	"artifacts/metadata.json":               "{}",
}

// junitMost is how many JUnit files are fetched.
const junitMost = 200

// putBeside adds them to the test run, and what looks like them.
func putBeside(s *memStore) {
	for name, data := range besideArtifacts {
		s.put(testRun.Bucket, testRun.Root+"/"+name, data)
	}
	for _, name := range []string{"artifacts/not-junit.xml", "artifacts/e2e/metadata.json", "artifacts/junit/log.xml", "artifacts/junit.xml/x", "junit.xml"} {
		s.put(testRun.Bucket, testRun.Root+"/"+name, "x")
	}
}

// besideOf is what of them a result has.
func besideOf(t *testing.T, res *Result) map[string]string {
	t.Helper()
	all := contents(t, res)
	maps.DeleteFunc(all, func(name, _ string) bool { return !isBeside(name) })
	return all
}

// What the server is asked for the metadata files, with and without those beside the traces.
func TestBesideRequests(t *testing.T) {
	for _, tt := range []struct {
		name        string
		beside      bool
		lists, gets int
	}{
		{"none", false, 3, 8 + 1},
		{"some", true, 3, 8 + 1 + 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			client, c := dial(t, s), openTest(t)
			s.PutBytes(testRun.Bucket, testRun.Root+"/finished.json", []byte("{}"))
			s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-1.otel", []byte("x"))
			for i := range 2000 { // would be two pages more
				s.PutBytes(testRun.Bucket, fmt.Sprintf("%s/artifacts/cluster-info/%d.xml", testRun.Root, i), []byte("x"))
			}
			want := map[string]string{}
			if tt.beside {
				want = besideArtifacts
				for name, data := range want {
					s.PutBytes(testRun.Bucket, testRun.Root+"/"+name, []byte(data))
				}
			}
			res, err := c.Fetch(t.Context(), client, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := besideOf(t, res); !maps.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if lists, gets := s.Count(gcstest.List, ""), s.Count(gcstest.Get, ""); lists != tt.lists || gets != tt.gets {
				t.Errorf("%d lists and %d gets, want %d and %d", lists, gets, tt.lists, tt.gets)
			}
			s.ResetLog()
			if res, err = c.Fetch(t.Context(), client, testRun, Options{}); err != nil || len(s.Requests()) > 0 {
				t.Errorf("asked again: %v, %v", s.Requests(), err)
			}
			if got := besideOf(t, res); !maps.Equal(got, want) {
				t.Errorf("from the cache %q, want %q", got, want)
			}
		})
	}
}

// Whatever goes wrong with files beside the traces, the traces are there, and a note says what
// is left out.
func TestBesideFail(t *testing.T) {
	failGet := func(part string) func(*memStore) {
		return func(s *memStore) {
			s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
				if strings.Contains(o.Name, part) {
					return errors.New("503")
				}
				return write(w, data)
			}
		}
	}
	for _, tt := range []struct {
		name    string
		setup   func(*memStore)
		missing []string
		notices []string
	}{
		{"nothing", func(*memStore) {}, nil, nil},
		{"a file", failGet("junit_01.xml"), []string{"artifacts/junit_01.xml"},
			[]string{"1 metadata file is left out: artifacts/junit_01.xml: 503"}},
		{"a known name", func(s *memStore) {
			s.onRead = func(object string) error {
				if strings.HasSuffix(object, "graph.json") {
					return errors.New("503")
				}
				return nil
			}
		}, []string{"artifacts/ci-operator-step-graph.json"},
			[]string{"1 metadata file is left out: artifacts/ci-operator-step-graph.json: 503"}},
		{"the listing", func(s *memStore) {
			s.put(testRun.Bucket, testRun.Root+"/artifacts/zz/junit.xml", "listed last")
			s.onGlob = func(glob string, n int) error {
				if strings.Contains(glob, "junit") && n == 10 {
					return errors.New("503")
				}
				return nil
			}
		}, []string{"artifacts/zz/junit.xml"},
			[]string{"JUnit files are left out, they could not be listed: 503"}},
		{"a file that is too large", func(s *memStore) {
			s.put(testRun.Bucket, testRun.Root+"/artifacts/junit_01.xml", strings.Repeat("x", 16<<20+1))
		}, []string{"artifacts/junit_01.xml"},
			[]string{"1 metadata file is left out as too large, alone or with the others, such as artifacts/junit_01.xml"}},
		{"a known name that is too large", func(s *memStore) {
			s.onRead = func(object string) error {
				if strings.HasSuffix(object, "/artifacts/metadata.json") {
					return objstore.ErrTooLarge
				}
				return nil
			}
		}, []string{"artifacts/metadata.json"},
			[]string{"1 metadata file is left out as too large, alone or with the others, such as artifacts/metadata.json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			putBeside(s)
			tt.setup(s)
			var notices []string
			res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
			if err != nil || len(res.Files) != 3 {
				t.Fatalf("%d files, error %v", len(res.Files), err)
			}
			want := maps.Clone(besideArtifacts)
			for _, name := range tt.missing {
				delete(want, name)
			}
			if got := besideOf(t, res); !maps.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if !slices.Equal(notices, tt.notices) {
				t.Errorf("notices %q, want %q", notices, tt.notices)
			}
			s.asked()
			if res, err = c.Fetch(t.Context(), s, testRun, Options{}); err != nil || len(s.asked()) > 0 {
				t.Errorf("an ended run was asked for again, %v", err)
			}
			if got := besideOf(t, res); !maps.Equal(got, want) {
				t.Errorf("from the cache %q, want %q", got, want)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A run without traces stays one, however much else it has.
func TestBesideAreNoTraces(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	keepOnly(s, "started.json", "finished.json")
	putBeside(s)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if !errors.Is(err, ErrNoTraces) || !maps.Equal(besideOf(t, res), besideArtifacts) {
		t.Errorf("%v, %v", besideOf(t, res), err)
	}
}

func TestBesideAreBounded(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	for i := range junitMost + 50 {
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/junit_%03d.xml", testRun.Root, i), "x")
	}
	var notices []string
	res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
	if err != nil {
		t.Fatal(err)
	}
	if got := besideOf(t, res); len(got) != junitMost || got["artifacts/junit_199.xml"] != "x" {
		t.Errorf("%d files", len(got))
	}
	if want := []string{"there are more than 200 JUnit files; the first by name are taken"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}
}

func TestBesideAreBoundedInSize(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	large := strings.Repeat("x", 15<<20)
	for i := range 5 { // the fifth is too much
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/junit_%d.xml", testRun.Root, i), large)
	}
	s.put(testRun.Bucket, testRun.Root+"/artifacts/junit_9.xml", "a small one fits")
	var notices []string
	res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(besideOf(t, res)))
	if want := []string{"artifacts/junit_0.xml", "artifacts/junit_1.xml", "artifacts/junit_2.xml", "artifacts/junit_3.xml", "artifacts/junit_9.xml"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if want := []string{"1 metadata file is left out as too large, alone or with the others, such as artifacts/junit_4.xml"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}
}

// stuckStore never answers a request about a JUnit file.
type stuckStore struct {
	*memStore
	listing bool // not even the one for them
}

func (s stuckStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	if strings.Contains(o.Name, "junit") {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.memStore.Read(ctx, o, w)
}

func (s stuckStore) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	if !s.listing || !strings.Contains(glob, "junit") {
		return s.memStore.List(ctx, bucket, prefix, glob)
	}
	return func(yield func(objstore.Object, error) bool) {
		<-ctx.Done()
		yield(objstore.Object{}, ctx.Err())
	}
}

// The traces wait for the files beside them only so long.
func TestBesideAreLate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		listing bool
		notice  string
	}{
		{"files", false, "3 metadata files are left out: "},
		{"listing", true, "JUnit files are left out, they could not be listed: it had not come 10s after the traces"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := newStore(), openTest(t)
				putRun(s, testRun)
				putBeside(s)
				var notices []string
				began := time.Now()
				res, err := c.Fetch(t.Context(), stuckStore{s, tt.listing}, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
				if err != nil || len(res.Files) != 3 || len(besideOf(t, res)) != 2 {
					t.Errorf("%d files and %v, error %v", len(res.Files), besideOf(t, res), err)
				}
				if took := time.Since(began); took != patience {
					t.Errorf("took %v, want %v", took, patience)
				}
				if len(notices) != 1 || !strings.HasPrefix(notices[0], tt.notice) || !strings.HasSuffix(notices[0], "10s after the traces") {
					t.Errorf("notices %q, want %q", notices, tt.notice)
				}
				if err := res.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The traces come first.
func TestBesideComeLast(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	putBeside(s)
	var order []string
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		order = append(order, o.Name)
		return write(w, data)
	}
	if _, err := c.Fetch(t.Context(), s, testRun, Options{Pool: NewPool(1)}); err != nil {
		t.Fatal(err)
	}
	for i, name := range order {
		if strings.Contains(name, "otlp") != (i < 3) {
			t.Errorf("order %q", order)
			break
		}
	}
}

// What the cache has stays there when a later call cannot have it, and what it
// has lost is no error offline.
func TestBesideInTheCache(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	putBeside(s)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	lost := res.Metadata["artifacts/junit.xml"].Path

	s.onGlob = func(glob string, n int) error {
		if strings.Contains(glob, "junit") {
			return errors.New("503")
		}
		return nil
	}
	var notices []string
	note := func(n Notice) { notices = append(notices, n.Text) }
	res, err = c.Fetch(t.Context(), s, testRun, Options{Refresh: true, Notice: note})
	if err != nil || !maps.Equal(besideOf(t, res), besideArtifacts) {
		t.Errorf("%v, %v", besideOf(t, res), err)
	}
	if want := []string{"JUnit files are left out, they could not be listed: 503"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}

	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	notices = nil
	res, err = c.Fetch(t.Context(), nil, testRun, Options{Offline: true, Notice: note})
	if err != nil || len(besideOf(t, res)) != len(besideArtifacts)-1 {
		t.Errorf("%v, %v", besideOf(t, res), err)
	}
	if want := []string{"artifacts/junit.xml is left out: the cache does not have it whole"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}

	s.onGlob = nil
	s.asked()
	res, err = c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil || !maps.Equal(besideOf(t, res), besideArtifacts) || gets(s.asked()) != 1 {
		t.Errorf("%v, %v", besideOf(t, res), err)
	}
}

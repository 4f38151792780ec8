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
	"prowtrace/prow/runfile"
)

// besideArtifacts are metadata files that come beside the traces.
var besideArtifacts = map[string]string{
	"artifacts/junit.xml":                   "<testsuite/>",
	"artifacts/junit_01.xml":                "<testsuite></testsuite>",
	"artifacts/e2e/step/junit_e2e.xml":      "<testsuites/>",
	"artifacts/ci-operator-step-graph.json": "[]",
	"artifacts/metadata.json":               "{}",
}

// putBeside adds them to the test run, and what looks like them.
func putBeside(s *memStore) {
	for name, data := range besideArtifacts {
		s.put(testRun.Bucket, testRun.Root+"/"+name, data)
	}
	for _, name := range []string{"artifacts/other.xml", "artifacts/e2e/metadata.json", "artifacts/junit/log.txt", "artifacts/junit.xml/x", "junit.xml"} {
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
			[]string{"artifacts/junit_01.xml is left out: 503"}},
		{"a known name", func(s *memStore) {
			s.onRead = func(object string) error {
				if strings.HasSuffix(object, "graph.json") {
					return errors.New("503")
				}
				return nil
			}
		}, []string{"artifacts/ci-operator-step-graph.json"},
			[]string{"artifacts/ci-operator-step-graph.json is left out: 503"}},
		{"the listing", func(s *memStore) {
			s.put(testRun.Bucket, testRun.Root+"/artifacts/zz/junit.xml", "listed last")
			s.onGlob = func(glob string, n int) error {
				if strings.Contains(glob, "junit") && n == 10 {
					return errors.New("503")
				}
				return nil
			}
		}, []string{"artifacts/zz/junit.xml"},
			[]string{"cannot list JUnit files: 503"}},
		{"a known name that is too large", func(s *memStore) {
			s.onRead = func(object string) error {
				if strings.HasSuffix(object, "/artifacts/metadata.json") {
					return objstore.ErrTooLarge
				}
				return nil
			}
		}, []string{"artifacts/metadata.json"},
			[]string{"artifacts/metadata.json is left out: too large, alone or with the others"}},
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

// Of files that are many no more is taken than is allowed, and the rest is told.
func TestBesideAreBounded(t *testing.T) {
	kind, _ := runfile.KindOf("artifacts/junit.xml")
	kind.Most, kind.Limit, kind.Total = 3, 50, 100
	for _, tt := range []struct {
		name  string
		sizes []int64
		want  []int64
		cut   string
		large int // files
	}{
		{"all", []int64{10, 20, 30}, []int64{10, 20, 30}, "", 0},
		{"too many", []int64{1, 2, 3, 4}, []int64{1, 2, 3}, "4 JUnit files, only the first 3 by name are used", 0},
		{"more than are counted", []int64{1, 2, 3, 4, 5, 6, 7, 8}, []int64{1, 2, 3}, "at least 7 JUnit files, only the first 3 by name are used", 0},
		{"a listing that breaks off", []int64{1, 2, 3, 4, -1}, []int64{1, 2, 3}, "at least 4 JUnit files, only the first 3 by name are used", 0},
		{"one too large", []int64{51, 50}, []int64{50}, "", 1},
		{"too large together", []int64{50, 40, 20, 10}, []int64{50, 40, 10}, "", 1},
	} {
		b := &besideFiles{t: &transfer{run: testRun}}
		found := make(chan *objstore.Object, 10)
		err := b.choose(t.Context(), kind, func(yield func(objstore.Object, error) bool) {
			for i, size := range tt.sizes {
				if size < 0 {
					yield(objstore.Object{}, errors.New("503"))
					return
				}
				if !yield(objstore.Object{Name: fmt.Sprintf("%s/artifacts/junit_%d.xml", testRun.Root, i), Size: size}, nil) {
					return
				}
			}
		}, found)
		close(found)
		var got []int64
		for o := range found {
			got = append(got, o.Size)
		}
		cut := ""
		for _, c := range b.cut {
			cut += c.loss().Why
		}
		if err != nil || !slices.Equal(got, tt.want) || cut != tt.cut || b.tooLarge != tt.large {
			t.Errorf("%s: %v, cut %q, %d too large, %v", tt.name, got, cut, b.tooLarge, err)
		}
	}
}

// Every one of thousands is brought, and that they are many costs no goroutine each.
func TestBesideAreMany(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	for i := range 2000 {
		s.put(testRun.Bucket, fmt.Sprintf("%s/artifacts/junit_%04d.xml", testRun.Root, i), "x")
	}
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil || len(besideOf(t, res)) != 2000 || res.Lost != nil {
		t.Errorf("%d files, lost %v, %v", len(besideOf(t, res)), res.Lost, err)
	}
}

// What is left out is remembered with the run.
func TestLostIsRemembered(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.onRead = func(object string) error {
		if strings.HasSuffix(object, "/prowjob.json") {
			return objstore.ErrTooLarge
		}
		return nil
	}
	want := []runfile.Loss{{Kind: runfile.LossTooLarge, File: "prowjob.json", Files: 1, Why: objstore.ErrTooLarge.Error()}}
	for _, from := range []string{"the bucket", "the cache"} {
		var notices []string
		res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
		if err != nil || !slices.Equal(res.Lost, want) || len(notices) != 1 || !strings.HasPrefix(notices[0], "prowjob.json is left out: ") {
			t.Errorf("from %s: lost %+v, notices %q, %v", from, res.Lost, notices, err)
		}
		if again, ok := OpenDir(res.Dir); !ok || !slices.Equal(again.Lost, want) {
			t.Errorf("opened: %+v", again)
		}
	}
}

// A small file that fails each time keeps no traces back. It is asked for again.
func TestFailingMetadata(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	failing := true
	s.onRead = func(object string) error {
		if failing && strings.HasSuffix(object, "/prowjob.json") {
			return errors.New("500")
		}
		return nil
	}
	var notices []Notice
	res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n) }})
	want := []runfile.Loss{{Kind: runfile.LossUnavailable, File: "prowjob.json", Files: 1, Why: "500", Again: true}}
	if err != nil || len(res.Files) != 3 || !res.Ended || !slices.Equal(res.Lost, want) {
		t.Fatalf("%+v, %v", res, err)
	}
	if want := []Notice{{"prowjob.json is left out: 500", true}}; !slices.Equal(notices, want) {
		t.Errorf("notices %+v", notices)
	}
	failing = false
	if res, err = c.Fetch(t.Context(), s, testRun, Options{}); err != nil || res.Metadata["prowjob.json"].Path == "" || res.Lost != nil {
		t.Errorf("%+v, %v", res, err)
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
		{"files", false, "3 metadata files are left out, such as "},
		{"listing", true, "cannot list JUnit files: it took too long after the traces"},
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
				if len(notices) != 1 || !strings.HasPrefix(notices[0], tt.notice) || !strings.HasSuffix(notices[0], "it took too long after the traces") {
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
	if want := []string{"cannot list JUnit files: 503"}; !slices.Equal(notices, want) {
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
	if want := []string{"artifacts/junit.xml is left out: its copy in the cache is incomplete", "cannot list JUnit files: 503"}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}

	s.onGlob = nil
	s.asked()
	res, err = c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil || !maps.Equal(besideOf(t, res), besideArtifacts) || gets(s.asked()) != 1 {
		t.Errorf("%v, %v", besideOf(t, res), err)
	}
}

// A caller that does not want to wait asks again for what it did not get.
func TestBesideWithPatience(t *testing.T) {
	for _, tt := range []struct {
		name    string
		listing bool
		files   int // that are late, as far as is known
	}{{"files", false, 3}, {"listing", true, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := newStore(), openTest(t)
				putRun(s, testRun)
				putBeside(s)
				began := time.Now()
				o := Options{Patience: 2 * time.Second, Notice: func(n Notice) { t.Errorf("told: %s", n.Text) }}
				res, err := c.Fetch(t.Context(), stuckStore{s, tt.listing}, testRun, o)
				if err != nil || len(res.Files) != 3 || time.Since(began) != o.Patience {
					t.Errorf("%d files after %v, %v", len(res.Files), time.Since(began), err)
				}
				if len(res.Lost) != 1 || res.Lost[0].Kind != runfile.LossLate || res.Lost[0].Files != tt.files || !res.Lost[0].Again {
					t.Errorf("lost %+v", res.Lost)
				}
				rest, err := c.Fetch(t.Context(), s, testRun, Options{Refresh: true})
				if err != nil || len(rest.Lost) > 0 || !maps.Equal(besideOf(t, rest), besideArtifacts) {
					t.Errorf("the rest is %v, lost %v, %v", besideOf(t, rest), rest.Lost, err)
				}
				if err := errors.Join(res.Close(), rest.Close()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

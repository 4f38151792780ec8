package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow/runfile"
	"prowtrace/session"
)

// memoryStore is a bucket in memory, for tests that a clock of their own goes through.
type memoryStore struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func (m *memoryStore) put(name, data string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[name] = []byte(data)
}

func (m *memoryStore) Features() objstore.Features { return objstore.Features{} }

func (m *memoryStore) object(name string) objstore.Object {
	return objstore.Object{Bucket: "kubernetes-ci-logs", Name: name, Size: int64(len(m.objects[name])), Version: "1", Sum: objstore.CRC32COf(m.objects[name])}
}

func (m *memoryStore) List(_ context.Context, _, prefix, _ string) iter.Seq2[objstore.Object, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []objstore.Object
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, m.object(name))
		}
	}
	return func(yield func(objstore.Object, error) bool) {
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (m *memoryStore) ListDir(ctx context.Context, bucket, dir string, _ objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		last := ""
		for o, err := range m.List(ctx, bucket, dir, "") {
			e := objstore.Entry{Object: o}
			if below, _, ok := strings.Cut(strings.TrimPrefix(o.Name, dir), "/"); ok {
				e = objstore.Entry{Object: objstore.Object{Name: dir + below + "/"}, Dir: true}
			}
			if e.Name == last {
				continue
			}
			if last = e.Name; !yield(e, err) {
				return
			}
		}
	}
}

func (m *memoryStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	return m.ReadRange(ctx, o, 0, o.Size, w)
}

func (m *memoryStore) ReadRange(_ context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	m.mu.Lock()
	data := m.objects[o.Name]
	m.mu.Unlock()
	_, err := io.Copy(w, bytes.NewReader(data[offset:offset+length]))
	return err
}

func (m *memoryStore) ReadAll(_ context.Context, bucket, name string, _ int64) ([]byte, objstore.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, objstore.Object{}, fmt.Errorf("read %s: %w", name, objstore.ErrNotExist)
	}
	return data, m.object(name), nil
}

const watchedRoot = "logs/ci-watched/7"

// watched makes a run that began an hour ago, and options that wait for it.
func watched(t *testing.T) (session.Options, *heard, *memoryStore) {
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	store := &memoryStore{objects: map[string][]byte{}}
	since := time.Now().Add(-time.Hour)
	store.put(watchedRoot+"/started.json", fmt.Sprintf(`{"timestamp":%d}`, since.Unix()))
	store.put(watchedRoot+"/prowjob.json", fmt.Sprintf(`{"status":{"state":"pending","startTime":%q}}`, since.UTC().Format(time.RFC3339)))
	h := &heard{}
	return session.Options{Stores: map[string]objstore.Store{"gs": store}, Watch: true, Events: h.add}, h, store
}

// A run that goes on is waited for, with real pauses on a clock that the test owns.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, h, store := watched(t)
		began := time.Now()
		time.AfterFunc(10*time.Minute, func() {
			store.put(watchedRoot+"/artifacts/otlp/kops-1.otel", "x")
			store.put(watchedRoot+"/finished.json", fmt.Sprintf(`{"timestamp":%d,"passed":false,"result":"FAILURE"}`, time.Now().Unix()))
		})
		s := session.New(o)
		refs, err := s.Parse([]string{"gs://kubernetes-ci-logs/" + watchedRoot})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Collect(t.Context(), refs)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if took := time.Since(began); took < 10*time.Minute || took > 15*time.Minute {
			t.Errorf("waited %v", took)
		}
		names := strings.ReplaceAll(h.names(), "Waiting Waiting", "Waiting")
		for strings.Contains(names, "Waiting Waiting") {
			names = strings.ReplaceAll(names, "Waiting Waiting", "Waiting")
		}
		if names != "CacheOpened FetchStarted Waiting Waited FetchEnded Fetched" {
			t.Errorf("events %s", h.names())
		}
		first := h.events[2].(session.Waiting)
		if first.Progress.State != runfile.Running || !first.Progress.Since.Equal(began.Add(-time.Hour)) || first.Progress.Next <= 0 {
			t.Errorf("first look %+v", first.Progress)
		}
		if waited := h.events[len(h.events)-3].(session.Waited); waited.State != runfile.Failed || waited.Run.Build != "7" {
			t.Errorf("waited %+v", waited)
		}
		if in := c.Inputs[0]; !in.Fetched.Ended || len(in.Sources) != 1 {
			t.Errorf("fetched %+v", in.Fetched)
		}
	})
}

// Waiting ends with its context, and says for which run.
func TestWatchIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, h, _ := watched(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		s := session.New(o)
		refs, err := s.Parse([]string{"gs://kubernetes-ci-logs/" + watchedRoot})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Collect(ctx, refs)
		var wait *session.WaitError
		if !errors.As(err, &wait) || wait.Run.Build != "7" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if names := h.names(); !strings.HasSuffix(names, "Waiting Waited FetchEnded") {
			t.Errorf("events %s", names)
		}
	})
}

// A run that has nothing yet says since when it goes on, or that it was lost.
func TestNothingUploaded(t *testing.T) {
	for _, tt := range []struct {
		after   time.Duration
		overdue bool
	}{{time.Minute, false}, {100 * time.Hour, true}} {
		synctest.Test(t, func(t *testing.T) {
			o, _, _ := watched(t)
			since := time.Now().Add(-time.Hour)
			o.Watch = false
			time.Sleep(tt.after) // on the bubble's clock
			_, err := load(t, o, "gs://kubernetes-ci-logs/"+watchedRoot)
			var none *session.NotUploadedError
			if !errors.As(err, &none) || none.State != runfile.Running || !none.Since.Equal(since) || none.Overdue != tt.overdue || !none.At.Equal(time.Now()) {
				t.Errorf("error %v: %+v", err, none)
			}
		})
	}
}

package session_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"

	"prowtrace/objstore"
	"prowtrace/session"
)

// sentStore counts the bytes of objects that it gives, but for small files.
type sentStore struct {
	objstore.Store
	sent atomic.Int64
}

func (s *sentStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	return s.Store.Read(ctx, o, s.counting(w))
}

func (s *sentStore) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	return s.Store.ReadRange(ctx, o, offset, length, s.counting(w))
}

func (s *sentStore) counting(w io.Writer) io.Writer {
	return writing(func(p []byte) (int, error) {
		n, err := w.Write(p)
		s.sent.Add(int64(n))
		return n, err
	})
}

type writing func([]byte) (int, error)

func (f writing) Write(p []byte) (int, error) { return f(p) }

// All that is read of a bucket for a run is told, also its logs, which come beside its traces,
// and the passing runs that it is compared with.
func TestBytesOfARunAreTold(t *testing.T) {
	o, _, _ := sample(t)
	store := &sentStore{Store: o.Stores["gs"]}
	o.Stores = map[string]objstore.Store{"gs": store}
	var told atomic.Int64
	runs := session.NewOpenRuns(session.New(o), session.OpenRunsOptions{
		Judging: session.Judging{Known: knownErrors(t), Baseline: passing, Number: 1},
		Ended:   func(e session.EndedLoad) { told.Add(e.Bytes) },
	})
	defer runs.Close()
	ref, err := session.Parse(o.Instances, failing)
	if err != nil {
		t.Fatal(err)
	}
	run, err := runs.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	run.Meter(func(n int64) { told.Add(n) })
	if sum, err := run.Summary(t.Context()); err != nil || len(sum.Run.Baseline) != 1 {
		t.Fatalf("%+v, error %v", sum, err)
	}
	sent := store.sent.Load()
	run.Release()
	if told.Load() < sent {
		t.Errorf("%d bytes were sent, %d are told", sent, told.Load())
	}
}

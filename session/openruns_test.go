package session

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/trace"
)

// loads are made-up loads: they wait, fail and give what the test says, and count.
type loads struct {
	began  atomic.Int64
	closed atomic.Int64
	wait   func(context.Context) error
	fail   func(run prow.Run) error

	sources []trace.Source // what each loads
}

// opened gives OpenRuns whose runs come from loads, each of no spans: bytesOfRun.
func (l *loads) opened(t *testing.T, o OpenRunsOptions) *OpenRuns {
	t.Helper()
	r := NewOpenRuns(New(Options{Stores: map[string]objstore.Store{"gs": noStore{}}}), o)
	r.load = func(ctx context.Context, e *openEntry) (*Loaded, error) {
		l.began.Add(1)
		if l.wait != nil {
			if err := l.wait(ctx); err != nil {
				return nil, err
			}
		}
		if l.fail != nil {
			if err := l.fail(e.ref.Run); err != nil {
				return nil, err
			}
		}
		set, err := trace.Options{}.Load(ctx, l.sources)
		if err != nil {
			return nil, err
		}
		return &Loaded{Shared: trace.NewShared(trace.NewView(set, trace.Material{}), func() error { l.closed.Add(1); return nil }), Inputs: []*Input{{Ref: e.ref}}}, nil
	}
	return r
}

type noStore struct{ objstore.Store }

func runNumber(n int) prow.Ref {
	return prow.Ref{Kind: prow.KindRun, Run: prow.Run{Provider: "gs", Bucket: "b", Root: fmt.Sprint("logs/j/", n), Job: "j", Build: fmt.Sprint(n)}}
}

func openRun(t *testing.T, r *OpenRuns, n int) *OpenRun {
	t.Helper()
	run, err := r.Open(t.Context(), runNumber(n))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func closeRuns(t *testing.T, r *OpenRuns, l *loads) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if l.closed.Load() > l.began.Load() {
		t.Errorf("%d loads, and %d runs let go of", l.began.Load(), l.closed.Load())
	}
	if s := r.Stats(); s != (OpenRunsStats{}) {
		t.Errorf("after Close it holds %+v", s)
	}
}

// 200 visitors who ask at once wait for one load, and share it.
func TestOneLoadForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{wait: pause(time.Second)}
		r := l.opened(t, OpenRunsOptions{})
		var all sync.WaitGroup
		var same sync.Map
		for range 200 {
			all.Go(func() {
				run := openRun(t, r, 1)
				same.Store(run.Loaded(), true)
				run.Release()
				run.Release() // the second does nothing
			})
		}
		all.Wait()
		different := 0
		same.Range(func(any, any) bool { different++; return true })
		if l.began.Load() != 1 || different != 1 {
			t.Errorf("%d loads gave %d different runs", l.began.Load(), different)
		}
		if l.closed.Load() != 0 {
			t.Error("it was let go of, though nobody needs its room")
		}
		closeRuns(t, r, l)
		if l.closed.Load() != 1 {
			t.Error("it is held still")
		}
	})
}

// Who goes away ends his own wait, not the load.
func TestCancelledVisitorLeavesTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{wait: pause(time.Minute)}
		r := l.opened(t, OpenRunsOptions{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Open(ctx, runNumber(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if s := r.Begin(runNumber(1)); s.Step != OpenFetching || s.Began {
			t.Errorf("state %+v", s)
		}
		openRun(t, r, 1).Release()
		if l.began.Load() != 1 {
			t.Errorf("%d loads", l.began.Load())
		}
		closeRuns(t, r, l)
	})
}

// What was used last stays, and what is held stays whatever there is room for.
func TestEvictionByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{}
		r := l.opened(t, OpenRunsOptions{Bytes: 3 * bytesOfRun})
		first := openRun(t, r, 1)
		for n := 2; n <= 6; n++ {
			openRun(t, r, n).Release()
			time.Sleep(time.Second)
		}
		if s := r.Stats(); s.Runs != 3 || s.Bytes != 3*bytesOfRun {
			t.Errorf("held %+v", s)
		}
		for n, want := range map[int]bool{1: true, 4: false, 5: true, 6: true} {
			r.mu.Lock()
			if got := r.entries[openKey{run: runNumber(n).Run}] != nil; got != want {
				t.Errorf("run %d is there: %v", n, got)
			}
			r.mu.Unlock()
		}
		if view, release := first.Loaded().Acquire(); view == nil {
			t.Error("a run was let go of under a lease")
		} else {
			release()
		}

		second, third := openRun(t, r, 5), openRun(t, r, 6)
		if _, err := r.Open(t.Context(), runNumber(7)); !errors.Is(err, ErrNoRoom) {
			t.Errorf("error %v where all are held", err)
		}
		second.Release()
		if s := r.Begin(runNumber(7)); s.Step != OpenWaiting || !s.Began {
			t.Errorf("state %+v after one was released", s)
		}
		first.Release()
		third.Release()
		closeRuns(t, r, l)
	})
}

// What was compressed lies in memory, and counts besides the spans.
func TestUnpackedBytesCount(t *testing.T) {
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	l := &loads{sources: []trace.Source{{Name: "a.otel.gz", Data: packed.Bytes()}}}
	r := l.opened(t, OpenRunsOptions{})
	run := openRun(t, r, 1)
	view, release := run.Loaded().Acquire()
	want := bytesOfRun + int64(view.Len())*bytesOfSpan + int64(len(data))
	release()
	run.Release()
	if got := r.Stats().Bytes; got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	closeRuns(t, r, l)
}

func TestForgottenByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{}
		r := l.opened(t, OpenRunsOptions{Age: time.Hour})
		held := openRun(t, r, 1)
		openRun(t, r, 2).Release()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := l.closed.Load(); got != 1 {
			t.Errorf("%d runs were let go of", got)
		}
		held.Release()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := l.closed.Load(); got != 2 {
			t.Errorf("%d runs were let go of", got)
		}
		closeRuns(t, r, l)
	})
}

// A failure is told to all who wait, is kept for a while, and not for ever.
func TestFailuresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		l := &loads{fail: func(prow.Run) error { return broken }}
		r := l.opened(t, OpenRunsOptions{Failed: time.Minute})
		for range 3 {
			if _, err := r.Open(t.Context(), runNumber(1)); !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
		}
		if s := r.Begin(runNumber(1)); s.Step != OpenFailed || !errors.Is(s.Err, broken) || l.began.Load() != 1 {
			t.Errorf("state %+v after %d loads", s, l.began.Load())
		}
		time.Sleep(time.Minute)
		l.fail = nil
		openRun(t, r, 1).Release()
		closeRuns(t, r, l)
	})
}

// A panic is the error of one run.
func TestPanicFailsOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{fail: func(run prow.Run) error {
			if run.Build == "13" {
				panic("\x1b[31mhostile")
			}
			return nil
		}}
		r := l.opened(t, OpenRunsOptions{Loads: 1})
		for n := 11; n < 16; n++ {
			run, err := r.Open(t.Context(), runNumber(n))
			if met := (*panics.Error)(nil); errors.As(err, &met) != (n == 13) {
				t.Errorf("run %d: error %v", n, err)
			} else if n == 13 && strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("the error holds an escape: %q", err)
			}
			if err == nil {
				run.Release()
			}
		}
		closeRuns(t, r, l)
	})
}

func TestTooManyLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{wait: pause(time.Second)}
		r := l.opened(t, OpenRunsOptions{Loads: 1, Waiting: 2})
		r.Begin(runNumber(1))
		synctest.Wait()
		if s := r.Begin(runNumber(1)); s.Step != OpenFetching {
			t.Errorf("state %+v", s)
		}
		r.Begin(runNumber(2))
		if s := r.Begin(runNumber(3)); s.Step != OpenWaiting {
			t.Errorf("state %+v", s)
		}
		if s := r.Begin(runNumber(4)); !errors.Is(s.Err, ErrManyLoads) {
			t.Errorf("state %+v", s)
		}
		time.Sleep(4 * time.Second)
		if s := r.Begin(runNumber(4)); s.Err != nil {
			t.Errorf("state %+v after the others", s)
		}
		closeRuns(t, r, l)
	})
}

// A load that takes too long fails. Close ends those that are under way.
func TestLoadsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{wait: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		r := l.opened(t, OpenRunsOptions{Time: time.Minute})
		if _, err := r.Open(t.Context(), runNumber(1)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1m0s") {
			t.Errorf("error %v", err)
		}
		waits := make(chan error, 1)
		go func() {
			_, err := r.Open(context.Background(), runNumber(2))
			waits <- err
		}()
		synctest.Wait()
		closeRuns(t, r, l)
		if err := <-waits; !errors.Is(err, ErrOpenRunsClosed) {
			t.Errorf("error %v", err)
		}
		if _, err := r.Open(t.Context(), runNumber(3)); !errors.Is(err, ErrOpenRunsClosed) {
			t.Errorf("error %v after Close", err)
		}
	})
}

func TestRunsThatMayNotBeOpened(t *testing.T) {
	refused := errors.New("refused")
	l := &loads{}
	r := l.opened(t, OpenRunsOptions{Allow: func(run prow.Run) error {
		if run.Bucket == "secret" {
			return refused
		}
		return nil
	}})
	secret := runNumber(1)
	secret.Bucket = "secret"
	elsewhere := runNumber(1)
	elsewhere.Provider = "s3"
	for _, c := range []struct {
		ref  prow.Ref
		want func(error) bool
	}{
		{secret, func(err error) bool { return errors.Is(err, refused) }},
		{prow.Local("/etc/passwd"), func(err error) bool { return errors.Is(err, ErrNotInBucket) }},
		{prow.Ref{Kind: prow.KindStdin}, func(err error) bool { return errors.Is(err, ErrNotInBucket) }},
		{elsewhere, func(err error) bool { e := (*UnsupportedStoreError)(nil); return errors.As(err, &e) }},
	} {
		if _, err := r.Open(t.Context(), c.ref); !c.want(err) {
			t.Errorf("%+v: error %v", c.ref, err)
		}
	}
	if s := r.Begin(prow.Ref{Kind: prow.KindJob}); !errors.Is(s.Err, ErrNotChosen) {
		t.Errorf("state %+v", s)
	}
	if l.began.Load() != 0 {
		t.Errorf("%d loads began", l.began.Load())
	}
	closeRuns(t, r, l)
}

// pause waits, unless the context ends.
func pause(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A judgement that failed is kept for a while, and not for ever: then the next request judges
// anew. Whoever knows the step of before hears of the new one.
func TestFailedJudgementsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, broken, judged := &loads{}, errors.New("the store is down"), 0
		r := l.opened(t, OpenRunsOptions{Failed: time.Minute})
		r.judge = func(ctx context.Context, run *OpenRun, j *openJudging) error {
			if judged++; judged == 1 {
				j.set(Judged{Compared: 1}, nil, false)
				return broken
			}
			time.Sleep(time.Second)
			j.set(Judged{Compared: 2, Final: true}, nil, true)
			return nil
		}
		run := openRun(t, r, 1)
		var failed int64
		for range 3 {
			_, version, err := run.Judged(t.Context(), 0)
			for err == nil && version < 2 {
				_, version, err = run.Judged(t.Context(), version)
			}
			if !errors.Is(err, broken) {
				t.Fatalf("version %d, error %v", version, err)
			}
			failed = version
			time.Sleep(10 * time.Second)
		}
		if judged != 1 {
			t.Errorf("judged %d times: a failure is not tried again at once", judged)
		}
		time.Sleep(time.Minute)
		for _, known := range []int64{0, failed} {
			if step, version, err := run.Judged(t.Context(), known); err != nil || step.Compared != 2 || version <= failed {
				t.Errorf("who knows %d gets %+v, version %d, error %v", known, step, version, err)
			}
		}
		time.Sleep(time.Hour)
		if _, _, err := run.Judged(t.Context(), 0); err != nil || judged != 2 {
			t.Errorf("judged %d times, error %v", judged, err)
		}
		run.Release()
		closeRuns(t, r, l)
	})
}

// A run of which not all could be had is loaded again after a while.
func TestLackingRunsAreLoadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loads{}
		r := l.opened(t, OpenRunsOptions{Lacking: 10 * time.Minute})
		r.judge = func(ctx context.Context, run *OpenRun, j *openJudging) error {
			r.judgedAs(run, Judged{Again: l.began.Load() == 1}, j)
			return nil
		}
		for _, want := range []int64{1, 1, 2, 2, 2} {
			run := openRun(t, r, 1)
			if step, _, err := run.Judged(t.Context(), 0); err != nil || !step.Final || l.began.Load() != want {
				t.Errorf("%+v after %d loads, error %v", step, l.began.Load(), err)
			}
			run.Release()
			time.Sleep(6 * time.Minute)
		}
		closeRuns(t, r, l)
	})
}

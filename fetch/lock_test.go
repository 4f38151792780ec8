package fetch

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"prowtrace/objstore"
)

// hold takes the work lock of the test run as another process would.
func hold(t *testing.T, c *Cache, pid string) (unlock func()) {
	t.Helper()
	id := c.runDir(testRun).id()
	unlock, err := c.lockWork(t.Context(), id, func(int) { t.Error("the lock is taken") })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.lockPath(id, "work"), []byte("\x00"+pid), 0o600); err != nil {
		t.Fatal(err)
	}
	return unlock
}

func TestWaits(t *testing.T) {
	for _, tt := range []struct{ name, pid, notice string }{
		{"another process", "4242\n", "waiting for another prowtrace (process 4242) that fetches this run"},
		{"another, after one with a longer number", "42\n242\n", "waiting for another prowtrace (process 42) that fetches this run"},
		{"owner unknown", "", "waiting for another prowtrace that fetches this run"},
		{"owner garbled", "\x1b[2J", "waiting for another prowtrace that fetches this run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			unlock := hold(t, c, tt.pid)
			var notices []string
			_, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) {
				m := n.Text
				notices = append(notices, m)
				if asked := s.asked(); len(asked) > 0 {
					t.Errorf("asked %q before the lock was free", asked)
				}
				unlock()
			}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(notices, []string{tt.notice}) {
				t.Errorf("notices %q, want %q", notices, tt.notice)
			}
		})
	}
}

func TestWaitCanBeInterrupted(t *testing.T) {
	c := openTest(t)
	defer hold(t, c, "4242")()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	_, err := c.Fetch(ctx, newStore(), testRun, Options{Notice: func(Notice) { cancel(stop) }})
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want the cause", err)
	}
}

// Who waited for another's look at a running job uses what that one has found.
func TestWaiterUsesWhatIsThere(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.delete(testRun.Bucket, testRun.Root+"/finished.json")
	other, err := OpenCache(c.Dir()) // its locks are another process's to c
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan *Result, 1)
	started := false
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		if !started {
			started = true
			waits := make(chan string)
			writeOwner(c.lockPath(c.runDir(testRun).id(), "work"), 4242)
			go func() {
				res, err := other.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { waits <- n.Text }})
				if err != nil {
					t.Error(err)
				}
				second <- res
			}()
			<-waits
		}
		return write(w, data)
	}
	first, err := c.Fetch(t.Context(), s, testRun, Options{Pool: NewPool(1)})
	if err != nil {
		t.Fatal(err)
	}
	want := len(s.asked())
	res := <-second
	if asked := s.asked(); len(asked) > 0 || want == 0 {
		t.Errorf("the second asked %q", asked)
	}
	if !res.FromCache || res.Ended {
		t.Errorf("result %+v", res)
	}
	wantContents(t, res, contents(t, first))
}

// Pruning removes lock files. Whoever gets a lock on a removed one must not
// believe to be alone.
func TestLockOnRemovedFile(t *testing.T) {
	c := openTest(t)
	stale := c.newLock("run", "work")
	if ok, err := stale.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	removed := false
	unlock, err := c.lockWork(t.Context(), "run", func(int) {
		os.Remove(stale.Path())
		stale.Unlock()
		removed = true
	})
	if err != nil || !removed {
		t.Fatal(removed, err)
	}
	defer unlock()
	if ok, err := c.tryExclusive(c.newLock("run", "work")); ok || err != nil {
		t.Errorf("locked twice: %v %v", ok, err)
	}
}

func TestOldGenerations(t *testing.T) {
	for _, inUse := range []bool{false, true} {
		s, c := newStore(), openTest(t)
		s.put(testRun.Bucket, testRun.Root+"/"+oneFile, "old")
		res, err := c.Fetch(t.Context(), s, testRun, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !inUse {
			res.Close()
		}
		s.put(testRun.Bucket, testRun.Root+"/"+oneFile, "new")
		again, err := c.Fetch(t.Context(), s, testRun, Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantContents(t, again, map[string]string{oneFile: "new"})
		if _, err := os.Stat(res.Files[0].Path); (err == nil) != inUse {
			t.Errorf("in use: %v, old content: %v", inUse, err)
		}
		again.Close()
		if err := errors.Join(res.Close(), res.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestNoLocks(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	if err := os.RemoveAll(c.Dir() + "/locks"); err != nil { // as if the file system had none
		t.Fatal(err)
	}
	var notices []string
	res, err := c.Fetch(t.Context(), s, testRun, Options{Notice: func(n Notice) { notices = append(notices, n.Text) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Files) != 3 || len(notices) != 1 || !strings.HasPrefix(notices[0], "cannot lock the cache (") {
		t.Errorf("%d files, notices %q", len(res.Files), notices)
	}
	if err := res.Close(); err != nil {
		t.Error(err)
	}
}

package fetch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

// Two advisory locks guard a run, both released by the system when a process
// dies. The work lock is held while the run's directory is changed. The use lock
// is shared by all who hold a Result: it keeps the run from being pruned, but
// not from being refreshed, since blobs do not change.

// relock is how often a lock that another process holds is tried. There is no
// portable way to be woken.
const relock = 100 * time.Millisecond

func (c *Cache) lockPath(id, kind string) string { return filepath.Join(c.dir, "locks", id+"."+kind) }

func (c *Cache) newLock(id, kind string) *flock.Flock {
	return flock.New(c.lockPath(id, kind), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
}

// lockWork waits for the work lock of a run. It calls waiting once, with the
// owner's process id or 0, if another has it. A file system without locks is an
// error; the caller may go on, since what is written side by side is the same.
func (c *Cache) lockWork(ctx context.Context, id string, waiting func(pid int)) (unlock func(), err error) {
	l := c.newLock(id, "work")
	for told := false; ; {
		ok, err := c.tryExclusive(l)
		if err != nil {
			return func() {}, err
		}
		if ok {
			writeOwner(l.Path(), os.Getpid())
			return func() { l.Unlock() }, nil
		}
		if !told {
			told = true
			waiting(readOwner(l.Path()))
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(relock):
		}
	}
}

// ownerAt is where a lock file has the process id of its owner. Windows locks the first byte,
// and lets nobody read or write a byte that is locked.
const ownerAt = 1

// writeOwner notes a process for the message of those who wait for it. They do without if it
// fails.
func writeOwner(path string, pid int) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", pid), ownerAt) // what is left of a longer number is behind the line
}

// readOwner gives the process id in a lock file; 0 where there is none.
func readOwner(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	first, _, _ := bufio.NewReader(io.NewSectionReader(f, ownerAt, 32)).ReadLine()
	pid, _ := strconv.Atoi(string(first))
	return pid
}

// tryExclusive locks, unless another has the lock. Pruning removes lock files: a
// lock on a file that has no name any more guards nothing.
func (c *Cache) tryExclusive(l *flock.Flock) (bool, error) {
	for {
		ok, err := l.TryLock()
		if !ok || err != nil {
			return false, err
		}
		locked, err := l.Stat()
		if err == nil {
			if named, err := os.Stat(l.Path()); err == nil && os.SameFile(locked, named) {
				return true, nil
			}
		}
		if err := l.Close(); err != nil {
			return false, err
		}
	}
}

// lockUse shares the use lock of a run. The caller has the work lock, so nobody
// is pruning and it cannot fail but for want of locks.
func (c *Cache) lockUse(id string) (unlock func() error, err error) {
	l := c.newLock(id, "use")
	ok, err := l.TryRLock()
	if err == nil && !ok {
		err = fmt.Errorf("%s is held", l.Path())
	}
	if err != nil {
		return nil, err
	}
	return l.Unlock, nil
}

// lockUnused takes the use lock alone, if nobody has a Result of the run.
func (c *Cache) lockUnused(id string) (unlock func(), ok bool) {
	l := c.newLock(id, "use")
	if ok, err := c.tryExclusive(l); !ok || err != nil {
		return nil, false
	}
	return func() { l.Unlock() }, true
}

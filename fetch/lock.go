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

// Two advisory locks guard a run. The system releases both when a process
// dies. The work lock is held while the run's directory is changed. The use lock
// is shared by all holders of a Result. It keeps the run from being pruned, but
// not from being refreshed, because blobs do not change.

// relock is the pause between attempts to take a lock that another process holds. There is no
// portable way to be woken.
const relock = 100 * time.Millisecond

func (c *Cache) lockPath(id, kind string) string { return filepath.Join(c.dir, "locks", id+"."+kind) }

func (c *Cache) newLock(id, kind string) *flock.Flock {
	return flock.New(c.lockPath(id, kind), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
}

// lockWork waits for the work lock of a run. If another process has it, lockWork calls waiting
// once, with the owner's process id or 0. On a file system without locks it returns an
// error. The caller may continue, because two writers write the same.
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

// ownerAt is the offset of the owner's process id in a lock file. Windows locks the first byte,
// and a locked byte cannot be read or written.
const ownerAt = 1

// writeOwner writes a process id for the message of processes that wait. If it fails, their
// message has no id.
func writeOwner(path string, pid int) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", pid), ownerAt) // the rest of a longer number is after the line
}

// readOwner returns the process id in a lock file; 0 if there is none.
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

// tryExclusive locks, unless another process has the lock. Pruning removes lock files: a
// lock on a file that no longer has a name guards nothing.
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

// lockUse shares the use lock of a run. The caller holds the work lock, so nothing
// prunes the run. It can fail only if the file system has no locks.
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

// lockUnused takes the use lock exclusively, if there is no Result of the run.
func (c *Cache) lockUnused(id string) (unlock func(), ok bool) {
	l := c.newLock(id, "use")
	if ok, err := c.tryExclusive(l); !ok || err != nil {
		return nil, false
	}
	return func() { l.Unlock() }, true
}

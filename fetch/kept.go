package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
)

// mostKept is how many notes of one kind are kept of a job: they are small, and what is
// forgotten is done again.
const mostKept = 20_000

func (c *Cache) keptDir() string { return filepath.Join(c.dir, "kept") }

func keptID(kind, job string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + job))
	return hex.EncodeToString(sum[:16])
}

// KeepNote notes something of a kind about a run, in the place of what was noted of that
// kind before. Kinds do not know of each other, nor of AddNote.
func (c *Cache) KeepNote(kind string, n Note) error {
	return c.addNote(filepath.Join(c.keptDir(), keptID(kind, n.Run.Job)), n, mostKept)
}

// KeptNotes gives what was noted of a kind about the runs of a job, in no order. What cannot
// be read is passed over.
func (c *Cache) KeptNotes(kind, job string) []Note {
	return c.readNotes([]string{filepath.Join(c.keptDir(), keptID(kind, job))}, job)
}

// ErrLocked says that another process has a lock.
var ErrLocked = errors.New("another process has the lock")

// LockKept locks the notes of a kind about a job's runs against others who lock them. It
// does not wait: the error is ErrLocked then. The system unlocks when the process ends.
func (c *Cache) LockKept(kind, job string) (unlock func(), err error) {
	l := c.newLock(keptID(kind, job), "kept")
	ok, err := c.tryExclusive(l)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot lock the notes about runs: %w", err)
	case !ok:
		return nil, ErrLocked
	}
	return func() { _ = l.Unlock() }, nil // the system would unlock it too
}

package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
)

// mostKept is how many notes of one kind are kept for a job. They are small, and what is
// forgotten is computed again.
const mostKept = 20_000

func (c *Cache) keptDir() string { return filepath.Join(c.dir, "kept") }

func keptID(kind, job string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + job))
	return hex.EncodeToString(sum[:16])
}

// KeepNote stores a note of a kind about a run and replaces the earlier note of that
// kind. Kinds are separate from each other and from the notes of AddNote.
func (c *Cache) KeepNote(kind string, n Note) error {
	return c.addNote(filepath.Join(c.keptDir(), keptID(kind, n.Run.Job)), n, mostKept)
}

// KeptNotes returns the notes of a kind about the runs of a job, in no order. Notes that
// cannot be read are skipped.
func (c *Cache) KeptNotes(kind, job string) []Note {
	return c.readNotes([]string{filepath.Join(c.keptDir(), keptID(kind, job))}, job)
}

// ErrLocked says that another process has a lock.
var ErrLocked = errors.New("another process has the lock")

// LockKept locks the notes of a kind about a job's runs against other callers of LockKept. It
// does not wait: if the lock is taken, the error is ErrLocked. The system unlocks when the
// process ends.
func (c *Cache) LockKept(kind, job string) (unlock func(), err error) {
	l := c.newLock(keptID(kind, job), "kept")
	ok, err := c.tryExclusive(l)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot lock the notes about runs: %w", err)
	case !ok:
		return nil, ErrLocked
	}
	return func() { _ = l.Unlock() }, nil // closing the file would unlock it too
}

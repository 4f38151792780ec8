package fetch

import (
	"fmt"
	"os"

	"prowtrace/internal/text"
)

// NoSpaceError says that the disk of the cache is full, or would become full. Files that were
// complete before are kept.
type NoSpaceError struct {
	Dir    string // of the cache
	Needed int64  // bytes that the rest of the run takes, as far as listed
	Free   int64  // bytes; -1 if the system does not say
	Err    error  // of the write that failed; nil if nothing was written
}

func (e *NoSpaceError) Error() string {
	free := "too little"
	if e.Free >= 0 {
		free = text.Size(e.Free)
	}
	return fmt.Sprintf("no space in the cache %s: %s more needed, %s free", e.Dir, text.Size(e.Needed), free)
}

func (e *NoSpaceError) Unwrap() error { return e.Err }

// checkSpace compares the bytes still to come with the free space, once the listing
// is complete. That avoids filling the disk.
func (t *transfer) checkSpace() error {
	free := t.cache.free(t.cache.dir)
	if free < 0 || t.ledger.outstanding() <= free {
		return nil
	}
	if needed := t.needed(); needed > free {
		return &NoSpaceError{Dir: t.cache.dir, Needed: needed, Free: free}
	}
	return nil
}

// noSpace explains a write that failed because the disk is full.
func (t *transfer) noSpace(err error) error {
	return &NoSpaceError{Dir: t.cache.dir, Needed: t.needed(), Free: t.cache.free(t.cache.dir), Err: err}
}

// needed returns how many bytes of the files are not on the disk yet.
func (t *transfer) needed() (total int64) {
	t.ledger.mu.Lock()
	defer t.ledger.mu.Unlock()
	for name, e := range t.ledger.files {
		if t.ledger.held[name] {
			continue
		}
		if fi, err := os.Lstat(t.dir.blob(t.run, &e)); err == nil && fi.Size() == e.Size {
			continue
		}
		total += e.Size
		if fi, err := os.Lstat(t.dir.part(t.run, &e)); err == nil {
			total -= min(fi.Size(), e.Size)
		}
	}
	return total
}

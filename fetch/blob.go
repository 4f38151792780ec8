package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"prowtrace/objstore"
	"prowtrace/prow"
)

// holds reports whether the cache has the right bytes of an entry. A blob that
// was checked before and is unchanged since is only compared by size. Any
// other blob is read once, at several GB/s.
func (d runDir) holds(run prow.Run, e *entry) bool {
	path := d.blob(run, e)
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != e.Size {
		return false
	}
	if e.ModTime == fi.ModTime().UnixNano() {
		return true
	}
	if e.check(path) != nil {
		return false
	}
	e.ModTime = fi.ModTime().UnixNano()
	return true
}

// save makes the blob of an entry from bytes in memory.
func (d runDir) save(run prow.Run, e *entry, data []byte) error {
	part := d.part(run, e)
	if err := os.WriteFile(part, data, 0o600); err != nil {
		os.Remove(part)
		return fmt.Errorf("write to the cache: %w", err)
	}
	return d.keep(run, e)
}

// keep checks a complete part and gives it its blob's name. A part with
// wrong bytes is removed and the error is objstore.ErrChecksum. A damaged blob is
// removed first: Windows does not rename over a read-only file.
func (d runDir) keep(run prow.Run, e *entry) error {
	part, blob := d.part(run, e), d.blob(run, e)
	if err := e.check(part); err != nil {
		if errors.Is(err, fs.ErrNotExist) && d.holds(run, e) {
			return nil // where locks do not work, another process can be first
		}
		os.Remove(part)
		return err
	}
	err := os.Chmod(part, 0o400)
	if err == nil {
		os.Remove(blob)
		err = os.Rename(part, blob)
	}
	var fi os.FileInfo
	if err == nil {
		fi, err = os.Lstat(blob)
	}
	if err != nil {
		return fmt.Errorf("finish a file in the cache: %w", err)
	}
	e.ModTime = fi.ModTime().UnixNano()
	return nil
}

// check compares a file with what the bucket listed. It reads the file once
// more, from the page cache. So it checks what is on the disk, and works the same for
// pieces that were received in parallel or by another process. It costs less
// than a tenth of receiving them.
func (e *entry) check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := e.sum()
	h := sum.NewHash()
	var to io.Writer = h
	if h == nil { // only the size can be compared
		to = io.Discard
	}
	n, err := io.Copy(to, f)
	switch {
	case err != nil:
		return err
	case n != e.Size:
		return fmt.Errorf("%w: %d bytes received, %d listed", objstore.ErrChecksum, n, e.Size)
	case h != nil && sum.Kind.Of(h) != sum:
		return fmt.Errorf("%w: its %s is %s, listed %s", objstore.ErrChecksum, sum.Kind, sum.Kind.Of(h).Value, sum.Value)
	}
	return nil
}

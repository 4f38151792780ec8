package fetch

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"prowtrace/gcs"
	"prowtrace/prow"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// save makes the blob of an entry from what get writes: into a temporary file
// first, which takes the blob's name only when size and checksum are right.
func (d runDir) save(run prow.Run, e *entry, get func(io.Writer) error) error {
	f, err := os.CreateTemp(d.tmp(), "*.part")
	if err != nil {
		return fmt.Errorf("make a file in the cache: %w", err)
	}
	p := &part{f: f, size: e.Size}
	err = get(p)
	if err == nil {
		err = p.check(e)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = keep(f.Name(), d.blob(run, e), e)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// keep gives a complete file its blob's name. A damaged predecessor is taken
// away first: Windows does not rename over a read-only file.
func keep(tmp, blob string, e *entry) error {
	err := os.Chmod(tmp, 0o400)
	if err == nil {
		os.Remove(blob)
		err = os.Rename(tmp, blob)
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

// A part is a file that is being received.
type part struct {
	f    *os.File
	size int64 // expected, bytes
	n    int64 // received, bytes
	crc  uint32
}

var errTooLong = errors.New("received more bytes than the bucket listed")

func (p *part) Write(b []byte) (int, error) {
	if p.n+int64(len(b)) > p.size {
		return 0, errTooLong
	}
	n, err := p.f.Write(b)
	p.crc = crc32.Update(p.crc, castagnoli, b[:n])
	p.n += int64(n)
	return n, err
}

func (p *part) check(e *entry) error {
	if p.n != e.Size {
		return fmt.Errorf("received %d bytes where the bucket listed %d: %w", p.n, e.Size, io.ErrUnexpectedEOF)
	}
	return e.checkCRC(p.crc)
}

// checkCRC compares a checksum with the listed one, where the server gave one.
func (e *entry) checkCRC(got uint32) error {
	if got != e.CRC32C && e.CRC32C != 0 {
		return fmt.Errorf("%w: received bytes sum to %08x, the bucket listed %08x", gcs.ErrChecksum, got, e.CRC32C)
	}
	return nil
}

// holds reports whether the cache has the right bytes of an entry. A blob that
// was checked before and has not been touched since is taken by its size; any
// other is read once, at several GB/s.
func (d runDir) holds(run prow.Run, e *entry) bool {
	path := d.blob(run, e)
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != e.Size {
		return false
	}
	if e.ModTime == fi.ModTime().UnixNano() {
		return true
	}
	crc, err := fileCRC(path)
	if err != nil || e.checkCRC(crc) != nil {
		return false
	}
	e.ModTime = fi.ModTime().UnixNano()
	return true
}

func fileCRC(path string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	_, err = io.Copy(h, f)
	return h.Sum32(), err
}

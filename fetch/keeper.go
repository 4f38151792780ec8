package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"prowtrace/objstore"

	"github.com/klauspost/compress/gzip"
)

// A keeper writes a text to a file. It keeps all of a text of at most whole bytes. Of a longer
// text it keeps the first and the last edge bytes, cut to whole lines.
type keeper struct {
	f           fileWriter
	whole, edge int64
	room        *reserved // bytes that the file may take; nil: whole of them
	n           int64     // bytes so far
	tail        []byte    // the last of a text that is too long, at least edge bytes
}

func (k *keeper) Write(b []byte) (int, error) {
	n := len(b)
	if k.tail == nil {
		fits := b[:min(int64(len(b)), k.whole-k.n)]
		if k.room != nil && k.n+int64(len(fits)) > k.room.n && !k.room.grow(k.n+int64(len(fits))) {
			fits = fits[:max(0, k.room.n-k.n)]
			k.whole, k.edge = k.n+int64(len(fits)), max(1, min(k.edge, k.room.n/2))
		}
		if _, err := k.f.Write(fits); err != nil {
			return 0, &localError{err}
		}
		k.n += int64(len(fits))
		if b = b[len(fits):]; len(b) == 0 {
			return n, nil
		}
		k.tail = make([]byte, min(k.edge, k.n), 2*k.edge)
		if _, err := k.f.ReadAt(k.tail, k.n-int64(len(k.tail))); err != nil {
			return 0, &localError{err}
		}
	}
	k.n += int64(len(b))
	for len(b) > 0 {
		if len(k.tail) == cap(k.tail) {
			k.tail = k.tail[:copy(k.tail, k.tail[k.edge:])]
		}
		fits := min(len(b), cap(k.tail)-len(k.tail))
		k.tail = append(k.tail, b[:fits]...)
		b = b[fits:]
	}
	return n, nil
}

// parts ends the file and returns which parts of the text are in it.
func (k *keeper) parts() ([]Part, error) {
	if k.tail == nil {
		return wholePart(k.n), nil
	}
	head := make([]byte, min(k.edge, k.n))
	if _, err := k.f.ReadAt(head, 0); err != nil {
		return nil, &localError{err}
	}
	if err := emptyFile(k.f); err != nil {
		return nil, err
	}
	return writeEdges(k.f, head, k.tail[max(0, int64(len(k.tail))-k.edge):], k.n)
}

// wholePart returns the only part of a text that is held whole.
func wholePart(size int64) []Part {
	if size == 0 {
		return nil
	}
	return []Part{{0, size}}
}

// writeEdges writes the first and the last bytes of a text of size bytes to f, cut to
// whole lines. If there are none, the first bytes are kept as they are.
func writeEdges(f io.Writer, head, tail []byte, size int64) ([]Part, error) {
	whole := head[:bytes.LastIndexByte(head, '\n')+1]
	rest := tail[bytes.IndexByte(tail, '\n')+1:]
	if len(rest) == len(tail) {
		rest = nil // no line begins in it
	}
	if len(whole)+len(rest) == 0 {
		whole = head
	}
	var parts []Part
	if len(whole) > 0 {
		parts = append(parts, Part{0, int64(len(whole))})
	}
	if len(rest) > 0 {
		parts = append(parts, Part{size - int64(len(rest)), int64(len(rest))})
	}
	for _, b := range [][]byte{whole, rest} {
		if _, err := f.Write(b); err != nil {
			return nil, &localError{err}
		}
	}
	return parts, nil
}

// errInflate marks gzip that is damaged, or that inflates to more than is allowed.
var errInflate = errors.New("its gzip data is damaged")

// Bounds of inflating, as joblog has them for files: any text may inflate to spare
// bytes, and to ratio times what is stored.
const (
	spareInflated = 64 << 20
	inflatedRatio = 256
	gzipLayers    = 2 // the uploader's and the store's
)

// inflateTo copies a stored text to w and undoes up to two layers of gzip, recognised by
// content. stored is its size. An error that is errInflate means that the
// rest of the text is missing; in that case r has not been read to its end.
func inflateTo(w io.Writer, r io.Reader, stored int64) error {
	in := bufio.NewReaderSize(r, 64<<10)
	packed := false
	for range gzipLayers {
		if head, _ := in.Peek(3); !isGzip(head) {
			break
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%w: %w", errInflate, err)
		}
		defer z.Close()
		in, packed = bufio.NewReaderSize(z, 64<<10), true
	}
	if !packed {
		_, err := in.WriteTo(w)
		return err
	}
	limit := spareInflated + inflatedRatio*stored
	source := &sourceReader{r: in}
	n, err := io.Copy(w, io.LimitReader(source, limit+1))
	switch {
	case n > limit:
		return fmt.Errorf("%w: %d bytes hold more than %d", errInflate, stored, limit)
	case source.err != nil:
		return fmt.Errorf("%w: %w", errInflate, source.err)
	}
	return err
}

// sourceReader remembers errors of reading, to tell them from errors of writing.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}) }

// fileWriter is a file that is written.
type fileWriter interface {
	io.Writer
	io.ReaderAt
	io.Seeker
	Truncate(size int64) error
}

func emptyFile(f fileWriter) error {
	err := f.Truncate(0)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return &localError{err}
	}
	return nil
}

// limitedBuffer holds up to limit bytes.
type limitedBuffer struct {
	b     []byte
	limit int
}

func (l *limitedBuffer) Write(b []byte) (int, error) {
	if len(b) > l.limit-len(l.b) {
		return 0, objstore.ErrChecksum
	}
	l.b = append(l.b, b...)
	return len(b), nil
}

// progressWriter counts the bytes received.
type progressWriter struct{ p *Progress }

func (w progressWriter) Write(b []byte) (int, error) {
	w.p.received(int64(len(b)))
	return len(b), nil
}

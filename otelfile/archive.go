package otelfile

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"prowtrace/internal/text"
)

// A Member is a file in an archive.
type Member struct {
	Name string // as the archive has it; hostile text
	Data []byte
}

// Bounds of archives: a run has about a hundred trace files of some megabytes.
const (
	maxMembers      = 100_000
	maxArchiveBytes = 4 << 30 // of all members
	maxArchiveRatio = 256     // unpacked to packed bytes, above archiveFree; of one archive
	archiveFree     = 64 << 20
)

// Archives reads archives that together stay within the bounds of one archive. It counts what
// it has read. The zero value is ready. It must be used by one goroutine only.
type Archives struct {
	members int
	bytes   int64
}

// Read reads the files of a zip archive or a tar archive into memory. A tar archive may be plain
// or in up to two layers of gzip. ok reports whether r is an archive; if not, only the
// beginning of r was read. With an error, Read returns what came before it: an
// archive can be cut off, damaged, or unpack to more than is allowed.
func (a *Archives) Read(r io.Reader) (files []Member, ok bool, err error) {
	defer func() {
		a.members += len(files)
		for _, f := range files {
			a.bytes += int64(len(f.Data))
		}
	}()
	packed := &counter{r: r}
	b := bufio.NewReaderSize(packed, tarBlock)
	for range maxLayers {
		head, _ := b.Peek(4)
		how := packingOf(head)
		if how == nil {
			break
		}
		z, err := how.open(b)
		if err != nil {
			return nil, false, nil // the error is reported when it is opened as a trace file
		}
		defer z.Close()
		b = bufio.NewReaderSize(z, tarBlock)
	}
	head, _ := b.Peek(tarBlock)
	if bytes.HasPrefix(head, zipMagic) {
		files, err = a.readZip(b)
		return files, true, err
	}
	if len(head) < tarBlock || !bytes.HasPrefix(head[257:], []byte("ustar")) {
		return nil, false, nil
	}
	files, err = a.readMembers(tar.NewReader(b), packed)
	return files, true, err
}

const tarBlock = 512

func (a *Archives) readMembers(r *tar.Reader, packed *counter) ([]Member, error) {
	var files []Member
	var total int64
	for {
		h, err := r.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return files, fmt.Errorf("the archive is damaged or cut off after %s: %w", text.Count(len(files), "file"), err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if a.members+len(files) == maxMembers {
			return files, errTooManyMembers
		}
		data, err := a.readMember(r, packed, total)
		total += int64(len(data))
		if len(data) > 0 || err == nil {
			files = append(files, Member{h.Name, data})
		}
		if err != nil {
			return files, fmt.Errorf("the archive is cut off in its file %s, %s of it are kept: %w", text.Quote(h.Name, maxQuoted), text.Count(len(data), "byte"), err)
		}
	}
}

var (
	errArchiveTooLarge = errors.New("it unpacks to too much data")
	errTooManyMembers  = fmt.Errorf("more than %d files in archives: the rest is left out", maxMembers)
)

// readMember reads one file. It allocates nothing by the size that the archive
// claims, and compares the unpacked size with what was read of the archive.
func (a *Archives) readMember(r io.Reader, packed *counter, total int64) ([]byte, error) {
	var data []byte
	for {
		var b bytes.Buffer
		n, err := io.CopyN(&b, r, 1<<20)
		data = append(data, b.Bytes()...)
		total += n
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return data, err
		case a.bytes+total > maxArchiveBytes || total > archiveFree+maxArchiveRatio*packed.n:
			return data, errArchiveTooLarge
		}
	}
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

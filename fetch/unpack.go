package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// Uploaders store files with gzip under their plain names (Content-Encoding: gzip). The
// server would inflate them for a browser. In the cache they stay as stored. But a user who
// opens an exported finished.json expects JSON.

const (
	// maxLayers is how many times gzip is undone: a .gz file that is stored with gzip has two.
	maxLayers = 3
	// maxExported bounds what one file may unpack to, in bytes.
	maxExported = 4 << 30
)

// errUnpack marks a file that cannot be unpacked.
var errUnpack = errors.New("cannot be unpacked")

// asNamed reads a file from its start, with as many layers of gzip as its name says:
// one for .gz and .tgz, else none. A file with fewer layers is returned as it is.
func asNamed(f *os.File, name string) (io.Reader, error) {
	want := 0
	if slices.Contains([]string{".gz", ".tgz", ".gzip"}, strings.ToLower(path.Ext(name))) {
		want = 1
	}
	layers := layersOf(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if layers <= want {
		return f, nil
	}
	content := io.Reader(f)
	for range layers - want {
		z, err := gzip.NewReader(content)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		content = z
	}
	return &bounded{content, maxExported}, nil
}

// layersOf counts the layers of gzip of f, as far as its beginning shows.
func layersOf(f io.Reader) (n int) {
	content := bufio.NewReader(f)
	for ; n < maxLayers; n++ {
		if start, _ := content.Peek(3); !bytes.Equal(start, []byte{0x1f, 0x8b, 8}) {
			return n
		}
		z, err := gzip.NewReader(content)
		if err != nil {
			return n // it only looks like gzip
		}
		content = bufio.NewReader(z)
	}
	return n
}

// bounded is a reader of at most left bytes, whose errors are errUnpack.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	switch b.left -= int64(n); {
	case b.left < 0:
		return 0, fmt.Errorf("%w: it has more than %d bytes", errUnpack, int64(maxExported))
	case err != nil && err != io.EOF:
		return n, fmt.Errorf("%w: %w", errUnpack, err)
	}
	return n, err
}

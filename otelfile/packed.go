package otelfile

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A packing is a row of the table of compressions.
type packing struct {
	name string
	is   func(head []byte) bool
	open func(io.Reader) (io.ReadCloser, error)
}

var packings = []packing{
	{"gzip", isGzip, func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{"zstd", isZstd, openZstd},
}

// maxWindow bounds what a zstd file may have its reader remember, in bytes; it is what
// the zstd program takes without being told to take more.
const maxWindow = 128 << 20

func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := newZstd(r)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// isGzip goes by the magic bytes and the only compression method there is.
func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}) }

func isZstd(head []byte) bool { return bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

// packingOf recognizes compressed data by its beginning, nil for others.
func packingOf(head []byte) *packing {
	for i := range packings {
		if packings[i].is(head) {
			return &packings[i]
		}
	}
	return nil
}

// packed is a stream of unpacked content, which remembers why it ended.
type packed struct {
	*bufio.Reader
	stored  int64
	n       int64 // bytes that were unpacked
	limit   int64 // of them, where anything was packed
	layers  []io.Closer
	outer   *packing // of the outermost layer; nil: nothing was packed
	faultOf string   // the compression whose fault it is
	fault   error
}

// unpackStream takes up to two layers of compression off what a reader gives.
func unpackStream(r io.Reader, stored, limit int64) *packed {
	p := &packed{Reader: bufio.NewReaderSize(r, sniffed), stored: stored, limit: limit}
	for range maxLayers {
		head, _ := p.Peek(4)
		how := packingOf(head)
		if how == nil {
			break
		}
		if p.outer == nil {
			p.outer = how
		}
		layer, err := how.open(p.Reader)
		if err != nil {
			p.fail(how.name, err)
			p.Reader = bufio.NewReader(bytes.NewReader(nil))
			break
		}
		p.layers = append(p.layers, layer)
		p.Reader = bufio.NewReaderSize(&layerReader{p, how.name, layer}, sniffed)
	}
	if p.outer != nil {
		p.Reader = bufio.NewReaderSize(&limitReader{p, p.Reader}, sniffed)
	}
	return p
}

// fail remembers the first fault. That is of the outermost layer that has one: those within
// it are only its consequences.
func (p *packed) fail(name string, err error) {
	if p.fault == nil {
		p.fault, p.faultOf = err, name
	}
}

// problem tells why not all was unpacked, nil if all was.
func (p *packed) problem() *Problem {
	if p.fault == nil {
		return nil
	}
	problem := unpackProblem(p.faultOf, p.stored, p.n, p.limit, p.fault)
	problem.Offset = p.n
	return problem
}

// close ends reading. What the layers say then, as that they are cut off, they have said
// before.
func (p *packed) close() {
	for _, l := range p.layers {
		_ = l.Close()
	}
}

type layerReader struct {
	of   *packed
	name string
	r    io.Reader
}

func (l *layerReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil && err != io.EOF {
		l.of.fail(l.name, err)
	}
	return n, err
}

// limitReader counts, and ends where the limit is.
type limitReader struct {
	of *packed
	r  io.Reader
}

func (l *limitReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.of.n += int64(n); l.of.n > l.of.limit {
		n -= int(l.of.n - l.of.limit)
		l.of.n = l.of.limit
		l.of.fail(l.of.outer.name, errTooLarge)
		return max(0, n), errTooLarge
	}
	return n, err
}

package otelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"prowtrace/internal/mapfile"
)

// Options bound what opening a file may cost. The zero value is right for most.
type Options struct {
	// MaxDecoded is the most bytes that a compressed file may unpack to, 0 for
	// 4 GiB. Independently of it a file may not unpack to more than 64 MiB plus 256
	// times its stored size: spans carry random ids, so real traces stay far below
	// that ratio, and a gzip bomb does not. What was unpacked before a bound is
	// kept. The bound is for one file: who opens many hands down what is left of a
	// common one, negative for nothing.
	MaxDecoded int64

	// MapFrom is the size in bytes from which a file is memory-mapped, 0 for 1 MiB,
	// negative for never.
	//
	// If another process truncates a mapped file, touching the lost pages raises
	// SIGBUS, which Go cannot turn into an error. Cached blobs are immutable, so they
	// are safe. A file of the user's own might be written anew by the next run of
	// the traced program, under the same name; those are small in practice and are
	// read whole, which also saves address space and page tables when there are
	// thousands. Above the default a copy would cost more than the remaining risk;
	// a caller that disagrees sets MapFrom to -1.
	MapFrom int64

	// Scratch takes what is converted and does not fit into some MiB. Nil stands for one of
	// this file alone, in the system's directory for temporary files.
	Scratch *Scratch

	// Cancelled is asked now and then while a file is converted, which can take minutes.
	// Its error ends that. Nil: it is not ended.
	Cancelled func() error
}

const (
	defaultMaxDecoded = 4 << 30
	defaultMapFrom    = 1 << 20

	// mostStreamed bounds what a compressed file unpacks to that is not held in memory, but
	// converted as it comes.
	mostStreamed = 64 << 30
)

// Open opens the file at path. The errors are those of the file system, of the Scratch, and
// of Cancelled; a file that can be read but not understood is a File with
// [FormatUnknown].
func (o Options) Open(path string) (*File, error) {
	stored, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open trace file: %w", err)
	}
	data, unmap, err := mapfile.Bytes(stored, o.mapFrom())
	if err != nil {
		stored.Close() // which was only read
		return nil, fmt.Errorf("open trace file: %w", err)
	}
	if unmap == nil {
		f, err := o.parse(path, data, bytes.NewReader(data))
		return f, errors.Join(err, stored.Close())
	}
	f, err := o.parse(path, data, io.NewSectionReader(stored, 0, int64(len(data))))
	if err != nil || f.apart { // nothing refers to the stored bytes
		return f, errors.Join(err, unmap(), stored.Close())
	}
	f.unmap = unmap
	f.stored.Store(stored)
	return f, nil
}

// Parse is Open for bytes in memory; see the function [Parse].
func (o Options) Parse(name string, data []byte) (*File, error) {
	return o.parse(name, data, bytes.NewReader(data))
}

// parse makes a File of data. What is converted is read from another source of the same
// bytes, so that a file which is mapped takes no memory meanwhile.
func (o Options) parse(name string, data []byte, src io.ReaderAt) (*File, error) {
	f := &File{name: name, data: data}
	how := reader{}
	if packingOf(data) == nil {
		how, f.foreign = recognize(name, data, int64(len(data)))
	} else {
		p := o.stream(data, src)
		head, err := p.Peek(sniffed)
		size := int64(len(head))
		if err == nil {
			size = math.MaxInt64 // or less: only that it is larger counts
		}
		if how, _ = recognize(name, head, size); how.convert == nil {
			f.data, f.packing = unpack(data, o.decodedLimit(len(data)))
			f.apart = true
			how, f.foreign = recognize(name, f.data, int64(len(f.data)))
		}
		p.close()
	}
	f.format = how.format
	if how.format == FormatOTLP {
		f.framing, _ = protoFraming(f.data[:min(len(f.data), sniffed)], int64(len(f.data)))
		if f.framing.tornTail(f.data) >= 0 {
			data := f.data
			return o.convert(f, nil, func(c *conversion) { convertTorn(c, data, f.framing) })
		}
	}
	if how.convert == nil {
		return f, nil
	}
	p := o.stream(data, src)
	defer p.close()
	return o.convert(f, p, how.convert)
}

// stream unpacks data as it is read.
func (o Options) stream(data []byte, src io.ReaderAt) *packed {
	stored := int64(len(data))
	return unpackStream(io.NewSectionReader(src, 0, stored), stored, min(mostStreamed, 64<<20+256*stored))
}

// mapFrom is the size from which on files are mapped, for mapfile.
func (o Options) mapFrom() int64 {
	if o.MapFrom == 0 {
		return defaultMapFrom
	}
	return o.MapFrom
}

// decodedLimit is the bound on unpacked bytes for a file of the given stored size.
func (o Options) decodedLimit(stored int) int64 {
	limit := o.MaxDecoded
	if limit == 0 {
		limit = defaultMaxDecoded
	}
	return max(0, min(limit, 64<<20+256*int64(stored), math.MaxInt-1))
}

package otelfile

import (
	"errors"
	"fmt"
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
}

const (
	defaultMaxDecoded = 4 << 30
	defaultMapFrom    = 1 << 20
)

// Open opens the file at path. The errors are those of the file system; a file that
// can be read but not understood is a File with [FormatUnknown].
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
	packed := isGzip(data)
	f, err := o.Parse(path, data)
	if unmap == nil {
		return f, errors.Join(err, stored.Close())
	}
	if err != nil || packed { // nothing refers to the stored bytes
		return f, errors.Join(err, unmap(), stored.Close())
	}
	f.unmap = unmap
	f.stored.Store(stored)
	return f, nil
}

// Parse is Open for bytes in memory; see the function [Parse]. Its error is always
// nil today and leaves room for formats that are converted.
func (o Options) Parse(name string, data []byte) (*File, error) {
	f := &File{name: name}
	f.data, f.packing = unpack(data, o.decodedLimit(len(data)))
	f.format, f.foreign = sniff(name, f.data)
	return f, nil
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

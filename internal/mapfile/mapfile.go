// Package mapfile gives the bytes of a file. It maps the file into memory if that works
// and pays, else it reads it. It knows no format.
package mapfile

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
)

// Read returns the bytes of the file at path. From a size of mapFrom bytes on it maps
// a regular file; a negative number means never. The caller calls unmap once, when
// nothing uses the bytes any more, unless it is nil: then they were read.
//
// If another process truncates a mapped file, touching the lost pages raises SIGBUS,
// which Go cannot turn into an error.
func Read(path string, mapFrom int64) (data []byte, unmap func() error, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	return Bytes(file, mapFrom)
}

// Bytes is Read for an open file, which stays open. The mapping outlives it.
func Bytes(file *os.File, mapFrom int64) (data []byte, unmap func() error, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a directory, not a file", file.Name())
	}
	size := info.Size()
	if info.Mode().IsRegular() && size > 0 && mapFrom >= 0 && size >= mapFrom {
		if size > math.MaxInt {
			return nil, nil, fmt.Errorf("%s has %d bytes, more than this machine can address", file.Name(), size)
		}
		if data, err := mmap(file, int(size)); err == nil {
			return data, func() error { return munmap(data) }, nil
		}
		// Some file systems (network, FUSE) cannot map; reading always works.
	}
	data, err = readAll(file, size)
	return data, nil, err
}

// readAll reads to the end, which for a pipe or a growing file is not where Stat said.
func readAll(file *os.File, size int64) ([]byte, error) {
	var buf bytes.Buffer
	if size > 0 && size < math.MaxInt-bytes.MinRead {
		buf.Grow(int(size) + bytes.MinRead) // so that the read that finds the end needs no growth
	}
	if _, err := io.Copy(&buf, io.Reader(file)); err != nil {
		return nil, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	return buf.Bytes(), nil
}

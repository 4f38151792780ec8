package otelfile

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"prowtrace/internal/mapfile"
)

// A Scratch is a directory for content that is converted. Only a File knows the files in
// it: they have no name while they are used, or lose it with File.Close where a system
// cannot do that. It is safe for concurrent use, and bounds all files together.
type Scratch struct {
	dir  string
	left atomic.Int64
}

// NewScratch returns a Scratch of at most so many bytes in a directory, which is made when
// it is needed; "" is that of the system for temporary files.
func NewScratch(dir string, most int64) *Scratch {
	s := &Scratch{dir: dir}
	s.left.Store(most)
	return s
}

// defaultScratch is how many bytes one file may be converted to where its caller does not say.
const defaultScratch = 16 << 30

// inMemory is how much converted content is held in memory rather than in a file, in bytes.
const inMemory = 4 << 20

var errScratchFull = errors.New("the converted files are too large together")

// take reserves bytes.
func (s *Scratch) take(n int64) error {
	if s.left.Add(-n) < 0 {
		s.left.Add(n)
		return errScratchFull
	}
	return nil
}

// A spool takes records and is an .otel file in the end, in memory or in a Scratch.
type spool struct {
	scratch *Scratch
	memory  []byte
	file    *os.File // once there is more than is held in memory
	named   bool     // the file still has its name
	size    int64
	taken   int64 // from scratch
	err     error // what ended it
}

// newRecord is where the payload of a record is appended to.
func newRecord(b []byte) []byte { return append(b[:0], make([]byte, headerSize)...) }

// write ends a record that newRecord began and writes it. It gives its place.
func (s *spool) write(record []byte) (at int64) {
	if s.size == 0 && s.err == nil {
		s.put(0, appendRecord(nil, codeObjectType, appendObjectType(nil, firstCode, TraceRequestType)))
	}
	at = s.size
	setHeader(record)
	s.put(at, record)
	return at
}

// put writes bytes at a place within the file, or at its end.
func (s *spool) put(at int64, b []byte) {
	if s.err != nil {
		return
	}
	more := max(0, at+int64(len(b))-s.size)
	if s.file == nil && s.size+more <= inMemory {
		s.memory = append(s.memory, make([]byte, more)...)
		copy(s.memory[at:], b)
		s.size += more
		return
	}
	if s.file == nil {
		s.err = s.spill()
	}
	if s.err == nil {
		if s.err = s.scratch.take(more); s.err == nil {
			s.taken += more
		}
	}
	if s.err == nil {
		if _, err := s.file.WriteAt(b, at); err != nil {
			s.err = fmt.Errorf("cannot write a converted file: %w", err)
			return
		}
		s.size += more
	}
}

// spill goes on in a file.
func (s *spool) spill() error {
	if err := s.scratch.take(s.size); err != nil {
		return err
	}
	s.taken += s.size
	if s.scratch.dir != "" {
		if err := os.MkdirAll(s.scratch.dir, 0o700); err != nil {
			return fmt.Errorf("cannot create a directory for what is converted: %w", err)
		}
	}
	file, err := os.CreateTemp(s.scratch.dir, "converted-*.otel")
	if err != nil {
		return fmt.Errorf("cannot create a file for what is converted: %w", err)
	}
	s.file, s.named = file, os.Remove(file.Name()) != nil
	if _, err := file.WriteAt(s.memory, 0); err != nil {
		return fmt.Errorf("cannot write a converted file: %w", err)
	}
	s.memory = nil
	return nil
}

// read gives bytes that were written.
func (s *spool) read(at int64, n int, b []byte) []byte {
	if s.file == nil {
		return append(b, s.memory[at:at+int64(n)]...)
	}
	b = append(b, make([]byte, n)...)
	if _, err := s.file.ReadAt(b[len(b)-n:], at); err != nil && s.err == nil {
		s.err = fmt.Errorf("cannot read a converted file: %w", err)
	}
	return b
}

// into makes a File of what was written.
func (s *spool) into(f *File) error {
	if s.file == nil {
		f.data = s.memory
		return nil
	}
	data, unmap, err := mapfile.Bytes(s.file, 1)
	if err != nil {
		return errors.Join(fmt.Errorf("cannot read a converted file: %w", err), s.file.Close(), s.release(nil))
	}
	f.data = data
	f.stored.Store(s.file)
	f.unmap = func() error { return s.release(unmap) }
	return nil
}

// release gives back what the file takes, which is closed.
func (s *spool) release(unmap func() error) error {
	var errs []error
	if unmap != nil {
		errs = append(errs, unmap())
	}
	if s.named {
		errs = append(errs, os.Remove(s.file.Name()))
	}
	s.scratch.left.Add(s.taken)
	return errors.Join(errs...)
}

// A piece is a record of which the end may still grow: its last field is a ResourceSpans
// that was cut into several records, and the last of that may be a ScopeSpans.
type piece struct {
	at       int64 // of the record
	size     int   // of the record with its header
	resource int   // where the length of the ResourceSpans stands in the record
	scope    int   // that of the ScopeSpans; 0: it does not grow
}

// extend appends bytes to the last message of pieces, which are the last records that were
// written. Each is moved by what those before it grow, the last one first.
func (s *spool) extend(pieces []piece, extra func(i int) []byte) {
	grown := int64(0)
	for i := range pieces {
		grown += int64(len(extra(i)))
	}
	if grown == 0 {
		return
	}
	var b []byte
	for i := len(pieces) - 1; i >= 0 && s.err == nil; i-- {
		p, more := &pieces[i], extra(i)
		b = append(s.read(p.at, p.size, b[:0]), more...)
		grown -= int64(len(more))
		p.at, p.size = p.at+grown, len(b)
		growLength(b, p.resource, len(more))
		if p.scope > 0 {
			growLength(b, p.scope, len(more))
		}
		setHeader(b)
		s.put(p.at, b)
	}
}

// Package otelfile reads trace files and hands out their records: encoded OTLP
// trace requests, with the place where each was found.
//
// A table has the formats (see readers): the framed protobuf that the kOps file exporter
// writes (.otel), OTLP's protobuf and JSON in all forms of the Collector's file exporter,
// Jaeger's and Zipkin's JSON; plain or under up to two layers of gzip or zstd. Files are
// recognised by their content, never by the name alone: Prow uploads x.otel.gz as x.otel.
// [Open] and [Parse] fail only if the bytes cannot be read or kept. A fault inside a file is a
// [Problem], reported while [File.Records] runs, and all readable records are handed out.
//
// Protobuf is read in place: it is never decoded, copied or written to. JSON is
// streamed into an .otel file of its own when the file is opened, in memory that does not
// depend on its size, and written to a [Scratch] if it is large. Nothing is allocated by a
// length that a file claims.
//
// The Collector's library (pdata) is not used for that: it takes a message as a whole,
// and leaves out what it does not know.
//
// # The .otel format
//
// A file is a sequence of records: a header of four big-endian uint32 (payload
// length, CRC-32C of the payload, flags, type code) and the payload. Type code 1
// is a declaration, ObjectType{type_code = 1, type_name = 2}, which gives a code
// its meaning for the records after it. A reader goes by the declared name; the
// code that kOps happens to use (32) means nothing here.
package otelfile

import (
	"errors"
	"iter"
	"os"
	"sync/atomic"
)

// File is one opened trace file. All methods but Close may be called from several
// goroutines at once.
type File struct {
	name    string
	data    []byte
	format  Format
	foreign string   // FormatUnknown: what the file looks like
	packing *Problem // met while unpacking; told first by every pass, nil if none

	framing   framing   // of FormatOTLP
	apart     bool      // data is not what was given, but was unpacked or converted
	converted bool      // data is an .otel file now
	found     []Problem // while converting

	unmap  func() error
	stored atomic.Pointer[os.File] // of mapped data, until a pass of Portions has read it
	stats  atomic.Pointer[Stats]
}

// Record is one encoded ExportTraceServiceRequest (TracesData is the same on the
// wire).
type Record struct {
	Payload []byte // aliases File.Bytes; read-only, invalid after File.Close
	Offset  int64  // of Payload in File.Bytes
}

// Stats counts what one pass of [File.Records] or [File.Portions] met.
type Stats struct {
	Records int            // whole records of any type, declarations included
	Traces  int            // trace records handed out
	Bad     int            // whole records that were passed over: checksum, flags, not a declaration
	Skipped map[string]int // intact records by a type name that is not traces; nil when there were none
}

// Open opens the file at path with the default [Options].
func Open(path string) (*File, error) { return Options{}.Open(path) }

// Parse is [Open] for bytes in memory, with the default [Options]. The File keeps
// data, which must not change afterwards; name is used in messages only.
func Parse(name string, data []byte) (*File, error) { return Options{}.Parse(name, data) }

// Name returns the name that the file was opened under.
func (f *File) Name() string { return f.name }

// Format returns what the content was recognized as.
func (f *File) Format() Format { return f.format }

// Unpacked returns how many bytes of memory the content takes that was compressed, or was
// converted and is small.
func (f *File) Unpacked() int64 {
	if f.apart && f.unmap == nil {
		return int64(len(f.data))
	}
	return 0
}

// Converted reports whether Bytes is not the file's own content but the OTLP that was made
// of it. Offsets of problems are those of the content all the same.
func (f *File) Converted() bool { return f.converted }

// Bytes returns the whole content, unpacked where it was compressed. It is
// read-only and must not be used after Close: where the file is mapped, touching it
// then is a fault that ends the process.
func (f *File) Bytes() []byte { return f.data }

// Close releases the mapping, if there is one. Nothing that came from Bytes or
// Records may be used afterwards. A second Close does nothing, nor does that of nil.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	var errs []error
	if stored := f.stored.Swap(nil); stored != nil {
		errs = append(errs, stored.Close())
	}
	if f.unmap != nil {
		errs = append(errs, f.unmap()) // which may remove the file, where it must be closed for that
	}
	f.data, f.unmap = nil, nil
	return errors.Join(errs...)
}

// Records returns the trace records in file order. Every checksum has been checked
// when a record is handed out. Each loop over the result is a pass of its own, and
// passes may run at the same time.
//
// problem, unless nil, is called from within the loop for everything that a person
// should know about the file; see [Problem]. A pass over an intact file of nothing but
// traces never calls it. A pass that the caller breaks off tells nothing about the rest.
func (f *File) Records(problem func(Problem)) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		s := newScan(f, problem)
		defer s.end(f)
		s.portion = &Portion{Data: s.data}
		for s.next() {
			if !yield(s.record) {
				return
			}
		}
		s.finish()
	}
}

// Stats returns the counts of the latest pass that ended, the zero value
// before. The map in it is shared and read-only.
func (f *File) Stats() Stats {
	if stats := f.stats.Load(); stats != nil {
		return *stats
	}
	return Stats{}
}

package otelfile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// firstCode is the first type code that is free for use; kOps gives it to traces.
const firstCode = 32

// Writer writes an .otel file as the kOps exporter does: one declaration of the
// trace type, then one record for each Write. It is not safe for concurrent use.
type Writer struct {
	w        io.Writer
	buf      []byte
	declared bool
	err      error
}

// NewWriter returns a Writer on w. Nothing is written before the first Write, and
// each record reaches w in one call, so that a killed process tears at most the last.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write appends one encoded ExportTraceServiceRequest and does not keep payload. After
// an error the file ends in a torn record; every later Write returns the same error.
func (w *Writer) Write(payload []byte) error {
	if w.err != nil {
		return w.err
	}
	if uint64(len(payload)) > math.MaxUint32 {
		return fmt.Errorf("write .otel record: a payload of %d bytes does not fit the format's limit of 4 GiB", len(payload))
	}
	w.buf = w.buf[:0]
	if !w.declared {
		w.buf = appendRecord(w.buf, codeObjectType, appendObjectType(nil, firstCode, TraceRequestType))
		w.declared = true
	}
	w.buf = appendRecord(w.buf, firstCode, payload)
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = fmt.Errorf("write .otel record: %w", err)
	}
	return w.err
}

// setHeader writes the header of a record of traces in front of its payload.
func setHeader(record []byte) {
	payload := record[headerSize:]
	binary.BigEndian.PutUint32(record, uint32(len(payload)))
	binary.BigEndian.PutUint32(record[4:], crc32.Checksum(payload, castagnoli))
	binary.BigEndian.PutUint32(record[8:], 0) // flags
	binary.BigEndian.PutUint32(record[12:], firstCode)
}

func appendRecord(b []byte, code uint32, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	b = binary.BigEndian.AppendUint32(b, 0) // flags
	b = binary.BigEndian.AppendUint32(b, code)
	return append(b, payload...)
}

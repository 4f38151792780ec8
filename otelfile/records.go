package otelfile

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"prowtrace/internal/text"
)

// scan is one pass over the records of a file.
type scan struct {
	data     []byte
	pos      int // of the next header
	types    typeTable
	stats    Stats
	problems reporter
	cut      bool   // unpacking ended early, so a torn tail has that cause
	record   Record // the latest trace record

	messages bool    // there are no headers, but messages of this framing
	framing  framing // of them
	others   int     // messages of other signals

	size    int         // of a portion, in bytes
	stored  io.ReaderAt // what data is read from; nil where data itself is read
	buffers *Buffers    // for what is read
	portion *Portion    // that the pass is in
	full    *Portion    // the one before it, if it has records and was not handed out
}

func newScan(f *File, problem func(Problem)) *scan {
	s := &scan{problems: reporter{emit: problem}, cut: f.packing != nil}
	if f.packing != nil {
		s.problems.tell(*f.packing)
	}
	for _, p := range f.found {
		s.problems.tell(p)
	}
	switch {
	case f.converted || f.format == FormatOtel || f.format == FormatOTLP:
		s.data, s.framing, s.messages = f.data, f.framing, f.format == FormatOTLP && !f.converted
	case f.format == FormatEmpty:
		if f.packing == nil {
			s.problems.add(0, ProblemEmpty, "the file is empty")
		}
	default:
		s.problems.add(0, ProblemForeign, "not a trace file: %s", f.foreign)
	}
	return s
}

// next goes on to the next trace record and reports whether there is one.
func (s *scan) next() bool {
	if s.messages {
		return s.nextMessage()
	}
	for s.pos < len(s.data) {
		if len(s.data)-s.pos < headerSize {
			s.tornHeader()
			return false
		}
		b, err := s.bytes(s.pos, headerSize)
		if err != nil {
			s.unreadable(err)
			return false
		}
		h, _ := parseHeader(b)
		if uint64(h.length) > uint64(len(s.data)-s.pos-headerSize) {
			s.tornPayload(h)
			return false
		}
		if b, err = s.bytes(s.pos, headerSize+int(h.length)); err != nil {
			s.unreadable(err)
			return false
		}
		at, payload := s.pos, b[headerSize:]
		s.pos += headerSize + len(payload)
		switch {
		case crc32.Checksum(payload, castagnoli) != h.checksum:
			if !s.skipDamaged(at, h) {
				return false
			}
		case h == header{}:
			s.zeros(at)
			return false
		case h.flags != 0:
			s.skipFlagged(at, h)
		case h.code == codeObjectType:
			s.declare(at, payload)
		default:
			s.stats.Records++
			if typ := s.types.of(h.code); !typ.traces {
				skip(typ, at)
				continue
			}
			s.stats.Traces++
			s.record = Record{Payload: payload, Offset: int64(at + headerSize)}
			return true
		}
	}
	return false
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const headerSize = 16

type header struct{ length, checksum, flags, code uint32 }

// parseHeader reads the header at the start of b, false if b is too short for one.
func parseHeader(b []byte) (header, bool) {
	if len(b) < headerSize {
		return header{}, false
	}
	return header{
		length:   binary.BigEndian.Uint32(b[0:4]),
		checksum: binary.BigEndian.Uint32(b[4:8]),
		flags:    binary.BigEndian.Uint32(b[8:12]),
		code:     binary.BigEndian.Uint32(b[12:16]),
	}, true
}

// payload cuts the payload out of b, which begins with the header; false if the
// length goes beyond b. The capacity ends with the payload, so that an append by a
// careless caller copies and does not write to the input.
func (h header) payload(b []byte) ([]byte, bool) {
	if uint64(h.length) > uint64(len(b)-headerSize) {
		return nil, false
	}
	end := headerSize + int(h.length)
	return b[headerSize:end:end], true
}

func skip(typ *objectType, at int) {
	if typ.skipped == 0 {
		typ.first = int64(at)
	}
	typ.skipped++
}

func (s *scan) declare(at int, payload []byte) {
	s.stats.Records++
	before, now, err := s.types.declare(payload)
	switch {
	case err != nil:
		s.stats.Bad++
		s.problems.add(at, ProblemDeclaration, "the type declaration at byte %d was ignored: %v", at, err)
	case before != nil:
		s.problems.add(at, ProblemRedeclared, "the record at byte %d redefines type code %d from %s to %s",
			at, now.code, text.Quote(before.name, maxQuoted), text.Quote(now.name, maxQuoted))
	}
}

// skipFlagged passes over an intact record that asks for a feature of the future.
func (s *scan) skipFlagged(at int, h header) {
	s.stats.Records++
	s.stats.Bad++
	s.problems.add(at, ProblemFlags, "the record at byte %d (%s) uses an unknown feature (flags %#x): skipped; a newer version may read it",
		at, text.Count(int(h.length), "byte"), h.flags)
}

// skipDamaged deals with a wrong checksum. If a record with a right one follows, or
// the end of the file, then the length was right and only this record is lost.
// Otherwise nothing after it can be told from chance, and the pass is over.
func (s *scan) skipDamaged(at int, h header) bool {
	if s.pos < len(s.data) && !s.trusted(s.pos) {
		s.problems.add(at, ProblemLost, "damaged from byte %d on: the rest of the file (%d bytes) is lost", at, len(s.data)-at)
		s.pos = len(s.data)
		return false
	}
	s.stats.Records++
	s.stats.Bad++
	if h.flags != 0 {
		s.problems.add(at, ProblemFlags, "the record at byte %d (%s) is damaged or uses an unknown feature (flags %#x): skipped",
			at, text.Count(int(h.length), "byte"), h.flags)
	} else {
		s.problems.add(at, ProblemChecksum, "the record at byte %d (%s) has a wrong checksum: left out",
			at, text.Count(int(h.length), "byte"))
	}
	return true
}

// trusted reports whether an intact record begins at pos. It looks no further, so no
// byte is summed more than twice, whatever a file is made of. An empty payload has the
// checksum 0 whatever happened, so such a header must also have a declared code.
func (s *scan) trusted(pos int) bool {
	h, ok := parseHeader(s.data[pos:])
	if !ok {
		return false
	}
	payload, ok := h.payload(s.data[pos:])
	if !ok || crc32.Checksum(payload, castagnoli) != h.checksum {
		return false
	}
	if len(payload) > 0 {
		return true
	}
	typ := s.types.codes[h.code]
	return h.flags == 0 && typ != nil && typ.declared
}

func (s *scan) tornHeader() {
	s.problems.add(s.pos, ProblemTornHeader, "cut off at byte %d: %s", len(s.data), s.tornBy())
	s.pos = len(s.data)
}

func (s *scan) tornPayload(h header) {
	if typ := s.types.codes[h.code]; h.flags != 0 || h.code != codeObjectType && (typ == nil || !typ.declared) {
		s.problems.add(s.pos, ProblemTornPayload, "the record at byte %d claims %s, the file ends at byte %d: the header is probably damaged",
			s.pos, text.Count(int(h.length), "byte"), len(s.data))
	} else {
		s.problems.add(s.pos, ProblemTornPayload, "cut off at byte %d: %s", len(s.data), s.tornBy())
	}
	s.pos = len(s.data)
}

func (s *scan) tornBy() string {
	if s.cut {
		return "the compressed file is not complete"
	}
	return "its process was probably killed"
}

// zeros ends the pass at a header of zeros, what a file system leaves of data that
// was not on the disk when the machine stopped. Read as a record it would be an empty
// one with a right checksum, and so would be the next.
func (s *scan) zeros(at int) {
	s.problems.add(at, ProblemLost, "zeros at byte %d instead of a record: the rest of the file (%d bytes) is lost", at, len(s.data)-at)
	s.pos = len(s.data)
}

// unreadable ends the pass where the disk fails, or where the file became shorter.
func (s *scan) unreadable(err error) {
	s.problems.add(s.pos, ProblemLost, "cannot read the file at byte %d (%s): the rest (%d bytes) is lost",
		s.pos, text.Quote(err.Error(), maxQuoted), len(s.data)-s.pos)
	s.pos = len(s.data)
}

// finish reports what can only be said at the end of the file.
func (s *scan) finish() {
	for typ := range s.types.skipped {
		if typ.declared {
			s.problems.add(int(typ.first), ProblemUnknownType, "skipped %s of type %s: not traces", text.Count(typ.skipped, "record"), text.Quote(typ.name, maxQuoted))
		} else {
			s.problems.add(int(typ.first), ProblemUnknownType, "skipped %s of %s", text.Count(typ.skipped, "record"), typ.name)
		}
	}
	if s.others > 0 {
		s.problems.add(0, ProblemUnknownType, "skipped %s of metrics or logs", text.Count(s.others, "message"))
	}
	if len(s.data) > 0 && s.stats.Traces == 0 && !s.problems.any() {
		s.problems.add(len(s.data), ProblemNoTraces, "the file has no trace records: its process ended before it exported any")
	}
	s.problems.finish()
}

// end leaves the counts of the pass with its file.
func (s *scan) end(f *File) {
	stats := s.total()
	f.stats.Store(&stats)
}

// total returns the counts so far.
func (s *scan) total() Stats {
	stats := s.stats
	for typ := range s.types.skipped {
		if stats.Skipped == nil {
			stats.Skipped = make(map[string]int)
		}
		stats.Skipped[typ.name] += typ.skipped
	}
	return stats
}

package otelfile

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
)

// OTLP's protobuf comes bare, as one ExportTraceServiceRequest or TracesData, or as many,
// each behind its length: four big-endian bytes as the Collector's file exporter writes
// them, or a varint as protobuf's own libraries do. Nothing of it is converted: each
// ResourceSpans with its tag is a message too.

// A signal is what an encoded message holds.
type signal int

const (
	noMessage    signal = iota
	emptyMessage        // of any signal
	traceMessage
	otherMessage // metrics, logs
)

// signalOf looks at a message up to its first span. The bytes may be only its beginning.
func signalOf(message []byte, whole bool) signal {
	for len(message) > 0 {
		f, rest, ok := cutLoose(message, whole)
		if !ok || f.num != 1 || f.typ != protowire.BytesType {
			return noMessage
		}
		if s := signalOfResource(f.content, f.whole); s != emptyMessage {
			return s
		}
		message = rest
	}
	return emptyMessage
}

func signalOfResource(b []byte, whole bool) signal {
	for len(b) > 0 {
		f, rest, ok := cutLoose(b, whole)
		switch {
		case !ok || f.typ != protowire.BytesType:
			return noMessage
		case f.num == 1:
			if !plausibleResource(f.content, f.whole) {
				return noMessage
			}
		case f.num == 2 || f.num == legacyScopes:
			if s := signalOfScope(f.content, f.whole); s != emptyMessage {
				return s
			}
		case f.num != 3:
			return noMessage
		}
		b = rest
	}
	return emptyMessage
}

// plausibleResource reports whether a Resource has only fields that there are.
func plausibleResource(b []byte, whole bool) bool {
	for len(b) > 0 {
		f, rest, ok := cutLoose(b, whole)
		if !ok || f.num > 3 || (f.num == 2) != (f.typ == protowire.VarintType) {
			return false
		}
		b = rest
	}
	return true
}

// legacyScopes is the number that OTLP before 0.15 gave to ScopeSpans.
const legacyScopes = 1000

func signalOfScope(b []byte, whole bool) signal {
	for len(b) > 0 {
		f, rest, ok := cutLoose(b, whole)
		if !ok || f.typ != protowire.BytesType || f.num > 3 {
			return noMessage
		}
		if f.num == 2 {
			return signalOfItem(f.content, f.whole)
		}
		b = rest
	}
	return emptyMessage
}

// signalOfItem tells a span from a metric, which has a text where a span has its trace's
// id, and from a log record, which has a time there.
func signalOfItem(b []byte, whole bool) signal {
	for len(b) > 0 {
		f, rest, ok := cutLoose(b, whole)
		switch {
		case !ok:
			return noMessage
		case f.num == 1 && f.whole:
			if f.typ != protowire.BytesType || len(f.content) != 16 && len(f.content) != 0 {
				return otherMessage
			}
		case (f.num == 7 || f.num == 8) && f.typ != protowire.Fixed64Type:
			return otherMessage
		}
		b = rest
	}
	return traceMessage
}

// loose is a field that may be the beginning of one.
type loose struct {
	num     protowire.Number
	typ     protowire.Type
	content []byte
	whole   bool
}

// cutLoose takes the first field off a message, which may be cut off too. It is not ok where
// the message is broken.
func cutLoose(b []byte, whole bool) (f loose, rest []byte, ok bool) {
	var n int
	f.num, f.typ, n = protowire.ConsumeTag(b)
	if n < 0 {
		return f, nil, !whole && len(b) < binary.MaxVarintLen32 && b[len(b)-1] >= 0x80
	}
	if f.whole = true; f.typ != protowire.BytesType {
		size := protowire.ConsumeFieldValue(f.num, f.typ, b[n:])
		if size < 0 {
			f.whole = false
			return f, nil, !whole && len(b) < 64
		}
		f.content = b[n : n+size]
		return f, b[n+size:], true
	}
	length, m := protowire.ConsumeVarint(b[n:])
	if m < 0 {
		f.whole = false
		return f, nil, !whole && len(b)-n < binary.MaxVarintLen64
	}
	b = b[n+m:]
	if length > uint64(len(b)) {
		f.content, f.whole = b, false
		return f, nil, !whole
	}
	f.content = b[:length]
	return f, b[length:], true
}

// framing is how messages follow each other in a file.
type framing int

const (
	bare          framing = iota // the fields of one message
	bigEndianSize                // messages behind their lengths in four bytes
	varintSize                   // messages behind their lengths in a varint
)

// protoFraming recognizes OTLP's protobuf by its beginning; size is that of the file.
func protoFraming(head []byte, size int64) (how framing, ok bool) {
	whole := int64(len(head)) == size
	switch signalOf(head, false) {
	case traceMessage:
		return bare, true
	case otherMessage:
		return bare, true
	case emptyMessage:
		if whole && signalOf(head, true) == emptyMessage {
			return bare, true
		}
	}
	for _, how := range []framing{bigEndianSize, varintSize} {
		skipped, length, ok := how.prefix(head)
		if !ok || length == 0 {
			continue
		}
		message := head[skipped:]
		within := uint64(len(message)) >= length
		if within {
			message = message[:length]
		}
		switch signalOf(message, within) {
		case traceMessage, otherMessage:
			return how, true
		case emptyMessage:
			if within && int64(skipped)+int64(length) == size {
				return how, true
			}
		}
	}
	return 0, false
}

// prefix reads what comes before a message: how many bytes that takes, and the length
// of the message. A bare message has a prefix for each of its fields, which is a part of it.
func (how framing) prefix(b []byte) (skipped int, length uint64, ok bool) {
	switch how {
	case bigEndianSize:
		if len(b) < 4 {
			return 0, 0, false
		}
		return 4, uint64(binary.BigEndian.Uint32(b)), true
	case varintSize:
		n, m := protowire.ConsumeVarint(b)
		return m, n, m > 0
	}
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != 1 || typ != protowire.BytesType {
		return 0, 0, false
	}
	size, m := protowire.ConsumeVarint(b[n:])
	return n + m, size, m > 0
}

// maxPrefix is the most that a prefix takes, in bytes.
const maxPrefix = binary.MaxVarintLen32 + binary.MaxVarintLen64

// nextMessage is next for a file of OTLP's protobuf.
func (s *scan) nextMessage() bool {
	for s.pos < len(s.data) {
		b, err := s.bytes(s.pos, min(maxPrefix, len(s.data)-s.pos))
		if err != nil {
			s.unreadable(err)
			return false
		}
		skipped, length, ok := s.framing.prefix(b)
		if !ok || length > uint64(len(s.data)-s.pos-skipped) {
			s.brokenMessage(ok || len(b) < 4)
			return false
		}
		at := s.pos
		if b, err = s.bytes(at, skipped+int(length)); err != nil {
			s.unreadable(err)
			return false
		}
		s.pos += len(b)
		s.stats.Records++
		if s.framing == bare {
			skipped = 0
		}
		message := b[skipped:len(b):len(b)]
		switch signalOf(message, true) {
		case noMessage:
			s.stats.Bad++
			s.problems.add(at, ProblemSyntax, "no OTLP message at byte %d: %s left out", at, text.Count(int64(length), "byte"))
		case otherMessage:
			s.others++
		default:
			s.stats.Traces++
			s.record = Record{Payload: message, Offset: int64(at + skipped)}
			return true
		}
	}
	return false
}

func (s *scan) brokenMessage(torn bool) {
	if torn {
		s.problems.add(s.pos, ProblemTorn, "cut off at byte %d, in the message at byte %d: %s", len(s.data), s.pos, s.tornBy())
	} else {
		s.problems.add(s.pos, ProblemLost, "no OTLP message at byte %d: the rest of the file (%d bytes) is lost", s.pos, len(s.data)-s.pos)
	}
	s.pos = len(s.data)
}

// tornTail gives where the last message of a file begins if it is cut off, -1 if it is not.
// It reads only lengths.
func (how framing) tornTail(data []byte) int {
	for pos := 0; pos < len(data); {
		skipped, length, ok := how.prefix(data[pos:])
		if !ok {
			return -1 // it is broken, or there is not even a length
		}
		if length > uint64(len(data)-pos-skipped) {
			return pos
		}
		pos += skipped + int(length)
	}
	return -1
}

// convertTorn makes a file of its messages and of the spans that are whole in its last one,
// which is cut off.
func convertTorn(c *conversion, data []byte, how framing) {
	tail := how.tornTail(data)
	for pos := 0; pos < tail && !c.stopped(); {
		skipped, length, _ := how.prefix(data[pos:])
		end := pos + skipped + int(length)
		if how != bare {
			pos += skipped
		}
		c.message(data[pos:end], pos)
		pos = end
	}
	if c.stopped() {
		return
	}
	skipped := 0
	if how != bare {
		skipped, _, _ = how.prefix(data[tail:])
	}
	for rest, ok := data[tail+skipped:], true; ok && len(rest) > 0; {
		var f loose
		if f, rest, ok = cutLoose(rest, false); ok && f.num == 1 && f.typ == protowire.BytesType {
			c.spans += salvageResource(c.out, f.content)
		}
	}
	c.problems.add(tail, ProblemTorn, "cut off at byte %d, in the message at byte %d: its process was probably killed", len(data), tail)
}

// message writes a message of OTLP's protobuf that lies at a place of the file.
func (c *conversion) message(message []byte, at int) {
	switch signalOf(message, true) {
	case noMessage:
		c.problems.add(at, ProblemSyntax, "no OTLP message at byte %d: %s left out", at, text.Count(len(message), "byte"))
	case otherMessage:
		c.others++
	default:
		c.messages++
		c.out.message(message)
	}
}

// salvageResource writes what is whole of a ResourceSpans, and counts the spans.
func salvageResource(out *batch, b []byte) (spans int) {
	out.openResource(nil)
	defer out.closeResource()
	for ok := true; ok && len(b) > 0; {
		var f loose
		if f, b, ok = cutLoose(b, false); !ok || f.typ != protowire.BytesType {
			continue
		}
		switch {
		case f.num == 2 || f.num == legacyScopes:
			out.openScope(nil)
			spans += salvageScope(out, f.content)
			out.closeScope()
		case f.whole:
			out.describe(otlpwire.AppendBytes(nil, f.num, f.content))
		}
	}
	return spans
}

func salvageScope(out *batch, b []byte) (spans int) {
	for ok := true; ok && len(b) > 0; {
		var f loose
		switch f, b, ok = cutLoose(b, false); {
		case !ok || !f.whole || f.typ != protowire.BytesType:
		case f.num == 2:
			out.span(f.content)
			spans++
		default:
			out.describe(otlpwire.AppendBytes(nil, f.num, f.content))
		}
	}
	return spans
}

package otelfile

import (
	"sort"

	"prowtrace/internal/otlpwire"
)

// A batch makes records of spans that come one after the other, with what describes them
// before or behind them. It writes a record when it has enough, even within a
// ResourceSpans of gigabytes. What is told of a resource or scope behind its spans is then
// added to the records that were written.
type batch struct {
	spool  *spool
	record []byte

	resource, scope message
	pieces          []piece // that were cut off the open ResourceSpans
	scopeFrom       int     // those from here on were cut off the open ScopeSpans
	spans           int     // in the open ResourceSpans, since the last cut
}

// message is an open ResourceSpans or ScopeSpans.
type message struct {
	open   bool
	at     int    // where its length stands in the record
	fields []byte // what is known of it but for its spans
	late   []byte // those fields that came behind a cut
	marks  []mark
}

// A mark says that so many pieces had been cut off when late had so many bytes.
type mark struct{ pieces, late int }

// missing is what was told of a message when a piece had been cut off it.
func (m *message) missing(piece int) []byte {
	i := sort.Search(len(m.marks), func(i int) bool { return m.marks[i].pieces > piece })
	if i == len(m.marks) {
		return nil
	}
	return m.late[m.marks[i].late:]
}

func (m *message) close() {
	m.open, m.late, m.marks = false, m.late[:0], m.marks[:0]
}

// batchSize is how many bytes a record has at least, if it is cut from what is larger.
const batchSize = 256 << 10

// mostFields bounds what is told of one resource or scope, in bytes.
const mostFields = 32 << 20

// lengthSize is the size of the lengths of ResourceSpans and ScopeSpans, which are padded:
// so what they are is known last, and nothing moves when they grow.
const lengthSize = 5

func newBatch(s *spool) *batch { return &batch{spool: s, record: newRecord(nil)} }

// begin begins a message in field num of the record.
func (b *batch) begin(m *message, num byte) {
	b.record = append(b.record, num<<3|2)
	m.open, m.at = true, len(b.record)
	b.record = append(b.record, make([]byte, lengthSize)...)
	b.record = append(b.record, m.fields...)
}

func (b *batch) seal(m *message) {
	setLength(b.record, m.at, len(b.record)-m.at-lengthSize)
}

func setLength(b []byte, at, length int) {
	for i := range lengthSize {
		b[at+i] = byte(length>>(7*i))&0x7f | 0x80
	}
	b[at+lengthSize-1] &= 0x7f
}

func growLength(b []byte, at, more int) {
	length := 0
	for i := range lengthSize {
		length |= int(b[at+i]&0x7f) << (7 * i)
	}
	setLength(b, at, length+more)
}

// openResource begins a ResourceSpans of which the given fields are known.
func (b *batch) openResource(fields []byte) {
	b.resource.fields = append(b.resource.fields[:0], fields...)
	b.spans = 0
	b.begin(&b.resource, 1)
}

// describe adds encoded fields to the innermost open message. It reports whether they were
// not too much.
func (b *batch) describe(fields []byte) bool {
	m, pieces := &b.resource, len(b.pieces)
	if b.scope.open {
		m, pieces = &b.scope, len(b.pieces)-b.scopeFrom
	}
	if len(m.fields)+len(fields) > mostFields {
		return false
	}
	b.record = append(b.record, fields...)
	m.fields = append(m.fields, fields...)
	if pieces > 0 {
		if n := len(m.marks); n == 0 || m.marks[n-1].pieces < pieces {
			m.marks = append(m.marks, mark{pieces, len(m.late)})
		}
		m.late = append(m.late, fields...)
	}
	return true
}

// openScope begins a ScopeSpans of which the given fields are known, in the open
// ResourceSpans.
func (b *batch) openScope(fields []byte) {
	b.scope.fields = append(b.scope.fields[:0], fields...)
	b.scopeFrom = len(b.pieces)
	b.begin(&b.scope, 2)
}

// span adds an encoded span to the open ScopeSpans.
func (b *batch) span(span []byte) {
	b.record = otlpwire.AppendBytes(b.record, 2, span)
	b.spans++
	if len(b.record) >= batchSize && len(b.record) >= 4*(len(b.resource.fields)+len(b.scope.fields)) {
		b.cut()
	}
}

// cut writes the record, and goes on with another one where this one was.
func (b *batch) cut() {
	p := piece{resource: b.resource.at}
	if b.scope.open {
		b.seal(&b.scope)
		p.scope = b.scope.at
	}
	b.seal(&b.resource)
	p.size = len(b.record)
	p.at = b.spool.write(b.record)
	b.pieces = append(b.pieces, p)
	b.record = newRecord(b.record)
	b.spans = 0
	b.begin(&b.resource, 1)
	if b.scope.open {
		b.begin(&b.scope, 2)
	}
}

func (b *batch) closeScope() {
	if !b.scope.open {
		return
	}
	b.seal(&b.scope)
	b.spool.extend(b.pieces[b.scopeFrom:], b.scope.missing)
	for i := range b.pieces[b.scopeFrom:] {
		b.pieces[b.scopeFrom+i].scope = 0
	}
	b.scope.close()
}

func (b *batch) closeResource() {
	b.closeScope()
	if !b.resource.open {
		return
	}
	b.seal(&b.resource)
	if b.spans == 0 && len(b.pieces) > 0 { // all of it was cut off
		b.record = b.record[:b.resource.at-1]
	}
	b.spool.extend(b.pieces, b.resource.missing)
	b.resource.close()
	b.pieces = b.pieces[:0]
	if len(b.record) >= batchSize {
		b.flush()
	}
}

// writePiece closes what is open and writes it as a record whose resource can still be told.
// What describes it was not cut.
func (b *batch) writePiece() piece {
	b.seal(&b.scope)
	b.seal(&b.resource)
	p := piece{resource: b.resource.at, size: len(b.record)}
	p.at = b.spool.write(b.record)
	b.scope.close()
	b.resource.close()
	b.record = newRecord(b.record)
	return p
}

// message adds a whole encoded message, such as a TracesData. No message is open.
func (b *batch) message(message []byte) {
	b.record = append(b.record, message...)
	if len(b.record) >= batchSize {
		b.flush()
	}
}

// flush writes what there is. No message is open.
func (b *batch) flush() {
	if len(b.record) > headerSize {
		b.spool.write(b.record)
	}
	b.record = newRecord(b.record)
}

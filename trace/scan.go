package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"

	"prowtrace/internal/hugepage"
	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"

	"google.golang.org/protobuf/encoding/protowire"
)

// raw is what one pass over an encoded span finds. Traces, names, resources
// and scopes are numbered by the shard that found them.
type raw struct {
	trace, name, resource, scope uint32
	id, parent                   uint64
	start, end                   int64
	origin                       origin
	length                       uint32
	kind                         Kind
	status                       Status
	flags                        Flags
}

// A shard collects what one goroutine scans. Its tables are its own, so that
// scanning takes no lock; merge renumbers them.
type shard struct {
	spans     chunked
	traces    numbered[scannedTrace]
	names     interner[string]
	resources interner[described]
	scopes    interner[described]
	problems  []Problem
	kept      []int // spans, by source

	lastTraces [lastTraces]numberedTrace
	lastNames  [lastNames]numberedName
}

// lastTraces is how many recent traces a shard recognizes, and lastNames how many recent
// names it finds without hashing them.
const (
	lastTraces = 1 << 11
	lastNames  = 1 << 8
)

// described is an encoded resource or scope with its schema URL.
type described struct {
	wire, schema string
	group        int // of a resource's source
}

// scannedTrace is a trace as a shard has found it. A trace can have several numbers in a
// shard: then each is a part of it.
type scannedTrace struct {
	id TraceID
	extent
}

// extent is a trace's count of spans and its range of reported times, in ns.
type extent struct {
	spans      uint32
	start, end int64
}

func (e *extent) add(o extent) {
	e.spans += o.spans
	if o.start == 0 {
		o.start = o.end
	}
	if o.start > 0 && (e.start == 0 || o.start < e.start) {
		e.start = o.start
	}
	e.end = max(e.end, o.start, o.end)
}

func newShard(sources int) *shard { return &shard{kept: make([]int, sources)} }

// chunked is a list that grows without copying. A slice of ten million raw spans would be
// copied, and held twice, each time it doubles.
type chunked struct {
	chunks [][]raw
}

// The first chunk is small because most sets are small. The largest has room for huge pages.
const (
	firstChunk = 1 << 10
	chunkSize  = 1 << 17
)

// next adds one span and gives its place.
func (c *chunked) next() *raw {
	n := len(c.chunks)
	if n == 0 || len(c.chunks[n-1]) == cap(c.chunks[n-1]) {
		c.chunks = append(c.chunks, hugepage.Make[raw](min(firstChunk<<min(2*n, 16), chunkSize))[:0])
		n++
	}
	last := &c.chunks[n-1]
	*last = (*last)[:len(*last)+1]
	return &(*last)[len(*last)-1]
}

func (c *chunked) len() (n int) {
	for _, chunk := range c.chunks {
		n += len(chunk)
	}
	return n
}

// mark is how far a list was filled.
type mark struct{ chunk, span int }

func (c *chunked) mark() mark {
	n := len(c.chunks)
	if n == 0 {
		return mark{}
	}
	return mark{n - 1, len(c.chunks[n-1])}
}

// since ranges over what was added after a mark.
func (c *chunked) since(m mark) iter.Seq[*raw] {
	return func(yield func(*raw) bool) {
		span := m.span
		for i := m.chunk; i < len(c.chunks); i++ {
			for ; span < len(c.chunks[i]); span++ {
				if !yield(&c.chunks[i][span]) {
					return
				}
			}
			span = 0
		}
	}
}

// numbered is a list that grows without copying, except for its first stretch, and finds
// each value by its number. As a slice, a million traces were copied twenty times.
type numbered[T any] struct {
	stretches [][]T // all but the last have stretchSize
}

const stretchSize = 1 << 15

func (l *numbered[T]) add(v T) (number uint32) {
	n := len(l.stretches)
	if n == 0 || len(l.stretches[n-1]) == stretchSize {
		size := 0
		if n > 0 {
			size = stretchSize
		}
		l.stretches = append(l.stretches, hugepage.Make[T](size)[:0])
		n++
	}
	last := &l.stretches[n-1]
	*last = append(*last, v)
	return uint32((n-1)*stretchSize + len(*last) - 1)
}

func (l *numbered[T]) at(number uint32) *T {
	return &l.stretches[number/stretchSize][number%stretchSize]
}

func (l *numbered[T]) len() int {
	n := len(l.stretches)
	if n == 0 {
		return 0
	}
	return (n-1)*stretchSize + len(l.stretches[n-1])
}

// interner numbers distinct values in the order they come.
type interner[T comparable] struct {
	index  map[T]uint32
	values []T
}

// number gives v's number, or a new number if v is not there yet.
func (in *interner[T]) number(v T) uint32 {
	if n, ok := in.index[v]; ok {
		return n
	}
	return in.add(v)
}

// add gives a number to v, which was not there.
func (in *interner[T]) add(v T) uint32 {
	if in.index == nil {
		in.index = map[T]uint32{}
	}
	n := uint32(len(in.values))
	in.index[v] = n
	in.values = append(in.values, v)
	return n
}

// input is what a shard is scanning: bytes of a file, in memory that is used again for other
// bytes. Whatever the shard keeps refers to the file itself.
type input struct {
	source int
	group  int
	name   string
	file   []byte // all of it
	data   []byte // what is scanned
	offset int    // of data in file
}

// lasting is the part of the file that in.data[lo:hi] is a copy of.
func (in *input) lasting(lo, hi int) []byte { return in.file[in.offset+lo : in.offset+hi] }

func (sh *shard) scan(p portion) {
	p.in.data, p.in.offset = p.part.Data, int(p.part.Offset)
	for _, rec := range p.part.Records {
		lo := int(rec.Offset) - p.in.offset
		sh.record(&p.in, lo, lo+len(rec.Payload))
	}
	p.part.Release()
}

// record scans one encoded ExportTraceServiceRequest (or TracesData, which has
// the same layout) in in.data[lo:hi].
func (sh *shard) record(in *input, lo, hi int) {
	c := otlpwire.Cursor{Data: in.data, Pos: lo, End: hi}
	for {
		f, ok, bad := c.Next()
		if bad {
			sh.broken(in, c.Pos, "request")
		}
		if !ok {
			return
		}
		if f.Num == 1 && f.Typ == protowire.BytesType {
			sh.resourceSpans(in, f.Lo, f.Hi)
		}
	}
}

func (sh *shard) broken(in *input, pos int, what string) {
	sh.problems = append(sh.problems, Problem{
		Source: in.name, Group: in.group, Offset: int64(in.offset + pos),
		What: "the " + what + " at byte " + strconv.Itoa(in.offset+pos) + " breaks off inside a field: what came before it was kept, the rest of it is lost",
	})
}

// legacyScopeSpans is the number that OTLP before 0.15 gave to its
// instrumentation_library_spans, laid out like scope_spans.
const legacyScopeSpans = 1000

func (sh *shard) resourceSpans(in *input, lo, hi int) {
	first := sh.spans.mark()
	var resource heading
	c := otlpwire.Cursor{Data: in.data, Pos: lo, End: hi}
	for {
		f, ok, bad := c.Next()
		if bad {
			sh.broken(in, c.Pos, "resource")
		}
		if !ok {
			break
		}
		switch {
		case f.Typ != protowire.BytesType:
		case f.Num == 2 || f.Num == legacyScopeSpans:
			sh.scopeSpans(in, f.Lo, f.Hi)
		default:
			resource.add(f)
		}
	}
	number := resource.number(&sh.resources, in, lo, hi, in.group)
	for r := range sh.spans.since(first) {
		r.resource = number
	}
}

func (sh *shard) scopeSpans(in *input, lo, hi int) {
	first := sh.spans.mark()
	var scope heading
	c := otlpwire.Cursor{Data: in.data, Pos: lo, End: hi}
	for {
		f, ok, bad := c.Next()
		if bad {
			sh.broken(in, c.Pos, "scope")
		}
		if !ok {
			break
		}
		switch {
		case f.Typ != protowire.BytesType:
		case f.Num == 2:
			sh.span(in, f.Lo, f.Hi)
		default:
			scope.add(f)
		}
	}
	number := scope.number(&sh.scopes, in, lo, hi, 0)
	for r := range sh.spans.since(first) {
		r.scope = number
	}
}

// A heading holds where a ResourceSpans or ScopeSpans has the thing that it describes (field
// 1) and the schema URL (field 3). They may come after the spans, so the spans get their
// number when all are read. Looking for the heading first took a second pass over the
// fields.
type heading struct {
	thing, schema part
	parts, size   int // of field 1
}

// part is the content of a field in the data.
type part struct{ lo, hi int }

func (h *heading) add(f otlpwire.Field) {
	switch f.Num {
	case 1:
		h.thing = part{f.Lo, f.Hi}
		h.parts++
		h.size += f.Hi - f.Lo
	case 3:
		h.schema = part{f.Lo, f.Hi}
	}
}

// number gives the number of the thing that the message in.data[lo:hi] describes.
func (h *heading) number(table *interner[described], in *input, lo, hi, group int) uint32 {
	thing := in.data[h.thing.lo:h.thing.hi]
	if h.parts > 1 {
		thing = joinParts(in.data, lo, hi, h.size)
	}
	d := described{otlpwire.String(thing), otlpwire.String(in.data[h.schema.lo:h.schema.hi]), group}
	if n, ok := table.index[d]; ok {
		return n
	}
	if h.parts <= 1 {
		d.wire = otlpwire.String(in.lasting(h.thing.lo, h.thing.hi))
	}
	d.schema = otlpwire.String(in.lasting(h.schema.lo, h.schema.hi))
	return table.add(d)
}

// joinParts concatenates the parts of field 1, which have the given size together. Protobuf
// merges a message given in several parts by concatenation. The parts are copied once,
// however many there are: appending one after the other took minutes for two million.
func joinParts(data []byte, lo, hi, size int) []byte {
	whole := make([]byte, 0, size)
	c := otlpwire.Cursor{Data: data, Pos: lo, End: hi}
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == 1 && f.Typ == protowire.BytesType {
			whole = append(whole, data[f.Lo:f.Hi]...)
		}
	}
	return whole
}

func (sh *shard) span(in *input, lo, hi int) {
	r := sh.spans.next()
	*r = raw{origin: originAt(in.source, int64(in.offset+lo)), length: uint32(hi - lo)}
	var head otlpwire.SpanHead
	c := otlpwire.Cursor{Data: in.data, Pos: head.Read(in.data, lo, hi), End: hi}
	id, start, end := TraceID(head.TraceID), head.Start, head.End
	r.id, r.parent, r.kind = head.ID, head.Parent, Kind(known(uint64(head.Kind), uint32(KindConsumer)))
	nameLo, nameHi := head.NameLo, head.NameHi
	if !otlpwire.ValidText(in.data[nameLo:nameHi]) {
		r.flags |= unclean
	}
	for {
		c.Pos = otlpwire.SkipPlain(in.data, c.Pos, hi, 9)
		if code, ok := otlpwire.SpanTail(in.data, c.Pos, hi); ok {
			if code >= 0 {
				r.status = Status(known(uint64(code), uint32(StatusError)))
			}
			break
		}
		f, ok, bad := c.Next()
		if bad {
			r.flags |= unclean
		}
		if !ok {
			break
		}
		value := in.data[f.Lo:f.Hi]
		want := otlpwire.Span.Field(f.Num)
		if want.Wrong(f.Typ) {
			r.flags |= unclean
			continue
		}
		switch f.Num {
		case 1:
			r.flags |= idFlag(len(value), len(id))
			id = TraceID{}
			copy(id[max(0, len(id)-len(value)):], value)
		case 2:
			r.flags |= idFlag(len(value), 8)
			r.id = otlpwire.ID(value)
		case 4:
			r.flags |= idFlag(len(value), 8)
			r.parent = otlpwire.ID(value)
		case 5:
			nameLo, nameHi = f.Lo, f.Hi
			if !otlpwire.ValidText(value) {
				r.flags |= unclean
			}
		case 6:
			r.kind = Kind(known(f.Value, uint32(KindConsumer)))
		case 7:
			start = f.Value
		case 8:
			end = f.Value
		case 9:
			if !otlpwire.ValidAttribute(value) {
				r.flags |= unclean
			}
		case 15:
			r.status = sh.statusOf(in, f.Lo, f.Hi, r.status)
			fallthrough
		case 3, 11, 13:
			switch f.Num {
			case 11:
				r.flags |= Eventful
			case 13:
				r.flags |= Linked
			}
			if f.Typ == protowire.BytesType && !want.Valid(value) {
				r.flags |= unclean
			}
		}
	}
	r.start, r.end = r.times(start, end)
	r.name = sh.name(in, nameLo, nameHi, r.flags.Has(unclean))
	r.trace = sh.traceOf(in, id, &r.flags)
	if r.id == 0 {
		r.flags |= ZeroSpan
	}
	sh.traces.at(r.trace).add(extent{1, r.start, r.end})
	sh.kept[in.source]++
}

func (sh *shard) statusOf(in *input, lo, hi int, code Status) Status {
	c := otlpwire.Cursor{Data: in.data, Pos: lo, End: hi}
	for {
		f, ok, _ := c.Next()
		if !ok {
			return code
		}
		if f.Num == 3 && f.Typ == protowire.VarintType {
			code = Status(known(f.Value, uint32(StatusError)))
		}
	}
}

// known is the value of an enum, which protobuf cuts to 32 bits. A value above most becomes
// 0.
func known(value uint64, most uint32) uint32 {
	if v := uint32(value); v <= most {
		return v
	}
	return 0
}

// times turns the reported times into int64 and fills in nothing yet: an
// absent start or end stays 0.
func (r *raw) times(start, end uint64) (int64, int64) {
	if start > math.MaxInt64 || end > math.MaxInt64 {
		r.flags |= Clamped
	}
	s, e := int64(min(start, math.MaxInt64)), int64(min(end, math.MaxInt64))
	switch {
	case s == 0:
		r.flags |= TimeUnknown
	case e == 0:
		r.flags |= Unfinished
	case e < s:
		r.flags |= Negative
		e = s
	}
	return s, e
}

func (sh *shard) name(in *input, lo, hi int, unclean bool) uint32 {
	name := otlpwire.String(in.data[lo:hi])
	last := &sh.lastNames[nameSlot(name)]
	if last.name == name && last.behind != 0 {
		return last.behind - 1
	}
	keep := in.lasting(lo, hi)
	if unclean && !utf8.Valid(keep) {
		return sh.names.number(text.Valid(string(keep)))
	}
	n, ok := sh.names.index[name]
	if !ok {
		n = sh.names.add(otlpwire.String(keep))
	}
	*last = numberedName{sh.names.values[n], n + 1}
	return n
}

// numberedName is a name with its number plus 1; 0 means none.
type numberedName struct {
	name   string
	behind uint32
}

// nameSlot is the place of a name among the last ones. It is computed from the part that
// tells most names apart: hashing the whole of each name took as long as checking its
// attributes.
func nameSlot(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (n ^ int(name[n/2])<<2 ^ int(name[n-1])<<4) % lastNames
}

func (sh *shard) traceOf(in *input, id TraceID, flags *Flags) uint32 {
	if id.IsZero() {
		// Spans without a trace id have nothing in common but their file.
		*flags |= ZeroTrace
		id = sourceTraceID(in.name)
	}
	last := &sh.lastTraces[traceSlot(id)]
	if last.id != id || last.behind == 0 {
		*last = numberedTrace{id, sh.traces.add(scannedTrace{id: id}) + 1}
	}
	return last.behind - 1
}

// numberedTrace is a trace with its number plus 1; 0 means none.
type numberedTrace struct {
	id     TraceID
	behind uint32
}

// traceSlot is the place of a trace among the last ones. Traces that share a slot get a new
// number each time they alternate; merging joins these. A table of all traces took a fifth
// of the time when there were a million.
func traceSlot(id TraceID) int {
	mixed := (binary.LittleEndian.Uint64(id[:8]) ^ binary.LittleEndian.Uint64(id[8:])) * 0x9e3779b97f4a7c15
	return int(mixed>>32) % lastTraces
}

// sourceTraceID is the id under which the spans without a trace id of one file are kept. It
// is the same each time the file is loaded.
func sourceTraceID(source string) (id TraceID) {
	sum := sha256.Sum256([]byte("prowtrace: spans without a trace id in " + source))
	copy(id[:], sum[:])
	return id
}

func idFlag(got, want int) Flags {
	if got == 0 || got == want {
		return 0
	}
	return unclean
}

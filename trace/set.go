// Package trace holds the span set, the one data model of prowtrace: everything that
// shows or judges traces reads it.
//
// Load merges any number of files into one immutable Set. The spans stay encoded in the
// files' own bytes, and the Set only indexes them. One pass over each record fills columns
// (struct of arrays, no pointers) with what lists, searches and timelines need, and notes
// where each encoded span lies. Attributes, events and links are decoded only for the spans
// that are looked at.
//
// The package promises: every span that could be read is in the Set, whatever else was wrong
// with its file (Problems says what that was). Rows are ordered by trace and start. A
// reported parent is never replaced. Missing times are filled in, and reported times are
// never moved. A Set is safe for any number of concurrent readers until Close.
//
// Readers use a View: the rows of a Set together with what was added to them. Package join
// adds, for example, the own spans of a job and the joined trace that they head. A Set to
// which nothing was added is a View too: see Plain.
//
// The package never uses the network, never looks at the wall clock, and knows
// neither jobs nor buckets.
package trace

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"strings"
	"sync/atomic"

	"prowtrace/otelfile"
)

// A Set is an immutable, indexed collection of spans. Rows number its spans
// from 0; the spans of a trace are consecutive rows ordered by start, and
// traces are ordered by their own start.
//
// Strings and byte slices that a Set returns may alias its files: they must
// not be used after Close.
type Set struct {
	columns
	traces    traceTable
	names     []string // interned span names
	services  []string // interned service names
	resources []resource
	scopes    []scope
	sources   []source
	sightings []sighting // further origins of spans found more than once, by row
	ops       []operation
	problems  []Problem
	stats     Stats
	places    atomic.Pointer[Places] // for heavy questions, see View.Places
}

// columns hold one entry per span. Together they cost 60 bytes a span.
type columns struct {
	trace    []uint32
	id       []uint64
	parent   []int32 // row of the parent, or -1
	start    []int64 // Unix ns
	end      []int64 // Unix ns, never before start
	name     []uint32
	resource []uint32
	scope    []uint32
	kind     []Kind
	status   []Status
	flags    []Flags
	origin   []origin
	length   []uint32 // bytes of the encoded span
}

// traceTable holds one entry per trace, of 28 bytes. Most traces in kOps' files have one
// span, and everything else about such a trace is in its row.
type traceTable struct {
	id     []TraceID
	first  []uint32 // first row; one more entry than there are traces
	byID   []uint32 // trace indexes ordered by id
	total  []uint32 // index in totals, of traces of several spans
	totals []total
}

// total sums up the rows of a trace. The trace starts with its first row.
type total struct {
	end             int64
	root            uint32
	errors, orphans uint32
}

// resource is one distinct resource, with the service it names.
type resource struct {
	wire    []byte // encoded Resource, clean and with a service.name: what is served
	raw     []byte // encoded Resource as it was found
	added   []byte // encoded attributes of its group's Description that wire has and raw lacks
	schema  string
	service uint32
	group   int // as in Source
}

// scope is one distinct instrumentation scope.
type scope struct {
	wire   []byte // encoded InstrumentationScope, clean: what is served
	raw    []byte
	schema string
}

type source struct {
	name  string
	group int
	file  *otelfile.File // nil for bytes that were given
	data  []byte
}

// origin is where an encoded span lies: the source in the upper 20 bits, the
// offset in the source's (decompressed) bytes in the lower 44.
type origin uint64

const (
	offsetBits = 44
	maxSources = 1 << (64 - offsetBits)
)

func originAt(source int, offset int64) origin { return origin(source)<<offsetBits | origin(offset) }
func (o origin) source() int                   { return int(o >> offsetBits) }
func (o origin) offset() int64                 { return int64(o & (1<<offsetBits - 1)) }

// sighting is one more origin of a span that several files hold.
type sighting struct {
	row    uint32
	origin origin
}

// TraceID is the 16-byte id of a trace.
type TraceID [16]byte

// String gives the id as 32 hex digits.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether there is no id.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// ParseTraceID reads up to 32 hex digits; a shorter id is padded with zeros
// on the left, as Jaeger does with 64-bit ids.
func ParseTraceID(s string) (TraceID, error) {
	var id TraceID
	if s == "" || len(s) > 32 {
		return id, fmt.Errorf("trace id %q: want 1 to 32 hex digits, got %d characters", s, len(s))
	}
	if _, err := hex.Decode(id[:], []byte(strings.Repeat("0", 32-len(s))+s)); err != nil {
		return TraceID{}, fmt.Errorf("trace id %q: want hex digits: %w", s, err)
	}
	return id, nil
}

// SpanID is the 8-byte id of a span.
type SpanID [8]byte

// String gives the id as 16 hex digits.
func (id SpanID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether there is no id.
func (id SpanID) IsZero() bool { return id == SpanID{} }

func spanID(v uint64) (id SpanID) {
	binary.BigEndian.PutUint64(id[:], v)
	return id
}

// Kind is the span kind of OTLP. Any value except these five means unspecified.
type Kind uint8

// The span kinds, numbered as in OTLP.
const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

var kindNames = [...]string{"", "internal", "server", "client", "producer", "consumer"}

// String gives the kind in lower case, or "" if it is unspecified.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind reads what String returns, in upper or lower case.
func ParseKind(s string) (Kind, bool) {
	for k, name := range kindNames {
		if strings.EqualFold(s, name) {
			return Kind(k), true
		}
	}
	return 0, false
}

// Status is the status code of OTLP.
type Status uint8

// The status codes, numbered as in OTLP.
const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

// String gives the code as OTLP spells it.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "OK"
	case StatusError:
		return "ERROR"
	}
	return "UNSET"
}

// Flags mark what is odd about a span.
type Flags uint16

// The flags. This is the only table of their bits: the columns of the page use it too. Flags
// that change what is served say how. Inferred and the flags after it mark nothing odd.
const (
	Orphan        Flags = 1 << iota // names a parent that is not in the set
	Conflict                        // another span came first with the same ids and other content
	Cycle                           // its parent was also its descendant: the link is cut
	Unfinished                      // has no end: lasts to the end of its trace, and is served so
	Negative                        // ends before it starts: counts as 0 ns
	TimeUnknown                     // has no start: takes its children's range, up to its own end, and is served so
	Clamped                         // a time beyond 2^63-1 ns was cut to it
	ZeroTrace                       // has no trace id: gets one of its file's own
	ZeroSpan                        // has no span id
	Outside                         // starts before or ends after its parent
	unclean                         // encoded badly or with invalid UTF-8: cleaned when served
	Inferred                        // in a joined tree: its parent was found by time
	MissingParent                   // a line of a drawing that stands for a parent in no file
	Folded                          // a line of a drawing that stands for similar siblings
	Linked                          // has links: scanning sees it at no cost
	Eventful                        // has events, likewise
)

// Has reports whether all flags of f are set.
func (fl Flags) Has(f Flags) bool { return fl&f == f }

func trailingZeros(f Flags) int { return bits.TrailingZeros16(uint16(f)) }

var flagNames = []struct {
	flag Flags
	name string
}{
	{Orphan, "orphan"}, {Conflict, "conflict"}, {Cycle, "cycle"}, {Unfinished, "unfinished"},
	{Negative, "negative"}, {TimeUnknown, "time-unknown"}, {Clamped, "clamped"},
	{ZeroTrace, "zero-trace-id"}, {ZeroSpan, "zero-span-id"}, {Outside, "outside-parent"}, {unclean, "invalid-text"},
}

// Names lists the flags that are set, in a fixed order.
func (fl Flags) Names() []string {
	var names []string
	for _, f := range flagNames {
		if fl.Has(f.flag) {
			names = append(names, f.name)
		}
	}
	return names
}

// Span is what the columns hold of a span.
type Span struct {
	Row      int
	Trace    int
	ID       SpanID
	Parent   int // row of the parent, or -1
	Name     string
	Service  string
	Kind     Kind
	Status   Status
	Flags    Flags
	Start    int64 // Unix ns
	Duration int64 // ns
}

// End is the span's end in Unix ns.
func (s Span) End() int64 { return s.Start + s.Duration }

// Trace is what the table of traces holds of a trace.
type Trace struct {
	Index   int
	ID      TraceID
	First   int   // first row
	Spans   int   // rows
	Start   int64 // Unix ns; 0 when no span has a time
	End     int64 // Unix ns
	Root    int   // row of the earliest root, else of the earliest span
	Errors  int   // spans with an error status
	Orphans int   // spans whose parent is not in the set
}

// Len is the number of spans.
func (s *Set) Len() int { return len(s.id) }

// NumTraces is the number of traces.
func (s *Set) NumTraces() int { return len(s.traces.id) }

// Trace gives trace i, in 0 ≤ i < NumTraces; traces are ordered by start.
func (s *Set) Trace(i int) Trace {
	t := &s.traces
	sum := s.totalOf(i)
	return Trace{
		Index: i, ID: t.id[i], First: int(t.first[i]), Spans: int(t.first[i+1] - t.first[i]),
		Start: s.startOf(i), End: sum.end, Root: int(sum.root), Errors: int(sum.errors), Orphans: int(sum.orphans),
	}
}

func (s *Set) totalOf(trace int) total {
	t := &s.traces
	if row := t.first[trace]; t.first[trace+1]-row == 1 {
		return s.sum(row, row+1)
	}
	return t.totals[t.total[trace]]
}

func (s *Set) startOf(trace int) int64 { return s.start[s.traces.first[trace]] }

func (s *Set) endOf(trace int) int64 {
	t := &s.traces
	if row := t.first[trace]; t.first[trace+1]-row == 1 {
		return s.end[row]
	}
	return t.totals[t.total[trace]].end
}

// sum adds up the rows of a trace.
func (s *Set) sum(first, behind uint32) (t total) {
	root, rootless := -1, -1
	for row := first; row < behind; row++ {
		t.end = max(t.end, s.end[row])
		orphan := s.flags[row].Has(Orphan)
		if s.status[row] == StatusError {
			t.errors++
		}
		if orphan {
			t.orphans++
		}
		if s.parent[row] >= 0 {
			continue
		}
		if rootless < 0 {
			rootless = int(row)
		}
		if root < 0 && !orphan {
			root = int(row)
		}
	}
	if root < 0 {
		root = rootless
	}
	t.root = uint32(root)
	return t
}

// Lookup finds a trace by its id.
func (s *Set) Lookup(id TraceID) (Trace, bool) {
	t := &s.traces
	i := sort.Search(len(t.byID), func(i int) bool { return !less(t.id[t.byID[i]], id) })
	if i == len(t.byID) || t.id[t.byID[i]] != id {
		return Trace{}, false
	}
	return s.Trace(int(t.byID[i])), true
}

func less(a, b TraceID) bool { return string(a[:]) < string(b[:]) }

// Span gives the span in a row, in 0 ≤ row < Len.
func (s *Set) Span(row int) Span { return s.spanOf(row, s.Service(row)) }

func (s *Set) spanOf(row int, service string) Span {
	return Span{
		Row: row, Trace: int(s.trace[row]), ID: spanID(s.id[row]), Parent: int(s.parent[row]),
		Name: s.names[s.name[row]], Service: service, Kind: s.kind[row], Status: s.status[row],
		Flags: s.flags[row], Start: s.start[row], Duration: s.end[row] - s.start[row],
	}
}

// Service is the service of the span in a row: its resource's service.name,
// or UnknownService.
func (s *Set) Service(row int) string { return s.services[s.resources[s.resource[row]].service] }

// A Location is one place where a span was read.
type Location struct {
	Source string // name of the file
	Offset int64  // of the encoded span, in the file's decompressed bytes
	Length int    // bytes
}

// Locations lists where the span in a row was read: once for each file that holds it.
func (s *Set) Locations(row int) []Location {
	length := int(s.length[row])
	all := []Location{{s.sources[s.origin[row].source()].name, s.origin[row].offset(), length}}
	i := sort.Search(len(s.sightings), func(i int) bool { return int(s.sightings[i].row) >= row })
	for ; i < len(s.sightings) && int(s.sightings[i].row) == row; i++ {
		p := s.sightings[i].origin
		all = append(all, Location{s.sources[p.source()].name, p.offset(), length})
	}
	return all
}

// A File is what was read from one of the loaded files.
type File struct {
	Name     string
	Group    int   // as in Source
	Bytes    int64 // decompressed
	Spans    int   // a span that other files hold too counts in each file
	Problems int
}

// fileKey identifies a file: files of several groups can have the same name.
type fileKey struct {
	name  string
	group int
}

// Files lists all files, in the order given to Load. It looks at every row.
func (s *Set) Files() []File {
	spans := make([]int, len(s.sources))
	for _, p := range s.origin {
		spans[p.source()]++
	}
	for _, again := range s.sightings {
		spans[again.origin.source()]++
	}
	problems := map[fileKey]int{}
	for _, p := range s.problems {
		problems[fileKey{p.Source, p.Group}]++
	}
	files := make([]File, 0, len(s.sources))
	for i, src := range s.sources {
		files = append(files, File{src.name, src.group, int64(len(src.data)), spans[i], problems[fileKey{src.name, src.group}]})
	}
	return files
}

// Problems lists what was wrong with the files, ordered by group, file and offset.
func (s *Set) Problems() []Problem { return s.problems }

// Stats counts what was loaded and what was odd about it.
func (s *Set) Stats() Stats { return s.stats }

// Close unmaps the files. The Set and all strings that it returned must not be used
// afterwards.
func (s *Set) Close() error {
	var errs []error
	for _, src := range s.sources {
		if src.file != nil {
			errs = append(errs, src.file.Close())
		}
	}
	return errors.Join(errs...)
}

package query

import (
	"encoding/binary"
	"encoding/hex"
	"iter"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	"google.golang.org/protobuf/encoding/protowire"
)

// A subject is the span that a filter looks at: the row of a part. If the filter needs it,
// this includes the tree that the row is looked at in. One goroutine uses a subject for one
// row after the other.
type subject struct {
	view        *trace.View
	part        trace.Part
	set         *trace.Set // of the part
	columns     trace.Columns
	row         int
	span        []byte // encoded, once it was needed
	event, link []byte // the event or link that Some looks at
	hasAdded    bool   // some row has added fields
	scratch     []value
	answers     [][]uint8 // of the filter's memos, by memo and number in its column
	eventsOf    []uint8   // what spans say without their events; nil if that is not kept

	tree   *treeColumns // nil if the filter needs nothing of a tree
	number int          // of the row in the tree

	turn   *trace.Turn // where its work is counted
	shapes *shapes     // nil until it is needed
	joined *joinedRows // nil until it is needed
	texts  [][]byte    // scratch space for the texts of fields
	hex    [16]byte    // the id of the row as text
}

// rowCost is the cost of a row without its bytes, in bytes.
const rowCost = 32

// newSubject makes a subject; at sets its row.
func newSubject(v *trace.View, part trace.Part, turn *trace.Turn) *subject {
	return &subject{view: v, part: part, set: part.Set, columns: part.Set.Columns(), hasAdded: v.HasAddedFields(), turn: turn}
}

// at selects a row of the part, whose number in its tree is number.
func (s *subject) at(row, number int) *subject {
	s.row, s.number, s.span = row, number, nil
	s.turn.Spend(rowCost)
	return s
}

// ended reports whether the context has ended. Then the subject's answers do not matter any
// more.
func (s *subject) ended() bool { return s.turn.Err() != nil }

// resource and scope give the numbers of the row's resource and scope in the view.
func (s *subject) resource() int { return s.part.FirstResource + int(s.columns.Resource[s.row]) }
func (s *subject) scope() int    { return s.part.FirstScope + int(s.columns.Scope[s.row]) }

// id is the id of the span as text, valid until id is called again.
func (s *subject) id() []byte {
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], s.columns.ID[s.row])
	hex.Encode(s.hex[:], id[:])
	return s.hex[:]
}

// values lists what a reference holds, valid until values is called again.
func (s *subject) values(r Reference) []value {
	s.scratch = r.append(s, s.scratch[:0])
	return s.scratch
}

// bind makes b the only event or link, and gives the previous one; nil means all.
func (s *subject) bind(level Level, b []byte) (outer []byte) {
	bound := &s.event
	if level == LinkLevel {
		bound = &s.link
	}
	outer, *bound = *bound, b
	return outer
}

// messages gives the encoded messages of a level: a single one, or all events or links. A
// span has two, the row's own fields and those added to it. A resource with a label also has
// two, with the label and without.
func (s *subject) messages(level Level) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		switch level {
		case SpanLevel:
			if added := s.added(); yield(s.encoded()) && added != nil {
				yield(added)
			}
		case ResourceLevel:
			n := s.resource()
			wire, _ := s.view.EncodedResource(n)
			if reported := s.view.ReportedResource(n); yield(wire) && reported != n {
				wire, _ = s.view.EncodedResource(reported)
				yield(wire)
			}
		case ScopeLevel:
			wire, _ := s.view.EncodedScope(s.scope())
			yield(wire)
		case EventLevel:
			s.many(11, s.event, yield)
		case LinkLevel:
			s.many(13, s.link, yield)
		}
	}
}

func (s *subject) many(num protowire.Number, bound []byte, yield func([]byte) bool) {
	if bound != nil {
		yield(bound)
		return
	}
	for _, b := range [2][]byte{s.encoded(), s.added()} {
		c := otlpwire.Read(b)
		for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
			if f.Num == num && f.Typ == protowire.BytesType && !yield(b[f.Lo:f.Hi:f.Hi]) {
				return
			}
		}
	}
}

func (s *subject) encoded() []byte {
	if s.span == nil {
		s.span = s.set.Encoded(s.row)
		s.turn.Spend(min(len(s.span), trace.TurnInterval)) // callers that read a larger one spend more
	}
	return s.span
}

// added gives the fields that joined traces have after those of the span.
func (s *subject) added() []byte {
	if !s.hasAdded {
		return nil
	}
	return s.view.AddedFields(s.part.FirstRow + s.row)
}

// mayHave reports whether the span, or what was added to it, can have an attribute with the
// key and a value for which ok holds.
func (s *subject) mayHave(f *keyFinder, ok func(value) bool) bool {
	if added := s.added(); added != nil && s.keyed(f, added, false, nil) {
		return true
	}
	return s.keyed(f, s.encoded(), true, func(encoded []byte) bool { return ok(decodeValue(encoded)) })
}

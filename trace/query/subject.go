package query

import (
	"encoding/binary"
	"encoding/hex"
	"iter"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	"google.golang.org/protobuf/encoding/protowire"
)

// A subject is the span that a filter looks at: the row of a part, and where the
// filter asks for it also the tree that the row is looked at in. One goroutine uses
// it, for one row after the other.
type subject struct {
	view        *trace.View
	part        trace.Part
	set         *trace.Set // of the part
	columns     trace.Columns
	row         int
	span        []byte // encoded, once it was asked for
	event, link []byte // the one that Some looks at
	hasAdded    bool   // some row has added fields
	scratch     []value
	answers     [][]uint8 // of the filter's memos, by memo and number in its column
	eventsOf    []uint8   // of what spans say without their events; nil where that is not kept

	tree   *treeColumns // nil where the filter asks for nothing of a tree
	number int          // of the row in the tree

	turn   *trace.Turn // where its work is counted
	shapes *shapes     // nil until it is asked
	joined *joinedRows // likewise
	texts  [][]byte    // scratch space for those of fields
	hex    [16]byte    // the id of the row as text
}

// rowCost is what a row costs without its bytes, as if it had so many.
const rowCost = 32

// newSubject makes a subject; at sets the row.
func newSubject(v *trace.View, part trace.Part, turn *trace.Turn) *subject {
	return &subject{view: v, part: part, set: part.Set, columns: part.Set.Columns(), hasAdded: v.HasAddedFields(), turn: turn}
}

// at looks at a row of the part, which is number in its tree.
func (s *subject) at(row, number int) *subject {
	s.row, s.number, s.span = row, number, nil
	s.turn.Spend(rowCost)
	return s
}

// ended reports whether the context has. Then what the subject says does not matter
// any more.
func (s *subject) ended() bool { return s.turn.Err() != nil }

// resource and scope give the numbers that the row's have in the view.
func (s *subject) resource() int { return s.part.FirstResource + int(s.columns.Resource[s.row]) }
func (s *subject) scope() int    { return s.part.FirstScope + int(s.columns.Scope[s.row]) }

// id is the id of the span as text, until id is called again.
func (s *subject) id() []byte {
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], s.columns.ID[s.row])
	hex.Encode(s.hex[:], id[:])
	return s.hex[:]
}

// values lists what a reference holds, until values is called again.
func (s *subject) values(r Reference) []value {
	s.scratch = r.append(s, s.scratch[:0])
	return s.scratch
}

// bind makes b the only event or link, and gives the one that was before; nil
// stands for all.
func (s *subject) bind(level Level, b []byte) (outer []byte) {
	bound := &s.event
	if level == LinkLevel {
		bound = &s.link
	}
	outer, *bound = *bound, b
	return outer
}

// messages gives the encoded messages of a level: one, or all events or links. The
// row's own fields and those added to it are two of a span; of a resource with a
// label there is the one with it and the one without.
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
		s.turn.Spend(min(len(s.span), trace.TurnInterval)) // those who read a larger one spend more
	}
	return s.span
}

// added gives the fields that joined traces have behind those of the span.
func (s *subject) added() []byte {
	if !s.hasAdded {
		return nil
	}
	return s.view.AddedFields(s.part.FirstRow + s.row)
}

// mayHave reports whether the span, or what was added to it, can have an attribute with
// a key and a value for which ok holds.
func (s *subject) mayHave(f *keyFinder, ok func(value) bool) bool {
	if added := s.added(); added != nil && s.keyed(f, added, false, nil) {
		return true
	}
	return s.keyed(f, s.encoded(), true, func(encoded []byte) bool { return ok(decodeValue(encoded)) })
}

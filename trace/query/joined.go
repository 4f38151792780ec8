package query

import (
	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// joinedRows are what joined traces say about rows besides the added fields.
type joinedRows struct {
	in, inferred bitset
	renamed      map[int]trace.SpanID // by row
}

type joinedKey struct{}

// joinedRowsOf looks at all rows once, the first time it is called for a View.
func joinedRowsOf(v *trace.View) *joinedRows {
	return v.Kept(joinedKey{}, func() any {
		j := &joinedRows{newBits(v.Len()), newBits(v.Len()), map[int]trace.SpanID{}}
		for _, job := range v.Jobs() {
			t := v.Tree(job)
			for i := range t.Len() {
				j.in.set(t.Row(i))
				if t.Inferred(i) {
					j.inferred.set(t.Row(i))
				}
			}
			for i, id := range t.RenamedIDs {
				j.renamed[t.Row(i)] = id
			}
		}
		return j
	}).(*joinedRows)
}

// A bitset is a set of numbers.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func isJoinedKey(key string) bool {
	return key == trace.AttrTraceID || key == trace.AttrSpanID || key == trace.AttrInferred
}

// joinedRows gives the joinedRows of the subject's View.
func (s *subject) joinedRows() *joinedRows {
	if s.joined == nil {
		s.joined = joinedRowsOf(s.view)
	}
	return s.joined
}

// joinedAttribute gives the encoded value of an attribute that a joined trace adds to the
// span (see trace.Tree.Encoded). ok is false if it adds none.
func (s *subject) joinedAttribute(key string) (value []byte, ok bool) {
	row, joined := s.part.FirstRow+s.row, s.joinedRows()
	if !joined.in.has(row) || s.view.Added(row) {
		return nil, false
	}
	switch key {
	case trace.AttrTraceID:
		return otlpwire.AppendBytes(nil, 1, []byte(s.set.TraceID(int(s.columns.Trace[s.row])).String())), true
	case trace.AttrSpanID:
		return otlpwire.AppendBytes(nil, 1, s.id()), true
	case trace.AttrInferred:
		return otlpwire.AppendVarint(nil, 2, 1), joined.inferred.has(row)
	}
	return nil, false
}

package trace

import (
	"encoding/binary"
	"testing"
)

// Ids get the numbers of their order, whatever they have in common.
func TestTraceNumbers(t *testing.T) {
	for _, test := range []struct {
		name string
		id   func(n uint64) (id TraceID)
	}{
		{"first half", func(n uint64) (id TraceID) { binary.BigEndian.PutUint64(id[:], n); return id }},
		{"second half", func(n uint64) (id TraceID) { binary.BigEndian.PutUint64(id[8:], n); return id }},
		{"top bits", func(n uint64) (id TraceID) { binary.BigEndian.PutUint64(id[:], n<<48); return id }},
		{"both", func(n uint64) (id TraceID) {
			binary.BigEndian.PutUint64(id[:], n)
			binary.BigEndian.PutUint64(id[8:], -n)
			return id
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var numbers traceNumbers
			for round := range 2 {
				for n := range uint32(5000) {
					if got := numbers.number(test.id(uint64(n))); got != n {
						t.Fatalf("round %d: id %d has number %d", round, n, got)
					}
				}
			}
		})
	}
}

// Names that share a place among the last ones, and the empty name behind others, keep
// their own numbers.
func TestNamesOfAShard(t *testing.T) {
	sh := newShard(1)
	names := []string{"b", "", "ab", "cb", "", "b", "GET /", "GET /", "ab"}
	var numbers []uint32
	for _, name := range names {
		in := input{file: []byte(name), data: []byte(name)}
		numbers = append(numbers, sh.name(&in, 0, len(name), false))
	}
	for i, n := range numbers {
		if got := sh.names.values[n]; got != names[i] {
			t.Errorf("name %d is %q, want %q", i, got, names[i])
		}
	}
}

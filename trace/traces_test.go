package trace

import (
	"encoding/binary"
	"fmt"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Traces whose spans alternate stay one trace each, even if there are more of them than a
// shard recognizes and than fit one stretch.
func TestTracesThatTakeTurns(t *testing.T) {
	const traces, rounds = stretchSize + 7, 3
	for _, test := range []struct {
		name string
		id   func(n uint64) TraceID
	}{
		{"first half", func(n uint64) (id TraceID) { binary.BigEndian.PutUint64(id[:], n); return id }},
		{"second half", func(n uint64) (id TraceID) { binary.BigEndian.PutUint64(id[8:], n); return id }},
		{"both the same", func(n uint64) (id TraceID) {
			binary.BigEndian.PutUint64(id[:], n)
			binary.BigEndian.PutUint64(id[8:], n)
			return id
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var files [][]byte
			for round := range uint64(rounds) {
				var spans []*tracepb.Span
				for n := range uint64(traces) {
					s := span(round+1, round, fmt.Sprint("x", n%5), int64(1+round), int64(10+n))
					id := test.id(n + 1)
					s.TraceId = id[:]
					spans = append(spans, s)
				}
				files = append(files, otel(t, otlp(t, "s", spans...)))
			}
			s := load(t, files...).Set()
			if s.NumTraces() != traces || s.Len() != rounds*traces || s.Stats().Odd["orphan"] != 0 {
				t.Fatalf("%d traces, %+v", s.NumTraces(), s.Stats())
			}
			for n := range uint64(traces) {
				got, ok := s.Lookup(test.id(n + 1))
				if !ok || got.Spans != rounds || got.Index != int(n) || got.End != int64(10+n)*1e9 {
					t.Fatalf("trace %d: %+v", n, got)
				}
			}
		})
	}
}

// Names that share a slot among the last ones, and the empty name after others, keep their
// own numbers.
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

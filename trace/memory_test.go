package trace

import (
	"encoding/binary"
	"runtime"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// A set takes at most 100 bytes a span, however its spans lie in traces.
func TestMemoryOfASpan(t *testing.T) {
	const n, budget = 100_000, 100
	tests := []struct {
		name  string
		trace func(i uint64) uint64 // of span i
	}{
		{"every span is a trace", func(i uint64) uint64 { return 1 + i }},
		{"two spans a trace", func(i uint64) uint64 { return 1 + i/2 }},
		{"one trace", func(uint64) uint64 { return 1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spans := make([]*tracepb.Span, n)
			for i := range uint64(n) {
				id := binary.BigEndian.AppendUint64(make([]byte, 8), test.trace(i))
				spans[i] = &tracepb.Span{TraceId: id, SpanId: sid(i + 1), Name: "x", StartTimeUnixNano: 1 + i, EndTimeUnixNano: 2 + i}
			}
			src := Source{Name: "spans", Data: otel(t, otlp(t, "s", spans...))}
			clear(spans)
			before := liveHeap()
			s, err := Load(t.Context(), []Source{src})
			if err != nil {
				t.Fatal(err)
			}
			bytes := float64(liveHeap()-before) / n
			t.Logf("%.1f bytes a span", bytes)
			if s.Len() != n || bytes > budget {
				t.Errorf("%d spans take %.1f bytes each, want at most %d", s.Len(), bytes, budget)
			}
			runtime.KeepAlive(src)
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// However many traces there are, every goroutine gets some before one has all of them.
func TestTracesAreShared(t *testing.T) {
	for workers := 1; workers <= 64; workers *= 2 {
		for traces := workers; traces < 10_000_000; traces *= 3 {
			if n := batchOf(traces, workers); n < 1 || n*workers > traces || n > 256 {
				t.Errorf("%d of %d traces at a time for each of %d goroutines", n, traces, workers)
			}
		}
	}
}

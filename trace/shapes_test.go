package trace

import (
	"math"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// TestShapes loads what would be slow, or fail, with recursion or quadratic steps.
func TestShapes(t *testing.T) {
	t.Run("a chain of 10,000", func(t *testing.T) {
		var spans []*tracepb.Span
		for i := range uint64(10_000) {
			spans = append(spans, span(10_000-i, 10_000-i-1, "x", int64(20_000-i), -1))
		}
		s := load(t, otel(t, otlp(t, "s", spans...)))
		depth := 0
		for row := s.Len() - 1; row >= 0; row = s.Span(row).Parent {
			depth++
		}
		if depth != 10_000 {
			t.Errorf("depth %d", depth)
		}
	})
	t.Run("a chain of 10,000 without times", func(t *testing.T) {
		spans := []*tracepb.Span{span(10_001, 10_000, "end", 5, 6)}
		for i := range uint64(10_000) {
			spans = append(spans, span(10_000-i, 10_000-i-1, "x", 0, -1))
		}
		s := load(t, otel(t, otlp(t, "s", spans...)))
		if tr := s.Trace(0); tr.Start != 5e9 || s.Span(tr.Root).Start != 5e9 {
			t.Errorf("%+v", tr)
		}
	})
	t.Run("100,000 children", func(t *testing.T) {
		spans := []*tracepb.Span{span(1, 0, "root", 1, 200_000)}
		for i := range uint64(100_000) {
			spans = append(spans, span(i+2, 1, "x", int64(i)+1, int64(i)+2))
		}
		s := load(t, otel(t, otlp(t, "s", spans...)))
		if s.Len() != 100_001 || s.Stats().Odd["orphan"] != 0 {
			t.Errorf("%+v", s.Stats())
		}
	})
	t.Run("a circle of 10,000", func(t *testing.T) {
		var spans []*tracepb.Span
		for i := range uint64(10_000) {
			spans = append(spans, span(i+1, (i+1)%10_000+1, "x", int64(i)+1, math.MaxInt32))
		}
		s := load(t, otel(t, otlp(t, "s", spans...)))
		if s.Stats().Odd["cycle"] != 1 || !s.Span(0).Flags.Has(Cycle) {
			t.Errorf("%+v", s.Stats())
		}
	})
}

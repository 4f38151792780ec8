package analysis

import (
	"fmt"
	"slices"
	"testing"

	"prowtrace/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// largeTree makes one trace of n spans with different names.
func largeTree(t testing.TB, n int, parent func(i int) uint64) trace.Tree {
	t.Helper()
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		spans[i] = span(uint64(i+1), parent(i), fmt.Sprint("call ", i), 10+int64(i), 20+int64(n))
	}
	s := load(t, otel(t, otlp(t, "s", spans...)))
	return s.Tree(s.Trace(0))
}

// In seconds:
//
//	root  |-----------------|
//	(9f)    ?                    from a's start to b's end
//	a       |--|
//	b           |------------|
func TestDrawing(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s", span(1, 0, "root", 10, 28), span(2, 0x9f, "a", 12, 15), span(3, 0x9f, "b", 16, 29))))
	d := Draw(s.Tree(s.Trace(0)))
	var got []string
	for i := range d.Layout.Lines {
		start, end := d.Extent(i)
		got = append(got, fmt.Sprintf("%s-%s", seconds(start), seconds(end)))
	}
	if want := "[10-28 12-29 12-15 16-29]"; fmt.Sprint(got) != want {
		t.Errorf("lines %v, want %s", got, want)
	}
	if d.Start != 10e9 || d.End != 29e9 || fmt.Sprint(d.Line) != "[0 2 3]" {
		t.Errorf("from %d to %d, spans at %v", d.Start, d.End, d.Line)
	}
	if got := fmt.Sprint(d.Slowest(2)); got != "[0 3]" {
		t.Errorf("slowest %s", got)
	}
	if i, ok := d.Find(trace.SpanID(sid(3))); i != 2 || !ok {
		t.Errorf("span 3 is %d, %v", i, ok)
	}
	if _, ok := d.Find(trace.SpanID(sid(0x9f))); ok {
		t.Error("a missing parent is found")
	}
}

func TestSlowest(t *testing.T) {
	spans := []*tracepb.Span{span(1, 0, "none", 10, 10)}
	for i, seconds := range []int64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5} {
		spans = append(spans, span(uint64(i+2), 0, "x", 100*int64(i+1), 100*int64(i+1)+seconds))
	}
	s := load(t, otel(t, otlp(t, "s", spans...)))
	d := Draw(s.Tree(s.Trace(0)))
	brute := make([]int, 0, len(d.Layout.Lines))
	for line, l := range d.Layout.Lines {
		if l.Group == NoGroup && d.Self[l.Span] > 0 {
			brute = append(brute, line)
		}
	}
	slices.SortStableFunc(brute, func(a, b int) int {
		return int(d.Self[d.Layout.Lines[b].Span] - d.Self[d.Layout.Lines[a].Span])
	})
	for n := range len(brute) + 3 {
		if n == 0 {
			continue
		}
		if got, want := d.Slowest(n), brute[:min(n, len(brute))]; !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}

// A View has one Cache; another View of the same Set has its own.
func TestCacheOfAView(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s", span(1, 0, "root", 10, 20))))
	first, again := Of(s), Of(s)
	if first != again || first.View() != s {
		t.Error("two caches of one view")
	}
	if other := trace.Plain(s.Set()); Of(other) == first {
		t.Error("one cache of two views")
	}
	drawn, drawnAgain := first.Drawing(s.Trace(0)), first.Drawing(s.Trace(0))
	if drawn != drawnAgain {
		t.Error("drawn twice")
	}
}

func BenchmarkOneTrace(b *testing.B) {
	tree := largeTree(b, 100_000, func(i int) uint64 { return uint64(i+2) / 3 })
	d := Draw(tree)
	for name, f := range map[string]func(){
		"draw":       func() { Draw(tree) },
		"slowest":    func() { d.Slowest(15) },
		"operations": func() { Operations(One(tree)) },
		"flame":      func() { NewFlame(One(tree)) },
		"paths":      func() { Paths(tree) },
		"services":   func() { NewServiceMap(One(tree)) },
		"peers":      func() { Peers(tree) },
		"keys":       func() { Keys(One(tree)) },
		"compare":    func() { Compare(d, d) },
		"totals":     func() { NewTotals(tree.View()) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}

package analysis

import (
	"fmt"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// In seconds; a - marks spans that are left out:
//
//	0   root   |------------------|
//	1   8 x a   |------|
//	2-9  a      ||||||||             the third is kept
//	10  b-                |----|
//	11   c-                |--|
//	12  d                       |-|
//	13 e-                            |---|
func TestCut(t *testing.T) {
	spans := []*tracepb.Span{span(1, 0, "root", 10, 30), span(20, 1, "b", 20, 25), span(21, 20, "c", 21, 24), span(22, 1, "d", 26, 28), span(23, 0, "e", 31, 35)}
	for i := range 8 {
		spans = append(spans, span(uint64(2+i), 1, "a", 11+int64(i), 12+int64(i)))
	}
	s := load(t, otel(t, otlp(t, "s", spans...)))
	whole := Draw(s.Tree(s.Trace(0)))
	d := whole.Cut([]int32{0, 1, 4, 12})
	var got []string
	for i, l := range d.Layout.Lines {
		start, end := d.Extent(i)
		got = append(got, fmt.Sprintf("%s under %d at %d, %s-%s, %d", d.Layout.Names[l.Name], l.Parent, l.Depth, seconds(start), seconds(end), l.Members))
	}
	want := "[root under -1 at 0, 10-30, 3 a under 0 at 1, 11-19, 8 a under 1 at 2, 13-14, 0 d under 0 at 1, 26-28, 0]"
	if fmt.Sprint(got) != want {
		t.Errorf("lines %v\nwant %s", got, want)
	}
	at := map[string][]int32{}
	for i := range d.Tree.Len() {
		name := d.Tree.Span(i).Name
		at[name] = append(at[name], d.Line[i])
	}
	if want := "map[a:[1 1 2 1 1 1 1 1] b:[0] c:[0] d:[3] e:[-1] root:[0]]"; fmt.Sprint(at) != want {
		t.Errorf("spans stand at %v\nwant %s", at, want)
	}
	if got := fmt.Sprint(d.Innermost([]int64{13e9 + 5e8, 22e9, 27e9, 33e9})); got != "[2 0 3 -1]" {
		t.Errorf("innermost %s", got)
	}
	if len(d.Operations()) != len(whole.Operations()) || len(d.Closed()) != 4 || d.Closed()[1] != whole.Closed()[1] {
		t.Errorf("%d operations, closed %v", len(d.Operations()), d.Closed())
	}
	if got := fmt.Sprint(d.Slowest(2)); got != "[0 3]" {
		t.Errorf("slowest %s", got)
	}
}

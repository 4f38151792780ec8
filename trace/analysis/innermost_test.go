package analysis

import (
	"slices"
	"testing"
)

// root   |--------------|
// a        |-----|
// inner      |-|
// b          |-----|       begins later than a
// alone                       |--|
func TestInnermost(t *testing.T) {
	s := load(t, otel(t, otlp(t, "kops", span(1, 0, "root", 10, 25), span(2, 1, "a", 12, 18), span(3, 2, "inner", 14, 16), span(4, 1, "b", 14, 20), span(5, 0, "alone", 28, 30))))
	d := Draw(s.Tree(s.Trace(0)))
	var times []int64
	for at := int64(9); at <= 31; at += 2 {
		times = append(times, at*1e9)
	}
	want := []string{"", "root", "a", "inner", "b", "b", "root", "root", "root", "", "alone", ""}
	var got []string
	for _, line := range d.Innermost(times) {
		name := ""
		if line >= 0 {
			name = d.Layout.Names[d.Layout.Lines[line].Name]
		}
		got = append(got, name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(d.Innermost(nil)) != 0 {
		t.Error("something runs at no time")
	}
}

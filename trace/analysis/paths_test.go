package analysis

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// Paths are the same in trees of different Views, whatever the ids in their names. In seconds:
//
//	one    job      |---------|        other  job      |------|
//	        up-1     |----|                    up-2     |----|
//	         get      |-|                       get      |-|
//	         get         |-|                    put         |-|
func TestCallPaths(t *testing.T) {
	one := load(t, otel(t, otlp(t, "s",
		span(1, 0, "job", 10, 20), span(2, 1, "up-1", 11, 16), span(3, 2, "get", 12, 14), span(4, 2, "get", 15, 16))))
	other := load(t, otel(t, otlp(t, "s",
		span(1, 0, "job", 110, 117), span(2, 1, "up-2", 111, 116), span(3, 2, "get", 112, 114), span(4, 2, "put", 115, 116))))
	c := NewCallPaths(func(name string) string { return strings.TrimRight(name, "0123456789") })
	job := func(i int) bool { return i == 0 }
	first := c.Add(one.Tree(one.Trace(0)), job)
	second := c.Add(other.Tree(other.Trace(0)), job)
	var got []string
	for i, p := range c.Paths() {
		here := PathSums{}
		if i < len(first) {
			here = first[i]
		}
		got = append(got, fmt.Sprintf("%d %s/%s %d×%s span %d, %d×%s", p.Under, p.Service, p.Name, here.Count, seconds(here.Total), here.First, second[i].Count, seconds(second[i].Total)))
	}
	want := "-1 s/up- 1×5 span 1, 1×5\n0 s/get 2×3 span 2, 1×2\n0 s/put 0×0 span 0, 1×1"
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Errors that recovered do not count.
func TestCallPathsCountLostErrors(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s", span(1, 0, "job", 10, 30), failing(span(2, 1, "get", 11, 12)), span(3, 1, "get", 13, 14), failing(span(4, 1, "put", 15, 16)))))
	c := NewCallPaths(func(name string) string { return name })
	sums := c.Add(s.Tree(s.Trace(0)), func(int) bool { return false })
	for i, p := range c.Paths() {
		if want := map[bool]int{true: 3, false: -1}[p.Name == "put"]; sums[i].FirstError != want || sums[i].Errors != map[bool]int{true: 1}[p.Name == "put"] {
			t.Errorf("%s: %+v", p.Name, sums[i])
		}
	}
}

// Values are counted together with those of resources, and the first span with a value can
// be found.
func TestValueCounts(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s", having(span(1, 0, "job", 10, 20), "zone=a"), having(span(2, 1, "up", 11, 12), "zone=b"), having(span(3, 1, "up", 13, 14), "zone=b"))))
	tree := s.Tree(s.Trace(0))
	counts := ValueCounts(One(tree))
	if !maps.Equal(counts["zone"], map[string]int{"a": 1, "b": 2}) || counts["service.name"]["s"] != 3 {
		t.Error(counts)
	}
	for value, want := range map[string]int{"a": 0, "b": 1, "c": -1} {
		if got := FirstWith(tree, "zone", value); got != want {
			t.Errorf("%s: span %d, want %d", value, got, want)
		}
	}
	if got := FirstWith(tree, "service.name", "s"); got != 0 {
		t.Error(got)
	}
}

package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// draw shows frames by indentation: name, count, self and width in seconds.
func drawFlame(f Flame) string {
	depth := make([]int, len(f.Frames))
	var lines []string
	for i, x := range f.Frames {
		if x.Parent >= 0 {
			depth[i] = depth[x.Parent] + 1
		}
		lines = append(lines, fmt.Sprintf("%s%s %d× self=%s width=%s", strings.Repeat(".", depth[i]), x.Name, x.Count, seconds(x.Self), seconds(x.Width)))
	}
	return strings.Join(lines, "\n")
}

// The drawings show the intervals of the spans in seconds.
func TestFlame(t *testing.T) {
	tests := []struct {
		name  string
		spans []*tracepb.Span
		want  []string
	}{
		{
			// root   |----------|
			// get      |-|
			// get         |--|
			// read         |-|
			name:  "calls of one name under one path are one frame",
			spans: []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "get", 12, 14), span(3, 1, "get", 15, 18), span(4, 3, "read", 16, 18)},
			want:  []string{"root 1× self=5 width=10", ".get 2× self=3 width=5", "..read 1× self=2 width=2"},
		},
		{
			// root   |-----|
			// a       |---|
			// b       |---|     at the same time: side by side they are wider than root
			name:  "what runs at once stands side by side",
			spans: []*tracepb.Span{span(1, 0, "root", 10, 16), span(2, 1, "a", 11, 15), span(3, 1, "b", 11, 15)},
			want:  []string{"root 1× self=2 width=10", ".a 1× self=4 width=4", ".b 1× self=4 width=4"},
		},
		{
			// root    |-----|
			// child  |---|       starts before its parent
			name:  "a child that starts first is still in its parent's frame",
			spans: []*tracepb.Span{span(1, 0, "root", 12, 18), span(2, 1, "child", 10, 14)},
			want:  []string{"root 1× self=4 width=8", ".child 1× self=4 width=4"},
		},
		{
			// root  |---|
			// late        |--|    orphan
			name:  "orphans begin paths",
			spans: []*tracepb.Span{span(1, 0, "root", 10, 14), span(2, 0x9f, "late", 20, 23)},
			want:  []string{"root 1× self=4 width=4", "late 1× self=3 width=3"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, otel(t, otlp(t, "s", tt.spans...)))
			if got, want := drawFlame(NewFlame(All(s))), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// A frame's path finds the spans that the frame counts, whatever else is in the trace. It is
// the same in the flame of all traces.
func TestPathsAreThoseOfFrames(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s",
		span(1, 0, "root", 10, 30), span(2, 1, "get", 11, 12), span(3, 2, "get", 11, 12), span(4, 1, "a", 13, 20), span(5, 4, "get", 14, 15), span(6, 4, "get", 16, 17),
		span(7, 0x9f, "get", 18, 19)), otlp(t, "other", span(8, 1, "get", 21, 22), inTrace(2, span(1, 0, "root", 50, 60)))))
	found := map[string]int{}
	for tree := range simpleTrees(s) {
		for _, p := range Paths(tree) {
			found[p]++
		}
		f := NewFlame(One(tree))
		paths := Paths(tree)
		for _, x := range f.Frames {
			n := 0
			for _, p := range paths {
				if p == x.Path {
					n++
				}
			}
			if n != x.Count {
				t.Errorf("%s: %d spans have the path of a frame of %d", x.Name, n, x.Count)
			}
		}
	}
	whole := NewFlame(All(s))
	if len(whole.Frames) != 8 || len(found) != 8 {
		t.Fatalf("%d frames, %d paths", len(whole.Frames), len(found))
	}
	for _, x := range whole.Frames {
		if found[x.Path] != x.Count {
			t.Errorf("%s: %d spans have the path of a frame of %d", x.Name, found[x.Path], x.Count)
		}
	}
}

// The widest frames are kept, together with all frames around them.
func TestWidestFramesAreKept(t *testing.T) {
	spans := []*tracepb.Span{span(1, 0, "root", 10, 1_000_000)}
	for i := range int64(MaxFrames + 100) {
		spans = append(spans, span(uint64(i+2), 1, fmt.Sprint("call ", i), 10+20*i, 10+20*i+1+i%7))
	}
	s := load(t, otel(t, otlp(t, "s", spans...)))
	f := NewFlame(All(s))
	if len(f.Frames) != MaxFrames || f.Left != 101 || f.Frames[0].Name != "root" || f.Total != 999_990e9 {
		t.Fatalf("%d frames, %d left out, first %s, total %d", len(f.Frames), f.Left, f.Frames[0].Name, f.Total)
	}
	narrow := slices.IndexFunc(f.Frames, func(x Frame) bool { return x.Width < 1e9 })
	if narrow >= 0 {
		t.Errorf("%s is kept", f.Frames[narrow].Name)
	}
}

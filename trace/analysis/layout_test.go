package analysis

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The drawings show the intervals of the spans in seconds.
func TestLayout(t *testing.T) {
	similar := func(n int, parent uint64, from int64) (all []*tracepb.Span) {
		for i := range n {
			all = append(all, span(uint64(100*from)+uint64(i), parent, "poll", from+int64(i), from+int64(i)+1))
		}
		return all
	}
	tests := []struct {
		name  string
		spans []*tracepb.Span
		want  []string // depth in dots, name, members
	}{
		{
			// root   |----------|
			// second      |--|
			// first    |--|
			// inner    |-|
			name: "children by start, each before what is under it",
			spans: []*tracepb.Span{
				span(1, 0, "root", 10, 20), span(2, 1, "second", 15, 18), span(3, 1, "first", 12, 15), span(4, 3, "inner", 12, 14),
			},
			want: []string{"root 2", ".first 1", "..inner", ".second"},
		},
		{
			// parent   |---|
			// child  |---|
			name:  "child before its parent",
			spans: []*tracepb.Span{span(1, 0, "parent", 12, 16), span(2, 1, "child", 10, 14)},
			want:  []string{"parent 1", ".child"},
		},
		{
			// root   |--------|
			// (9f)     ?
			// a        |--|
			// late         |-|
			// b          |--|
			name: "orphans under their missing parent, by their first start",
			spans: []*tracepb.Span{
				span(1, 0, "root", 10, 19), span(2, 0x9f, "a", 12, 15), span(3, 0, "late", 16, 18), span(4, 0x9f, "b", 14, 17),
			},
			want: []string{"root", "missing 000000000000009f 2", ".a", ".b", "late"},
		},
		{
			// x  |-----|
			// y    |---|   each is the other's parent
			name:  "cycle",
			spans: []*tracepb.Span{span(1, 2, "x", 10, 16), span(2, 1, "y", 12, 16)},
			want:  []string{"x 1", ".y"},
		},
		{
			// one    |----|
			// other   |----|   same id
			// child    |-|
			name:  "conflict keeps children with the first",
			spans: []*tracepb.Span{span(1, 0, "one", 10, 15), span(1, 0, "other", 11, 16), span(2, 1, "child", 12, 14)},
			want:  []string{"one 1", ".child", "other"},
		},
		{
			// root  |-----------------|
			// a      ||
			// poll     ||||||||          eight of them
			// b                 ||
			name:  "a run of similar siblings is folded",
			spans: append(similar(8, 1, 12), span(1, 0, "root", 10, 40), span(2, 1, "a", 11, 12), span(3, 1, "b", 30, 31)),
			want:  append(append([]string{"root 3", ".a", ".8 × poll 8"}, lines(8, "..poll")...), ".b"),
		},
		{
			name:  "seven are not",
			spans: append(similar(7, 1, 12), span(1, 0, "root", 10, 40)),
			want:  append([]string{"root 7"}, lines(7, ".poll")...),
		},
		{
			name:  "two runs with something between",
			spans: append(append(similar(8, 0, 10), similar(9, 0, 30)...), span(1, 0, "other", 20, 21)),
			want:  append(append(append([]string{"8 × poll 8"}, lines(8, ".poll")...), "other", "9 × poll 9"), lines(9, ".poll")...),
		},
		{
			name:  "similar orphans need no fold: their missing parent is one",
			spans: similar(8, 0x9f, 10),
			want:  append([]string{"missing 000000000000009f 8"}, lines(8, ".poll")...),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, otel(t, otlp(t, "s", tt.spans...)))
			got := drawLayout(s.Tree(s.Trace(0)))
			if want := strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func lines(n int, line string) (all []string) {
	for range n {
		all = append(all, line)
	}
	return all
}

func drawLayout(t trace.Tree) string {
	l := LayOut(t)
	var all []string
	for i, line := range l.Lines {
		name := strings.Repeat(".", int(line.Depth))
		switch line.Group {
		case Missing:
			name += "missing " + t.MissingParent(int(line.Span)).String()
		case Fold:
			name += fmt.Sprintf("%d × %s", line.Members, l.Names[line.Name])
		default:
			name += l.Names[line.Name]
		}
		if line.Members > 0 {
			name += fmt.Sprint(" ", line.Members)
		}
		if line.Parent >= 0 && (int(line.Parent) >= i || l.Lines[line.Parent].Depth != line.Depth-1) {
			name += " under the wrong line"
		}
		all = append(all, name)
	}
	return strings.Join(all, "\n")
}

// Neither depth nor width causes recursion or a quadratic step.
func TestLargeLayouts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spans  int
		parent func(i int) uint64
		lines  int
		depth  int32
	}{
		{"chain 10,000 deep", 10_000, func(i int) uint64 { return uint64(i) }, 10_000, 9999},
		{"100,000 children", 100_000, func(i int) uint64 { return uint64(min(i, 1)) }, 100_001, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spans := make([]*tracepb.Span, tt.spans)
			for i := range spans {
				spans[i] = span(uint64(i+1), tt.parent(i), "call", 10+int64(i), 20+int64(i))
			}
			s := load(t, otel(t, otlp(t, "s", spans...)))
			tree := s.Tree(s.Trace(0))
			l := LayOut(tree)
			if last := l.Lines[len(l.Lines)-1]; len(l.Lines) != tt.lines || last.Depth != tt.depth {
				t.Errorf("%d lines, the last at depth %d", len(l.Lines), last.Depth)
			}
			if got := len(CriticalPath(tree)); got == 0 {
				t.Error("no critical path")
			}
		})
	}
}

func BenchmarkLayout(b *testing.B) {
	spans := make([]*tracepb.Span, 100_000)
	for i := range spans {
		spans[i] = span(uint64(i+1), uint64(i+2)/3, fmt.Sprint("call ", i%50), 10+int64(i), 20+int64(i))
	}
	s := load(b, otel(b, otlp(b, "s", spans...)))
	t := s.Tree(s.Trace(0))
	b.Run("layout", func(b *testing.B) {
		for b.Loop() {
			LayOut(t)
		}
	})
	b.Run("self", func(b *testing.B) {
		for b.Loop() {
			SelfTimes(t)
		}
	})
	b.Run("critical", func(b *testing.B) {
		for b.Loop() {
			CriticalPath(t)
		}
	})
}

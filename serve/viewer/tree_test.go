package viewer

import (
	"fmt"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

// The drawings show the intervals of the spans in milliseconds after the start.
func TestTree(t *testing.T) {
	for _, test := range []struct {
		name  string
		spans []span
		want  []string // depth in dots, name, errors below
	}{
		{
			// root   |----------|
			// second      |--|
			// first    |--|
			// inner    |-|
			name: "children by start",
			spans: []span{
				{id: 1, name: "root", start: 0, end: 10}, {id: 2, parent: 1, name: "second", start: 5, end: 8},
				{id: 3, parent: 1, name: "first", start: 2, end: 5}, {id: 4, parent: 3, name: "inner", start: 2, end: 4},
			},
			want: []string{"root", ".first", "..inner", ".second"},
		},
		{
			// parent   |---|
			// child  |---|
			name:  "child before its parent",
			spans: []span{{id: 1, name: "parent", start: 2, end: 6}, {id: 2, parent: 1, name: "child", start: 0, end: 4}},
			want:  []string{"parent", ".child"},
		},
		{
			// root   |--------|
			// (9f)     ?
			// a        |--|
			// late         |-|
			// b          |--|
			name: "orphans under their missing parent, by their first start",
			spans: []span{
				{id: 1, name: "root", start: 0, end: 9}, {id: 2, parent: 0x9f, name: "a", start: 2, end: 5},
				{id: 3, name: "late", start: 6, end: 8}, {id: 4, parent: 0x9f, name: "b", start: 4, end: 7},
			},
			want: []string{"root", "(000000000000009f 2)", ".a", ".b", "late"},
		},
		{
			// a  |--|
			// b  |--|
			name:  "two missing parents",
			spans: []span{{id: 1, parent: 8, name: "a", start: 0, end: 3}, {id: 2, parent: 9, name: "b", start: 0, end: 3}},
			want:  []string{"(0000000000000008 1)", ".a", "(0000000000000009 1)", ".b"},
		},
		{
			// x  |-----|
			// y    |---|   each is the other's parent
			name:  "cycle",
			spans: []span{{id: 1, parent: 2, name: "x", start: 0, end: 6}, {id: 2, parent: 1, name: "y", start: 2, end: 6}},
			want:  []string{"x", ".y"},
		},
		{
			// me  |--|
			name:  "own parent",
			spans: []span{{id: 1, parent: 1, name: "me", start: 0, end: 3}},
			want:  []string{"me"},
		},
		{
			// one    |----|
			// other   |----|   same id
			// child    |-|
			name: "conflict keeps children with the first",
			spans: []span{
				{id: 1, name: "one", start: 0, end: 5}, {id: 1, name: "other", start: 1, end: 6}, {id: 2, parent: 1, name: "child", start: 2, end: 4},
			},
			want: []string{"one", ".child", "other"},
		},
		{
			// root  |--------|
			// up     |------|
			// bad     |-| |-|
			name: "errors counted below",
			spans: []span{
				{id: 1, name: "root", start: 0, end: 9}, {id: 2, parent: 1, name: "up", start: 1, end: 8, change: failed("")},
				{id: 3, parent: 2, name: "bad1", start: 2, end: 4, change: failed("")}, {id: 4, parent: 2, name: "bad2", start: 6, end: 8, change: failed("")},
			},
			want: []string{"root 3", ".up 2", "..bad1", "..bad2"},
		},
		{
			name:  "spans without an id",
			spans: []span{{name: "a", start: 0, end: 1}, {name: "b", start: 1, end: 2}},
			want:  []string{"a", "b"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := load(t, file(t, 1, test.spans...))
			got := drawn(set, set.Trace(0))
			if want := strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func drawn(set *trace.Set, t trace.Trace) string {
	var lines []string
	for _, n := range newTree(set, t) {
		line := strings.Repeat(".", int(n.depth))
		if n.lost != nil {
			line += fmt.Sprintf("(%s %d)", n.lost.id, n.lost.children)
		} else {
			line += set.Span(n.row).Name
		}
		if n.errors > 0 {
			line += fmt.Sprintf(" %d", n.errors)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// missing parent's time: from the first start to the last end of its orphans.
//
//	a  |---|
//	b    |-----|
func TestMissingParentTakesItsChildrensTime(t *testing.T) {
	set := load(t, file(t, 1, span{id: 1, parent: 9, name: "a", start: 1, end: 4}, span{id: 2, parent: 9, name: "b", start: 3, end: 8}))
	l := newTree(set, set.Trace(0))[0].lost
	if l == nil || l.start != base+1e6 || l.end != base+8e6 {
		t.Errorf("got %+v", l)
	}
}

func TestPeek(t *testing.T) {
	args := attribute("args", list("/usr/local/bin/kops", "update", "cluster"))
	for _, test := range []struct {
		name   string
		change func(*tracepb.Span)
		want   glance
	}{
		{"nothing", func(*tracepb.Span) {}, glance{}},
		{"command line without its folder", with(args), glance{hint: "kops update cluster"}},
		{"the best hint", with(text("http.url", "http://b/"), text("url.full", "http://a/")), glance{hint: "http://a/"}},
		{"whatever the order", with(text("url.full", "http://a/"), text("http.url", "http://b/")), glance{hint: "http://a/"}},
		{"message of the status", failed("no such host"), glance{message: "no such host"}},
		{"else the kind of error", with(text("error.type", "404")), glance{message: "404"}},
		{"long", with(text("url.full", strings.Repeat("é", 500))), glance{hint: strings.Repeat("é", 150) + "…"}},
		{"hostile", with(text("url.full", "\x1b[31m\n")), glance{hint: `\x1b[31m\n`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := load(t, file(t, 1, span{id: 1, name: "a", end: 1, change: test.change}))
			if got := peek(set.Raw(0)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// peek reads whatever bytes a file has.
func FuzzPeek(f *testing.F) {
	set := load(f, file(f, 1, span{id: 1, parent: 2, name: "a", end: 1, change: with(attribute("args", list("a", "b")))}))
	f.Add(set.Raw(0))
	f.Fuzz(func(t *testing.T, b []byte) {
		g := peek(b)
		for _, s := range []string{g.hint, g.message} {
			if len(s) > 20*glanceBytes || strings.ContainsAny(s, "\n\x1b") {
				t.Errorf("%d bytes: %.100q", len(s), s)
			}
		}
	})
}

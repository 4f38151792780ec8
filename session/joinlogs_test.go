package session_test

import (
	"strings"
	"testing"

	"prowtrace/trace"
	"prowtrace/trace/join"
)

// What logs tell is in a newer view; readers of the older one end with it.
func TestJoinLogs(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, logged("I1125 05:55:00.000000 1 a.go:1] one\nE1125 05:55:01.000000 1 a.go:1] it failed\n"+
		"--- FAIL: TestA (0.50s)\nFAIL\texample.com/a\t0.750s\n"))
	o, _, _ := sample(t)
	o.Untraced, o.Join = true, join.ByTime
	l, err := load(t, o, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before, release := l.Acquire()
	defer release()
	if err := l.JoinLogs(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, release := l.Acquire()
	defer release()
	if after == before || after.Set() != before.Set() || before.Place() != 0 || after.Place() != 1 {
		t.Fatalf("views %d and %d", before.Place(), after.Place())
	}
	if got := spansOf(t, before); strings.Contains(got, "TestA") || strings.Contains(got, "it failed") {
		t.Errorf("the view of before has\n%s", got)
	}
	got := spansOf(t, after)
	for _, want := range []string{"example.com/a", "TestA", "E1125 05:55:01.000000 1 a.go:1] it failed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// spansOf lists the spans of the first job, with their events.
func spansOf(t *testing.T, v *trace.View) string {
	t.Helper()
	var b strings.Builder
	tree := v.Tree(v.Jobs()[0])
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(d.Span.Name + "\n")
		for _, e := range d.Span.Events {
			for _, a := range e.Attributes {
				b.WriteString("\t" + a.Key + "=" + a.Value.GetStringValue() + "\n")
			}
		}
	}
	return b.String()
}

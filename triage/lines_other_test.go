package triage

import "testing"

// otherLines are lines as programs print them that are not errors, with the table whose
// words they have: commands, waits, versions, and what machines write at each start.
var otherLines = []struct{ table, line string }{
	{"waiter", `machine "i-0596d5c309b146318" has not yet joined cluster`},
	{"informal", "should support volume SELinux relabeling [Flaky] [LinuxOnly]"},
	{"words of versions", "github.com/docker/buildx v0.10.0 876462897612d36679153c3414f7689626251501"},
	{"words of versions", "runc version 1.1.4"},
	{"words of versions", "crictl version v1.34.0"},
	{"words of versions", "Terraform v0.13.5"},
}

func TestOtherLines(t *testing.T) {
	all, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]*WordTable{}
	for _, w := range WordTables(t, NewMatcher(all)) {
		tables[w.Name] = w
	}
	for _, c := range otherLines {
		w := tables[c.table]
		if w == nil {
			t.Fatalf("there is no table %s", c.table)
		}
		has := func(text string) bool { return w.by("whole", w.Rows...)(text) != w.by("none", none)(text) }
		if !has(c.line) && !has(messageOf(c.line)) {
			t.Errorf("%q has no words of %s", c.line, c.table)
		}
	}
}

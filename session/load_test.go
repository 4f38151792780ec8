package session

import (
	"strings"
	"testing"

	"prowtrace/prow"
)

func TestLabels(t *testing.T) {
	run := func(job, build string) *prow.Run { return &prow.Run{Job: job, Build: build} }
	for _, tt := range []struct {
		name string
		runs []*prow.Run
		want string
	}{
		{"one run", []*prow.Run{run("a", "1")}, ""},
		{"a run and a directory", []*prow.Run{run("a", "1"), nil}, " "},
		{"runs of one job", []*prow.Run{run("a", "1"), run("a", "2"), nil}, "1 2 "},
		{"runs of several jobs", []*prow.Run{run("a", "1"), run("b", "2")}, "a b"},
		{"both", []*prow.Run{run("a", "1"), run("b", "2"), run("a", "3")}, "a/1 b/2 a/3"},
		{"none", nil, ""},
	} {
		if got := strings.Join(labels(tt.runs), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

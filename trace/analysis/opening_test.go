package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A line of these trees is its depth and its kind: p for Prow's files, s for a span of a
// process, f for a fold of such spans. A ! marks a failed one.
func TestClosedAtFirst(t *testing.T) {
	many := func(n int, line string) string { return strings.Repeat(line+" ", n) }
	job := func(cases, spans string) string {
		return "0p " + // the job
			"1p 2p " + // clone, its command
			"1p 2p " + cases + // test, suite
			"2p 3s " + spans + // a process, its command
			"1p 2p" // sidecar, upload
	}
	spans := many(20, "4s")
	for _, test := range []struct {
		name, lines string
		ofJob       bool
		want        string // lines that are closed
	}{
		{"phases and names of processes", job("3p ", spans), true, "[1 4 6 28]"},
		{"one of few cases failed", job("3p 3p! ", spans), true, "[1 7 29]"},
		{"one of many cases failed", job(many(11, "3p!"), spans), true, "[1 4 16 38]"},
		{"what fits a screen is open", job("3p ", many(8, "4s")), true, "[]"},
		{"a trace as it was reported is open", job("3p ", spans), false, "[]"},
		{"folds are closed, and make it fit", "0p 1p 2s 3f " + many(30, "4s"), true, "[3]"},
		{"a process under two phases", "0p 1p 2p 3p 4s " + spans, true, "[3]"},
		{"nothing", "", true, "[]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines, failed := linesOf(t, test.lines)
			closed := closedAtFirst(lines, test.ofJob, func(line int) bool { return failed[line] })
			got := []int{}
			for i := range lines {
				if closed[i] {
					got = append(got, i)
				}
			}
			if fmt.Sprint(got) != test.want {
				t.Errorf("closed are %v, want %s", got, test.want)
			}
		})
	}
}

func linesOf(t *testing.T, tree string) (lines []Line, failed []bool) {
	t.Helper()
	var above []int32 // by depth
	for i, word := range strings.Fields(tree) {
		depth, kind := int32(word[0]-'0'), word[1]
		l := Line{Parent: -1, Depth: depth, Service: uint32(strings.IndexByte("psf", kind)+1) / 2}
		if kind == 'f' {
			l.Group = Fold
		}
		if depth > 0 {
			l.Parent = above[depth-1]
			lines[l.Parent].Members++
		}
		above = append(slices.Clip(above[:depth]), int32(i))
		lines = append(lines, l)
		failed = append(failed, strings.HasSuffix(word, "!"))
	}
	return lines, failed
}

package analysis

import (
	"fmt"
	"strings"
	"testing"
)

// Calls are matched by their path, the roots whatever their names. In seconds:
//
//	1: good   |---------|          2: bad    |------------------|
//	   apply   |----|                 apply   |-------------|
//	   poll     |-|                   poll     |-|
//	   wait           |-|             poll                    |-|
func TestComparePaths(t *testing.T) {
	s := load(t, otel(t, otlp(t, "s",
		span(1, 0, "good", 10, 20), span(2, 1, "apply", 11, 16), span(3, 2, "poll", 12, 14), span(4, 1, "wait", 17, 19),
		inTrace(2, span(1, 0, "bad", 110, 130)), inTrace(2, span(2, 1, "apply", 111, 125)), inTrace(2, span(3, 2, "poll", 112, 114)), inTrace(2, span(4, 1, "poll", 126, 128)))))
	good, bad := Draw(s.Tree(s.Trace(0))), Draw(s.Tree(s.Trace(1)))
	draw := func(here, there *Drawing) string {
		c := Compare(here, there)
		paths, left := c.Paths, c.LeftPaths
		var lines []string
		for _, p := range paths {
			line := fmt.Sprintf("%d %s %d×%s %d×%s", p.Parent, p.Name, p.Here.Count, seconds(p.Here.Total), p.There.Count, seconds(p.There.Total))
			if p.Leads {
				line += " leads"
			}
			lines = append(lines, line)
		}
		return strings.Join(append(lines, fmt.Sprint(left)), "\n")
	}
	want := `-1 bad 1×20 1×10 leads
0 apply 1×14 1×5 leads
1 poll 1×2 1×2
0 poll 1×2 0×0
0 wait 0×0 1×2
0`
	if got := draw(bad, good); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	want = `-1 good 1×10 1×20 leads
0 apply 1×5 1×14 leads
1 poll 1×2 1×2
0 wait 1×2 0×0
0 poll 0×0 1×2
0`
	if got := draw(good, bad); got != want {
		t.Errorf("the other way round\n%s\nwant\n%s", got, want)
	}
	var operations []string
	for _, o := range Compare(bad, good).Operations {
		operations = append(operations, fmt.Sprintf("%s %d×%s %d×%s", o.Name, o.Here.Count, seconds(o.Here.Self), o.There.Count, seconds(o.There.Self)))
	}
	// Ordered by the difference of the self times.
	if got, want := strings.Join(operations, ", "), "apply 1×12 1×3, bad 1×4 0×0, good 0×0 1×3, poll 2×4 1×2, wait 0×0 1×2"; got != want {
		t.Errorf("operations\n got %s\nwant %s", got, want)
	}
}

// Neither depth nor width causes recursion or a quadratic step.
func TestCompareLargeTraces(t *testing.T) {
	for name, parent := range map[string]func(i int) uint64{"chain": func(i int) uint64 { return uint64(i) }, "fan": func(i int) uint64 { return uint64(min(i, 1)) }} {
		d := Draw(largeTree(t, 20_000, parent))
		c := Compare(d, d)
		paths, left := c.Paths, c.LeftPaths
		if len(paths) != MaxCompared || left != 20_000-MaxCompared {
			t.Errorf("%s: %d paths, %d left out", name, len(paths), left)
		}
		for i, p := range paths {
			if p.Parent >= i || p.Here != p.There {
				t.Fatalf("%s: path %d is %+v", name, i, p)
			}
		}
	}
}

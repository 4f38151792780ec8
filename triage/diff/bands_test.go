package diff

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"prowtrace/triage"
)

// phased makes a run from text: "queue 0-4, Up 4-10" in ns, from the first number to the
// last.
func phased(t *testing.T, drawn string) (p phasedRun) {
	t.Helper()
	p.From = math.MaxInt64
	for part := range strings.SplitSeq(drawn, ", ") {
		var one triage.Part
		if _, err := fmt.Sscanf(part, "%s %d-%d", &one.Name, &one.Start, &one.End); err != nil {
			t.Fatal(part, err)
		}
		p.From, p.To = min(p.From, one.Start), max(p.To, one.End)
		p.Parts = append(p.Parts, one)
	}
	return p
}

func TestAlignPhases(t *testing.T) {
	for _, c := range []struct{ name, good, bad, want string }{
		// good  │queue│Up        │Test  │Down
		// bad   │queue│Up····    │······│Down──
		{"one is missing", "queue 0-4, Up 4-20, Test 20-30, Down 30-35", "queue 0-4, Up 4-10, Down 10-18", "queue 0+4 4 4, Up 4+16 16 6, Test 20+10 10 -, Down 30+8 5 8"},
		// good  │·····│Up
		// bad   │Build│Up
		{"one is new", "Up 0-5", "Build 0-7, Up 7-9", "Build 0+7 - 7, Up 7+5 5 2"},
		// Time between phases belongs to the phase before it.
		{"a pause", "a 0-2, b 6-8", "a 0-4, b 4-8", "a 0+6 2 4, b 6+4 2 4"},
		{"overlapping", "a 0-6, b 3-9", "a 0-3, b 3-9", "a 0+3 6 3, b 3+6 6 6"},
		// c and b changed places: one of them stands alone, with its duration in the other
		// run.
		{"moved", "a 0-1, b 1-2, c 2-5", "a 0-1, c 1-4, b 4-6", "a 0+1 1 1, c 1+3 - 3 (3), b 4+2 1 2, c 6+3 3 - (3)"},
		{"nothing in common", "a 0-1", "b 0-2", "a 0+1 1 -, b 1+2 - 2"},
		{"the same twice", "s 0-1, s 1-2", "s 0-1, s 1-5", "s 0+1 1 1, s 1+4 1 4"},
		{"ids in names", "e2e-1a2b3c4d 0-1", "e2e-9f8e7d6c 0-1", "e2e-# 0+1 1 1"},
	} {
		bands, err := alignPhases(t.Context(), phased(t, c.good), phased(t, c.bad))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range bands {
			took := func(s *Slot) string {
				if s == nil {
					return "-"
				}
				return fmt.Sprint(s.Took())
			}
			said := fmt.Sprintf("%s %d+%d %s %s", b.Name, b.At, b.Width, took(b.Good), took(b.Bad))
			for _, s := range []*Slot{b.Good, b.Bad} {
				if s != nil && s.Moved != nil {
					said += fmt.Sprintf(" (%d)", *s.Moved)
				}
			}
			got = append(got, said)
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A run has a band without a name before the first phase, and if there are no phases.
func TestAlignPhasesOutside(t *testing.T) {
	good, bad := phased(t, "a 5-9"), phasedRun{From: 100, To: 107}
	good.From = 2
	bands, err := alignPhases(t.Context(), good, bad)
	if err != nil || len(bands) != 2 || bands[0].Name != "" || bands[0].Width != 7 || bands[1].Name != "a" || bands[1].At != 7 {
		t.Errorf("%+v, %v", bands, err)
	}
}

func TestAxis(t *testing.T) {
	// good  │a··│b    │      bad  │a  │b  ··│c│
	bands, err := alignPhases(t.Context(), phased(t, "a 10-12, b 12-17"), phased(t, "a 20-23, b 23-26, c 26-27"))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := Axes(bands)
	for _, c := range []struct {
		axis    Axis
		t, want int64
	}{{good, 10, 0}, {good, 11, 1}, {good, 12, 3}, {good, 17, 8}, {good, 99, 8}, {good, 1, 0}, {bad, 20, 0}, {bad, 23, 3}, {bad, 25, 5}, {bad, 26, 8}, {bad, 27, 9}, {Axis{}, 5, 0}} {
		if got := c.axis.Place(c.t); got != c.want {
			t.Errorf("%d lies at %d, want %d", c.t, got, c.want)
		}
	}
	for at, want := range map[int64]int{19: -1, 20: 0, 25: 1, 26: 2, 27: 2, 28: -1} {
		if got := bad.Band(at); got != want {
			t.Errorf("%d is in band %d, want %d", at, got, want)
		}
	}
	if got := good.End(10, 12); got != 2 {
		t.Errorf("what ends with its phase ends at %d, want 2", got)
	}
	if got := good.End(12, 12); got != 3 {
		t.Errorf("what takes no time ends at %d, want 3", got)
	}
}

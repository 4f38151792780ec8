package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prowtrace/trace/analysis"
	"prowtrace/triage/diff"
)

func waterfall(t testing.TB, dir string) diff.Waterfall {
	t.Helper()
	s := loaded(t, dir)
	return diff.NewWaterfall(analysis.Draw(*s.Tree))
}

// The runs of the sample are aligned by their phases: one has no Build, the other no Test.
// What ran in a phase is below it, and each command is next to the same one of the other
// run.
func TestPairUp(t *testing.T) {
	good := waterfall(t, samples+"logs/e2e-kops-aws-distro-deb13/1900000000000000002")
	bad := waterfall(t, samples+"pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001")
	p, err := diff.PairUp(t.Context(), good, bad)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range p.Bands {
		name := b.Name
		if b.Good == nil {
			name += " (bad)"
		} else if b.Bad == nil {
			name += " (good)"
		}
		names = append(names, name)
	}
	if want := "queue, scheduling, clonerefs, initupload, place-entrypoint, Build (bad), Up, Test (good), Down, sidecar"; strings.Join(names, ", ") != want {
		t.Errorf("bands %s, want %s", strings.Join(names, ", "), want)
	}
	up := slices.IndexFunc(p.Bands, func(b diff.Band) bool { return b.Name == "Up" })
	if b := p.Bands[up]; b.Width != 1276437863000 || b.Good.Took() != 382806446000 || p.Rows[up].Good < 0 || p.Rows[up].Bad < 0 {
		t.Errorf("Up: %+v, %+v", b, p.Rows[up])
	}
	name := func(w diff.Waterfall, line int) string {
		if line < 0 {
			return "-"
		}
		return w.Layout.Names[w.Layout.Lines[line].Name]
	}
	var below []string
	for _, r := range p.Rows {
		if r.Parent == up {
			below = append(below, name(good, r.Good)+" | "+name(bad, r.Bad))
		}
	}
	if want := []string{"kops create cluster | kops create cluster", "kops update cluster | kops update cluster", "kops validate cluster | kops validate cluster"}; len(below) < 3 || !slices.Equal(below[:3], want) {
		t.Errorf("below Up: %v", below)
	}
	checkPairs(t, p, good, bad)
}

// checkPairs checks that each row is below an earlier one, and that each line is in at most
// one row. That row must be below the row of the line's parent.
func checkPairs(t *testing.T, p *diff.Pairs, good, bad diff.Waterfall) {
	t.Helper()
	seen := map[string]bool{}
	for i, r := range p.Rows {
		if r.Parent >= i || (r.Parent < 0) != (i < len(p.Bands)) {
			t.Fatalf("row %d is below %d", i, r.Parent)
		}
		for side, w := range map[string]diff.Waterfall{"good": good, "bad": bad} {
			line := map[string]int{"good": r.Good, "bad": r.Bad}[side]
			key := fmt.Sprint(side, line)
			if line >= 0 && seen[key] {
				t.Fatalf("line %d of the %s run is in two rows", line, side)
			}
			seen[key] = true
			if r.Parent < len(p.Bands) || line < 0 {
				continue
			}
			if above := map[string]int{"good": p.Rows[r.Parent].Good, "bad": p.Rows[r.Parent].Bad}[side]; int(w.Layout.Lines[line].Parent) != above {
				t.Fatalf("line %d of the %s run is not below %d", line, side, above)
			}
		}
	}
	if len(p.Rows) > 4000 {
		t.Errorf("%d rows", len(p.Rows))
	}
}

// Runs of all kinds can be paired, and a run paired with itself has no difference.
func TestPairUpAll(t *testing.T) {
	var before diff.Waterfall
	for i, dir := range runs(t) {
		s := loaded(t, dir)
		if s.Tree == nil {
			continue
		}
		w := diff.NewWaterfall(analysis.Draw(*s.Tree))
		p, err := diff.PairUp(t.Context(), w, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Rows {
			if r.Good != r.Bad {
				t.Fatalf("%s differs from itself: %+v", dir, r)
			}
		}
		if i%8 == 0 && before.Drawing != nil {
			if p, err = diff.PairUp(t.Context(), before, w); err != nil {
				t.Fatal(err)
			}
			checkPairs(t, p, before, w)
		}
		before = w
	}
}

package diff

import (
	"slices"
	"testing"
	"time"
)

// Something took longer or shorter than usual, and by how much.
func TestTimed(t *testing.T) {
	const s, m = time.Second, time.Minute
	tests := []struct {
		name string
		good []time.Duration
		bad  time.Duration
		kind Kind // "" means that it does not differ
		z    bool
	}{
		{"nobody to compare with", nil, m, "", false},
		{"the same", []time.Duration{m}, m, "", false},
		{"a fifth longer than the one", []time.Duration{m}, m + 12*s, "", false},
		{"much longer than the one", []time.Duration{m}, 2 * m, Slower, false},
		{"much shorter than the one", []time.Duration{2 * m}, m, Faster, false},
		{"many times as long, but short", []time.Duration{s / 10}, s, "", false},
		{"within a wide spread", []time.Duration{m, 2 * m, 3 * m, 4 * m, 5 * m}, 6 * m, "", false},
		{"beyond a narrow spread", []time.Duration{m, m + s, m + 2*s, m + 3*s, m + 4*s}, 2 * m, Slower, true},
		{"below a narrow spread", []time.Duration{5 * m, 5*m + s, 5*m + 2*s}, m, Faster, true},
		{"no spread, within its floor", []time.Duration{m, m, m}, m + 8*s, "", false},
		{"no spread, beyond its floor", []time.Duration{m, m, m}, m + 12*s, Slower, true},
	}
	for _, test := range tests {
		var c Change
		if differs := c.timed(test.good, test.bad); differs != (test.kind != "") || c.Kind != test.kind || (c.Z != 0) != test.z {
			t.Errorf("%s: %v, %+v", test.name, differs, c)
		}
	}
}

// Something was seen more or less often.
func TestCounted(t *testing.T) {
	tests := []struct {
		good []int
		bad  int
		kind Kind
	}{
		{nil, 9, ""}, {[]int{3}, 3, ""}, {[]int{3}, 8, ""}, {[]int{3}, 9, More}, {[]int{9}, 3, Fewer}, {[]int{3, 9}, 12, ""}, {[]int{3, 9}, 21, More}, {[]int{20, 9}, 4, ""}, {[]int{20, 11}, 4, Fewer},
	}
	for _, test := range tests {
		var c Change
		if differs := c.counted(test.good, test.bad); differs != (test.kind != "") || c.Kind != test.kind {
			t.Errorf("%v and %d: %q", test.good, test.bad, c.Kind)
		}
	}
}

// Something that stopped early went on until the end in all other runs.
func TestEnded(t *testing.T) {
	const m = time.Minute
	lasts, stops, between := tail{9, m, 60 * m}, tail{9, 20 * m, 60 * m}, tail{9, 8 * m, 60 * m}
	tests := []struct {
		name string
		good []tail
		bad  tail
		kind Kind
	}{
		{"it stopped", []tail{lasts, lasts}, stops, Stopped},
		{"it went on", []tail{stops}, lasts, Lasted},
		{"it stops in one of the others", []tail{lasts, stops}, stops, ""},
		{"it may have been over", []tail{lasts}, between, ""},
		{"it was seen once", []tail{lasts}, tail{1, 20 * m, 60 * m}, ""},
		{"a short run", []tail{{9, 0, m}}, tail{9, m / 2, m}, ""},
		{"no time is known", []tail{{}}, stops, ""},
	}
	for _, test := range tests {
		var c Change
		if differs := c.ended(test.good, test.bad); differs != (test.kind != "") || c.Kind != test.kind {
			t.Errorf("%s: %q", test.name, c.Kind)
		}
	}
}

// If only one of two runs has something, it is new or gone. If runs lack the source, nothing
// is known.
func TestJudge(t *testing.T) {
	at := func(run, count, errors int) sight { return sight{run: run, count: count, errors: errors} }
	tests := []struct {
		name   string
		sights []sight
		tells  []bool // two good runs and the bad one
		kind   Kind
	}{
		{"in all", []sight{at(0, 1, 0), at(1, 1, 0), at(2, 1, 0)}, []bool{true, true, true}, ""},
		{"only here", []sight{at(2, 1, 0)}, []bool{true, true, true}, New},
		{"only there", []sight{at(0, 1, 0), at(1, 1, 0)}, []bool{true, true, true}, Gone},
		{"in one of the others", []sight{at(0, 1, 0)}, []bool{true, true, true}, ""},
		{"in the only other that tells", []sight{at(0, 1, 0)}, []bool{true, false, true}, Gone},
		{"no other tells", []sight{at(2, 1, 0)}, []bool{false, false, true}, ""},
		{"this one does not tell", []sight{at(0, 1, 0), at(1, 1, 0)}, []bool{true, true, false}, ""},
		{"it fails here", []sight{at(0, 1, 0), at(1, 1, 0), at(2, 1, 1)}, []bool{true, true, true}, Fails},
		{"it fails in one of the others, too", []sight{at(0, 1, 0), at(1, 1, 1), at(2, 1, 1)}, []bool{true, true, true}, ""},
		{"it fails in the others", []sight{at(0, 1, 1), at(1, 1, 1), at(2, 1, 0)}, []bool{true, true, true}, Passes},
		{"more of it", []sight{at(0, 1, 0), at(1, 2, 0), at(2, 20, 0)}, []bool{true, true, true}, More},
	}
	for _, test := range tests {
		c := &comparison{good: make([]Subject, 2)}
		change, differs := c.judge(test.sights, test.tells, byOutcome|byTime|byCount)
		if differs != (test.kind != "") || change.Kind != test.kind {
			t.Errorf("%s: %q", test.name, change.Kind)
		}
	}
}

// The most important rows of each kind are kept, and the others are counted.
func TestSorted(t *testing.T) {
	var all []Change
	for i := range mostOfKind + 7 {
		all = append(all, Change{Kind: Gone, weight: int64(i), key: "g"}, Change{Kind: New, weight: int64(i), key: "n"})
	}
	kept, left := sorted(slices.Clone(all))
	if len(kept) != 2*mostOfKind || left != 14 || kept[0].Kind != New || kept[0].weight != mostOfKind+6 || kept[mostOfKind].Kind != Gone {
		t.Errorf("%d kept, %d left, first %+v", len(kept), left, kept[0])
	}
}

// The words that changed in a command line, however often they occur in it.
func TestChangedWords(t *testing.T) {
	removed, added := changedWords([]string{"run", "-v", "--old=1", "-v", "--token=ghp_0123456789abcdef0123456789abcdef0123"}, []string{"run", "-v", "--new=1"})
	if !slices.Equal(removed, []string{"--old=1", "-v", "--token=[masked]"}) || !slices.Equal(added, []string{"--new=1"}) {
		t.Errorf("%q, %q", removed, added)
	}
}

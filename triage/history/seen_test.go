package history

import (
	"testing"
	"time"
)

func TestSeen(t *testing.T) {
	known := strip("job", "··A·B·A··")
	elsewhere := strip("other", "A")
	elsewhere[0].Started = known[8].Started.Add(20 * time.Minute)
	before := strip("before", "A")
	late := strip("late", "A")
	late[0].Started = known[8].Started.Add(48 * time.Hour)
	all := append(append(append(known, elsewhere...), before...), late...)
	failed := func(id string) Run {
		return Run{Job: "job", Build: known[8].Build, Started: known[8].Started, State: "failed", Finding: &Finding{ID: id}}
	}
	for _, c := range []struct {
		name  string
		known []Run
		run   Run
		want  string
	}{
		{"again, and elsewhere", all, failed("A"), "seen 3 times in 9 runs known here, since 1900000000000000002 (2026-10-29 06:12); also in 1 other job since the same hour: other"},
		{"new", all, failed("C"), "new: not seen in the 8 other runs known here"},
		{"only elsewhere", elsewhere, failed("A"), "also in 1 other job since the same hour: other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SeenIn(c.known, c.run).Said(); got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
	flake := strip("pull", "A·")
	for i := range flake {
		flake[i].Change, flake[i].Commits = "kubernetes/kops#1", []Commit{{"kubernetes/kops", "c0ffee", "1"}}
	}
	if got := SeenIn(flake, flake[0]).Said(); got != "flaky: the same commit passed in 1900000000000000001; new: not seen in the 1 other run known here" {
		t.Errorf("of a flake: %q", got)
	}
	other := strip("pull", "AA")
	other[0].Change, other[1].Change = "kubernetes/kops#1", "kubernetes/kops#2"
	if !SeenIn(other, other[1]).OtherChange || SeenIn(other[1:], other[1]) != nil {
		t.Error("that a run of another change had it is not told")
	}
	if SeenIn(nil, failed("A")) != nil || SeenIn(all, Run{Job: "job"}) != nil {
		t.Error("something is said of nothing")
	}
}

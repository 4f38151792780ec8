package session_test

import (
	"errors"
	"strings"
	"testing"

	"prowtrace/session"
	"prowtrace/triage"
)

// A run is compared with passing runs from before it; where none passed before, with others.
func TestDiffWithPassing(t *testing.T) {
	o, _, server := sample(t)
	putJob(server, unitBuilds)
	o.Untraced = true
	for build, want := range map[string]string{"15": "14 13 11", "12": "11"} {
		l, err := load(t, o, "gs://kubernetes-ci-logs/logs/ci-unit/19000000000000000"+build)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		d, err := l.Diff(t.Context(), l.Inputs[0], session.Differing{Known: triage.NewMatcher(nil), Number: 3, Tell: func(int, int) { told++ }})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range d.Good {
			got = append(got, g.Build[len(g.Build)-2:])
		}
		if strings.Join(got, " ") != want || told != len(got)+1 {
			t.Errorf("%s was compared with %v, told %d times", build, got, told)
		}
		if few := len(d.Gaps) == 1 && d.Gaps[0].What == "passing runs"; few != (len(got) < 3) {
			t.Errorf("gaps: %+v", d.Gaps)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Without a passing run nothing can be said, unless another one is named.
func TestDiffWithoutPassing(t *testing.T) {
	o, _, _ := sample(t)
	o.Untraced = true
	l, err := load(t, o, failing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o2 := session.Differing{Known: triage.NewMatcher(nil), Number: 1}
	var none *session.NoPassingError
	if _, err := l.Diff(t.Context(), l.Inputs[0], o2); !errors.As(err, &none) || none.Run != l.Inputs[0].Ref.Run {
		t.Errorf("%v", err)
	}
	o2.Good = l.Inputs[0]
	if d, err := l.Diff(t.Context(), l.Inputs[0], o2); err != nil || !d.Same() || len(d.Good) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

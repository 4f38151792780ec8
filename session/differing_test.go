package session_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/session"
	"prowtrace/triage"
	"prowtrace/triage/diff"
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

// Against ten passing runs it is told what broke the job, and which commits lie between.
func TestDiffOfPastRuns(t *testing.T) {
	o, _, server := sample(t)
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	o.Untraced = true
	l, err := load(t, o, pastruns.Broken+"@"+pastruns.Build(pastruns.Broken, pastruns.Runs-1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	known, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	d, err := l.Diff(t.Context(), l.Inputs[0], session.Differing{Known: triage.NewMatcher(known), Number: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Good) != 10 || len(d.Inputs) == 0 || d.Inputs[0].Kind != "commit" || !strings.Contains(d.Inputs[0].URL, "/compare/"+d.Inputs[0].Good[0]+"...") {
		t.Errorf("%d runs, %+v", len(d.Good), d.Inputs)
	}
	if len(d.Errors) == 0 || d.Errors[0].Kind != diff.New || !strings.Contains(d.Errors[0].Bad.Text, "Quota 'CPUS' exceeded") {
		t.Errorf("%+v", d.Errors)
	}
	up := slices.IndexFunc(d.Phases, func(c diff.Change) bool { return c.Name == "Up" })
	if up < 0 || d.Phases[up].Kind != diff.Fails || d.Phases[up].Z < 3.5 || d.Phases[up].Good.Runs != 10 {
		t.Errorf("%+v", d.Phases)
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

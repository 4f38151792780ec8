package diff_test

import (
	"cmp"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/internal/text"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

// loaded reads a run from a directory.
func loaded(t testing.TB, dir string) diff.Subject {
	t.Helper()
	in, e := runtest.Load(t, dir)
	return diff.Subject{Evidence: e, About: diff.About{Job: in.Ref.Job, Build: in.Ref.Build}}
}

func compare(t testing.TB, bad diff.Subject, good ...diff.Subject) *diff.Diff {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	d, err := diff.Compare(t.Context(), good, bad, triage.NewMatcher(all))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const samples = "../../testdata/bucket/kubernetes-ci-logs/"

// runs are directories of runs of all kinds.
func runs(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob("../../testdata/failures/*/run")
	if err != nil || len(found) < 30 {
		t.Fatal("there are no recorded failures", err)
	}
	return append(found, samples+"pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001", samples+"logs/e2e-kops-aws-distro-deb13/1900000000000000002")
}

// A run does not differ from itself, also if it is given several times.
func TestSame(t *testing.T) {
	for _, dir := range runs(t) {
		run := loaded(t, dir)
		for _, d := range []*diff.Diff{compare(t, run, run), compare(t, run, run, run, run)} {
			if !d.Same() || len(d.LeftOut) > 0 {
				said := &strings.Builder{}
				_ = d.Text(said, text.Look{})
				t.Errorf("%s differs from itself:\n%s", dir, said)
			}
		}
	}
}

// eachPair gives pairs of runs, each run in two of them.
func eachPair(t *testing.T, do func(t *testing.T, good, bad diff.Subject)) {
	all := runs(t)
	good := loaded(t, all[len(all)-1])
	for _, dir := range all {
		bad := loaded(t, dir)
		t.Run(filepath.Base(filepath.Dir(dir)), func(t *testing.T) { do(t, good, bad) })
		good = bad
	}
}

// What is new on one side is gone on the other, for pairs of runs in both directions.
func TestMirrored(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b diff.Subject) {
		there, back := compare(t, b, a), compare(t, a, b)
		got, want := asJSON(t, mirrored(there)), asJSON(t, inOrder(back))
		if got != want {
			t.Error(firstDifference(got, want))
		}
	})
}

var opposite = map[diff.Kind]diff.Kind{
	diff.New: diff.Gone, diff.Fails: diff.Passes, diff.Stopped: diff.Lasted, diff.Slower: diff.Faster, diff.More: diff.Fewer,
	diff.Gone: diff.New, diff.Passes: diff.Fails, diff.Lasted: diff.Stopped, diff.Faster: diff.Slower, diff.Fewer: diff.More,
}

// mirrored is a Diff of two runs with its sides exchanged.
func mirrored(d *diff.Diff) *diff.Diff {
	d.Bad, d.Good[0] = d.Good[0], d.Bad
	for i := range d.Inputs {
		in := &d.Inputs[i]
		in.Bad, in.Good[0] = in.Good[0], in.Bad
		in.Removed, in.Added = in.Added, in.Removed
	}
	for _, list := range [][]diff.Change{d.Errors, d.Phases, d.Cases, d.Calls, d.Lines} {
		for i := range list {
			c := &list[i]
			c.Kind, c.Delta, c.Good, c.Bad = opposite[c.Kind], -c.Delta, c.Bad, c.Good
		}
	}
	for i := range d.Attributes {
		a := &d.Attributes[i]
		a.Good, a.Bad, a.Z = a.Bad, a.Good, -a.Z
	}
	return inOrder(d)
}

// inOrder sorts rows whatever side they are from. It removes what belongs to one side: the
// links of commits, and the file of an input.
func inOrder(d *diff.Diff) *diff.Diff {
	for i := range d.Inputs {
		d.Inputs[i].URL, d.Inputs[i].Place = "", nil
		slices.Sort(d.Inputs[i].Removed)
		slices.Sort(d.Inputs[i].Added)
	}
	for _, list := range [][]diff.Change{d.Errors, d.Phases, d.Cases, d.Calls, d.Lines} {
		slices.SortFunc(list, func(a, b diff.Change) int { return cmp.Compare(rowJSON(a), rowJSON(b)) })
	}
	for i := range d.Attributes {
		d.Attributes[i].Z = math.Round(d.Attributes[i].Z*1e6) / 1e6
	}
	slices.SortFunc(d.Gaps, func(a, b diff.Gap) int { return cmp.Compare(a.What+a.Why, b.What+b.Why) })
	return d
}

func rowJSON(c diff.Change) string {
	data, _ := json.Marshal(c)
	return string(data)
}

func asJSON(t testing.TB, d *diff.Diff) string {
	t.Helper()
	data, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-12)
			return "got\n" + strings.Join(a[from:min(len(a), i+6)], "\n") + "\nwant\n" + strings.Join(b[from:min(len(b), i+6)], "\n")
		}
	}
	return "one is longer"
}

// Every row has a place, and the place can be opened.
func TestPlacesCanBeOpened(t *testing.T) {
	eachPair(t, func(t *testing.T, good, bad diff.Subject) {
		d := compare(t, bad, good)
		check := func(s diff.Subject, side diff.Side, name string) {
			p := side.Place
			switch {
			case side.Runs == 0 && p != nil, side.Runs > 0 && p == nil:
				t.Errorf("%q is in %d runs and has the place %+v", name, side.Runs, p)
			case p == nil:
			case p.File == "" && p.SpanID == "":
				t.Errorf("%q has no place", name)
			case p.Line > 0:
				at := slices.IndexFunc(s.Logs, func(l triage.Log) bool { return l.Name == p.File })
				if at < 0 || p.Line > s.Logs[at].Len() {
					t.Errorf("%q: there is no line %d of %s", name, p.Line, p.File)
				}
			}
		}
		for _, list := range [][]diff.Change{d.Errors, d.Phases, d.Cases, d.Calls, d.Lines} {
			for _, c := range list {
				check(good, c.Good, c.Name)
				check(bad, c.Bad, c.Name)
			}
		}
	})
}

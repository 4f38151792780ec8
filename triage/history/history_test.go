package history

import (
	"bytes"
	"crypto/sha1"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

var update = flag.Bool("update", false, "write the golden files")

// begin is when the first run of a strip started. The others follow hourly.
var begin = time.Date(2026, 10, 29, 4, 12, 0, 0, time.UTC)

// strip makes runs of one job. · is passed, - aborted, … running, a letter failed with the
// finding of that name, and ? failed without a known cause.
func strip(job, of string) (runs []Run) {
	for i, c := range []rune(of) {
		r := Run{Job: job, Build: fmt.Sprint(1900000000000000000 + i), Started: begin.Add(time.Duration(i) * time.Hour), Took: 30*time.Minute + time.Duration(i%3)*time.Second}
		switch c {
		case '·':
			r.State = runfile.Passed
		case '-':
			r.State = runfile.Aborted
		case '…':
			r.State = runfile.Running
		case '?':
			r.State = runfile.Failed
		default:
			r.State = runfile.Failed
			r.Finding = &Finding{ID: string(c), Title: "finding " + string(c), Category: "quota", Phase: "Up"}
		}
		runs = append(runs, r)
	}
	return runs
}

func only(t *testing.T, runs []Run) *Job {
	t.Helper()
	h := Make(runs)
	if len(h.Jobs) != 1 {
		t.Fatalf("%d jobs, not 1", len(h.Jobs))
	}
	return h.Jobs[0]
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, strip string
		rule        Rule
		since, good int // numbers of runs, or -1
	}{
		{"all since a run", "··········AAAA", Broken, 10, 9},
		{"one of them passed", "·········AA·AAA", Broken, 9, 8},
		{"twice is enough where it never was before", "··········AA", Broken, 10, 9},
		{"other failures between count as neither", "·······ABAA", Broken, 7, 6},
		{"an aborted run counts as neither", "·······A-AA-", Broken, 7, 6},
		{"never good", "AAAA", Broken, 0, -1},
		{"the last one", "···········A", New, 11, 10},
		{"the last one, and one that runs", "···········A…", New, 11, 10},
		{"the only run", "A", New, 0, -1},
		{"once", "····A······", Once, -1, -1},
		{"once, and the last failed of something else", "····A······B", Once, -1, -1},
		{"now and then", "··A···A····A···", Flaky, -1, -1},
		{"every second run, the last two by chance", "·A·A·A·A·AA", Flaky, -1, -1},
		{"rare before, and then always", "···A···········AAAA", Broken, 15, 14},
		{"a broken time that is over", "·····AAAA·····", Fixed, 5, 4},
		{"two failed and two passed may be chance", "·····AA··", Flaky, -1, -1},
		{"two failed and three passed", "·····AA···", Fixed, 5, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := only(t, strip("job", c.strip))
			i := slices.IndexFunc(j.Groups, func(g Group) bool { return g.ID == "A" })
			o := j.Groups[i].Outlook
			if o.Rule != c.rule {
				t.Fatalf("%s: %s, not %s", c.strip, o.Rule, c.rule)
			}
			build := func(i int) string {
				if i < 0 {
					return ""
				}
				return j.Runs[i].Build
			}
			if o.Since != build(c.since) || o.Good != build(c.good) {
				t.Errorf("%s: since %q and good %q, not runs %d and %d", c.strip, o.Since, o.Good, c.since, c.good)
			}
			if c.since >= 0 && !o.Began.Equal(j.Runs[c.since].Started) {
				t.Errorf("%s: began %v, not with run %d", c.strip, o.Began, c.since)
			}
		})
	}
}

func TestTitles(t *testing.T) {
	for _, c := range []struct{ strip, title string }{
		{"····", "All of the last 4 runs passed"},
		{"…", "No run has ended"},
		{"·", "The only run that has ended passed"},
		{"…A", "The only run that has ended failed: finding A"},
		{"·········AA·AAA", "Broken since 1900000000000000009: 5 of the last 6 runs failed with the same finding"},
		{"·······A", "The last run failed with something new: finding A"},
		{"··A···B····A···", "Flaky: 3 of the last 15 runs failed, of 2 different findings"},
		{"·····AAAA···", "Fixed in 1900000000000000009: 3 runs passed since"},
		{"······ABCD", "Broken since 1900000000000000006: 4 of the last 4 runs failed in phase Up, of 4 different findings"},
		{"······????", "Broken since 1900000000000000006: 4 of the last 4 runs failed with the same finding"},
	} {
		if j := only(t, strip("job", c.strip)); j.Title != c.title {
			t.Errorf("%s: %q, not %q", c.strip, j.Title, c.title)
		}
	}
}

// Runs in any order give the same result.
func TestOrder(t *testing.T) {
	runs := append(sample(), strip("other", "··AB··A…-")...)
	want := new(bytes.Buffer)
	if err := Make(runs).JSON(want); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(runs), func(a, b int) { runs[a], runs[b] = runs[b], runs[a] })
		got := new(bytes.Buffer)
		if err := Make(runs).JSON(got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatalf("in another order the same runs give\n%s\nnot\n%s", got, want)
		}
	}
}

func TestOneChange(t *testing.T) {
	runs := strip("pull-job", "·A·A·A·")
	for i := range runs {
		runs[i].Change = "kubernetes/kops#1"
		if runs[i].State == runfile.Failed {
			runs[i].Change = "kubernetes/kops#2"
		}
	}
	j := only(t, runs)
	if j.Verdict != OneChange || j.Title != "Only runs of kubernetes/kops#2 failed: finding A" {
		t.Errorf("%s: %s", j.Verdict, j.Title)
	}
	for i := range runs {
		runs[i].Change = "kubernetes/kops#2"
	}
	if j := only(t, runs); j.Verdict != Flaky {
		t.Errorf("runs of one change that fail and pass: %s", j.Verdict)
	}
}

func TestChangedCommits(t *testing.T) {
	runs := strip("job", "··AA")
	for i := range runs {
		runs[i].Commits = []Commit{{Repo: "kubernetes/kops", SHA: fmt.Sprintf("%040d", i)}, {Repo: "kubernetes/test-infra", SHA: "aaaaaaaaaa"}, {Repo: "odd/repo?x", SHA: fmt.Sprint("v", i)}}
	}
	got := only(t, runs).Groups[0].Changed
	if len(got) != 2 || got[0].URL != fmt.Sprintf("https://github.com/kubernetes/kops/compare/%040d...%040d", 1, 2) || got[1].URL != "" {
		t.Errorf("changed: %+v", got)
	}
}

func TestPrevalent(t *testing.T) {
	runs := strip("job", "·····A·····A··················")
	for i := range runs {
		zone := "us-central1-" + string(rune('a'+i%3))
		if i%6 == 5 {
			zone = "us-central1-f"
		}
		runs[i].Attributes = map[string]string{"zone": zone, "build": runs[i].Build, "cluster": "default"}
	}
	got := only(t, runs).Groups[0].Over
	if len(got) != 1 || got[0].Said() != "over-represented: zone us-central1-f (2 of 2; 5 of 30 runs)" {
		t.Errorf("over-represented: %+v", got)
	}
}

// I3: tests are slow on a node where containers of ended runs are still running.
func TestSlowNode(t *testing.T) {
	runs := strip("job", "··············")
	for i := range runs {
		runs[i].Attributes = map[string]string{"node": fmt.Sprintf("node-%d", i%5)}
		if i%5 == 3 {
			runs[i].Took += 20 * time.Minute
		}
	}
	j := only(t, runs)
	if len(j.Slow) != 1 || j.Slow[0].Value != "node-3" || j.Slow[0].Have != 3 {
		t.Errorf("slow runs have %+v", j.Slow)
	}
}

func TestBudgets(t *testing.T) {
	runs := strip("job", strings.Repeat("·", 20)+"A")
	for i := range runs {
		runs[i].Budgets = []Budget{
			{"suite", 34*time.Minute + time.Duration(i)*27*time.Second + time.Duration(i%2)*time.Second, time.Hour},
			{"job", 40*time.Minute + time.Duration(i*7%5)*time.Second, 4 * time.Hour},
			{"odd", time.Minute, 0},
		}
	}
	got := only(t, runs).Limits
	if len(got) != 2 || got[0].Name != "suite" || got[1].Meets != 0 {
		t.Fatalf("budgets: %+v", got)
	}
	// 20 runs passed: the last took 42m33s, and there are 17m27s left
	if s := got[0].Said(); got[0].Meets < 38 || got[0].Meets > 40 || !strings.Contains(s, "27s more per run: reached in about") {
		t.Errorf("%s", s)
	}
}

func TestFlakyCases(t *testing.T) {
	runs := strip("pull-job", "·A··")
	for i := range runs {
		runs[i].Change = "kubernetes/kops#7"
		runs[i].Commits = []Commit{{Repo: "kubernetes/kops", SHA: "b0", Pull: ""}, {Repo: "kubernetes/kops", SHA: "c1", Pull: "7"}}
	}
	runs[0].Commits[1].SHA = "c0" // another commit
	runs[1].Cases = []Case{{Name: "should serve"}, {Name: "should wait", Flaky: true}}
	runs[2].Cases = []Case{{Name: "should wait", Flaky: true}}
	j := only(t, runs)
	if len(j.Flaky) != 2 || j.Flaky[0].Said() != "should wait: passed when tried again in 2 runs" || j.Flaky[1].Said() != "should serve: failed in 1 run whose commits passed too" {
		t.Errorf("flaky: %+v", j.Flaky)
	}
	if len(j.Again) != 1 || j.PassedAgain(j.Again[0]) != "kubernetes/kops#7 failed in 1900000000000000001 and passed in 1900000000000000002 on the same commit" {
		t.Errorf("passed again: %+v", j.Again)
	}
}

func TestSystemic(t *testing.T) {
	var runs []Run
	for i, of := range []string{"···Q·", "····Q", "··QQQ", "A···A", "·A···", "··A··", "······································A"} {
		some := strip(fmt.Sprint("job-", i), of)
		for k := range some {
			some[k].Started = begin.Add(time.Duration(k) * 24 * time.Hour) // daily
		}
		runs = append(runs, some...)
	}
	h := Make(runs)
	if len(h.Systemic) != 2 || h.Systemic[0].ID != "Q" || !slices.Equal(h.Systemic[0].Jobs, []string{"job-0", "job-1", "job-2"}) || h.Systemic[0].Runs != 5 {
		t.Fatalf("systemic: %+v", h.Systemic)
	}
	if !slices.Equal(h.Systemic[1].Jobs, []string{"job-3", "job-4", "job-5"}) { // without job-6, which had it a month later
		t.Errorf("systemic: %+v", h.Systemic[1])
	}
	if h.Jobs[0].Verdict != Broken || h.Jobs[0].Name != "job-2" {
		t.Errorf("the worst job comes first: %s", h.Jobs[0].Name)
	}
}

// sample is a job whose cluster has no quota left, with a bad zone, a flake and a suite that
// grows.
func sample() []Run {
	runs := strip("pull-kops-e2e-k8s-gce-cilium", "······C········EE·······QQ·QQQ")
	titles := map[string]Finding{
		"Q": {"51c0ffee0001", "Quota 'CPUS' exceeded in us-central1: 3 of 4 instances", "quota", "Up"},
		"E": {"51c0ffee0002", "etcdserver: request timed out while nodes joined", "node", "Up"},
		"C": {"51c0ffee0003", "[sig-network] Services should serve endpoints on same port, token ghp_0123456789abcdefghijklmnopqrstuvwxyz", "test", "Test"},
	}
	for i := range runs {
		r := &runs[i]
		zone := "us-central1-" + string(rune('a'+i%3))
		if i == 15 || i == 16 || i%9 == 8 {
			zone = "us-central1-f"
		}
		r.URL = "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/" + r.Job + "/" + r.Build
		r.Attributes = map[string]string{"zone": zone, "node": fmt.Sprint("gke-prow-", i%7)}
		r.Commits = []Commit{{Repo: "kubernetes/kops", SHA: fmt.Sprintf("%x", sha1.Sum([]byte{byte(i / 2)}))}}
		up, test := 390*time.Second+time.Duration(i%4)*time.Second, 34*time.Minute+time.Duration(i)*27*time.Second
		if r.Finding != nil {
			f := titles[r.Finding.ID]
			if r.Finding = &f; f.Phase == "Up" {
				up, test = 21*time.Minute+16*time.Second, 0
			}
		}
		r.Phases = []Phase{{"Build", 251 * time.Second, false}, {"Up", up, r.Finding != nil && r.Finding.Phase == "Up"}}
		if test > 0 {
			r.Phases = append(r.Phases, Phase{"Test", test, r.Finding != nil})
			r.Budgets = []Budget{{"Test", test, time.Hour}}
		}
		r.Took = 5*time.Minute + up + test
	}
	runs[6].Cases = []Case{{"[sig-network] Services should serve endpoints on same port", true}}
	return runs
}

func TestGolden(t *testing.T) {
	h := Make(sample())
	for name, write := range map[string]func(*bytes.Buffer) error{
		"history.txt":  func(b *bytes.Buffer) error { return h.Text(b, text.Look{}) },
		"history.md":   func(b *bytes.Buffer) error { return h.Markdown(b) },
		"history.json": func(b *bytes.Buffer) error { return h.JSON(b) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + name
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s differs:\n%s", file, got.Bytes())
			}
			if secret := strings.Contains(got.String(), "ghp_"); secret == (name != "history.txt") {
				t.Errorf("a token is in what is handed over, or is missing on the terminal: %v", secret)
			}
		})
	}
}

// Output for others has no secret in any of its texts.
func TestMaskedEverywhere(t *testing.T) {
	const secret = " --password=hunter2"
	runs := strip("ci-a", "···AAA")
	runs = append(runs, append(strip("ci-b", "···AAA"), strip("ci-c"+secret, "···AAA")...)...)
	for i := range runs {
		r := &runs[i]
		if r.Finding != nil {
			r.Finding.Title, r.Finding.Phase = "x"+secret, "Up"+secret
		}
		r.Change, r.Gap = "o/r"+secret+"#1", "gap"+secret
		r.Commits = []Commit{{"o/r" + secret, fmt.Sprint(i), "1"}}
		r.Phases = []Phase{{"Up" + secret, time.Hour, false}}
		r.Cases = []Case{{"case" + secret, true}}
		r.Budgets = []Budget{{"suite" + secret, time.Hour, 2 * time.Hour}}
		r.Attributes = map[string]string{"zone": "a" + secret, "ZONE" + secret: "b"}
	}
	h := Make(runs)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"json":     func(b *bytes.Buffer) error { return h.JSON(b) },
		"markdown": func(b *bytes.Buffer) error { return h.Markdown(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if at := strings.Index(b.String(), "hunter2"); at >= 0 || !strings.Contains(b.String(), "masked") {
			t.Errorf("%s shows a password: …%s", name, b.String()[max(0, at-100):at+10])
		}
	}
}

// Durations in files may be nonsense: values calculated from them stay in bounds.
func TestDurationsWithoutSense(t *testing.T) {
	for name, took := range map[string]func(i int) time.Duration{
		"longest":  func(int) time.Duration { return math.MaxInt64 },
		"growing":  func(i int) time.Duration { return time.Duration(i) * (math.MaxInt64 / 60) },
		"negative": func(int) time.Duration { return math.MinInt64 },
		"wild":     func(i int) time.Duration { return []time.Duration{math.MaxInt64, math.MinInt64, -1, 0, 1}[i%5] },
	} {
		runs := strip("ci-unit", strings.Repeat("·", 50)+"A")
		for i := range runs {
			d := took(i)
			runs[i].Took = d
			runs[i].Phases = []Phase{{"Up", d, false}, {"Up", d, false}, {"Up", d, false}}
			runs[i].Budgets = []Budget{{"job", d, math.MaxInt64}}
		}
		j := Make(runs).Jobs[0]
		for _, p := range j.Phases {
			if p.Usual.Median < 0 || p.Usual.Off < 0 || p.Median < 0 || slices.Min(p.Took) < -1 {
				t.Errorf("%s: phase %+v", name, p)
			}
		}
		for _, b := range j.Limits {
			if b.Now < 0 || b.Usual.Median < 0 || b.Slope < 0 || b.Meets < 0 || b.Share() > 2 {
				t.Errorf("%s: limit %+v", name, b)
			}
		}
		if err := Make(runs).JSON(io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

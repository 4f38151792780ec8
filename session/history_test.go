package session_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/triage"
	"prowtrace/triage/history"
)

// past offers the past of four jobs beside the sample bucket.
func past(t *testing.T) (session.Options, *gcstest.Server) {
	t.Helper()
	o, _, server := sample(t)
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	o.Untraced = true
	return o, server
}

// look is the history of jobs.
func look(t *testing.T, o session.Options, n int, jobs ...string) *history.History {
	t.Helper()
	s := session.New(o)
	refs, err := s.Parse(jobs)
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(signatures)
	var all []history.Run
	for _, ref := range refs {
		runs, err := s.History(t.Context(), ref, n, known)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, runs...)
	}
	return history.Make(all)
}

// What is known of the past of four jobs is found: what is broken and since which commits, a
// flake, an outage, a slow node, a suite that grows to its limit.
func TestHistory(t *testing.T) {
	o, server := past(t)
	h := look(t, o, 30, pastruns.Broken, pastruns.Flaky, pastruns.Pulls, pastruns.Growing)
	jobs := map[string]*history.Job{}
	for _, j := range h.Jobs {
		jobs[j.Name] = j
		if len(j.Runs) != pastruns.Runs {
			t.Errorf("%s has %d runs", j.Name, len(j.Runs))
		}
		for _, r := range j.Runs {
			if r.Gap != "" || r.Started.IsZero() || r.Took == 0 || r.URL == "" || len(r.Commits) == 0 || len(r.Phases) == 0 {
				t.Errorf("of %s %s is missing: %+v", j.Name, r.Build, r)
			}
		}
	}
	broken := jobs[pastruns.Broken]
	if g := broken.Groups[0]; broken.Verdict != history.Broken || g.Since != pastruns.Build(pastruns.Broken, 10) || g.Good != pastruns.Build(pastruns.Broken, 9) || g.Lately != 4 || g.In != 5 || g.Category != "quota" || len(g.Changed) != 1 {
		t.Errorf("%s: %+v", broken.Title, g)
	}
	if s := h.Systemic; len(s) != 1 || !slices.Equal(s[0].Jobs, []string{pastruns.Growing, pastruns.Flaky, pastruns.Pulls}) || s[0].Category != "dependency" {
		t.Errorf("systemic: %+v", s)
	}
	if f := jobs[pastruns.Flaky].Flaky; len(f) != 1 || len(f[0].Again) != 3 {
		t.Errorf("flaky: %+v", f)
	}
	if a := jobs[pastruns.Pulls].Again; len(a) != 2 || a[0].Failed != 3 || a[0].Passed != 4 || a[0].Change != "kubernetes/kops#18101" {
		t.Errorf("passed again: %+v", a)
	}
	growing := jobs[pastruns.Growing]
	if s := growing.Slow; len(s) != 1 || s[0].Key != "node" || s[0].Value != pastruns.SlowNode {
		t.Errorf("slow runs have %+v", s)
	}
	if l := growing.Limits; len(l) != 2 || l[0].Name != "Kubernetes e2e suite" || l[0].Meets < 8 || l[0].Meets > 12 {
		t.Errorf("limits: %+v", l)
	}

	// What has ended is not asked for again.
	before := len(server.Requests())
	again := look(t, o, 30, pastruns.Broken)
	var first, second bytes.Buffer
	if err := (&history.History{Jobs: []*history.Job{broken}}).JSON(&first); err != nil {
		t.Fatal(err)
	}
	if err := (&history.History{Jobs: again.Jobs}).JSON(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("the second time it is\n%s\nnot\n%s", second.String(), first.String())
	}
	for _, r := range server.Requests()[before:] {
		if r.Op != gcstest.List || !strings.HasSuffix(r.Object, "/"+pastruns.Broken+"/") {
			t.Errorf("the second time the server was asked to %s %s", r.Op, r.Object)
		}
	}
}

// Nothing is kept in a temporary cache.
func TestNotRemembered(t *testing.T) {
	o, server := past(t)
	look(t, o, 30, pastruns.Broken)
	o.Cache = session.CacheTemporary // nothing is kept there
	before := len(server.Requests())
	look(t, o, 30, pastruns.Broken)
	if n := len(server.Requests()) - before; n < 15*8 {
		t.Errorf("a temporary cache knows runs: only %d requests", n)
	}
}

// Logs and traces are asked for of runs that failed and of three that passed, and nothing is
// asked for twice.
func TestHistoryIsCheap(t *testing.T) {
	o, server := past(t)
	look(t, o, 30, pastruns.Broken)
	logs, traces, asked := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, r := range server.Requests() {
		switch {
		case strings.HasSuffix(r.Object, "build-log.txt"):
			logs[r.Object] = true
		case strings.HasSuffix(r.Object, "/otlp/"):
			traces[r.Object] = true
		}
		what := strings.Join([]string{string(r.Op), r.Object, r.Query.Get("matchGlob"), r.Query.Get("startOffset"), r.Query.Get("endOffset"), r.Query.Get("delimiter")}, " ")
		if asked[what]++; asked[what] > 1 {
			t.Errorf("the server was asked twice to %s", what)
		}
	}
	if len(traces) != 4+3 {
		t.Errorf("the traces of %d runs were looked for, not 7", len(traces))
	}
	if len(logs) != 4+3 {
		t.Errorf("%d logs were read, not 7", len(logs))
	}
}

// The log of a run that failed is asked for while the files of another are on their way. If it
// waited for all, these would be given up after 15 s: they are sent when the log is read.
func TestHistoryDoesNotWaitForAll(t *testing.T) {
	o, server := past(t)
	root := "logs/" + pastruns.Broken + "/"
	late := root + pastruns.Build(pastruns.Broken, 2) + "/finished.json"
	asked := make(chan struct{})
	server.Fault(gcstest.Match{Object: root + pastruns.Build(pastruns.Broken, 10) + "/build-log.txt", Times: 1}, gcstest.Before(func() { close(asked) }))
	server.Fault(gcstest.Match{Object: late}, gcstest.StallHeaders(asked))
	ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
	defer cancel()
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	ref := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Bucket: pastruns.Bucket, Job: pastruns.Broken}}
	runs, err := session.New(o).History(ctx, ref, 30, triage.NewMatcher(signatures))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.Gap != "" || r.State != runfile.Passed && r.State != runfile.Failed {
			t.Errorf("run %s is %s: %s", r.Build, r.State, r.Gap)
		}
	}
}

func TestHistoryOffline(t *testing.T) {
	o, server := past(t)
	want := look(t, o, 30, pastruns.Broken).Jobs[0]
	before := len(server.Requests())
	o.Offline = true
	got := look(t, o, 30, pastruns.Broken).Jobs[0]
	if got.Title != want.Title || len(got.Runs) != len(want.Runs) || len(server.Requests()) != before {
		t.Errorf("offline it is %q of %d runs, not %q of %d", got.Title, len(got.Runs), want.Title, len(want.Runs))
	}
}

// Where the Prow does not answer, jobs are those with a directory in the bucket.
func TestJobsLike(t *testing.T) {
	o, _ := past(t)
	o.Tabs = func(context.Context, string) ([]find.Tab, error) { return nil, errors.New("nobody answers") }
	of := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Bucket: pastruns.Bucket, Job: pastruns.Broken}}
	for _, c := range []struct {
		pattern string
		most    int
		want    string
		more    bool
	}{
		{"e2e-kops-gce-cni-*", 10, pastruns.Flaky, false},
		{"pull-kops-e2e-*", 10, "pull-kops-e2e-k8s-gce-calico pull-kops-e2e-k8s-gce-cilium", false},
		{"pull-kops-e2e-*", 1, "pull-kops-e2e-k8s-gce-calico", true},
		{"nothing-like-it-*", 10, "", false},
	} {
		refs, more, err := session.New(o).JobsLike(t.Context(), of, c.pattern, c.most)
		var names []string
		for _, r := range refs {
			names = append(names, r.Job)
		}
		if got := strings.Join(names, " "); got != c.want || more != c.more || err != nil {
			t.Errorf("%s: %q %v %v, not %q %v", c.pattern, got, more, err, c.want, c.more)
		}
	}
	for _, pattern := range []string{"*", "ab*", "pull-[", ""} {
		if _, _, err := session.New(o).JobsLike(t.Context(), of, pattern, 10); err == nil {
			t.Errorf("the pattern %q is taken", pattern)
		}
	}
}

// The jobs of a Prow are those that its configuration tells, for a day without asking again.
func TestJobsLikeOfProw(t *testing.T) {
	o, server := past(t)
	asked := 0
	o.Tabs = func(ctx context.Context, deck string) ([]find.Tab, error) {
		if asked++; deck != "prow.k8s.io" {
			t.Errorf("%s was asked", deck)
		}
		return find.DeckTabs(ctx, server.Host)
	}
	config, err := os.ReadFile("../testdata/deck/config/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server.PutConfig(config)
	before := len(server.Requests())
	of := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Job: "e2e-kops-gce-upgrade-k134"}}
	for _, c := range []struct {
		pattern string
		most    int
		offline bool
		want    string
		more    bool
	}{
		{"e2e-kops-*", 10, false, "e2e-kops-aws-distro-deb13 e2e-kops-gce-upgrade-k134-nightly", false},
		{"e2e-kops-*", 2, true, "e2e-kops-aws-distro-deb13 e2e-kops-gce-upgrade-k134-nightly", false},
		{"e2e-kops-*", 1, false, "e2e-kops-aws-distro-deb13", true},
		{"*-e2e-k8s-*", 10, false, "pull-kops-e2e-k8s-gce-cilium pull-kops-e2e-k8s-unseen", false}, // of which no dashboard shows one
		{"other-*", 10, false, "", false},
	} {
		o.Offline = c.offline
		refs, more, err := session.New(o).JobsLike(t.Context(), of, c.pattern, c.most)
		var names []string
		for _, r := range refs {
			names = append(names, r.Job)
		}
		if got := strings.Join(names, " "); got != c.want || more != c.more || err != nil {
			t.Errorf("%s: %q %v %v, not %q %v", c.pattern, got, more, err, c.want, c.more)
		}
	}
	if n := len(server.Requests()) - before; asked != 1 || n != 1 {
		t.Errorf("%d Prows and %d pages were asked for, not one", asked, n)
	}
	if _, _, err := session.New(o).JobsLike(t.Context(), of, "pull-[", 10); err == nil {
		t.Error("a pattern that is not whole is taken")
	}
}

// A summary tells from the cache whether the same was seen before, and asks for it where that
// is wanted.
func TestSeenBefore(t *testing.T) {
	o, _ := past(t)
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(signatures)
	summary := func(n, history int) string {
		t.Helper()
		l, err := load(t, o, "gs://"+pastruns.Bucket+"/logs/"+pastruns.Broken+"/"+pastruns.Build(pastruns.Broken, n))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s, err := l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: known, Baseline: session.BaselineAuto, Number: 3, History: history})
		if err != nil {
			t.Fatal(err)
		}
		if s.Seen == nil {
			return ""
		}
		return s.Seen.Text
	}
	first := pastruns.Build(pastruns.Broken, 10)
	for _, c := range []struct {
		run, history int
		want         string
	}{
		{10, 0, "new: not seen in the 3 other runs known here"}, // those that it is compared with
		{14, 0, "seen 2 times in 5 runs known here, since " + first + " (2026-11-22 14:23)"},
		{14, 30, "seen 4 times in 15 runs known here, since " + first + " (2026-11-22 14:23)"},
	} {
		if got := summary(c.run, c.history); got != c.want {
			t.Errorf("run %d: %q, not %q", c.run, got, c.want)
		}
	}
}

// The steps of ci-operator have limits of their own, which the pods in the step graph tell.
func TestHistoryOfSteps(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	pastruns.PutStepped(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	h := look(t, o, 30, "gs://"+pastruns.Bucket+"/logs/"+pastruns.Stepped+"/")
	var said []string
	for _, b := range h.Jobs[0].Limits {
		said = append(said, b.Name+": "+b.Said())
	}
	want := []string{
		"step openshift-e2e-test: 90% of 2h0m0s used, 2m0s more per run: reached in about 6 runs",
		"job: 66% of 3h0m0s used, 2m0s more per run: reached in about 31 runs",
		"step ipi-install-install: 5% of 2h0m0s used",
		"step ipi-deprovision-deprovision: 3% of 2h0m0s used",
	}
	if !slices.Equal(said, want) {
		t.Errorf("limits are\n%s\nnot\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

package history

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// Of makes the Run of a run from its evidence. finding is what broke first in it, if known.
// Job and Build are those of the Metadata. The caller sets URL.
func Of(e *triage.Evidence, finding *Finding) Run {
	m := e.Metadata
	start, end := m.Span()
	r := Run{Job: m.Run.Job, Build: m.Run.Build, Started: cmp.Or(m.Since(), start).UTC(), State: m.State(), Finding: finding, Commits: commitsOf(m), Attributes: attributesOf(m)}
	if r.Job == "" && m.ProwJob != nil {
		r.Job, r.Build = m.ProwJob.Job, m.ProwJob.Build
	}
	if !start.IsZero() && end.After(start) && r.State != runfile.Running {
		r.Took = end.Sub(start)
	}
	if m.Run.Pull != "" && m.Run.Org != "" {
		r.Change = m.Run.Org + "/" + m.Run.Repo + "#" + m.Run.Pull
	}
	for _, p := range triage.Phases(e) {
		r.Phases = append(r.Phases, Phase{p.Name, p.Duration, p.Failed})
	}
	r.Cases = casesOf(m)
	r.Budgets = budgetsOf(m, r.Took)
	return r
}

// mostCommits bounds the repositories that are kept of a run.
const mostCommits = 100

// commitsOf gives the tested commits: those that were cloned in the end, or else those that
// Prow wanted.
func commitsOf(m *runfile.Metadata) (all []Commit) {
	add := func(repo, sha, pull string) {
		known := slices.ContainsFunc(all, func(c Commit) bool { return c.Repo == repo && c.Pull == pull })
		if repo != "/" && sha != "" && !known && len(all) < mostCommits {
			all = append(all, Commit{repo, sha, pull})
		}
	}
	wanted := []runfile.Refs{}
	if p := m.ProwJob; p != nil {
		if p.Refs != nil {
			wanted = append(wanted, *p.Refs)
		}
		wanted = append(wanted, p.Extra...)
	}
	for _, c := range m.Clones {
		wanted = append(wanted, c.Refs)
	}
	for _, refs := range wanted {
		add(refs.Org+"/"+refs.Repo, refs.BaseSHA, "")
		for _, p := range refs.Pulls {
			add(refs.Org+"/"+refs.Repo, p.SHA, strconv.Itoa(p.Number))
		}
	}
	for _, c := range m.Clones {
		if len(c.Refs.Pulls) == 0 { // otherwise it is a merge that nobody else has
			add(c.Refs.Org+"/"+c.Refs.Repo, c.SHA, "")
		}
	}
	if m.Started != nil {
		for _, repo := range slices.Sorted(maps.Keys(m.Started.Repos)) {
			for i, ref := range strings.Split(m.Started.Repos[repo], ",") {
				name, sha, _ := strings.Cut(ref, ":")
				if i == 0 {
					name = ""
				}
				add(repo, sha, name)
			}
		}
	}
	return all
}

// placeNames are variables of a job that say where it runs.
var placeNames = regexp.MustCompile(`(?i)(?:^|_)(?:zones?|regions?|location)$`)

// attributesOf gives the values that can make runs differ.
func attributesOf(m *runfile.Metadata) map[string]string {
	all := map[string]string{}
	set := func(key, value string) {
		if value != "" && len(value) <= 200 && len(all) < 50 {
			all[key] = value
		}
	}
	if p := m.Pod; p != nil {
		set("node", p.Node)
		for _, c := range p.Containers {
			if c.Role == runfile.RoleTest {
				set("image", c.Image)
			}
		}
	}
	if m.Started != nil && all["node"] == "" {
		set("node", m.Started.Node)
	}
	if p := m.ProwJob; p != nil {
		set("cluster", p.Cluster)
		for _, c := range p.Definition.Containers {
			for _, v := range c.Env {
				if placeNames.MatchString(v.Name) {
					set(v.Name, v.Value)
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Versions)) {
		set(key, m.Versions[key])
	}
	return all
}

// mostCasesOfRun bounds the cases that are kept of a run.
const mostCasesOfRun = 200

// casesOf gives the cases that failed, without the phases of a runner.
func casesOf(m *runfile.Metadata) (all []Case) {
	seen := map[string]bool{}
	for _, s := range m.Suites {
		if triage.OfRunner(s.File) {
			continue
		}
		for _, c := range s.Cases {
			flaky := c.Outcome == runfile.CaseFlaky
			if (flaky || c.Outcome == runfile.CaseFailed) && c.Name != "" && !seen[c.Name] && len(all) < mostCasesOfRun {
				seen[c.Name] = true
				all = append(all, Case{c.Name, flaky})
			}
		}
	}
	return all
}

// timeoutFlag is the flag of Ginkgo or go test that limits a suite.
var timeoutFlag = regexp.MustCompile(`(?:^|\s)--?(?:ginkgo\.|test\.|test-)?timeout(?:=|\s+)(\d[0-9hms.]*[hms])(?:\s|$)`)

// mostSteps bounds the steps of a run whose limits are kept.
const mostSteps = 100

// stepBudgets gives the limits of ci-operator's steps that have ended. The used time is the
// one that ci-operator measured. It includes the start of the pod, which the limit does not
// count.
func stepBudgets(test string, steps []runfile.Step, all []Budget) []Budget {
	for _, s := range steps {
		name := s.Name
		if short, ok := strings.CutPrefix(name, test+"-"); ok && test != "" && short != "" {
			name = short
		}
		b := Budget{"step " + name, s.Finished.Sub(s.Started), s.Limit}
		known := slices.IndexFunc(all, func(have Budget) bool { return have.Name == b.Name })
		switch {
		case s.Limit <= 0 || s.Started.IsZero() || b.Used <= 0:
		case known >= 0: // two tests have this step
			if b.Used > all[known].Used {
				all[known] = b
			}
		case len(all) < mostSteps:
			all = append(all, b)
		}
		all = stepBudgets(s.Name, s.Steps, all)
	}
	return all
}

// budgetsOf gives the configured limits of a run: those of steps, Prow's limit for the whole
// test, and the command line's limit for the longest suite.
func budgetsOf(m *runfile.Metadata, took time.Duration) []Budget {
	all := stepBudgets("", m.Steps, nil)
	p := m.ProwJob
	if p == nil {
		return all
	}
	if used := cmp.Or(testTime(m), took); p.Timeout > 0 && used > 0 {
		all = append(all, Budget{"job", used, p.Timeout})
	}
	longest := runfile.Suite{}
	for _, s := range m.Suites {
		if s.Duration > longest.Duration && !triage.OfRunner(s.File) {
			longest = s
		}
	}
	var limit time.Duration
	for _, c := range p.Definition.Containers {
		for _, found := range timeoutFlag.FindAllStringSubmatch(strings.Join(slices.Concat(c.Command, c.Args), " "), -1) {
			if d, err := time.ParseDuration(found[1]); err == nil && d > limit {
				limit = d
			}
		}
	}
	if limit > 0 && longest.Duration > 0 {
		all = append(all, Budget{cmp.Or(longest.Name, "suite"), longest.Duration, limit})
	}
	return all
}

// testTime is how long the containers ran to which Prow's limit applies.
func testTime(m *runfile.Metadata) (longest time.Duration) {
	if m.Pod == nil {
		return 0
	}
	for _, c := range m.Pod.Containers {
		if c.Role == runfile.RoleTest && c.End != nil && !c.Started.IsZero() {
			longest = max(longest, c.End.Finished.Sub(c.Started))
		}
	}
	return longest
}

// Package history judges many runs of jobs: what failed, how often, since when and in whose
// change, and whether it is new, broken or flaky.
//
// What it promises: the same runs in any order give the same History. Its verdicts follow
// the named rules of [Rule]. Commits and durations are compared only with runs that passed.
// Fields of its JSON, prowtrace.history/v1, may be added and never change. Secrets are
// masked in all output except the terminal's text.
//
// What it never does: judge a run, read files, know flags or the network.
package history

import (
	"cmp"
	"slices"
	"time"

	"prowtrace/prow/runfile"
)

// Schema names the form of a History.
const Schema = "prowtrace.history/v1"

// A Run is what is kept of a run. It is small, so many can be kept.
type Run struct {
	Job     string        `json:"job"`
	Build   string        `json:"build"`
	URL     string        `json:"url,omitempty"`
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"duration_ns"`
	State   runfile.State `json:"result"`

	Change  string   `json:"change,omitempty"` // the pull request that it tests: "kubernetes/kops#18000"
	Commits []Commit `json:"commits,omitempty"`

	Finding *Finding `json:"finding,omitempty"` // the first finding, if the run failed
	Phases  []Phase  `json:"phases,omitempty"`
	Cases   []Case   `json:"cases,omitempty"`
	Budgets []Budget `json:"budgets,omitempty"`

	// Attributes are what can distinguish runs: node, zone, cluster, versions.
	Attributes map[string]string `json:"attributes,omitempty"`

	Gap string `json:"gap,omitempty"` // why it was not judged
}

// A Commit is the tested commit of a repository.
type Commit struct {
	Repo string `json:"repo"` // "kubernetes/kops"
	SHA  string `json:"sha"`  // of the branch; for a pull request in Pull, of its head
	Pull string `json:"pull,omitempty"`
}

// A Finding is what broke first in a run.
type Finding struct {
	ID       string `json:"id"` // the same for the same cause in other runs
	Title    string `json:"title"`
	Category string `json:"category"`
	Phase    string `json:"phase,omitempty"` // the failed phase
}

// A Phase is a part of a run.
type Phase struct {
	Name   string        `json:"phase"`
	Took   time.Duration `json:"duration_ns"`
	Failed bool          `json:"failed,omitempty"`
}

// A Case is a JUnit case that failed. Flaky means that it also passed in the same run.
type Case struct {
	Name  string `json:"case"`
	Flaky bool   `json:"flaky,omitempty"`
}

// A Budget is a time limit, and the part of it that a run used.
type Budget struct {
	Name  string        `json:"budget"` // "job", "step " and the step's name, or the name of a suite
	Used  time.Duration `json:"used_ns"`
	Limit time.Duration `json:"limit_ns"`
}

// good and bad report whether a run counts. An aborted run says nothing about its job unless
// its cause is known, such as a limit.
func (r *Run) good() bool { return r.State == runfile.Passed }

func (r *Run) bad() bool {
	return r.State == runfile.Failed || r.State == runfile.Errored || r.State == runfile.Aborted && r.Finding != nil
}

// A History is the result for the runs of one or several jobs.
type History struct {
	Schema   string     `json:"schema"`
	Systemic []Systemic `json:"systemic"`
	Jobs     []*Job     `json:"jobs"`
}

// A Job is the result for the runs of a job.
type Job struct {
	Name    string `json:"job"`
	Title   string `json:"title"` // the verdict in a sentence
	Verdict Rule   `json:"verdict"`

	Runs   []Run `json:"runs"` // the oldest first
	Passed int   `json:"passed"`
	Failed int   `json:"failed"`

	Groups []Group       `json:"findings"` // grouped by id, the worst first
	Dying  []Group       `json:"phases_dying"`
	Phases []PhaseTimes  `json:"phases"`
	Limits []BudgetUse   `json:"budgets"`
	Flaky  []FlakyCase   `json:"flaky_cases"`
	Bad    []Prevalent   `json:"over_represented_in_failed_or_slow_runs"`
	Slow   []Prevalent   `json:"over_represented_in_slow_runs"`
	Again  []PassedAgain `json:"passed_again"`
}

// A Group is what several runs have in common: their first finding, or the phase in which
// they failed.
type Group struct {
	ID       string `json:"id,omitempty"` // of the finding; "" for a phase, or if no cause was found
	Title    string `json:"title"`
	Category string `json:"category,omitempty"`

	Outlook
	Runs   []int       `json:"runs"` // numbers in Job.Runs
	First  time.Time   `json:"first"`
	Last   time.Time   `json:"last"`
	Over   []Prevalent `json:"over_represented"`
	Causes int         `json:"different_findings,omitempty"` // for a phase

	// Others are jobs that had the same finding at the same time, if it is systemic.
	Others []string `json:"systemic_with,omitempty"`
}

// Make makes the History of runs. They may be of several jobs and in any order.
func Make(runs []Run) *History {
	h := &History{Schema: Schema, Systemic: []Systemic{}, Jobs: []*Job{}}
	byJob := map[string][]Run{}
	for _, r := range runs {
		byJob[r.Job] = append(byJob[r.Job], r)
	}
	for name, of := range byJob {
		h.Jobs = append(h.Jobs, makeJob(name, of))
	}
	slices.SortFunc(h.Jobs, func(a, b *Job) int {
		return cmp.Or(cmp.Compare(a.Verdict.severity(), b.Verdict.severity()), cmp.Compare(a.Name, b.Name))
	})
	h.Systemic = systemic(h.Jobs)
	for _, s := range h.Systemic {
		for _, j := range h.Jobs {
			j.note(s)
		}
	}
	return h
}

func makeJob(name string, runs []Run) *Job {
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(len(a.Build), len(b.Build)), cmp.Compare(a.Build, b.Build))
	})
	j := &Job{Name: name, Runs: runs}
	for i := range runs {
		switch {
		case runs[i].good():
			j.Passed++
		case runs[i].bad():
			j.Failed++
		}
	}
	j.Groups = j.groups()
	j.Dying = j.dying()
	j.Phases = j.phases()
	j.Limits = j.limits()
	j.Flaky = j.flaky()
	j.Slow, j.Bad = j.inTrouble()
	j.Again = j.again()
	j.Verdict, j.Title = j.verdict()
	return j
}

package history

import (
	"cmp"
	"slices"
)

// FlakyCase is a case of JUnit that fails and passes without a change.
type FlakyCase struct {
	Name  string `json:"case"`
	Again []int  `json:"passed_again_in"` // numbers of the runs in which it failed and passed
	Fails []int  `json:"failed_in"`       // numbers of the runs that it failed, while others of the same commits passed
}

// PassedAgain is a pull request's run that failed, with a later run of the same commits that
// passed: nothing was changed.
type PassedAgain struct {
	Failed int    `json:"failed"` // number of the run
	Passed int    `json:"passed"`
	Change string `json:"change"`
}

// mostCases bounds the flaky cases of a job.
const mostCases = 100

// flaky gives the cases that fail and pass without a change, the most frequent first.
func (j *Job) flaky() []FlakyCase {
	by := map[string]*FlakyCase{}
	for i := range j.Runs {
		for _, c := range j.Runs[i].Cases {
			f := by[c.Name]
			if f == nil {
				f = &FlakyCase{Name: c.Name, Again: []int{}, Fails: []int{}}
				by[c.Name] = f
			}
			if c.Flaky {
				f.Again = append(f.Again, i)
			} else if j.passedUnchanged(i) >= 0 {
				f.Fails = append(f.Fails, i)
			}
		}
	}
	all := []FlakyCase{}
	for _, f := range by {
		if len(f.Again)+len(f.Fails) > 0 {
			all = append(all, *f)
		}
	}
	slices.SortFunc(all, func(a, b FlakyCase) int {
		return cmp.Or(cmp.Compare(len(b.Again)+len(b.Fails), len(a.Again)+len(a.Fails)), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), mostCases)]
}

// passedUnchanged gives a run that passed on the same commits as a failed run, or -1.
func (j *Job) passedUnchanged(failed int) int {
	for i := range j.Runs {
		if j.Runs[i].good() && sameCommits(&j.Runs[i], &j.Runs[failed]) {
			return i
		}
	}
	return -1
}

// again gives the runs of pull requests that failed and passed later on the same commit of
// the pull request. The target branch may have changed in between.
func (j *Job) again() []PassedAgain {
	all := []PassedAgain{}
	for i := range j.Runs {
		if k := j.passedAgain(i); j.Runs[i].bad() && k >= 0 {
			all = append(all, PassedAgain{i, k, j.Runs[i].Change})
		}
	}
	return all
}

// passedAgain gives the first run after a failed one that passed on the same commit of a
// pull request, or -1.
func (j *Job) passedAgain(failed int) int {
	of := &j.Runs[failed]
	if of.Change == "" {
		return -1
	}
	for i := failed + 1; i < len(j.Runs); i++ {
		if r := &j.Runs[i]; r.good() && r.Change == of.Change && SameChange(r, of) {
			return i
		}
	}
	return -1
}

// SameChange reports whether two runs tested the same commits of pull requests.
func SameChange(a, b *Run) bool {
	pulls := func(r *Run) (all []string) {
		for _, c := range r.Commits {
			if c.Pull != "" {
				all = append(all, c.Repo+"#"+c.Pull+"@"+c.SHA)
			}
		}
		slices.Sort(all)
		return all
	}
	of := pulls(a)
	return len(of) > 0 && slices.Equal(of, pulls(b))
}

// sameCommits reports whether two runs tested the same commits of all repositories.
func sameCommits(a, b *Run) bool {
	order := func(a, b Commit) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Pull, b.Pull), cmp.Compare(a.SHA, b.SHA))
	}
	return len(a.Commits) > 0 && slices.Equal(slices.SortedFunc(slices.Values(a.Commits), order), slices.SortedFunc(slices.Values(b.Commits), order))
}

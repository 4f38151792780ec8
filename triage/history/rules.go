package history

import (
	"fmt"
	"slices"
	"time"

	"prowtrace/internal/text"
)

// A Rule is the reason for a verdict.
//
// Runs that have the finding are hits, and runs that passed are misses. Runs that failed for
// another reason count as neither: nobody knows whether they would have had the finding.
type Rule string

const (
	// Broken: no run passed since the last hit. The stretch that ends with it has two or
	// more hits, and at least three of four of its runs are hits. If there were hits before,
	// so many in a row are not due to chance at their rate.
	Broken Rule = "broken"

	// Fixed: such a stretch has ended, and the number of runs that passed since is not due
	// to chance.
	Fixed Rule = "fixed"

	// New: the only hit is in the last run.
	New Rule = "new"

	// OneChange: only runs of one pull request have it, and runs of another one passed.
	OneChange Rule = "one change"

	// Flaky: runs with it and runs that pass alternate.
	Flaky Rule = "flaky"

	// Once: one run had it, and runs before or after it did not.
	Once Rule = "once"

	Healthy Rule = "healthy" // for a job: no run failed
	Unknown Rule = "unknown" // for a job: no run has ended
)

// severity orders verdicts, the worst first.
func (r Rule) severity() int {
	return slices.Index([]Rule{Broken, New, Flaky, OneChange, Fixed, Once, Healthy, Unknown}, r)
}

const (
	byChance = 0.05    // a result with a lower probability is not called chance
	share    = 3.0 / 4 // part of the runs of a stretch that must be hits
)

// An Outlook is what to expect of a finding.
type Outlook struct {
	Rule    Rule      `json:"verdict"`
	Rate    float64   `json:"rate"` // hits per run that ended
	Hits    int       `json:"count"`
	Lately  int       `json:"count_since,omitempty"` // number of Hits since Since
	Since   string    `json:"since,omitempty"`       // the build in which it began, if broken or fixed
	Began   time.Time `json:"began,omitzero"`        // when Since was started
	Good    string    `json:"last_good,omitempty"`   // the last build that passed before
	FixedBy string    `json:"fixed_in,omitempty"`    // the first build that passed again
	In      int       `json:"in"`                    // the number of runs since, or of all runs that ended

	Changed []Range `json:"changed,omitempty"` // between the last good and the first bad run
}

// A Range is the change of a repository between two runs.
type Range struct {
	Repo string `json:"repo"`
	From string `json:"from"`
	To   string `json:"to"`
	URL  string `json:"url,omitempty"`
}

// moment is a run in the form that a rule needs.
type moment struct {
	run int // number in Job.Runs
	hit bool
}

// outlook applies the rules to the runs with a finding, in their order.
func (j *Job) outlook(hits []int) Outlook {
	var all []moment
	ended := 0
	for i := range j.Runs {
		r, hit := &j.Runs[i], slices.Contains(hits, i)
		if r.good() || r.bad() {
			ended++
		}
		if hit || r.good() {
			all = append(all, moment{i, hit})
		}
	}
	o := Outlook{Hits: len(hits), In: ended, Rate: float64(len(hits)) / float64(max(1, ended))}
	last := len(all) - 1
	for last >= 0 && !all[last].hit {
		last--
	}
	if last < 0 {
		return o
	}
	passedSince := len(all) - 1 - last
	begin, n := stretch(all[:last+1])
	steady := n >= 2 && noChance(all[:begin], n)
	switch {
	case j.oneChange(hits):
		o.Rule = OneChange
	case steady && passedSince == 0:
		o.Rule, o.Lately = Broken, n
		j.began(&o, all, begin)
		o.In = 0
		for i := all[begin].run; i < len(j.Runs); i++ {
			if j.Runs[i].good() || j.Runs[i].bad() {
				o.In++
			}
		}
	case steady && endsByChance(n, last+1-begin, passedSince) < byChance:
		o.Rule = Fixed
		j.began(&o, all, begin)
		o.FixedBy = j.Runs[all[last+1].run].Build
	case len(hits) == 1 && passedSince == 0 && j.lastEnded() == hits[0]:
		o.Rule = New
		j.began(&o, all, last)
	case len(hits) == 1:
		o.Rule = Once
	default:
		o.Rule = Flaky
	}
	return o
}

// stretch gives the beginning of the longest stretch that ends with the last run, begins
// with a hit, and consists mostly of hits. It also gives its number of hits.
func stretch(all []moment) (begin, hits int) {
	n := 0
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].hit {
			continue
		}
		if n++; float64(n) >= share*float64(len(all)-i) {
			begin, hits = i, n
		}
	}
	return begin, hits
}

// noChance reports whether n hits in a row are too many for the rate of earlier hits.
func noChance(before []moment, n int) bool {
	hits := 0
	for _, m := range before {
		if m.hit {
			hits++
		}
	}
	if hits == 0 {
		return true
	}
	return power(float64(hits)/float64(len(before)), n) < byChance
}

// endsByChance is the probability that so many runs pass if hits/n is the rate. One hit and
// one miss are added, because a rate of 1 is not known from two runs.
func endsByChance(hits, n, passed int) float64 {
	return power(1-float64(hits+1)/float64(n+2), passed)
}

func power(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}

// lastEnded is the number of the last run that ended.
func (j *Job) lastEnded() int {
	for i := len(j.Runs) - 1; i >= 0; i-- {
		if j.Runs[i].good() || j.Runs[i].bad() {
			return i
		}
	}
	return -1
}

// oneChange reports whether all hits are from one pull request while runs of others passed,
// and no run passed on the commits of a hit.
func (j *Job) oneChange(hits []int) bool {
	change := j.Runs[hits[0]].Change
	for _, i := range hits {
		if j.Runs[i].Change != change {
			return false
		}
	}
	if change == "" || slices.ContainsFunc(hits, func(i int) bool { return j.passedAgain(i) >= 0 }) {
		return false
	}
	for i := range j.Runs {
		if r := &j.Runs[i]; r.good() && r.Change != change && r.Change != "" {
			return true
		}
	}
	return false
}

// began fills in the run with which something began, and what had changed since the last run
// before it that passed.
func (j *Job) began(o *Outlook, all []moment, begin int) {
	bad := &j.Runs[all[begin].run]
	o.Since, o.Began = bad.Build, bad.Started
	for i := begin - 1; i >= 0; i-- {
		if good := &j.Runs[all[i].run]; good.good() {
			o.Good, o.Changed = good.Build, Changed(good, bad)
			return
		}
	}
}

// Changed gives the repositories whose commits differ between two runs.
func Changed(from, to *Run) (all []Range) {
	for _, new := range to.Commits {
		i := slices.IndexFunc(from.Commits, func(c Commit) bool { return c.Repo == new.Repo && c.Pull == new.Pull })
		if i < 0 || from.Commits[i].SHA == new.SHA || from.Commits[i].SHA == "" || new.SHA == "" {
			continue
		}
		r := Range{Repo: new.Repo, From: from.Commits[i].SHA, To: new.SHA}
		r.URL = CompareLink(r.Repo, r.From, r.To)
		all = append(all, r)
	}
	return all
}

// CompareLink is the URL that shows the commits between two commits of a repository, or ""
// if one of them is not a commit.
func CompareLink(repo, from, to string) string {
	if !plainRepo.MatchString(repo) || !plainSHA.MatchString(from) || !plainSHA.MatchString(to) {
		return ""
	}
	return "https://github.com/" + repo + "/compare/" + from + "..." + to
}

// verdict says the result in a sentence, based on the worst failure.
func (j *Job) verdict() (Rule, string) {
	if j.Passed+j.Failed == 0 {
		return Unknown, "No run has ended"
	}
	if j.Passed+j.Failed == 1 {
		if j.Failed == 0 {
			return Healthy, "The only run that has ended passed"
		}
		return New, "The only run that has ended failed: " + text.Line(j.Groups[0].Title)
	}
	if j.Failed == 0 {
		return Healthy, "All of the last " + text.Count(j.Passed, "run") + " passed"
	}
	worst, what := &j.Groups[0], "with the same finding"
	for i := range j.Dying {
		if d := &j.Dying[i]; d.Rule.severity() < worst.Rule.severity() || d.Rule == Broken && d.Lately > worst.Lately {
			worst, what = d, fmt.Sprintf("in phase %s, of %d different findings", text.Line(d.Title), d.Causes)
		}
	}
	n := text.Count(j.Passed+j.Failed, "run")
	switch worst.Rule {
	case Broken:
		return Broken, fmt.Sprintf("Broken since %s: %d of the last %s failed %s", text.Name(worst.Since), worst.Lately, text.Count(worst.In, "run"), what)
	case New:
		return New, "The last run failed with something new: " + text.Line(worst.Title)
	case OneChange:
		return OneChange, fmt.Sprintf("Only runs of %s failed: %s", text.Line(j.Runs[worst.Runs[0]].Change), text.Line(worst.Title))
	case Fixed:
		return Fixed, fmt.Sprintf("Fixed in %s: %s since", text.Name(worst.FixedBy), text.Count(j.passedSince(worst.Last), "run")+" passed")
	}
	if j.Failed == 1 {
		return worst.Rule, "Failed once in the last " + n + ": " + text.Line(worst.Title)
	}
	return worst.Rule, fmt.Sprintf("Flaky: %d of the last %s failed, of %s", j.Failed, n, text.Count(len(j.Groups), "different finding"))
}

func (j *Job) passedSince(t time.Time) (n int) {
	for i := range j.Runs {
		if r := &j.Runs[i]; r.good() && r.Started.After(t) {
			n++
		}
	}
	return n
}

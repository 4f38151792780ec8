package history

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

var (
	plainRepo = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$`)
	plainSHA  = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// NoCause is the title of the runs that failed without a known cause.
const NoCause = "No cause was found"

// groups are the failed runs, grouped by their first finding, the worst first.
func (j *Job) groups() []Group {
	by := map[string]*Group{}
	for i := range j.Runs {
		r := &j.Runs[i]
		if !r.bad() {
			continue
		}
		f := cmp.Or(r.Finding, &Finding{Title: NoCause, Category: "unknown"})
		g := by[f.ID]
		if g == nil {
			g = &Group{ID: f.ID}
			by[f.ID] = g
		}
		g.Title, g.Category = f.Title, f.Category // the words of the last run
		g.Runs = append(g.Runs, i)
	}
	return j.finished(by)
}

// finished completes groups, and puts the worst first.
func (j *Job) finished(by map[string]*Group) []Group {
	all := []Group{}
	for _, g := range by {
		g.First, g.Last = j.Runs[g.Runs[0]].Started, j.Runs[g.Runs[len(g.Runs)-1]].Started
		g.Outlook = j.outlook(g.Runs)
		g.Over = prevalent(j.Runs, g.Runs, (*Run).ended)
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Rule.severity(), b.Rule.severity()), cmp.Compare(b.Hits, a.Hits), b.Last.Compare(a.Last), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func (r *Run) ended() bool { return r.good() || r.bad() }

// Several findings that end one phase are more likely one cause than several (E7: three
// crashes of a compiler that ran out of memory).
const (
	dyingRuns   = 3
	dyingCauses = 2
)

// dying are the phases in which runs fail with different findings.
func (j *Job) dying() []Group {
	by, causes := map[string]*Group{}, map[string]map[string]bool{}
	for i := range j.Runs {
		r := &j.Runs[i]
		if !r.bad() || r.Finding == nil || r.Finding.Phase == "" {
			continue
		}
		name := r.Finding.Phase
		if by[name] == nil {
			by[name], causes[name] = &Group{Title: name}, map[string]bool{}
		}
		by[name].Runs = append(by[name].Runs, i)
		causes[name][r.Finding.ID] = true
	}
	for name, g := range by {
		if g.Causes = len(causes[name]); g.Causes < dyingCauses || len(g.Runs) < dyingRuns || !j.mixed(g) {
			delete(by, name)
		}
	}
	return j.finished(by)
}

// mixed reports whether the runs of a phase fail with findings that no other run has, or
// that alternate. A finding with most of the runs is itself the cause. Findings that follow
// each other are separate causes.
func (j *Job) mixed(phase *Group) bool {
	hits := map[string][]int{} // the runs of each finding
	for n, i := range phase.Runs {
		id := j.Runs[i].Finding.ID
		hits[id] = append(hits[id], n)
	}
	alone, turns := 0, false
	for _, of := range hits {
		n := len(of)
		switch {
		case n == 1:
			alone++
		case float64(n) >= share*float64(len(phase.Runs)):
			return false
		case of[n-1]-of[0] >= n: // another finding is in between
			turns = true
		}
	}
	return turns || 2*alone > len(phase.Runs)
}

// Systemic is a finding that several jobs have at the same time: it is not the fault of a
// single job.
type Systemic struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Category string    `json:"category"`
	Jobs     []string  `json:"jobs"`
	Runs     int       `json:"count"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// systemicJobs is how many jobs must have a finding that is called systemic.
const systemicJobs = 3

// together is the largest time between one run of a systemic finding and the next. The next
// run of each job meets an outage, and jobs run at least daily.
const together = 24 * time.Hour

// systemic gives the findings of three or more jobs, those of most jobs first.
func systemic(jobs []*Job) []Systemic {
	type seen struct {
		job string
		at  time.Time
		f   *Finding
	}
	by := map[string][]seen{}
	for _, j := range jobs {
		for i := range j.Runs {
			if r := &j.Runs[i]; r.bad() && r.Finding != nil {
				by[r.Finding.ID] = append(by[r.Finding.ID], seen{j.Name, r.Started, r.Finding})
			}
		}
	}
	all := []Systemic{}
	for id, of := range by {
		slices.SortFunc(of, func(a, b seen) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.job, b.job)) })
		for begin := 0; begin < len(of); {
			end := begin + 1
			for end < len(of) && of[end].at.Sub(of[end-1].at) <= together {
				end++
			}
			s := Systemic{ID: id, Title: of[end-1].f.Title, Category: of[end-1].f.Category, Runs: end - begin, First: of[begin].at, Last: of[end-1].at}
			for _, one := range of[begin:end] {
				s.Jobs = append(s.Jobs, one.job)
			}
			slices.Sort(s.Jobs)
			if s.Jobs = slices.Compact(s.Jobs); len(s.Jobs) >= systemicJobs {
				all = append(all, s)
			}
			begin = end
		}
	}
	slices.SortFunc(all, func(a, b Systemic) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(len(b.Jobs), len(a.Jobs)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// note adds the other jobs with the same finding to the group of a systemic finding.
func (j *Job) note(s Systemic) {
	for i := range j.Groups {
		g := &j.Groups[i]
		if g.ID != s.ID || !slices.Contains(s.Jobs, j.Name) || len(g.Others) > 0 {
			continue
		}
		for _, name := range s.Jobs {
			if name != j.Name {
				g.Others = append(g.Others, name)
			}
		}
	}
}

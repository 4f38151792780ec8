package history

import (
	"cmp"
	"slices"
	"time"
)

// PhaseTimes is how long a phase took in the runs of a job.
type PhaseTimes struct {
	Name  string `json:"phase"`
	Usual Spread `json:"usual"` // in runs that passed

	// Took has a duration for each of Job.Runs, in ns; -1 if the run does not have the
	// phase.
	Took []time.Duration `json:"took_ns"`

	Unusual []int         `json:"unusual_runs"`         // numbers of runs that differ by much
	Median  time.Duration `json:"unusual_ns,omitempty"` // the median of Unusual
}

// Whole is the name of the complete run among the phases.
const Whole = "run"

// mostPhases bounds the phases of a job.
const mostPhases = 30

// longest is the longest duration that is accepted. No job runs longer, and the trend of a
// thousand runs fits an int64.
const longest = 50 * 24 * time.Hour

// believed limits a duration to a range that is safe to calculate with: files may say
// nonsense.
func believed(d time.Duration) time.Duration { return min(max(d, 0), longest) }

func (j *Job) passedTimes() (all []time.Duration) {
	for i := range j.Runs {
		if r := &j.Runs[i]; r.good() && r.Took > 0 {
			all = append(all, believed(r.Took))
		}
	}
	return all
}

// phases gives the whole run and each phase, in the order in which they first occurred.
func (j *Job) phases() []PhaseTimes {
	names := []string{Whole}
	took := map[string][]time.Duration{}
	add := func(run int, name string, d time.Duration) {
		of := took[name]
		if of == nil {
			of = slices.Repeat([]time.Duration{-1}, len(j.Runs))
			took[name] = of
			if name != Whole {
				names = append(names, name)
			}
		}
		of[run] = believed(max(of[run], 0) + believed(d)) // a phase that occurs twice in a run takes both times
	}
	for i := range j.Runs {
		r := &j.Runs[i]
		if r.Took > 0 {
			add(i, Whole, r.Took)
		}
		for _, p := range r.Phases {
			if p.Name != Whole && (took[p.Name] != nil || len(names) <= mostPhases) {
				add(i, p.Name, p.Took)
			}
		}
	}
	all := []PhaseTimes{}
	for _, name := range names {
		if took[name] != nil {
			all = append(all, j.phaseTimes(name, took[name]))
		}
	}
	return all
}

func (j *Job) phaseTimes(name string, took []time.Duration) PhaseTimes {
	p := PhaseTimes{Name: name, Took: took, Unusual: []int{}}
	var passed, unusual []time.Duration
	for i, d := range took {
		if j.Runs[i].good() && d >= 0 {
			passed = append(passed, d)
		}
	}
	p.Usual = SpreadOf(passed)
	for i, d := range took {
		if z := p.Usual.Z(d); d >= 0 && p.Usual.Runs >= 2 && max(z, -z) > unusualZ {
			p.Unusual, unusual = append(p.Unusual, i), append(unusual, d)
		}
	}
	slices.Sort(unusual)
	p.Median = median(unusual)
	return p
}

// BudgetUse is how much of a limit is used by runs that passed.
type BudgetUse struct {
	Name  string        `json:"budget"`
	Limit time.Duration `json:"limit_ns"`              // of the last run
	Usual Spread        `json:"usual"`                 // the used time
	Now   time.Duration `json:"now_ns"`                // the used time according to the trend, or else the median
	Slope time.Duration `json:"slope_ns"`              // increase per run; 0 if that may be chance
	Meets int           `json:"meets_after,omitempty"` // runs until the limit is met at that rate
}

// Share is the part of the limit that is used now.
func (b *BudgetUse) Share() float64 { return float64(b.Now) / float64(max(1, b.Limit)) }

// farAhead is the number of runs from which on a future limit is not mentioned.
const farAhead = 1000

// mostLimits bounds the budgets of a job. A job of many steps has as many budgets, and one
// that is far from its limit says nothing.
const mostLimits = 10

// limits gives the budgets of runs that passed, the most used first.
func (j *Job) limits() []BudgetUse {
	used, limit := map[string][]point{}, map[string]time.Duration{}
	for i := range j.Runs {
		for _, b := range j.Runs[i].Budgets {
			if b.Limit <= 0 || b.Used < 0 {
				continue
			}
			limit[b.Name] = believed(b.Limit)
			if j.Runs[i].good() {
				used[b.Name] = append(used[b.Name], point{i, believed(b.Used)})
			}
		}
	}
	all := []BudgetUse{}
	for name, points := range used {
		all = append(all, budgetUse(name, limit[name], points))
	}
	slices.SortFunc(all, func(a, b BudgetUse) int {
		return cmp.Or(cmp.Compare(b.Share(), a.Share()), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), mostLimits)]
}

func budgetUse(name string, limit time.Duration, points []point) BudgetUse {
	values := make([]time.Duration, len(points))
	for i, p := range points {
		values[i] = p.took
	}
	b := BudgetUse{Name: name, Limit: limit, Usual: SpreadOf(values)}
	b.Now = b.Usual.Median
	if slope, end, sure := trend(points); sure && slope > 0 {
		b.Slope, b.Now = slope, end
		if ahead := max(1, (limit-end+slope-1)/slope); ahead < farAhead {
			b.Meets = int(ahead)
		}
	}
	return b
}

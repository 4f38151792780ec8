package history

import (
	"cmp"
	"slices"
)

// Prevalent is an attribute that some runs have more often than others.
type Prevalent struct {
	Key   string  `json:"key"`
	Value string  `json:"value"`
	Have  int     `json:"have"` // how many of Of have it
	Of    int     `json:"of"`
	All   int     `json:"all_have"` // how many of all considered runs have it
	Runs  int     `json:"runs"`
	P     float64 `json:"p"` // probability that this is chance
}

const (
	prevalentRuns = 2 // how many runs must have it: one is an anecdote
	mostPrevalent = 5
)

// prevalent gives the attributes that are over-represented in some of the runs that count
// (I3: a node among the slow runs), the least probable first. It never gives attributes that
// mean nothing because nearly every run has a different value, such as a build, or all runs
// have the same: at most one run has such a value, or all have it.
func prevalent(runs []Run, some []int, counts func(*Run) bool) []Prevalent {
	type attribute struct{ key, value string }
	all, here := map[attribute]int{}, map[attribute]int{}
	total, n, having := map[string]int{}, map[string]int{}, map[attribute]bool{}
	for i := range runs {
		if !counts(&runs[i]) {
			continue
		}
		in := slices.Contains(some, i)
		for key, value := range runs[i].Attributes {
			a := attribute{key, value}
			all[a]++
			total[key]++
			if in {
				here[a]++
				n[key]++
				having[a] = true
			}
		}
	}
	found := []Prevalent{}
	for a := range having {
		p := Prevalent{a.key, a.value, here[a], n[a.key], all[a], total[a.key], 1}
		if p.P = chanceOf(p.Have, p.Of, p.All, p.Runs); p.Have >= prevalentRuns && p.P < byChance {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b Prevalent) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
	})
	return found[:min(len(found), mostPrevalent)]
}

// slow are the runs that passed but took unusually long.
func (j *Job) slow() (runs []int) {
	usual := SpreadOf(j.passedTimes())
	for i := range j.Runs {
		if r := &j.Runs[i]; r.good() && usual.Z(believed(r.Took)) > unusualZ {
			runs = append(runs, i)
		}
	}
	return runs
}

// inTrouble gives what is over-represented in slow runs that passed, and in these together
// with the failed ones, whatever the cause of the failures.
func (j *Job) inTrouble() (inSlow, inBad []Prevalent) {
	slow := j.slow()
	bad := slices.Clone(slow)
	for i := range j.Runs {
		if j.Runs[i].bad() {
			bad = append(bad, i)
		}
	}
	return prevalent(j.Runs, slow, (*Run).good), prevalent(j.Runs, bad, (*Run).ended)
}

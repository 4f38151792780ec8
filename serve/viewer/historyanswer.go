package viewer

import (
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
	"prowtrace/triage/history"
)

// historyAnswer is a history as the page shows it. Its fields are named as in the schema
// prowtrace.history/v1; what is said in words is worded by package history.
type historyAnswer struct {
	Most     int                `json:"most"` // runs of the job with most of them
	Systemic []history.Systemic `json:"systemic"`
	Jobs     []historyJob       `json:"jobs"`
}

type historyJob struct {
	Name    string       `json:"job"`
	Title   string       `json:"title"`
	Verdict history.Rule `json:"verdict"`
	Passed  int          `json:"passed"`
	Failed  int          `json:"failed"`
	Runs    []historyRun `json:"runs"`

	Worst    *historyGroup         `json:"worst,omitempty"` // that the title is about
	Findings []historyGroup        `json:"findings"`
	Dying    []historyGroup        `json:"phases_dying"`
	Phases   []historyTimes        `json:"phases"`
	Budgets  []historyBudget       `json:"budgets"`
	Flaky    []historyCase         `json:"flaky_cases"`
	Slow     []string              `json:"over_represented_in_slow_runs"`
	Again    []history.PassedAgain `json:"passed_again"`
}

type historyRun struct {
	Build   string           `json:"build"`
	URL     string           `json:"url,omitempty"`
	Started time.Time        `json:"started"`
	Took    time.Duration    `json:"duration_ns"`
	State   runfile.State    `json:"result"`
	Change  string           `json:"change,omitempty"`
	Finding *history.Finding `json:"finding,omitempty"`
	Gap     string           `json:"gap,omitempty"`
}

type historyGroup struct {
	Title    string          `json:"title"`
	Category string          `json:"category,omitempty"`
	Said     string          `json:"said"` // the verdict
	Since    string          `json:"since,omitempty"`
	Began    time.Time       `json:"began,omitzero"`
	Good     string          `json:"last_good,omitempty"`
	Changed  []history.Range `json:"changed"`
	Runs     []int           `json:"runs"`
	First    time.Time       `json:"first"`
	Last     time.Time       `json:"last"`
	Over     []string        `json:"over_represented"`
	Others   []string        `json:"systemic_with"`
	Causes   int             `json:"different_findings,omitempty"` // of a phase
}

type historyTimes struct {
	Name    string          `json:"phase"`
	Usual   history.Spread  `json:"usual"`
	Took    []time.Duration `json:"took_ns"`
	Unusual []int           `json:"unusual_runs"`
	Median  time.Duration   `json:"unusual_ns,omitempty"` // of Unusual
}

type historyBudget struct {
	Name  string          `json:"budget"`
	Limit time.Duration   `json:"limit_ns"`
	Usual history.Spread  `json:"usual"`
	Used  []time.Duration `json:"used_ns"` // of each run; -1 where it does not tell
	Share float64         `json:"share"`   // of the limit that is used now
	Slope time.Duration   `json:"slope_ns"`
	Meets int             `json:"meets_after,omitempty"`
}

type historyCase struct {
	Name string `json:"case"`
	Runs []int  `json:"runs"`
	Said string `json:"said"`
}

const (
	clippedName = 200 // bytes of a name that are shown
	clippedLine = 400 // and of a sentence
	mostGroups  = 100 // of a job that are shown
)

// shownHistory makes h fit to be shown: texts are cut and on one line, and only addresses
// of the web stay.
func shownHistory(h *history.History, most int) historyAnswer {
	out := historyAnswer{Most: most, Systemic: []history.Systemic{}, Jobs: []historyJob{}}
	for _, s := range h.Systemic[:min(len(h.Systemic), mostGroups)] {
		s.Title, s.Category, s.Jobs = text.Clip(s.Title, clippedLine), text.Clip(s.Category, clippedName), clipAll(s.Jobs, clippedName)
		out.Systemic = append(out.Systemic, s)
	}
	for _, j := range h.Jobs {
		out.Jobs = append(out.Jobs, shownJob(j))
	}
	return out
}

func shownJob(j *history.Job) historyJob {
	out := historyJob{Name: text.Clip(j.Name, clippedName), Title: text.Clip(j.Title, clippedLine), Verdict: j.Verdict, Passed: j.Passed, Failed: j.Failed,
		Runs: []historyRun{}, Findings: shownGroups(j.Groups), Dying: shownGroups(j.Dying), Phases: []historyTimes{}, Budgets: []historyBudget{}, Flaky: []historyCase{}, Slow: said(j.Slow), Again: j.Again}
	for i := range j.Runs {
		out.Runs = append(out.Runs, shownRun(&j.Runs[i]))
	}
	if g := j.Worst(); g != nil {
		worst := shownGroup(g)
		out.Worst = &worst
	}
	for i := range j.Phases {
		p := &j.Phases[i]
		out.Phases = append(out.Phases, historyTimes{text.Clip(p.Name, clippedName), p.Usual, p.Took, p.Unusual, p.Median})
	}
	for i := range j.Limits {
		b := &j.Limits[i]
		out.Budgets = append(out.Budgets, historyBudget{text.Clip(b.Name, clippedName), b.Limit, b.Usual, used(j, b.Name), b.Share(), b.Slope, b.Meets})
	}
	for i := range j.Flaky {
		c := &j.Flaky[i]
		out.Flaky = append(out.Flaky, historyCase{text.Clip(c.Name, clippedName), append(append([]int{}, c.Again...), c.Fails...), text.Clip(c.How(), clippedLine)})
	}
	return out
}

func shownRun(r *history.Run) historyRun {
	out := historyRun{text.Clip(r.Build, clippedName), webAddress(r.URL), r.Started, r.Took, r.State, text.Clip(r.Change, clippedName), nil, text.Clip(r.Gap, clippedLine)}
	if f := r.Finding; f != nil {
		out.Finding = &history.Finding{ID: text.Clip(f.ID, clippedName), Title: text.Clip(f.Title, clippedLine), Category: text.Clip(f.Category, clippedName), Phase: text.Clip(f.Phase, clippedName)}
	}
	return out
}

func shownGroups(groups []history.Group) []historyGroup {
	out := []historyGroup{}
	for i := range groups[:min(len(groups), mostGroups)] {
		out = append(out, shownGroup(&groups[i]))
	}
	return out
}

func shownGroup(g *history.Group) historyGroup {
	out := historyGroup{Title: text.Clip(g.Title, clippedLine), Category: text.Clip(g.Category, clippedName), Said: text.Clip(g.Outlook.Said(), clippedLine),
		Since: text.Clip(g.Since, clippedName), Began: g.Outlook.Began, Good: text.Clip(g.Good, clippedName), Changed: []history.Range{},
		Runs: g.Runs, First: g.First, Last: g.Last, Over: said(g.Over), Others: clipAll(g.Others, clippedName), Causes: g.Causes}
	if g.Causes > 0 {
		out.Said = text.Clip(g.OneCause()+"; "+g.Outlook.Said(), clippedLine)
	}
	for _, c := range g.Changed {
		out.Changed = append(out.Changed, history.Range{Repo: text.Clip(c.Repo, clippedName), From: text.Clip(c.From, 64), To: text.Clip(c.To, 64), URL: webAddress(c.URL)})
	}
	return out
}

// used is what each run used of a budget.
func used(j *history.Job, budget string) []time.Duration {
	all := make([]time.Duration, len(j.Runs))
	for i := range j.Runs {
		all[i] = -1
		for _, b := range j.Runs[i].Budgets {
			if b.Name == budget && b.Used >= 0 {
				all[i] = b.Used
			}
		}
	}
	return all
}

func clipAll(all []string, limit int) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, text.Clip(s, limit))
	}
	return out
}

func said(all []history.Prevalent) []string {
	out := []string{}
	for i := range all {
		out = append(out, text.Clip(all[i].Said(), clippedLine))
	}
	return out
}

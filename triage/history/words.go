package history

import (
	"fmt"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Counts says how many runs there are, and how they ended.
func (j *Job) Counts() string {
	parts := []string{fmt.Sprintf("%d passed", j.Passed), fmt.Sprintf("%d failed", j.Failed)}
	if others := len(j.Runs) - j.Passed - j.Failed; others > 0 {
		parts = append(parts, fmt.Sprintf("%d aborted or running", others))
	}
	return text.Count(len(j.Runs), "run") + ": " + strings.Join(parts, ", ")
}

// Worst is the group that the title of a job is about, if something is or was broken.
func (j *Job) Worst() *Group {
	for _, of := range [][]Group{j.Dying, j.Groups} {
		for i := range of {
			if of[i].Rule == j.Verdict && of[i].Outlook.Since != "" {
				return &of[i]
			}
		}
	}
	return nil
}

// Began says with which run it began, and what had changed before. It is empty if that is
// unknown.
func (g *Group) Began() (lines []string) {
	o := &g.Outlook
	if o.Since == "" {
		return nil
	}
	said := "first bad " + text.Name(o.Since) + " (" + minute(o.Began) + " UTC)"
	if o.Good != "" {
		said += ", last good " + text.Name(o.Good)
	}
	lines = append(lines, said)
	for _, r := range o.Changed {
		lines = append(lines, strings.TrimSpace("changed: "+text.Line(r.Repo)+" "+short(r.From)+" to "+short(r.To)+"  "+r.URL))
	}
	if o.Good != "" && len(o.Changed) == 0 {
		lines = append(lines, "Prow shows no changed commit between them")
	}
	return lines
}

func short(sha string) string { return text.Short(text.Line(sha), 10) }

// About says how often something was seen, since when, and what kind it is.
func (g *Group) About() string {
	parts := []string{g.Outlook.Said()}
	if g.Category != "" {
		parts = append(parts, text.Line(g.Category))
	}
	parts = append(parts, text.Count(g.Hits, "run"), "first "+minute(g.First))
	if g.Hits > 1 {
		parts = append(parts, "last "+minute(g.Last))
	}
	return strings.Join(parts, " · ")
}

// Said gives the verdict in words.
func (o *Outlook) Said() string {
	switch o.Rule {
	case Broken:
		return "broken since " + text.Name(o.Since)
	case Fixed:
		return "fixed in " + text.Name(o.FixedBy)
	case New:
		return "new in " + text.Name(o.Since)
	case OneChange:
		return "in one change only"
	case Flaky:
		return fmt.Sprintf("flaky, in %.0f%% of the runs", 100*o.Rate)
	}
	return "once"
}

// OneCause says that several findings are in one phase.
func (g *Group) OneCause() string {
	return fmt.Sprintf("died in %s of %s: probably one cause", text.Count(g.Hits, "run"), text.Count(g.Causes, "different finding"))
}

// Elsewhere says which other jobs have the same finding at the same time. It is empty if the
// finding is not systemic.
func (g *Group) Elsewhere() []string {
	if len(g.Others) == 0 {
		return nil
	}
	return []string{"also in " + text.Count(len(g.Others), "other job") + " at the same time, so probably not this job's own fault: " + text.Line(strings.Join(g.Others, ", "))}
}

func sayings(all []Prevalent) (lines []string) {
	for i := range all {
		lines = append(lines, all[i].Said())
	}
	return lines
}

// Said says what is over-represented.
func (p *Prevalent) Said() string {
	return fmt.Sprintf("over-represented: %s %s (%d of %d; %d of %s)", text.Line(p.Key), text.Line(p.Value), p.Have, p.Of, p.All, text.Count(p.Runs, "run"))
}

// Said says what is usual, and what was not.
func (p *PhaseTimes) Said() string {
	said := "usually " + text.Duration(round(p.Usual.Median))
	if len(p.Unusual) > 0 {
		said += "; " + text.Duration(round(p.Median)) + " in " + text.Count(len(p.Unusual), "run")
	}
	return said
}

func round(d time.Duration) time.Duration {
	if d > 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(time.Millisecond)
}

// Said says how much of a budget is used, and when it will be used up.
func (b *BudgetUse) Said() string {
	said := fmt.Sprintf("%.0f%% of %s used", 100*b.Share(), text.Duration(b.Limit))
	if b.Meets > 0 {
		said += fmt.Sprintf(", %s more per run: reached in about %s", text.Duration(round(b.Slope)), text.Count(b.Meets, "run"))
	}
	return said
}

// Said says which case is flaky, and how.
func (c *FlakyCase) Said() string { return text.Short(text.Line(c.Name), 120) + ": " + c.How() }

// How says how a case is flaky.
func (c *FlakyCase) How() string {
	var parts []string
	if n := len(c.Again); n > 0 {
		parts = append(parts, "passed when tried again in "+text.Count(n, "run"))
	}
	if n := len(c.Fails); n > 0 {
		parts = append(parts, "failed in "+text.Count(n, "run")+" whose commits passed too")
	}
	return strings.Join(parts, ", ")
}

// PassedAgain describes a flake of a pull request.
func (j *Job) PassedAgain(a PassedAgain) string {
	return fmt.Sprintf("%s failed in %s and passed in %s on the same commit", text.Line(a.Change), text.Name(j.Runs[a.Failed].Build), text.Name(j.Runs[a.Passed].Build))
}

func (s *Systemic) where() string {
	return fmt.Sprintf("in %s, %s, first %s, last %s: %s", text.Count(len(s.Jobs), "job"), text.Count(s.Runs, "run"), minute(s.First), minute(s.Last), text.Line(strings.Join(s.Jobs, ", ")))
}

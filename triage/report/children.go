package report

import (
	"fmt"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// Child is a run that the run waited for. The run's job only collects the results of others.
type Child struct {
	Job      string `json:"job"`
	Build    string `json:"build"`
	URL      string `json:"url,omitempty"`
	Result   string `json:"result"`
	ID       string `json:"id,omitempty"` // id of its first finding
	Title    string `json:"title,omitempty"`
	Category string `json:"category,omitempty"`
}

// AddChildren adds the runs that a run waited for, and what they have in common. If two or
// more of them, and most of the failed ones, have the same first finding, it also becomes
// the first finding of the run: the run itself only counts failures (O3).
func (s *Summary) AddChildren(children []*Summary) {
	failed := 0
	with := map[string][]*Summary{}
	for _, c := range children {
		one := Child{Job: c.Run.Job, Build: c.Run.Build, URL: c.Run.URL, Result: c.Verdict.Result}
		if c.Verdict.Result != string(runfile.Passed) && c.Verdict.Result != string(runfile.Running) {
			failed++
			if len(c.Findings) > 0 {
				f := c.Findings[0]
				one.ID, one.Title, one.Category = f.ID, f.Title, f.Category
				with[f.ID] = append(with[f.ID], c)
			}
		}
		s.Children = append(s.Children, one)
	}
	most := mostCommon(with)
	if len(most) < 2 || 2*len(most) <= failed {
		return
	}
	f := most[0].Findings[0]
	f.Rank, f.Explains, f.Passing, f.Number = 1, len(s.Findings), nil, -1
	because := fmt.Sprintf("%d of %s that failed have it", len(most), text.Count(failed, "child run"))
	f.Chain, f.Evidence = childPlaces(most)
	if len(s.Findings) > 0 {
		f.Chain = append(f.Chain, s.Findings[0].Chain...)
	}
	s.Findings = append([]Finding{f}, s.Findings...)
	for i := range s.Findings {
		s.Findings[i].Rank = i + 1
	}
	s.Verdict.Text, s.Verdict.Category, s.Verdict.Confidence, s.Verdict.Because = f.Title, f.Category, f.Confidence, []string{because}
}

// mostCommon gives the runs of the most frequent finding. If several are equally frequent,
// it uses the one with the smallest id.
func mostCommon(with map[string][]*Summary) (most []*Summary) {
	ids := make([]string, 0, len(with))
	for id := range with {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if len(with[id]) > len(most) {
			most = with[id]
		}
	}
	return most
}

// mostPlaces bounds how many children's places are given.
const mostPlaces = 5

// childPlaces gives the places where the finding of each child can be read.
func childPlaces(children []*Summary) (chain []Step, evidence []Evidence) {
	for _, c := range children[:min(len(children), mostPlaces)] {
		e := Evidence{Source: "run", File: strings.TrimSpace(c.Run.Job + " " + c.Run.Build), URL: c.Run.URL}
		if of := c.Findings[0].Evidence; len(of) > 0 {
			e.Time, e.Said = of[0].Time, of[0].Said
			if of[0].URL != "" {
				e.URL = of[0].URL
			}
		}
		evidence = append(evidence, e)
		chain = append(chain, Step{Text: c.Findings[0].Title, Evidence: e})
	}
	return chain, evidence
}

// childLines describes the runs that were waited for: how many failed, and why.
func (s *Summary) childLines() (lines []string) {
	if len(s.Children) == 0 {
		return nil
	}
	failed := 0
	counts, titles := map[string]int{}, []string{}
	for _, c := range s.Children {
		if c.Result != string(runfile.Passed) && c.Result != string(runfile.Running) {
			failed++
		}
		if c.Title != "" {
			if counts[c.Title]++; counts[c.Title] == 1 {
				titles = append(titles, c.Title)
			}
		}
	}
	lines = append(lines, fmt.Sprintf("%d of %s failed", failed, text.Count(len(s.Children), "child run")))
	slices.SortStableFunc(titles, func(a, b string) int { return counts[b] - counts[a] })
	for _, title := range titles {
		lines = append(lines, fmt.Sprintf("%d: %s", counts[title], text.Line(title)))
	}
	return lines
}

// childList lists them in Markdown.
func (s *Summary) childList() string {
	var b strings.Builder
	for i, c := range s.Children {
		if i == 0 {
			b.WriteString("\nChild runs:\n")
		}
		e := Evidence{File: c.Job + " " + c.Build, URL: c.URL}
		fmt.Fprintf(&b, "- %s %s%s\n", text.Markdown(c.Result), text.Markdown(c.Title), e.reference())
	}
	return b.String()
}

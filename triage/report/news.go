package report

import (
	"cmp"
	"slices"

	"prowtrace/internal/text"
	"prowtrace/triage"
)

// News is a copy with only the new findings: known reports which ids were reported before.
// If a run's first finding is known, its other findings count only if their confidence is
// medium or high: what a log says with little weight changes from run to run. Runs stay even
// without findings. Groups stay if their finding is new.
func (s *Summaries) News(known func(id string) bool) *Summaries {
	news := *s
	news.Runs = make([]*Summary, len(s.Runs))
	for i, one := range s.Runs {
		news.Runs[i] = one.news(known)
	}
	news.Groups = slices.DeleteFunc(slices.Clone(s.Groups), func(g Group) bool { return known(g.ID) })
	return &news
}

func (s *Summary) news(known func(id string) bool) *Summary {
	news := *s
	news.Findings = []Finding{}
	old := len(s.Findings) > 0 && known(s.Findings[0].ID)
	for _, f := range s.Findings {
		switch {
		case known(f.ID):
			news.Known++
		case old && f.Confidence == string(triage.Low):
			news.Others++
		default:
			news.Findings = append(news.Findings, f)
		}
	}
	if old {
		news.Seen = nil // it is about the first finding
	}
	return &news
}

// Found is a copy with the runs that have findings.
func (s *Summaries) Found() *Summaries {
	found := *s
	found.Runs = slices.DeleteFunc(slices.Clone(s.Runs), func(one *Summary) bool { return len(one.Findings) == 0 })
	return &found
}

// beside reports whether the first of the remaining findings is not what broke first,
// because that was known.
func (s *Summary) beside() bool { return len(s.Findings) > 0 && s.Findings[0].Rank > 1 }

// headline says the result in a sentence: what broke first, or what is new besides.
func (s *Summary) headline() string {
	if s.beside() {
		return cmp.Or(s.Findings[0].Title, s.Verdict.Text)
	}
	return s.Verdict.Text
}

// besides says what broke first if the headline is about something else.
func (s *Summary) besides() string {
	if s.beside() {
		return "what broke first was seen before: " + s.Verdict.Text
	}
	return ""
}

// inTable is the headline in a form for a row of its own.
func (s *Summary) inTable() string {
	if s.beside() {
		return "also new: " + s.headline()
	}
	return s.headline()
}

// knownLine says how many findings are left out because they are known.
func (s *Summary) knownLine() string {
	if s.Known == 0 {
		return ""
	}
	return "left out: " + text.Count(s.Known, "finding") + " seen before"
}

// othersLine says how many findings are left out for other reasons.
func (s *Summary) othersLine() string {
	if s.beside() {
		return text.Count(s.Others, "other error") + " not listed: low confidence, consequences, or after the failure."
	}
	return text.Count(s.Others, "other error") + " not listed: consequences, or after the failure."
}

package report

import "prowtrace/internal/text"

// Words are the sentences of a Summary, for callers that show it in a form of their own.
// They quote files, so they are hostile. They are masked only if the Summary is.
type Words struct {
	Headline string // the result in a sentence
	About    string // its category and confidence; "" without a finding
	Besides  string // what broke first, if the headline is about something else
	Seen     string // whether it was seen before
	Source   string // which files could not be compared with a checksum
	Next     string // what to do
	Others   string // which findings are left out
	Known    string // which findings are left out because they were reported before

	Also     []Told   // further findings
	Waited   []Told   // what was waited for in vain, the longest first
	Cut      []Told   // what was running at the end
	Children []string // the results of the runs that it waited for
	Gaps     []string // what was not seen
}

// Words gives the sentences of the Summary.
func (s *Summary) Words() Words {
	w := Words{
		Headline: s.headline(), About: s.about(), Besides: s.besides(), Seen: s.seen(), Source: s.unverified(), Known: s.knownLine(),
		Waited: s.waited(), Cut: s.cut(), Children: s.childLines(),
	}
	for i, f := range s.Findings {
		if i == 0 {
			w.Next = f.Next
			continue
		}
		w.Also = append(w.Also, Told{Said: text.Line(f.Title), At: f.Evidence[0]})
	}
	if s.Others > 0 && len(s.Findings) > 0 {
		w.Others = s.othersLine()
	}
	for _, g := range s.Gaps {
		w.Gaps = append(w.Gaps, sentence(g))
	}
	return w
}

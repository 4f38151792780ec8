package report

import "prowtrace/internal/text"

// Words are the sentences of a Summary, for those who show it in a form of their own. They
// quote what files say: they are hostile, and not masked unless the Summary is.
type Words struct {
	Headline string // the whole in a sentence
	About    string // its category, and how sure it is; "" without a finding
	Besides  string // what broke first, where the headline is something else
	Seen     string // whether it was seen before
	Source   string // what of the files could not be compared with a checksum
	Next     string // what to do
	Others   string // what is left out of the findings
	Known    string // what is left out because it was told before

	Also     []Told   // further findings
	Waited   []Told   // what was waited for in vain, the longest first
	Cut      []Told   // what was running at the end
	Children []string // what became of the runs that it waited for
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

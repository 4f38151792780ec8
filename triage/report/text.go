package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Text writes one screen for a person: what broke, the evidence, what to do, what else was
// found, where the time went, and what was not seen.
func (s *Summary) Text(w io.Writer, look text.Look) error {
	p := &page{look: look}
	p.head(s)
	p.verdict(s)
	p.chain(s)
	p.rest(s)
	p.time(s.Time)
	p.lines("Waited", s.waited())
	p.lines("Cut", s.cut())
	for i, g := range s.Gaps {
		p.label(cmp.Or(strings.Repeat(" ", min(i, 1)*4), "Gaps"), sentence(g))
	}
	if said := s.unverified(); said != "" {
		p.label("Source", said)
	}
	if s.Run.URL != "" {
		p.line("")
		p.label("Open", s.Run.URL)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page collects lines.
type page struct {
	look text.Look
	b    strings.Builder
}

func (p *page) line(s string) { p.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// unverified says what could not be compared with a checksum; "" means nothing.
func (s *Summary) unverified() string {
	if s.Run.Unverified == nil {
		return ""
	}
	return text.Line(s.Run.Unverified.Text)
}

// labelWidth is the width of the words in front of the lines.
const labelWidth = 7

// label writes a line with a word in front of it, broken at the width of the screen.
func (p *page) label(word, said string) {
	for i, part := range text.Wrap(said, p.look.Width-labelWidth) {
		if i > 0 {
			word = ""
		}
		p.line(fmt.Sprintf("%-*s%s", labelWidth, word, part))
	}
}

func (p *page) head(s *Summary) {
	result := strings.ToUpper(s.Verdict.Result)
	switch s.Verdict.Result {
	case "passed":
		result = p.look.Paint(text.Bold+";"+text.Green, result)
	case "failed", "error":
		result = p.look.Paint(text.Bold+";"+text.Red, result)
	default:
		result = p.look.Paint(text.Bold, result)
	}
	parts := []string{strings.TrimSpace(s.Run.Job + " " + s.Run.Build)}
	if s.Run.Change != "" {
		parts = append(parts, s.Run.Change)
	}
	if s.Run.Duration > 0 {
		took := text.Duration(time.Duration(s.Run.Duration))
		if s.Run.Finished != nil {
			took += ", ended " + s.Run.Finished.Format("2006-01-02 15:04 UTC")
		}
		parts = append(parts, took)
	}
	word := strings.ToUpper(s.Verdict.Result)
	for i, line := range text.Fold(word+"  "+text.Line(strings.Join(parts, "   ")), p.look.Width) {
		if i == 0 {
			line = result + strings.TrimPrefix(line, word)
		}
		p.line(line)
	}
	p.line("")
}

func (p *page) verdict(s *Summary) {
	for _, line := range text.Wrap(text.Line(s.headline()), p.look.Width) {
		p.line(p.look.Paint(text.Bold, line))
	}
	for _, said := range nonEmpty(s.about(), text.Line(s.besides()), text.Line(s.seen())) {
		for _, line := range text.Wrap(said, p.look.Width) {
			p.line(line)
		}
	}
	p.line("")
}

// about is the category, its confidence, and whether passing runs have the same.
func (s *Summary) about() string {
	if len(s.Findings) == 0 {
		return ""
	}
	f := s.Findings[0]
	parts := []string{f.Category, f.Confidence + " confidence"}
	switch n := len(s.Run.Baseline); {
	case f.Passing == nil || n == 0:
	case *f.Passing == 0 && n == 1:
		parts = append(parts, "not in the last passing run")
	case *f.Passing == 0:
		parts = append(parts, "in none of the last "+text.Count(n, "passing run"))
	default:
		parts = append(parts, fmt.Sprintf("in %d of the last %s too", *f.Passing, text.Count(n, "passing run")))
	}
	if s.Verdict.NotTheChange && !s.beside() {
		parts = append(parts, "probably not the change under test")
	}
	return strings.Join(parts, " · ")
}

func (p *page) chain(s *Summary) {
	if len(s.Findings) == 0 {
		return
	}
	steps := s.Findings[0].Chain
	for _, step := range steps {
		at := "        "
		if step.Time != nil {
			at = step.Time.Format("15:04:05")
		}
		place := step.Place()
		room := p.look.Width - len(at) - 4
		said := text.Line(step.Text)
		if p.look.Width > 0 {
			said = text.Short(said, max(20, room-len([]rune(place))-len([]rune("  …"))))
		} else {
			said = text.Short(said, 110)
		}
		p.line("  " + at + "  " + said + "  " + p.look.Paint(text.Faint, place))
	}
	p.line("")
}

// Place names the place of evidence, as people write it.
func (e Evidence) Place() string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("%s:%d", text.Name(e.File), e.Line)
	case e.File != "":
		return text.Name(e.File)
	case e.SpanID != "":
		return "span " + e.SpanID
	}
	return ""
}

func (p *page) rest(s *Summary) {
	if len(s.Findings) > 0 && s.Findings[0].Next != "" {
		p.label("Next", text.Line(s.Findings[0].Next))
	}
	word := "Also"
	for _, f := range s.Findings[min(1, len(s.Findings)):] {
		p.label(word, text.Line(f.Title)+" ("+cmp.Or(f.Evidence[0].Place(), f.Evidence[0].Source)+")")
		word = ""
	}
	if s.Others > 0 && len(s.Findings) > 0 {
		p.label(word, s.othersLine())
	}
	if said := s.knownLine(); said != "" {
		p.label("Known", said)
	}
	word = "Child"
	for _, line := range s.childLines() {
		p.label(word, line)
		word = ""
	}
	if len(s.Findings)+len(s.Children) > 0 {
		p.line("")
	}
}

// lines writes lines after a word.
func (p *page) lines(word string, lines []Told) {
	for _, l := range lines {
		p.label(word, l.Said+l.At.brackets())
		word = ""
	}
}

// Told is a sentence with its evidence.
type Told struct {
	Said string
	At   Evidence
}

// brackets names the place in brackets.
func (e Evidence) brackets() string {
	if place := e.Place(); place != "" {
		return " (" + place + ")"
	}
	return ""
}

// mostWaits bounds how many waits are shown, and how many things that were running at the
// end.
const mostWaits = 3

// waited are the longest waits.
func (s *Summary) waited() (lines []Told) {
	all := slices.Clone(s.Waits)
	slices.SortStableFunc(all, func(a, b Wait) int { return cmp.Compare(b.Duration, a.Duration) })
	for _, w := range all {
		if w.Duration == 0 || len(lines) == mostWaits {
			break
		}
		said := fmt.Sprintf("%s: %s, ", text.Duration(time.Duration(w.Duration)), text.Line(w.Text))
		if w.Tries > 1 {
			said += text.Count(w.Tries, "try") + ", "
		}
		lines = append(lines, Told{said + w.Outcome, w.Evidence})
	}
	return lines
}

// cut is what was running when the run was ended.
func (s *Summary) cut() (lines []Told) {
	for _, u := range s.Unfinished[:min(len(s.Unfinished), mostWaits)] {
		said := "still running at the end: " + text.Line(u.Text)
		if u.Start != nil {
			said += ", since " + u.Start.Format("15:04:05")
		}
		lines = append(lines, Told{said, u.Evidence})
	}
	if more := len(s.Unfinished) - mostWaits; more > 0 {
		lines = append(lines, Told{Said: "and " + text.Number(more) + " more"})
	}
	return lines
}

// barWidth is the length of the longest bar.
const barWidth = 24

func (p *page) time(phases []Phase) {
	if len(phases) == 0 {
		return
	}
	longest, width := int64(1), 0
	for _, f := range phases {
		longest = max(longest, f.Duration)
		width = max(width, len([]rune(text.Short(f.Phase, 30))))
	}
	word := "Time"
	for _, f := range phases {
		bar := strings.Repeat("█", max(1, int(f.Duration*barWidth/longest)))
		usual := ""
		switch {
		case f.Usual == 0:
		case f.Unusual || f.Failed: // does not say "failed as usual"
			usual = "usually " + text.Duration(time.Duration(f.Usual))
		default:
			usual = "as usual"
		}
		if off := f.Duration - f.Critical; f.Critical > 0 && off > f.Duration/10 {
			usual = strings.TrimLeft(usual+", "+text.Duration(time.Duration(f.Critical))+" on the critical path", ", ")
		}
		if f.Failed {
			bar = p.look.Paint(text.Red, bar)
			usual = strings.TrimSpace("failed  " + usual)
		}
		p.line(fmt.Sprintf("%-*s%-*s  %8s  %s  %s", labelWidth, word, width, text.Short(text.Line(f.Phase), 30), text.Duration(time.Duration(f.Duration)), bar, usual))
		word = ""
	}
}

// sentence describes a gap.
func sentence(g Gap) string {
	said := text.Line(g.What)
	if g.Why != "" {
		said += ": " + text.Line(g.Why)
	}
	if g.Next != "" {
		said += ". " + text.Line(g.Next)
	}
	return said
}

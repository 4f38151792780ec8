package diff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// A List is a list of a Diff in the form in which it is shown.
type List struct {
	Title string
	Rows  []Change
	Left  int // how many are left out

	word  string
	noun  string // for things that belong to a row
	shown int    // number of rows of the short form
}

// Lists are the lists of changes, the most important first.
func (d *Diff) Lists() []List {
	left := d.LeftOut
	return []List{
		{"Errors", d.Errors, left["errors"], "Errors", "line", 8},
		{"Phases", d.Phases, left["phases"], "Phases", "phase", 8},
		{"Test cases", d.Cases, left["cases"], "Cases", "case", 6},
		{"Calls", d.Calls, left["calls"], "Calls", "call", 6},
		{"Lines of logs", d.Lines, left["lines"], "Lines", "line", 6},
	}
}

// HowMuch says in words by how much a row of the list differs.
func (l *List) HowMuch(row int) string { return l.Rows[row].howMuch(l.noun) }

// Same reports whether nothing differs.
func (d *Diff) Same() bool {
	for _, p := range d.Lists() {
		if len(p.Rows) > 0 {
			return false
		}
	}
	return len(d.Inputs)+len(d.Attributes) == 0
}

// Against names what the run is compared with.
func (d *Diff) Against() string {
	switch len(d.Good) {
	case 0:
		return "nothing"
	case 1:
		return d.Good[0].said()
	}
	took := each(d.Good, func(r Run) time.Duration { return time.Duration(r.Duration) })
	return fmt.Sprintf("%s from %s to %s, which took %s to %s", text.Count(len(d.Good), "run"), d.Good[len(d.Good)-1].Build, d.Good[0].Build,
		text.Duration(slices.Min(took)), text.Duration(slices.Max(took)))
}

// title names the run.
func (r *Run) title() string { return strings.TrimSpace(text.Line(r.Job) + " " + text.Line(r.Build)) }

func (r *Run) said() string {
	parts := []string{r.title()}
	if r.Change != "" {
		parts = append(parts, text.Line(r.Change))
	}
	parts = append(parts, r.Result)
	if r.Duration > 0 {
		parts = append(parts, text.Duration(time.Duration(r.Duration)))
	}
	return strings.Join(parts, "   ")
}

// Said says what an input was and what it is now.
func (i *Input) Said() string {
	if len(i.Removed)+len(i.Added) > 0 {
		var words []string
		for _, w := range i.Removed {
			words = append(words, "- "+w)
		}
		for _, w := range i.Added {
			words = append(words, "+ "+w)
		}
		return strings.Join(words, "  ")
	}
	short := func(s string) string {
		switch {
		case s == "":
			return "none"
		case i.Kind == "commit":
			return text.Short(s, 10)
		}
		return text.Short(s, 100)
	}
	shown := min(len(i.Good), 3)
	if i.Kind == "commit" {
		shown = 1
	}
	good := each(i.Good[:shown], short)
	if len(i.Good) > 3 && shown > 1 {
		good = append(good, "…")
	}
	return strings.Join(good, " or ") + " → " + short(i.Bad)
}

// Title names an input.
func (i *Input) Title() string {
	switch i.Kind {
	case "image", "change":
		return i.Kind + " " + i.Name
	}
	return i.Name
}

// Said names what differs, on one line.
func (c *Change) Said() string {
	said := c.Bad.Text
	if said == "" {
		said = c.Good.Text
	}
	switch {
	case c.Service != "" && c.Under != "": // a call; its text is its name in this run
		return c.Under + " › " + said
	case c.Under != "" && said != "": // a case, and why it failed
		return c.Name + ": " + said
	case said != "":
		return said
	}
	return c.Name
}

// howMuch says by how much it differs. noun names the things that can belong to it.
func (c *Change) howMuch(noun string) string {
	var parts []string
	switch {
	case c.Delta != 0:
		sign, delta := "+", time.Duration(c.Delta)
		if delta < 0 {
			sign, delta = "-", -delta
		}
		how := []string{sign + text.Duration(delta)}
		if c.Ratio > 0 {
			how = append(how, times(c.Ratio))
		}
		if c.Z != 0 {
			how = append(how, fmt.Sprintf("z %.1f", c.Z))
		}
		parts = append(parts, fmt.Sprintf("%s → %s (%s)", text.Duration(time.Duration(c.Good.Duration)), text.Duration(time.Duration(c.Bad.Duration)), strings.Join(how, ", ")))
	case c.Kind == More || c.Kind == Fewer:
		parts = append(parts, fmt.Sprintf("%s → %s times", text.Number(c.Good.Count), text.Number(c.Bad.Count)))
	case c.Kind == Stopped || c.Kind == Lasted:
		parts = append(parts, fmt.Sprintf("last seen %s before the end, usually %s", span(c.Bad.Left), span(c.Good.Left)))
	default:
		if n := max(c.Bad.Count, c.Good.Count); n > 1 {
			parts = append(parts, text.Number(n)+" times")
		}
		if d := max(c.Bad.Duration, c.Good.Duration); d >= int64(time.Second) {
			parts = append(parts, text.Duration(time.Duration(d)))
		}
	}
	if c.With > 0 {
		parts = append(parts, "and "+text.Count(c.With, "further "+noun))
	}
	return strings.Join(parts, ", ")
}

func span(ns int64) string { return text.Duration(time.Duration(ns).Round(time.Second)) }

func times(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("%.0f×", ratio)
	}
	return fmt.Sprintf("%.1f×", ratio)
}

// place is the place to look at: in the bad run, if it is there.
func (c *Change) place() *Place {
	if c.Bad.Place != nil {
		return c.Bad.Place
	}
	return c.Good.Place
}

// said names a place as people write it.
func (p *Place) said() string {
	switch {
	case p == nil:
		return ""
	case p.File != "" && p.Line > 0:
		return fmt.Sprintf("%s:%d", text.Name(p.File), p.Line)
	case p.File != "":
		return text.Name(p.File)
	case p.SpanID != "":
		return "span " + p.SpanID
	}
	return ""
}

// Said says how often spans have a value.
func (a *Attribute) Said() string {
	return fmt.Sprintf("%s of %s spans, before %s of %s", text.Number(a.Bad.Spans), text.Number(a.Bad.Of), text.Number(a.Good.Spans), text.Number(a.Good.Of))
}

// rest says how many rows are not shown, by their kinds.
func (l *List) rest(shown int) string {
	left := l.Left + len(l.Rows) - shown
	if left == 0 {
		return ""
	}
	counts := map[Kind]int{}
	for _, c := range l.Rows[shown:] {
		counts[c.Kind]++
	}
	var some []string
	for _, k := range kinds {
		if counts[k] > 0 {
			some = append(some, text.Number(counts[k])+" "+string(k))
		}
	}
	return fmt.Sprintf("and %s more: %s", text.Number(left), strings.Join(some, ", "))
}

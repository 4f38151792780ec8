package diff

import (
	"fmt"
	"io"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// page collects lines.
type page struct {
	look text.Look
	b    strings.Builder
}

// Columns of the short form.
const (
	labelWidth = 8
	kindWidth  = 8
	textWidth  = 160 // if the screen has no width
)

// shownInputs bounds the inputs of the short form.
const shownInputs = 15

// Text writes a screen or two for a person: what changed first, followed by the most
// important differences.
func (d *Diff) Text(w io.Writer, look text.Look) error {
	p := &page{look: look}
	p.head(d)
	p.inputs(d)
	for _, list := range d.Lists() {
		p.list(&list)
	}
	p.attributes(d)
	for i, g := range d.Gaps {
		p.line(p.label("Gaps", i) + text.Line(g.What+": "+g.Why))
	}
	if d.Same() {
		p.line("No difference was found.")
	}
	_, err := io.WriteString(w, strings.TrimRight(p.b.String(), "\n")+"\n")
	return err
}

func (p *page) line(s string) { p.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// folded writes a line, broken at the width of the screen.
func (p *page) folded(s string) {
	for _, line := range text.Fold(s, p.look.Width) {
		p.line(line)
	}
}

// row writes a line whose middle is cut at the width of the screen. If too little of the
// middle would remain, the tail goes to the next line. paint colours the texts that it is
// given.
func (p *page) row(head, said, tail string, paint func(head, tail string) (string, string)) {
	room := p.room(head+tail, 0)
	if p.look.Width > 0 && room < leastRoom && len([]rune(head+said+tail)) > p.look.Width {
		indent := strings.Repeat(" ", labelWidth+kindWidth)
		wrapped := text.Wrap(tail, p.look.Width-len(indent))
		head, _ := paint(head, "")
		p.line(head + text.Short(said, p.room(indent, 0)))
		for _, line := range wrapped {
			_, line = paint("", line)
			p.line(indent + line)
		}
		return
	}
	head, tail = paint(head, tail)
	p.line(head + text.Short(said, room) + tail)
}

// leastRoom is the width below which a cut text says too little.
const leastRoom = 24

// label is the word in front of the first line of a list.
func (p *page) label(word string, row int) string {
	if row > 0 {
		word = ""
	}
	return fmt.Sprintf("%-*s", labelWidth, word)
}

func (p *page) head(d *Diff) {
	result := strings.ToUpper(d.Bad.Result)
	switch d.Bad.Result {
	case "passed":
		result = p.look.Paint(text.Bold+";"+text.Green, result)
	case "failed", "error":
		result = p.look.Paint(text.Bold+";"+text.Red, result)
	}
	parts := []string{d.Bad.title()}
	if d.Bad.Change != "" {
		parts = append(parts, text.Line(d.Bad.Change))
	}
	if d.Bad.Duration > 0 {
		parts = append(parts, text.Duration(time.Duration(d.Bad.Duration)))
	}
	word := strings.ToUpper(d.Bad.Result)
	for i, line := range text.Fold(word+"  "+strings.Join(parts, "   "), p.look.Width) {
		if i == 0 {
			line = result + strings.TrimPrefix(line, word)
		}
		p.line(line)
	}
	p.folded("against " + d.Against())
	p.line("")
}

func (p *page) inputs(d *Diff) {
	width, n := 0, 0
	var unsteady []string
	for i := range d.Inputs {
		if in := &d.Inputs[i]; in.telling() {
			width, n = max(width, len([]rune(text.Short(in.Title(), 30)))), n+1
		} else {
			unsteady = append(unsteady, text.Line(in.Title()))
		}
	}
	for i := range d.Inputs[:min(n, shownInputs)] {
		in := &d.Inputs[i]
		said := p.label("Inputs", i) + fmt.Sprintf("%-*s  ", width, text.Short(in.Title(), 30))
		room := p.room(said, 0)
		p.line(said + text.Short(text.Line(in.Said()), room))
		if in.URL != "" {
			p.line(p.label("", 1) + p.look.Paint(text.Faint, in.URL))
		}
	}
	if more := n - shownInputs + d.LeftOut["inputs"]; more > 0 {
		p.line(p.label("", 1) + "and " + text.Number(more) + " more")
	}
	if len(unsteady) > 0 {
		said := "differs in each run: " + strings.Join(unsteady, ", ")
		p.line(p.label("Inputs", n) + text.Short(said, p.room("", labelWidth)))
	}
	if len(d.Inputs) > 0 {
		p.line("")
	}
}

// room is the rest of a line, without the place of an ellipsis.
func (p *page) room(said string, more int) int {
	if p.look.Width == 0 {
		return textWidth
	}
	return max(20, p.look.Width-len([]rune(said))-more-len([]rune("…")))
}

func (p *page) list(list *List) {
	shown := min(len(list.Rows), list.shown)
	for i := range list.Rows[:shown] {
		c := &list.Rows[i]
		head := p.label(list.word, i)
		kind := fmt.Sprintf("%-*s", kindWidth, c.Kind)
		tail := ""
		if how := list.HowMuch(i); how != "" {
			tail += "  " + how
		}
		place := c.place().said()
		p.row(head+kind, text.Line(c.Said()), tail+"  "+place, func(before, behind string) (string, string) {
			if c.Kind == New || c.Kind == Fails || c.Kind == Stopped {
				before = strings.Replace(before, kind, p.look.Paint(text.Red, kind), 1)
			}
			if some, ok := strings.CutSuffix(behind, place); ok {
				behind = some + p.look.Paint(text.Faint, place)
			}
			return before, behind
		})
	}
	if rest := list.rest(shown); rest != "" {
		for _, line := range text.Wrap(rest, max(0, p.look.Width-labelWidth)) {
			p.line(p.label("", 1) + p.look.Paint(text.Faint, line))
		}
	}
	if shown > 0 {
		p.line("")
	}
}

// shownAttributes bounds the attributes of the short form.
const shownAttributes = 6

func (p *page) attributes(d *Diff) {
	for i := range d.Attributes[:min(len(d.Attributes), shownAttributes)] {
		a := &d.Attributes[i]
		kind := More
		if a.Z < 0 {
			kind = Fewer
		}
		head := p.label("Spans", i) + fmt.Sprintf("%-*s", kindWidth, kind)
		tail := "  " + a.Said()
		p.row(head, text.Line(a.Key+"="+a.Value), tail, func(head, tail string) (string, string) { return head, tail })
	}
	if more := len(d.Attributes) - shownAttributes + d.LeftOut["attributes"]; more > 0 {
		p.line(p.label("", 1) + p.look.Paint(text.Faint, "and "+text.Number(more)+" more"))
	}
	if len(d.Attributes) > 0 {
		p.line("")
	}
}

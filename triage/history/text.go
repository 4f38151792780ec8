package history

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// Text writes a History for a terminal. For each job it has the verdict, a strip of its
// runs, what failed, durations compared with usual ones and limits, and the runs. Lines are
// broken at the width of the screen.
func (h *History) Text(w io.Writer, look text.Look) error {
	p := page{width: look.Width}
	for _, s := range h.Systemic {
		p.part("System", text.Line(s.Title), s.where())
	}
	for i, j := range h.Jobs {
		if i > 0 {
			p.b.WriteString("\n")
		}
		p.job(j)
	}
	_, err := io.WriteString(w, strings.TrimLeft(p.b.String(), "\n"))
	return err
}

// page collects lines. Its parts are separated by empty lines.
type page struct {
	b     strings.Builder
	width int // 0 means no limit
}

// labelWidth is the width of the words in front of the lines.
const labelWidth = 7

// room is the width next to the words in front of the lines.
func (p *page) room() int { return max(0, p.width-labelWidth) }

// lines writes lines without a word in front of them.
func (p *page) lines(some ...string) {
	for _, line := range some {
		for _, part := range text.Fold(line, p.width) {
			p.b.WriteString(part + "\n")
		}
	}
}

// part writes lines, with a word in front of the first one.
func (p *page) part(word string, lines ...string) {
	if len(lines) > 0 {
		p.b.WriteString("\n")
		p.more(word, lines...)
	}
}

// more is part without an empty line.
func (p *page) more(word string, lines ...string) {
	for _, line := range lines {
		for _, part := range text.Fold(line, p.room()) {
			p.b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s%s", labelWidth, word, part), " ") + "\n")
			word = ""
		}
	}
}

func (p *page) job(j *Job) {
	p.lines("", text.Name(j.Name)+"   "+j.Counts(), "", j.Title)
	if g := j.Worst(); g != nil {
		p.lines(g.Began()...)
	}
	p.part("Runs", j.strip()+"   oldest to newest; · passed, letters: see below, - aborted, … running")
	for i := range j.Groups {
		g := &j.Groups[i]
		p.part(j.letter(i), append([]string{text.Line(g.Title), g.About()}, slices.Concat(g.Elsewhere(), sayings(g.Over))...)...)
	}
	for i := range j.Dying {
		d := &j.Dying[i]
		p.part("Phase", append([]string{text.Line(d.Title) + " " + d.OneCause(), d.About()}, sayings(d.Over)...)...)
	}
	var times, limits, flaky, again []string
	for i := range j.Phases {
		if t := &j.Phases[i]; t.Usual.Runs > 0 {
			times = append(times, fmt.Sprintf("%-24s %s", text.Short(text.Line(t.Name), 24), t.Said()))
		}
	}
	for i := range j.Limits {
		limits = append(limits, fmt.Sprintf("%-24s %s", text.Short(text.Line(j.Limits[i].Name), 24), j.Limits[i].Said()))
	}
	for i := range j.Flaky {
		flaky = append(flaky, j.Flaky[i].Said())
	}
	for _, a := range j.Again {
		again = append(again, j.PassedAgain(a))
	}
	p.part("Time", times...)
	p.more("Limits", limits...)
	p.more("Slow", sayings(j.Slow)...)
	p.more("Bad", sayings(j.Bad)...)
	p.part("Flaky", append(flaky, again...)...)
	others := "Failed"
	if j.Failed == 0 {
		others = "Others" // some were aborted, or are running
	}
	p.part(others, j.others(p.room())...)
}

// others lists the runs that did not pass, the newest first.
func (j *Job) others(width int) []string {
	var t text.Table
	for i := len(j.Runs) - 1; i >= 0; i-- {
		r := &j.Runs[i]
		if r.good() {
			continue
		}
		said := r.Gap
		if r.Finding != nil {
			said = r.Finding.Title
		}
		took := ""
		if r.Took > 0 {
			took = text.Duration(r.Took)
		}
		t.Row(j.mark(i), fmt.Sprintf("%-16s", minute(r.Started)), fmt.Sprintf("%-7s", text.Name(string(r.State))), fmt.Sprintf("%8s", took), text.Name(r.Build), text.Short(text.Line(said), 100))
	}
	return t.Lines(width)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// letter names a group on a strip.
func (j *Job) letter(group int) string { return string(rune('A' + min(group, 25))) }

// mark is the character of a run on a strip.
func (j *Job) mark(run int) string {
	r := &j.Runs[run]
	switch {
	case r.good():
		return "·"
	case r.State == runfile.Running:
		return "…"
	case !r.bad():
		return "-"
	}
	return j.letter(j.groupOf(run))
}

// groupOf is the number of the group of a run that failed.
func (j *Job) groupOf(run int) int {
	for g := range j.Groups {
		for _, i := range j.Groups[g].Runs {
			if i == run {
				return g
			}
		}
	}
	return -1
}

func (j *Job) strip() string {
	var b strings.Builder
	for i := range j.Runs {
		b.WriteString(j.mark(i))
	}
	return b.String()
}

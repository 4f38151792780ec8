package lens

import (
	"context"
	"slices"
	"sort"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// excerpt is some lines of a log.
type excerpt struct {
	Name  string
	End   bool // they are its end
	Lines []line
}

// line is a line of a log. One without a number stands for those that are left out.
type line struct {
	Number  string
	Text    string
	URL     string
	Known   bool // a step of the chain is known by it
	Skipped int
}

// Bounds on an excerpt, in lines.
const (
	mostKnown   = 8  // lines that the chain names
	linesBefore = 3  // each of these
	linesBehind = 2  // likewise
	linesAtEnd  = 10 // where the chain names none
	lineBytes   = 400
)

// excerptOf gives the lines of the log that a finding is known by, with some around them; of
// a run without a finding, or one known by other files, the end of its first log. nil: there
// is none.
func excerptOf(ctx context.Context, in *session.Input, f *report.Finding) *excerpt {
	name, numbers := namedLines(f)
	if name != "" {
		if log, lines := heldLog(ctx, in, name); lines != nil {
			if rows := rowsOf(lines, numbers); len(rows) > 0 {
				return newExcerpt(log, lines, rows, false)
			}
		}
	}
	log, lines := heldLog(ctx, in, "")
	if lines == nil || lines.Len() == 0 {
		return nil
	}
	return newExcerpt(log, lines, []int{lines.Len()}, true)
}

// namedLines gives the log that most of a chain is in, and the lines.
func namedLines(f *report.Finding) (name string, numbers []int) {
	if f == nil {
		return "", nil
	}
	named := map[string][]int{}
	add := func(e report.Evidence) {
		if e.Line > 0 && len(named[e.File]) < mostKnown && !slices.Contains(named[e.File], e.Line) {
			named[e.File] = append(named[e.File], e.Line)
		}
		if name == "" || len(named[e.File]) > len(named[name]) {
			name = e.File
		}
	}
	for _, e := range f.Evidence {
		add(e)
	}
	for _, s := range f.Chain {
		add(s.Evidence)
	}
	return name, named[name]
}

// rowsOf finds lines by their numbers among those that are held.
func rowsOf(lines *session.Lines, numbers []int) (rows []int) {
	numberOf := func(i int) int { n, _ := lines.Number(i); return n }
	for _, number := range numbers {
		at := sort.Search(lines.Len(), func(i int) bool { return numberOf(i) >= number })
		if at < lines.Len() && numberOf(at) == number {
			rows = append(rows, at)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// newExcerpt shows rows of a log and those around them, or its end.
func newExcerpt(log *session.Log, lines *session.Lines, rows []int, end bool) *excerpt {
	before, behind := linesBefore, linesBehind
	if end {
		before, behind = linesAtEnd, -1
	}
	e := &excerpt{Name: said(log.Name), End: end}
	next := max(rows[0]-before, 0) // the first row that may be shown
	textAt := func(i int) string { return textOf(lines, i) }
	secrets := mask.Before(next, textAt)
	for k, row := range rows {
		from, to := max(row-before, next), min(row+behind, lines.Len()-1)
		if k > 0 && from > next {
			e.Lines = append(e.Lines, line{Skipped: from - next, Text: text.Count(from-next, "line")})
			secrets = mask.Before(from, textAt)
		}
		for i := from; i <= to; i++ {
			e.Lines = append(e.Lines, lineAt(lines, i, slices.Contains(rows, i), secrets))
		}
		next = max(next, to+1)
	}
	return e
}

// textOf gives the beginning of a line, which ends in no secret.
func textOf(lines *session.Lines, i int) string {
	head, _ := mask.Cut(string(lines.Text(nil, i, 4*lineBytes+mask.Beyond)), 4*lineBytes)
	return head
}

func lineAt(lines *session.Lines, i int, known bool, secrets *mask.Lines) line {
	out := line{Text: shownLine(secrets.Line(textOf(lines, i))), Known: known}
	number, exact := lines.Number(i)
	out.Number = text.Number(number)
	if exact {
		out.URL = webAddress(lines.URL(i, i))
	}
	return out
}

// shownLine keeps the tabs of a line, which tables are made of.
func shownLine(s string) string {
	shown, cut := text.Block(s, lineBytes)
	if cut {
		shown += "…"
	}
	return shown
}

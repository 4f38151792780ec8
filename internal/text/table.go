package text

import (
	"io"
	"strings"
	"unicode/utf8"
)

// A Table lays out cells in columns, two spaces apart. Its cells must be safe and have no
// line breaks; columns are counted in runes.
type Table struct{ rows [][]string }

const (
	gap        = 2  // between columns, and before what does not fit beside them
	leastProse = 30 // columns in which words are worth wrapping
)

// Row adds a row. All rows have the same number of cells.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Write writes the rows. Columns that do not fit in width, where it is not 0, begin a line of
// their own under each row. Words of the last column are wrapped.
func (t *Table) Write(w io.Writer, width int) error {
	_, err := io.WriteString(w, strings.Join(append(t.Lines(width), ""), "\n"))
	return err
}

// Lines gives what Write writes, line by line.
func (t *Table) Lines(width int) (lines []string) {
	if len(t.rows) == 0 {
		return nil
	}
	columns := t.layout(width)
	for _, row := range t.rows {
		line, at := "", 0
		for i, cell := range row {
			if columns[i].below {
				lines = append(lines, strings.TrimRight(line, " "))
				line, at = "", 0
			}
			line += strings.Repeat(" ", columns[i].start-at) + cell
			at = columns[i].start + utf8.RuneCountInString(cell)
		}
		lines = append(lines, hang(strings.TrimRight(line, " "), columns[len(row)-1].start, width)...)
	}
	return lines
}

// A place is where a column is.
type place struct {
	start int
	below bool // on a line of its own
}

func (t *Table) layout(width int) []place {
	wide := t.widths()
	places, at := make([]place, len(wide)), 0
	for i := range wide {
		last := i == len(wide)-1
		fits := width == 0 || at+wide[i] <= width || last && t.words(i) && width-at >= leastProse
		if i > 0 && !fits {
			at, places[i].below = gap, true
		}
		places[i].start = at
		at += wide[i] + gap
	}
	return places
}

// widths gives the width of each column.
func (t *Table) widths() []int {
	wide := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	return wide
}

// words reports whether a column has words to wrap.
func (t *Table) words(column int) bool {
	for _, row := range t.rows {
		if strings.Contains(row[column], " ") {
			return true
		}
	}
	return false
}

// Fold breaks a line between words where it is longer than width, in columns; 0 is no limit.
// Further lines begin below its last column, behind the last two spaces of its first part.
// Where too little room is left there, that column begins a line of its own.
func Fold(line string, width int) []string {
	runes := []rune(line)
	if width <= 0 || len(runes) <= width {
		return []string{line}
	}
	column := lastColumn(runes[:width*2/3])
	if width-column >= leastProse || column <= 4*gap {
		return hang(line, column, width)
	}
	head := strings.TrimRight(string(runes[:column]), " ")
	indent := strings.Repeat(" ", 4*gap)
	return append([]string{head}, hang(indent+string(runes[column:]), 4*gap, width)...)
}

// lastColumn is where the last column of a line begins: behind its last two spaces.
func lastColumn(line []rune) int {
	for i := len(line) - 1; i >= 2; i-- {
		if line[i] != ' ' && line[i-1] == ' ' && line[i-2] == ' ' {
			return i
		}
	}
	return 0
}

// hang wraps a line from a column on, and indents what follows up to there.
func hang(line string, column, width int) []string {
	runes := []rune(line)
	if width <= 0 || len(runes) <= width || len(runes) <= column {
		return []string{line}
	}
	lines := Wrap(string(runes[column:]), width-column)
	for i := range lines {
		if lines[i] = strings.Repeat(" ", column) + lines[i]; i == 0 {
			lines[i] = string(runes[:column]) + strings.TrimLeft(lines[i], " ")
		}
	}
	return lines
}

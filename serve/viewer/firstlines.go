package viewer

import "math"

// firstLines are the lines that the first screen of a trace shows, so that the page can
// draw them before it has the columns.
type firstLines struct {
	Rows  int         `json:"rows"` // lines that are on show as the trace opens
	Lines []firstLine `json:"lines"`
}

// firstLine is what the columns say of a line, and what the page makes of all of them.
type firstLine struct {
	Line     int    `json:"line"`
	Depth    int32  `json:"depth"`
	Start    int64  `json:"start"`
	Duration int64  `json:"duration"`
	Name     uint32 `json:"name"`
	Service  uint32 `json:"service"`
	Kind     uint32 `json:"kind"`
	Flags    uint32 `json:"flags"`
	Members  int32  `json:"members"` // lines directly under it
	End      int    `json:"end"`     // one after the last line under it
	Below    int    `json:"below"`   // spans with an error under it
}

// firstLines gives the first n lines that are on show as the trace opens. It looks at
// every line once.
func (d drawing) firstLines(n int) firstLines {
	first := firstLines{Lines: []firstLine{}}
	var above []int // the lines that the current one is under, by their places among the first
	errors, closed := 0, d.Closed()
	leave := func(depth int32, line int) { // those as deep or deeper end before a line
		for ; len(above) > 0; above = above[:len(above)-1] {
			l := &first.Lines[above[len(above)-1]]
			if l.Depth < depth {
				return
			}
			l.End, l.Below = line, errors-l.Below
		}
	}
	shown := int32(math.MaxInt32) // the depth down to which lines are on show
	for i, l := range d.Layout.Lines {
		leave(l.Depth, i)
		if d.Failed(i) {
			errors++
		}
		if l.Depth > shown {
			continue
		}
		shown = math.MaxInt32
		if closed[i] {
			shown = l.Depth
		}
		first.Rows++
		if len(first.Lines) < n {
			above = append(above, len(first.Lines))
			first.Lines = append(first.Lines, d.firstLine(i, errors))
		}
	}
	leave(0, len(d.Layout.Lines))
	return first
}

// firstLine is a line with the errors up to it in place of those below.
func (d drawing) firstLine(line, errors int) firstLine {
	l := d.Layout.Lines[line]
	start, end := d.Extent(line)
	kind, flags := d.marks(line)
	return firstLine{
		Line: line, Depth: l.Depth, Start: max(start-d.Start, 0), Duration: max(end-start, 0),
		Name: l.Name, Service: l.Service, Kind: kind, Flags: flags, Members: l.Members, Below: errors,
	}
}

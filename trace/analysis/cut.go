package analysis

import "sync"

// Cut gives a drawing of some of the lines. They must be in order, without repeats, and with
// the parent line of each. A span whose line is left out is at the nearest line above it
// that is kept, or at -1.
//
// Sums over spans still cover all of them, and so do the Members of a line. Slowest and
// Innermost give lines of the new drawing.
func (d *Drawing) Cut(lines []int32) *Drawing {
	at := make([]int32, len(d.Layout.Lines)) // where each line is in the new drawing
	for i := range at {
		at[i] = -1
	}
	out := &Drawing{
		Tree: d.Tree, Self: d.Self, Line: make([]int32, len(d.Line)), Start: d.Start, End: d.End,
		Layout: &Layout{Lines: make([]Line, len(lines))}, groups: map[int32]extent{},
		kept: d.kept, critical: d.critical, recovered: d.recovered,
	}
	var names, services numbering
	for k, line := range lines {
		at[line] = int32(k)
		l := d.Layout.Lines[line]
		if l.Parent >= 0 {
			l.Parent = at[l.Parent]
		}
		l.Name = renumbered(&names, &out.Layout.Names, l.Name, d.Layout.Names)
		l.Service = renumbered(&services, &out.Layout.Services, l.Service, d.Layout.Services)
		out.Layout.Lines[k] = l
		if l.Group != NoGroup {
			out.groups[int32(k)] = d.groups[line]
		}
	}
	for i, l := range d.Layout.Lines { // each after the one that it is under
		if at[i] < 0 && l.Parent >= 0 {
			at[i] = at[l.Parent]
		}
	}
	for i, line := range d.Line {
		out.Line[i] = at[line]
	}
	out.closed = sync.OnceValue(func() []bool {
		closed := make([]bool, len(lines))
		for k, line := range lines {
			closed[k] = d.Closed()[line]
		}
		return closed
	})
	return out
}

// renumbered gives the number of a text in the new drawing, and adds the text there if it is
// missing.
func renumbered(numbers *numbering, texts *[]string, old uint32, all []string) uint32 {
	n, fresh := numbers.number(uint64(old))
	if fresh {
		*texts = append(*texts, all[old])
	}
	return uint32(n)
}

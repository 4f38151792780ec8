package diff

import (
	"context"
	"regexp"
	"slices"

	"prowtrace/trace/analysis"
	"prowtrace/triage"
)

// Pairs are two waterfalls merged into one: below each band are the lines of both runs.
// Lines with the same name and service are in one row.
type Pairs struct {
	Bands  []Band
	Rows   []Pair
	Left   int // lines directly below open lines that are left out
	Length int64
}

// A Pair is a row: a line of each run's layout, or -1. The first rows are the bands, in
// their order.
type Pair struct {
	Parent    int // index, or -1
	Good, Bad int
}

// Bounds on what is paired.
const (
	mostPairs = 2000 // no more are added after so many rows; the last addition can exceed this by 1000
	mostBelow = 1000 // lines of a run directly below a row
)

// A Waterfall is a run as it is drawn, with its parts.
type Waterfall struct {
	*analysis.Drawing
	Parts []triage.Part
}

// NewWaterfall gives the Waterfall of a drawing.
func NewWaterfall(d *analysis.Drawing) Waterfall { return Waterfall{d, triage.Parts(&d.Tree)} }

// phased is the run from the start of the job to its end, or to the end of a later part.
// Spans can lie far outside.
func (w Waterfall) phased() phasedRun {
	p := phasedRun{Parts: w.Parts}
	p.From, p.To = w.Start, w.End
	if root := w.root(); root >= 0 {
		p.From, p.To = w.Tree.Times(root)
	}
	for _, part := range w.Parts {
		p.From, p.To = min(p.From, part.Start), max(p.To, part.End)
	}
	return p
}

// root is the span that stands for the job, or -1.
func (w Waterfall) root() int {
	for i := range w.Tree.Len() {
		if w.Tree.Joined() && w.Tree.Row(i) == w.Tree.Trace.Root {
			return i
		}
	}
	return -1
}

// BandsOf gives the bands of two waterfalls. Its only error is that of ctx.
func BandsOf(ctx context.Context, good, bad Waterfall) ([]Band, error) {
	return alignPhases(ctx, good.phased(), bad.phased())
}

// PairUp merges two waterfalls. It pairs the highest lines first, so the rows that are left
// out are the deepest ones. Its only error is that of ctx.
func PairUp(ctx context.Context, good, bad Waterfall) (*Pairs, error) {
	bands, err := BandsOf(ctx, good, bad)
	if err != nil {
		return nil, err
	}
	p := &Pairs{Bands: bands}
	loose := [2][][]int{good.loose(bands, func(b Band) *Slot { return b.Good }), bad.loose(bands, func(b Band) *Slot { return b.Bad })}
	for _, b := range bands {
		p.Length = b.At + b.Width
		p.Rows = append(p.Rows, Pair{-1, good.lineOf(b.Good), bad.lineOf(b.Bad)})
	}
	below := [2]*children{newChildren(good), newChildren(bad)}
	for i := 0; i < len(p.Rows); i++ { // it grows meanwhile
		row := p.Rows[i]
		lines := [2][]int{below[0].of(row.Good), below[1].of(row.Bad)}
		if i < len(bands) {
			for k := range lines {
				lines[k] = append(slices.Clone(lines[k]), loose[k][i]...)
			}
		}
		if err := p.pair(ctx, i, good, bad, lines); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (w Waterfall) lineOf(s *Slot) int {
	if s == nil || s.Part == nil {
		return -1
	}
	return int(w.Line[s.Span])
}

// pair adds the lines below a row.
func (p *Pairs) pair(ctx context.Context, parent int, good, bad Waterfall, lines [2][]int) error {
	room := min(mostBelow, max(0, mostPairs-len(p.Rows)))
	var names [2][]nameAndService
	for k, w := range []Waterfall{good, bad} {
		kept := min(len(lines[k]), room)
		p.Left += len(lines[k]) - kept
		lines[k] = lines[k][:kept]
		for _, line := range lines[k] {
			names[k] = append(names[k], w.nameOf(line))
		}
	}
	same, err := align(ctx, names[0], names[1])
	if err != nil {
		return err
	}
	i, j := 0, 0
	for _, m := range append(same, Match{len(names[0]), len(names[1]), 0}) {
		for ; i < m.Good; i++ {
			p.Rows = append(p.Rows, Pair{parent, lines[0][i], -1})
		}
		for ; j < m.Bad; j++ {
			p.Rows = append(p.Rows, Pair{parent, -1, lines[1][j]})
		}
		for range m.N {
			p.Rows = append(p.Rows, Pair{parent, lines[0][i], lines[1][j]})
			i, j = i+1, j+1
		}
	}
	return nil
}

// nameAndService is what lines are paired by. The names of two runs contain different ids
// and numbers, such as those of processes that are named after their files.
type nameAndService struct {
	name, service string
	group         analysis.Group
}

func (w Waterfall) nameOf(line int) nameAndService {
	l := w.Layout.Lines[line]
	service := ""
	if !w.Tree.Own(int(l.Span)) {
		service = w.Tree.ReportedService(int(l.Span))
	}
	name := withoutIDs(w.Layout.Names[l.Name])
	return nameAndService{digits.ReplaceAllString(name, "#"), service, l.Group}
}

var digits = regexp.MustCompile(`[0-9]+`)

// children gives the lines directly below others.
type children struct{ first, next []int32 }

func newChildren(w Waterfall) *children {
	lines := w.Layout.Lines
	c := &children{slices.Repeat([]int32{-1}, len(lines)), slices.Repeat([]int32{-1}, len(lines))}
	for i := len(lines) - 1; i >= 0; i-- {
		if p := lines[i].Parent; p >= 0 {
			c.next[i], c.first[p] = c.first[p], int32(i)
		}
	}
	return c
}

func (c *children) of(line int) (all []int) {
	if line < 0 {
		return nil
	}
	for at := c.first[line]; at >= 0; at = c.next[at] {
		all = append(all, int(at))
	}
	return all
}

// loose gives, by band, the lines that are in no part. Each is in the band that contains its
// start.
func (w Waterfall) loose(bands []Band, slot func(Band) *Slot) [][]int {
	out := make([][]int, len(bands))
	lines := w.Layout.Lines
	above := make([]bool, len(lines)) // whether a part is somewhere below
	part := make([]bool, len(lines))
	if root := w.root(); root >= 0 { // two jobs have roots of different names
		above[w.Line[root]] = true
	}
	for _, p := range w.Parts {
		line := w.Line[p.Span]
		part[line] = true
		for at := lines[line].Parent; at >= 0; at = lines[at].Parent {
			above[at] = true
		}
	}
	for i, l := range lines {
		if part[i] || above[i] || l.Parent >= 0 && !above[l.Parent] {
			continue
		}
		start, _ := w.Extent(i)
		at := -1
		for k, b := range bands {
			if s := slot(b); s != nil && (at < 0 || s.From <= start) {
				at = k
			}
		}
		if at >= 0 {
			out[at] = append(out[at], i)
		}
	}
	return out
}

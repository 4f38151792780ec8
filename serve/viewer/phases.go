package viewer

import (
	"net/http"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/triage/diff"
)

// phases are two runs as waterfalls in one another, aligned by their phases: here that of the
// trace that the address names, there the other one.
type phases struct {
	Here   summary     `json:"here"`
	There  summary     `json:"there"`
	Length int64       `json:"length"` // of the axis that both share, ns
	Bands  []band      `json:"bands"`
	Rows   []pairedRow `json:"rows"` // the bands, and what is below them: each after the one it is in
	Left   int         `json:"left"` // lines that are not paired
}

// band is a phase: it begins at one place for both runs.
type band struct {
	Name  string    `json:"name"` // "" is what was before the phases
	At    int64     `json:"at"`
	Width int64     `json:"width"`
	Here  *bandSide `json:"here,omitempty"` // none: the run has no such phase there
	There *bandSide `json:"there,omitempty"`
}

type bandSide struct {
	Took  int64  `json:"took"`            // ns
	Until int64  `json:"until"`           // the place up to which the axis is this run's time
	Moved *int64 `json:"moved,omitempty"` // the other run has it at another place, where it takes so long
}

// pairedRow is a line of both runs, or of one.
type pairedRow struct {
	Parent  int    `json:"parent"` // index, or -1
	Name    string `json:"name"`
	Service string `json:"service,omitempty"`
	Here    *bar   `json:"here,omitempty"`
	There   *bar   `json:"there,omitempty"`
	Open    bool   `json:"open,omitempty"` // at first
}

// bar is a line of a run's layout, and where it lies on the axis.
type bar struct {
	Line   int    `json:"line"`
	End    int    `json:"end"` // one after the last line under it
	At     int64  `json:"at"`
	To     int64  `json:"to"`
	Took   int64  `json:"took"`
	Error  bool   `json:"error,omitempty"`
	Below  int    `json:"below,omitempty"` // errors under it that nothing made good
	NoEnd  bool   `json:"noEnd,omitempty"` // its process was killed
	Folded int    `json:"folded,omitempty"`
	Said   string `json:"said,omitempty"` // what tells it from others of the name
}

func (v *reader) getPhases(r *http.Request, here drawing) (any, error) {
	there, err := v.otherRun(r, here)
	if err != nil {
		return nil, err
	}
	good, bad := diff.NewWaterfall(there.Drawing), diff.NewWaterfall(here.Drawing)
	pairs, err := diff.PairUp(r.Context(), good, bad)
	if err != nil {
		return nil, err
	}
	out := phases{Here: v.summary(here.Tree), There: v.summary(there.Tree), Length: pairs.Length, Bands: []band{}, Rows: []pairedRow{}, Left: pairs.Left}
	for _, b := range pairs.Bands {
		out.Bands = append(out.Bands, band{name(b.Name), b.At, b.Width, newBandSide(b.Bad, b.At), newBandSide(b.Good, b.At)})
	}
	thereAxis, hereAxis := diff.Axes(pairs.Bands)
	sides := [2]barMaker{newBarMaker(here, hereAxis), newBarMaker(there, thereAxis)}
	for i, p := range pairs.Rows {
		row := pairedRow{Parent: p.Parent, Here: sides[0].bar(p.Bad), There: sides[1].bar(p.Good)}
		if i < len(pairs.Bands) {
			row.Name = out.Bands[i].Name
			row.Open = worthOpening(row, out.Bands[i])
		} else if p.Bad >= 0 {
			row.Name, row.Service = sides[0].named(p.Bad)
		} else {
			row.Name, row.Service = sides[1].named(p.Good)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func newBandSide(s *diff.Slot, at int64) *bandSide {
	if s == nil {
		return nil
	}
	return &bandSide{s.Took(), at + s.To - s.From, s.Moved}
}

// worthOpening says whether a phase is opened at first: something went wrong in it, only one
// run has it, or it takes another time.
func worthOpening(row pairedRow, b band) bool {
	if b.Here == nil || b.There == nil {
		return true
	}
	for _, run := range []*bar{row.Here, row.There} {
		if run != nil && (run.Error || run.Below > 0) {
			return true
		}
	}
	apart := b.Here.Took - b.There.Took
	return max(apart, -apart)*5 > min(b.Here.Took, b.There.Took)
}

// barMaker makes the bars of a run.
type barMaker struct {
	drawing
	axis   diff.Axis
	end    []int32 // by line: one after the last one under it
	errors []int32 // by line: errors that nothing made good, before it
}

func newBarMaker(d drawing, axis diff.Axis) barMaker {
	lines := d.Layout.Lines
	m := barMaker{d, axis, make([]int32, len(lines)), make([]int32, len(lines)+1)}
	for i := len(lines) - 1; i >= 0; i-- {
		m.end[i] = max(m.end[i], int32(i+1))
		if p := lines[i].Parent; p >= 0 {
			m.end[p] = max(m.end[p], m.end[i])
		}
	}
	for i := range lines {
		m.errors[i+1] = m.errors[i]
		if m.lasts(i) {
			m.errors[i+1]++
		}
	}
	return m
}

// lasts reports whether a line is a span with an error that nothing made good.
func (m *barMaker) lasts(line int) bool {
	return m.Failed(line) && !m.Recovered()[m.Layout.Lines[line].Span]
}

func (m *barMaker) bar(line int) *bar {
	if line < 0 {
		return nil
	}
	start, end := m.Extent(line)
	l := m.Layout.Lines[line]
	b := &bar{Line: line, End: int(m.end[line]), At: m.axis.Place(start), To: m.axis.End(start, end), Took: end - start, Error: m.lasts(line), Below: int(m.errors[m.end[line]] - m.errors[line+1])}
	if l.Group == analysis.Fold {
		b.Folded = int(l.Members)
	}
	if l.Group == analysis.NoGroup {
		_, _, flags := m.Tree.Marks(int(l.Span))
		b.NoEnd = flags.Has(trace.Unfinished)
		b.Said = readHeadline(m.Tree.Encoded(int(l.Span))).subject
	}
	return b
}

// named gives the name of a line, and its service unless it is one of Prow's own.
func (m *barMaker) named(line int) (called, service string) {
	l := m.Layout.Lines[line]
	called = name(m.Layout.Names[l.Name])
	if l.Group == analysis.Missing {
		return "missing parent", ""
	}
	if !m.Tree.Own(int(l.Span)) {
		service = name(m.Layout.Services[l.Service])
	}
	return called, service
}

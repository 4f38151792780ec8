package viewer

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// savedTrace is a trace of a file: the lines of it that are there.
type savedTrace struct {
	drawing
	path   string  // of its answers
	lines  int     // that it has as a whole
	places []int32 // lines that findings name, and those that the search finds
	under  []int32 // lines directly under each line that are here
}

func (t savedTrace) cut() bool { return len(t.Layout.Lines) < t.lines }

// said tells how many lines there are, and which.
func (t savedTrace) said() string {
	return fmt.Sprintf("This file has %s of its %s: those of findings, of errors and of the critical path, then the longest.", text.Number(len(t.Layout.Lines)), text.Count(t.lines, "line"))
}

// leftUnder is how many lines directly under a line are left out.
func (t savedTrace) leftUnder(line int) int {
	if !t.cut() {
		return 0
	}
	return int(t.Layout.Lines[line].Members - t.under[line])
}

// cutTraces draws traces, with at most n lines together. Small traces are whole: what they
// leave is for the others.
func (p *savedPage) cutTraces(traces []trace.Trace, n int) ([]savedTrace, error) {
	out := make([]savedTrace, len(traces))
	order := make([]int, len(traces))
	for i, t := range traces {
		d := p.drawing(t)
		out[i] = savedTrace{drawing: d, path: "traces/" + t.ID.String(), lines: len(d.Layout.Lines)}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(out[a].lines, out[b].lines) })
	for k, i := range order {
		t := &out[i]
		places, err := p.placesOf(t.drawing)
		if err != nil {
			return nil, err
		}
		if share := n / (len(order) - k); t.lines > share {
			t.drawing = drawing{t.Cut(t.choose(share, places))}
			if places, err = p.placesOf(t.drawing); err != nil {
				return nil, err
			}
			t.under = make([]int32, len(t.Layout.Lines))
			for _, l := range t.Layout.Lines {
				if l.Parent >= 0 {
					t.under[l.Parent]++
				}
			}
		}
		t.places = places
		n -= len(t.Layout.Lines)
	}
	return out, nil
}

// placesOf gives the lines that the findings of a trace name, and those that the search
// finds.
func (p *savedPage) placesOf(d drawing) (lines []int32, err error) {
	now, _, err := p.judgementOf(p.request(), d)
	if err == nil && now.Summary != nil { // not all traces are judged
		findings := now.Summary.Findings
		for _, at := range d.runningAt(findings) {
			lines = append(lines, int32(at))
		}
		for _, at := range d.spansOf(findings) {
			lines = append(lines, int32(at))
		}
		slices.Sort(lines)
		lines = slices.DeleteFunc(slices.Compact(lines), func(line int32) bool { return line < 0 })
	}
	if p.find == "" {
		return lines, nil
	}
	found, err := p.getFound(p.request("q", p.find), d)
	if err != nil {
		return nil, err
	}
	for numbers := found.(blob).body; len(numbers) > 0; numbers = numbers[4:] {
		lines = append(lines, int32(binary.LittleEndian.Uint32(numbers)))
	}
	return lines, nil
}

// choose gives n lines, in order: those of findings, of errors, of the critical path and of
// the most self time, each with all that they are under, then the longest.
func (d drawing) choose(n int, places []int32) []int32 {
	c := chosenLines{d: d, kept: make([]bool, len(d.Layout.Lines)), room: n}
	c.add(places)
	c.add(d.errorLines())
	c.add(d.criticalLines())
	for _, line := range d.Slowest(slowest) {
		c.add([]int32{int32(line)})
	}
	c.add(d.byLength())
	var lines []int32
	for i, kept := range c.kept {
		if kept {
			lines = append(lines, int32(i))
		}
	}
	return lines
}

type chosenLines struct {
	d    drawing
	kept []bool
	room int
}

// add keeps lines, each with all that it is under, while there is room.
func (c *chosenLines) add(lines []int32) {
	lineAt := c.d.Layout.Lines
	for _, line := range lines {
		if c.room == 0 {
			return
		}
		more := 0
		for i := line; i >= 0 && !c.kept[i]; i = lineAt[i].Parent {
			more++
		}
		if more > c.room {
			continue
		}
		c.room -= more
		for i := line; i >= 0 && !c.kept[i]; i = lineAt[i].Parent {
			c.kept[i] = true
		}
	}
}

// errorLines are the lines of errors: those that nothing made good first.
func (d drawing) errorLines() []int32 {
	var lasting, good []int32
	for i, l := range d.Layout.Lines {
		switch {
		case !d.Failed(i):
		case d.Recovered()[l.Span]:
			good = append(good, int32(i))
		default:
			lasting = append(lasting, int32(i))
		}
	}
	return append(lasting, good...)
}

// criticalLines are the lines of the critical path, those that it was in for long first.
func (d drawing) criticalLines() []int32 {
	segments := slices.Clone(d.Critical())
	slices.SortStableFunc(segments, func(a, b analysis.Segment) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	lines := []int32{}
	for _, s := range segments {
		if line := d.Line[s.Span]; line >= 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// byLength are all lines, the longest first.
func (d drawing) byLength() []int32 {
	length := make([]int64, len(d.Layout.Lines))
	lines := make([]int32, len(d.Layout.Lines))
	for i := range lines {
		start, end := d.Extent(i)
		lines[i], length[i] = int32(i), end-start
	}
	slices.SortStableFunc(lines, func(a, b int32) int { return cmp.Compare(length[b], length[a]) })
	return lines
}

// savedDetails are the details that a file may have, in the order in which they are added.
type savedDetails struct {
	important, others []savedDetail
	held, all         int
}

type savedDetail struct {
	of   *savedTrace
	line int32
}

// details gives the spans of all traces, each once: those that are asked for most first.
func (p *savedPage) details() *savedDetails {
	out := &savedDetails{}
	seen := make([][]bool, len(p.traces))
	take := func(of int, lines []int32, into *[]savedDetail) {
		t := &p.traces[of]
		for _, line := range lines {
			if line < 0 || seen[of][line] || t.Layout.Lines[line].Group != analysis.NoGroup {
				continue
			}
			seen[of][line] = true
			*into = append(*into, savedDetail{t, line})
		}
	}
	for i := range p.traces {
		t := &p.traces[i]
		seen[i] = make([]bool, len(t.Layout.Lines))
		out.all += t.Tree.Len()
		take(i, t.places, &out.important)
	}
	for i := range p.traces {
		take(i, p.traces[i].errorLines(), &out.important)
	}
	for i := range p.traces {
		take(i, p.traces[i].criticalLines(), &out.important)
		for _, line := range p.traces[i].Slowest(slowest) {
			take(i, []int32{int32(line)}, &out.important)
		}
	}
	for i := range p.traces {
		take(i, p.traces[i].byLength(), &out.others)
	}
	return out
}

// detailsOfBundle is how many details are compressed together.
const detailsOfBundle = 100

// addDetails adds the important details, or the others, up to a share of the file.
func (p *savedPage) addDetails(of *savedDetails, important bool, share float64) error {
	todo := of.others
	if important {
		todo = of.important
	}
	for some := range slices.Chunk(todo, detailsOfBundle) {
		out := &bundle{}
		for _, at := range some {
			r := p.request()
			r.SetPathValue("span", strconv.Itoa(int(at.line)))
			answer, err := p.getSpan(r, at.of.drawing)
			if err != nil {
				return err
			}
			detail := answer.(detail)
			detail.mask()
			out.json(fmt.Sprintf("%s/spans/%d", at.of.path, at.line), detail)
		}
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if !p.pack.put(out, share) {
			return nil
		}
		of.held += len(some)
	}
	return nil
}

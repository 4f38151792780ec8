package viewer

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// The first lines say what follows from all lines, and are those that the columns have.
func TestFirstLines(t *testing.T) {
	retries := []span{{id: 1, name: "root", end: 1000}, {id: 2, parent: 1, name: "wait", end: 900}}
	for i := range uint64(12) {
		s := span{id: 10 + i, parent: 2, name: "poll", start: 10 * i, end: 10*i + 5}
		if i%3 == 0 {
			s.change = failed("no")
		}
		retries = append(retries, s, span{id: 30 + i, parent: 10 + i, name: "GET", start: 10 * i, end: 10*i + 1, change: failed("404")})
	}
	retries = append(retries, span{id: 50, parent: 1, name: "last", start: 950, end: 960, change: failed("no")}, span{id: 51, parent: 99, name: "orphan", start: 970, end: 990})
	for name, set := range map[string]*trace.View{
		"folds and orphans": load(t, file(t, 1, retries...)), "sample": load(t, sampleFiles(t)...), "three each": large(t, 500, ternary),
	} {
		d := drawing{analysis.Draw(set.Tree(set.Trace(0)))}
		for _, n := range []int{1, 4, 1000} {
			first, want, rows := d.firstLines(n), slowFirstLines(d, n), 0
			for i := range d.Layout.Lines {
				if onShow(d, i) {
					rows++
				}
			}
			if first.Rows != rows || fmt.Sprint(first.Lines) != fmt.Sprint(want) {
				t.Errorf("%s: %d rows, want %d, the first %d\n%+v, want\n%+v", name, first.Rows, rows, n, first.Lines, want)
			}
		}
	}
}

func onShow(d drawing, line int) bool {
	for up := d.Layout.Lines[line].Parent; up >= 0; up = d.Layout.Lines[up].Parent {
		if d.Closed()[up] {
			return false
		}
	}
	return true
}

// slowFirstLines looks under each line.
func slowFirstLines(d drawing, n int) (out []firstLine) {
	lines := d.Layout.Lines
	for i := 0; i < len(lines) && len(out) < n; i++ {
		if !onShow(d, i) {
			continue
		}
		begin, end := d.Extent(i)
		kind, flags := d.marks(i)
		l := firstLine{Line: i, Depth: lines[i].Depth, Start: begin - d.Start, Duration: end - begin, Name: lines[i].Name, Service: lines[i].Service, Kind: kind, Flags: flags, End: i + 1}
		for ; l.End < len(lines) && lines[l.End].Depth > l.Depth; l.End++ {
			if lines[l.End].Parent == int32(i) {
				l.Members++
			}
			if d.Failed(l.End) {
				l.Below++
			}
		}
		out = append(out, l)
	}
	return out
}

// The head of a trace has its first lines where its columns come in several pieces.
func TestFirstLinesInTheHead(t *testing.T) {
	for spans, want := range map[int]int{pieceOfColumns: 0, pieceOfColumns + 1: linesOfScreen} {
		h := newViewer(large(t, spans, ternary), Info{})
		body := page(t, h, "/api/v1/traces/"+traceID(1).String())
		if n := strings.Count(body, `"line":`); n != want {
			t.Errorf("%d spans: %d lines, want %d", spans, n, want)
		}
	}
}

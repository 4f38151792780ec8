package export

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"prowtrace/trace/analysis"
)

const lossAllButTimes = "all but names and self times"

// WriteSpeedscope writes the spans for speedscope: a profile of each process, in which the
// frames are spans. Frames of children lie within those of their parents. A frame is as wide
// as its self time and the frames in it, so spans that ran at the same time follow each
// other. It keeps some 40 bytes a span.
func WriteSpeedscope(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	p := &speedscope{walk: newWalk(ctx, s), out: bufio.NewWriterSize(w, 1<<16), processes: newProcesses(s.View), number: map[string]int{}}
	err := p.gather()
	if err == nil {
		err = p.write()
	}
	if err != nil {
		err = fmt.Errorf("cannot write spans for speedscope: %w", err)
	}
	return p.report(), err
}

type speedscope struct {
	*walk
	out       *bufio.Writer
	processes *processes
	spans     []profiled
	frames    []string
	number    map[string]int // of each frame, from 0
	b         []byte
}

// profiled is a span of a profile.
type profiled struct {
	self    int64 // ns
	process int32
	frame   int32
	parent  int32 // index of the nearest chosen ancestor in the same process, or -1
	child   int32 // index of the first child, or -1
	next    int32 // index of the next child of its parent, or -1
}

// mostSteps bounds the steps up to a chosen ancestor.
const mostSteps = 64

// gather lists the spans. A parent can come after its child.
func (p *speedscope) gather() error {
	of := -1
	var self []int64
	var index []int32 // by number in the tree, from 1
	var tree Tree
	first := 0
	link := func() {
		for i := first; i < len(p.spans); i++ {
			p.spans[i].parent = p.ancestor(tree, index, p.spans[i])
		}
		first = len(p.spans)
	}
	err := p.each(func(t Tree, i int) error {
		if of != t.Trace.Index {
			link()
			of, tree, self, index = t.Trace.Index, t, analysis.SelfTimes(t.Tree), make([]int32, t.Len())
		}
		name := t.Span(i).Name
		if !p.Mask {
			p.secrets.lookAtText(name)
		}
		p.lose(lossAllButTimes)
		// parent is the number in the tree until all spans of the tree are listed
		p.spans = append(p.spans, profiled{self: self[i], process: int32(p.processes.of(t, i)), frame: p.frame(name), parent: int32(t.Parent(i)), child: -1, next: -1})
		index[i] = int32(len(p.spans))
		return nil
	})
	link()
	return err
}

// ancestor gives the index of the nearest ancestor that was chosen and is in the same
// process.
func (p *speedscope) ancestor(t Tree, index []int32, s profiled) int32 {
	at := int(s.parent)
	for range mostSteps {
		if at < 0 {
			break
		}
		if k := index[at] - 1; k >= 0 && p.spans[k].process == s.process {
			return k
		}
		at = t.Parent(at)
	}
	return -1
}

func (p *speedscope) frame(name string) int32 {
	n, known := p.number[name]
	if !known {
		n = len(p.frames)
		p.number[name] = n
		p.frames = append(p.frames, name)
	}
	return int32(n)
}

// write writes a profile for each process, followed by the names of the frames.
func (p *speedscope) write() error {
	roots := make([][]int32, len(p.processes.names))
	for i := range p.spans {
		if s := &p.spans[i]; s.parent < 0 {
			roots[s.process] = append(roots[s.process], int32(i))
		}
	}
	for i := len(p.spans) - 1; i >= 0; i-- { // backwards, so children come in their order
		if s := &p.spans[i]; s.parent >= 0 {
			s.next, p.spans[s.parent].child = p.spans[s.parent].child, int32(i)
		}
	}
	p.out.WriteString(`{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"prowtrace","profiles":[`)
	for n, spans := range roots {
		if p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		if n > 0 {
			p.out.WriteByte(',')
		}
		p.profile(p.shown(p.processes.names[n]), spans)
	}
	p.out.WriteString(`],"shared":{"frames":[`)
	for i, name := range p.frames {
		p.b = p.b[:0]
		if i > 0 {
			p.b = append(p.b, ',')
		}
		o := open(p.b)
		o.key("name")
		o.b = appendText(o.b, p.shown(name))
		p.out.Write(o.close())
	}
	p.out.WriteString("]}}\n")
	return p.out.Flush()
}

func (p *speedscope) shown(name string) string {
	if p.Mask {
		return maskedText("", name)
	}
	return name
}

// profile writes the events of the spans below some roots.
func (p *speedscope) profile(name string, roots []int32) {
	o := open(append(p.b[:0], '\n'))
	o.text("type", "evented")
	o.key("name")
	o.b = appendText(o.b, name)
	o.text("unit", "nanoseconds")
	o.key("events")
	p.out.Write(append(o.b, '['))
	at, comma := int64(0), false
	event := func(kind byte, frame int32) {
		b := p.b[:0]
		if comma {
			b = append(b, ',')
		}
		comma = true
		b = append(append(append(b, `{"type":"`...), kind), `","frame":`...)
		b = append(strconv.AppendInt(b, int64(frame), 10), `,"at":`...)
		p.b = append(strconv.AppendInt(b, at, 10), '}')
		p.out.Write(p.b)
	}
	var open []int32 // outermost first
	begin := func(i int32) {
		s := p.spans[i]
		event('O', s.frame)
		if at += s.self; at < 0 {
			at = math.MaxInt64 // files can hold spans of centuries
		}
		open = append(open, i)
	}
	for _, root := range roots {
		begin(root)
		for len(open) > 0 {
			last := &p.spans[open[len(open)-1]]
			if last.child >= 0 {
				child := last.child
				last.child = p.spans[child].next
				begin(child)
				continue
			}
			event('C', last.frame)
			open = open[:len(open)-1]
		}
	}
	fmt.Fprintf(p.out, `],"startValue":0,"endValue":%d}`, at)
}

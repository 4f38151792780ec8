package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"prowtrace/trace"
)

// A Flame is where time was spent by call path: calls of the same name and service
// under the same path are one frame. A frame is as wide as the self times in it and
// under it together, so frames never overlap, whatever ran at the same time.
type Flame struct {
	Frames []Frame // each after the one that it is in
	Total  int64   // ns: the widths of all frames that are in no other
	Left   int     // narrower frames that are left out
}

// A Frame is the calls of one path.
type Frame struct {
	Parent  int // index in Frames, or -1
	Name    string
	Service string
	Count   int
	Errors  int
	Self    int64  // ns
	Width   int64  // ns: Self, and that of the frames in it
	Path    string // tells the path from all others, in all traces; for searches (see Paths)
}

// MaxFrames bounds the frames of a Flame. The widest are kept.
const MaxFrames = 5000

// NewFlame puts the spans of traces together by their paths. It looks at every span
// once, parents first, and at several traces at the same time.
func NewFlame(of Traces) Flame {
	forests := of.forests()
	built := make([]frameBuilder, max(len(forests), 1))
	each(len(forests), func(i int) { built[i].addForest(forests[i]) })
	all := &built[0]
	for i := range built[1:] {
		all.merge(&built[i+1])
	}
	return widest(all.named())
}

// Paths gives the Path of the frame that each span of t is in.
func Paths(t trace.Tree) []string {
	s := spansOf(t)
	b := frameBuilder{numbers: s.numbers}
	of := b.framesOf(s)
	frames := b.named()
	namePaths(frames)
	paths := make([]string, len(of))
	for i, at := range of {
		paths[i] = frames[at].Path
	}
	return paths
}

// frameBuilder finds the frames of spans. Each frame stands after the one that it is
// in.
type frameBuilder struct {
	*numbers
	operations numbering // names with services
	index      numbering // frames by the one that they are in and their operation
	frames     []Frame   // without names
	keys       []uint64  // their names and services
}

func (b *frameBuilder) addForest(f forest) {
	b.numbers = f.numbers
	var of []int32
	var self []int64
	together(func() { of = b.framesOf(f.spans) }, func() { self = f.self() })
	for i, at := range of {
		x := &b.frames[at]
		x.Count++
		x.Self = plus(x.Self, self[i])
		if f.status[i] == trace.StatusError {
			x.Errors++
		}
	}
}

// framesOf gives the frames of all spans.
func (b *frameBuilder) framesOf(s *spans) (of []int32) {
	of = make([]int32, s.len())
	for i := range s.parentsFirst {
		under := int32(-1)
		if p := s.parentOf(i); p >= 0 {
			under = of[p]
		}
		of[i] = b.frame(under, s.operation(i))
	}
	return of
}

// frame gives the frame of an operation under another frame, or under none.
func (b *frameBuilder) frame(under int32, operation uint64) int32 {
	number, _ := b.operations.number(operation)
	at, fresh := b.index.number(pair(uint32(under), uint32(number)))
	if fresh {
		b.frames = append(b.frames, Frame{Parent: int(under)})
		b.keys = append(b.keys, operation)
	}
	return at
}

// merge adds the frames of later spans.
func (b *frameBuilder) merge(more *frameBuilder) {
	of := make([]int32, len(more.frames))
	for i, f := range more.frames {
		under := int32(-1)
		if f.Parent >= 0 {
			under = of[f.Parent]
		}
		of[i] = b.frame(under, more.keys[i])
		x := &b.frames[of[i]]
		x.Count += f.Count
		x.Errors += f.Errors
		x.Self = plus(x.Self, f.Self)
	}
}

// named gives the frames with their names.
func (b *frameBuilder) named() []Frame {
	for i, key := range b.keys {
		name, service := parts(key)
		b.frames[i].Name, b.frames[i].Service = b.text(name), b.services[service]
	}
	return b.frames
}

// namePaths fills in the paths of frames, of which each stands after the one that it
// is in: a digest of the path around it, its service and its name.
func namePaths(frames []Frame) {
	h := sha256.New()
	for i := range frames {
		f := &frames[i]
		h.Reset()
		if f.Parent >= 0 {
			io.WriteString(h, frames[f.Parent].Path)
		}
		fmt.Fprintf(h, " %d %s%s", len(f.Service), f.Service, f.Name)
		f.Path = hex.EncodeToString(h.Sum(nil)[:16])
	}
}

// widest adds up the widths, and keeps the widest frames.
func widest(frames []Frame) (out Flame) {
	for i := len(frames) - 1; i >= 0; i-- {
		f := &frames[i]
		f.Width = plus(f.Width, f.Self)
		if f.Parent >= 0 {
			p := &frames[f.Parent]
			p.Width = plus(p.Width, f.Width)
		} else {
			out.Total = plus(out.Total, f.Width)
		}
	}
	kept := heaviest(len(frames), MaxFrames, func(i int) int64 { return frames[i].Width })
	out.Frames, out.Left = make([]Frame, 0, len(kept)), len(frames)-len(kept)
	index := map[int]int{-1: -1}
	for _, i := range kept {
		index[i] = len(out.Frames)
		f := frames[i]
		f.Parent = index[f.Parent]
		out.Frames = append(out.Frames, f)
	}
	namePaths(out.Frames)
	return out
}

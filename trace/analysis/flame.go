package analysis

import (
	"iter"

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
	Self    int64 // ns
	Width   int64 // ns: Self, and that of the frames in it
}

// MaxFrames bounds the frames of a Flame. The widest are kept.
const MaxFrames = 5000

type frameKey struct {
	parent        int32
	name, service string
}

// NewFlame puts the spans of trees together by their paths. It looks at every span
// once, parents first.
func NewFlame(trees iter.Seq[trace.Tree]) Flame {
	index := map[frameKey]int32{}
	var frames []Frame
	for t := range trees {
		self := SelfTimes(t)
		of := make([]int32, t.Len()) // the frame of each span
		for _, i := range parentsFirst(t) {
			s := t.Span(int(i))
			key := frameKey{-1, s.Name, s.Service}
			if p := t.Parent(int(i)); p >= 0 {
				key.parent = of[p]
			}
			at, known := index[key]
			if !known {
				at = int32(len(frames))
				index[key] = at
				frames = append(frames, Frame{Parent: int(key.parent), Name: s.Name, Service: s.Service})
			}
			of[i] = at
			f := &frames[at]
			f.Count++
			f.Self = plus(f.Self, self[i])
			if s.Status == trace.StatusError {
				f.Errors++
			}
		}
	}
	return widest(frames)
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
	place := map[int]int{-1: -1}
	for _, i := range kept {
		place[i] = len(out.Frames)
		f := frames[i]
		f.Parent = place[f.Parent]
		out.Frames = append(out.Frames, f)
	}
	return out
}

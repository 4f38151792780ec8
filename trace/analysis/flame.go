package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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
	Self    int64  // ns
	Width   int64  // ns: Self, and that of the frames in it
	Path    string // tells the path from all others, in all traces; for searches (see Paths)
}

// MaxFrames bounds the frames of a Flame. The widest are kept.
const MaxFrames = 5000

// NewFlame puts the spans of trees together by their paths. It looks at every span
// once, parents first.
func NewFlame(trees iter.Seq[trace.Tree]) Flame {
	b := frameBuilder{index: map[frameKey]int32{}}
	for t := range trees {
		self := SelfTimes(t)
		b.eachFrame(t, func(i, at int32, s trace.Span) {
			f := &b.frames[at]
			f.Count++
			f.Self = plus(f.Self, self[i])
			if s.Status == trace.StatusError {
				f.Errors++
			}
		})
	}
	return widest(b.frames)
}

// Paths gives the Path of the frame that each span of t is in.
func Paths(t trace.Tree) []string {
	b := frameBuilder{index: map[frameKey]int32{}}
	of := b.eachFrame(t, func(_, _ int32, _ trace.Span) {})
	namePaths(b.frames)
	paths := make([]string, len(of))
	for i, at := range of {
		paths[i] = b.frames[at].Path
	}
	return paths
}

type frameBuilder struct {
	index  map[frameKey]int32
	frames []Frame
}

type frameKey struct {
	parent        int32
	name, service string
}

// eachFrame calls f for each span of t with the number of its frame, and gives the
// frames of all spans.
func (b *frameBuilder) eachFrame(t trace.Tree, f func(i, frame int32, s trace.Span)) (of []int32) {
	of = make([]int32, t.Len())
	for _, i := range parentsFirst(t) {
		s := t.Span(int(i))
		key := frameKey{-1, s.Name, s.Service}
		if p := t.Parent(int(i)); p >= 0 {
			key.parent = of[p]
		}
		at, known := b.index[key]
		if !known {
			at = int32(len(b.frames))
			b.index[key] = at
			b.frames = append(b.frames, Frame{Parent: int(key.parent), Name: s.Name, Service: s.Service})
		}
		of[i] = at
		f(i, at, s)
	}
	return of
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

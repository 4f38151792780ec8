package viewer

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// flame is where time was spent by call path: calls of the same name and
// service under the same path are one frame. A frame is as wide as the self
// times in it and under it together, so that frames never overlap, whatever
// ran at the same time.
type flame struct {
	Frames []frame `json:"frames"` // each after the one it is in
	Left   int     `json:"left"`   // narrower ones that are not sent
}

type frame struct {
	Parent  int    `json:"parent"` // index, or -1
	Name    string `json:"name"`
	Service string `json:"service"`
	Count   int    `json:"count"`
	Errors  int    `json:"errors"`
	Self    int64  `json:"self"`  // ns
	Width   int64  `json:"width"` // ns: Self, and that of the frames in it
}

const maxFrames = 5000

type frameKey struct {
	parent        int32
	name, service string
}

func newFlame(trees iter.Seq[trace.Tree]) flame {
	index := map[frameKey]int32{}
	frames := []frame{}
	for t := range trees {
		self := analysis.SelfTimes(t)
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
				frames = append(frames, frame{Parent: int(key.parent), Name: name(s.Name), Service: name(s.Service)})
			}
			of[i] = at
			f := &frames[at]
			f.Count++
			f.Self = sum(f.Self, self[i])
			if s.Status == trace.StatusError {
				f.Errors++
			}
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		f := &frames[i]
		f.Width = sum(f.Width, f.Self)
		if f.Parent >= 0 {
			p := &frames[f.Parent]
			p.Width = sum(p.Width, f.Width)
		}
	}
	kept := heaviest(len(frames), maxFrames, func(i int) int64 { return frames[i].Width })
	out := flame{Frames: make([]frame, 0, len(kept)), Left: len(frames) - len(kept)}
	place := map[int]int{-1: -1}
	for _, i := range kept {
		place[i] = len(out.Frames)
		f := frames[i]
		f.Parent = place[f.Parent]
		out.Frames = append(out.Frames, f)
	}
	return out
}

// sum adds two times that are not negative, and stops at the largest there is:
// files can hold spans of centuries.
func sum(a, b int64) int64 {
	if s := a + b; s >= 0 {
		return s
	}
	return math.MaxInt64
}

// parentsFirst orders the spans of t so that each comes after its parent. Most
// do already; a child can start before.
func parentsFirst(t trace.Tree) []int32 {
	order := make([]int32, 0, t.Len())
	done := make([]bool, t.Len())
	var waiting []int32
	for i := range t.Len() {
		for at := i; at >= 0 && !done[at]; at = t.Parent(at) {
			done[at] = true
			waiting = append(waiting, int32(at))
		}
		for len(waiting) > 0 {
			order = append(order, waiting[len(waiting)-1])
			waiting = waiting[:len(waiting)-1]
		}
	}
	return order
}

// heaviest chooses the limit heaviest of n paths, in their order. What a path is
// in comes before it and has to weigh no less: then it is chosen too.
func heaviest(n, limit int, weight func(i int) int64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n > limit {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
		order = order[:limit]
		slices.Sort(order)
	}
	return order
}

package viewer

import (
	"cmp"
	"iter"
	"slices"

	"prowtrace/trace"
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
		self := t.SelfTimes()
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
			f.Self += self[i]
			if s.Status == trace.StatusError {
				f.Errors++
			}
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		f := &frames[i]
		f.Width += f.Self
		if f.Parent >= 0 {
			frames[f.Parent].Width += f.Width
		}
	}
	return widest(frames)
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

// widest keeps the widest frames. What a frame is in is never narrower and
// comes before it, so it is kept too.
func widest(frames []frame) flame {
	if len(frames) <= maxFrames {
		return flame{Frames: frames}
	}
	order := make([]int, len(frames))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(frames[b].Width, frames[a].Width) })
	order = order[:maxFrames]
	slices.Sort(order)
	place := map[int]int{-1: -1}
	kept := make([]frame, 0, maxFrames)
	for _, i := range order {
		place[i] = len(kept)
		f := frames[i]
		f.Parent = place[f.Parent]
		kept = append(kept, f)
	}
	return flame{kept, len(frames) - len(kept)}
}

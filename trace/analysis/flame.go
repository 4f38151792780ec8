package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"prowtrace/trace"
)

// A Flame is where time was spent by call path: calls of the same name and service under the
// same path are one frame. A frame is as wide as all self times in it and under it together,
// so frames never overlap, whatever ran at the same time.
type Flame struct {
	Frames []Frame // each after the frame that it is in
	Total  int64   // ns: the widths of all outermost frames
	Left   int     // how many narrower frames are left out
}

// A Frame is the calls of one path.
type Frame struct {
	Parent  int // index in Frames, or -1
	Name    string
	Service string
	Count   int
	Errors  int
	Self    int64  // ns
	Width   int64  // ns: Self and the widths of the frames in it
	Path    string // identifies the path in all traces; for searches (see Paths)
}

// MaxFrames bounds the frames of a Flame. The widest are kept.
const MaxFrames = 5000

// NewFlame puts the spans of traces together by their paths. It looks at every span once,
// parents first, and at several traces in parallel.
func NewFlame(of Traces) Flame {
	forests := of.forests()
	built := make([]pathBuilder, max(len(forests), 1))
	each(len(forests), func(i int) { built[i].addForest(forests[i]) })
	all := &built[0]
	for i := range built[1:] {
		all.merge(&built[i+1])
	}
	return all.widest()
}

// Paths gives the Path of the frame that each span of t is in.
func Paths(t trace.Tree) []string {
	s := spansOf(t)
	b := pathBuilder{numbers: s.numbers}
	of := b.pathsOf(s)
	frames := make([]Frame, len(b.sums))
	for i := range frames {
		frames[i] = b.frame(i)
	}
	namePaths(frames)
	paths := make([]string, len(of))
	for i, at := range of {
		paths[i] = frames[at].Path
	}
	return paths
}

// pathBuilder sums up spans by their paths. Each path comes after the one that it is in.
type pathBuilder struct {
	*numbers
	operations numbering // names with services
	index      numbering // paths, by the one that they are in and their operation
	sums       []pathSum // by path
}

type pathSum struct {
	count, errors int
	self          int64
}

func (b *pathBuilder) addForest(f forest) {
	b.numbers = f.numbers
	var of []int32
	var self []int64
	together(func() { of = b.pathsOf(f.spans) }, func() { self = f.self() })
	for i, at := range of {
		x := &b.sums[at]
		x.count++
		x.self = plus(x.self, self[i])
		if f.status[i] == trace.StatusError {
			x.errors++
		}
	}
}

// pathsOf gives the paths of all spans.
func (b *pathBuilder) pathsOf(s *spans) (of []int32) {
	of = make([]int32, s.len())
	for i := range s.parentsFirst {
		under := int32(-1)
		if p := s.parentOf(i); p >= 0 {
			under = of[p]
		}
		of[i] = b.path(under, s.operation(i))
	}
	return of
}

// path gives the path of an operation under another path, or under none.
func (b *pathBuilder) path(under int32, operation uint64) int32 {
	number, _ := b.operations.number(operation)
	at, fresh := b.index.number(pair(uint32(under), uint32(number)))
	if fresh {
		b.sums = append(b.sums, pathSum{})
	}
	return at
}

// parent gives the path that a path is in, or -1, and its operation.
func (b *pathBuilder) parent(path int) (under int, operation uint64) {
	high, number := parts(b.index.keys[path])
	return int(int32(high)), b.operations.keys[number]
}

// merge adds the paths of later spans.
func (b *pathBuilder) merge(more *pathBuilder) {
	of := make([]int32, len(more.sums))
	for i, sum := range more.sums {
		under, operation := more.parent(i)
		to := int32(-1)
		if under >= 0 {
			to = of[under]
		}
		of[i] = b.path(to, operation)
		x := &b.sums[of[i]]
		x.count += sum.count
		x.errors += sum.errors
		x.self = plus(x.self, sum.self)
	}
}

// frame gives a path as a frame, without its width.
func (b *pathBuilder) frame(path int) Frame {
	under, operation := b.parent(path)
	name, service := parts(operation)
	x := b.sums[path]
	return Frame{Parent: under, Name: b.text(name), Service: b.services[service], Count: x.count, Errors: x.errors, Self: x.self}
}

// widest adds up the widths, and gives the widest paths.
func (b *pathBuilder) widest() (out Flame) {
	width := make([]int64, len(b.sums))
	for i := len(width) - 1; i >= 0; i-- {
		width[i] = plus(width[i], b.sums[i].self)
		if under, _ := b.parent(i); under >= 0 {
			width[under] = plus(width[under], width[i])
		} else {
			out.Total = plus(out.Total, width[i])
		}
	}
	kept := heaviest(len(width), MaxFrames, func(i int) int64 { return width[i] })
	out.Frames, out.Left = make([]Frame, 0, len(kept)), len(width)-len(kept)
	index := map[int]int{-1: -1}
	for _, i := range kept {
		index[i] = len(out.Frames)
		f := b.frame(i)
		f.Parent, f.Width = index[f.Parent], width[i]
		out.Frames = append(out.Frames, f)
	}
	namePaths(out.Frames)
	return out
}

// namePaths fills in the Path of frames: a digest of the path around it, its service and its
// name. Each frame must come after the one that it is in.
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

package export

import "math"

// lanes puts the spans of a process side by side so that they nest strictly in each lane. A
// span lies within the one before it, which is its parent, or begins when all before it have
// ended. Children that run at the same time therefore get lanes of their own, and so do
// children that outlast their parents. It takes logarithmic time a span.
type lanes struct {
	open [][]openSpan // by lane, spans that may not have ended, the outermost first
	// free is a tree over the lanes. A leaf is the time at which the spans of a lane have
	// ended, and a node is the smaller of the two below it. It leads to the first free lane.
	free []int64
}

// openSpan is a span of a lane, by its number.
type openSpan struct {
	span int
	end  int64
}

// within gives the lane of a span's parent if the span fits there, and -1 otherwise. The
// parent must be the innermost span there and must not end earlier. The spans of a lane come
// by their start.
func (l *lanes) within(lane, parent int, start, end int64) int {
	open := l.open[lane]
	for len(open) > 0 && open[len(open)-1].end <= start {
		open = open[:len(open)-1]
	}
	l.open[lane] = open
	if last := len(open) - 1; last < 0 || open[last].span != parent || open[last].end < end {
		return -1
	}
	return lane
}

// place puts a span in a lane and gives the lane's number. It is the parent's lane if the
// span fits there, and otherwise the first lane that is free at its start. parent is the
// parent's number and lane is the parent's lane, or -1 if that is in another process.
func (l *lanes) place(span, parent, lane int, start, end int64) int {
	if lane >= 0 {
		lane = l.within(lane, parent, start, end)
	}
	if lane < 0 {
		lane = l.idle(start)
		l.open[lane] = l.open[lane][:0]
		l.busy(lane, end)
	}
	l.open[lane] = append(l.open[lane], openSpan{span, end})
	return lane
}

// idle gives the first lane whose spans have ended at a time, or a new one if there is none.
func (l *lanes) idle(start int64) int {
	half := len(l.free) / 2
	if half == 0 || l.free[1] > start {
		l.open = append(l.open, nil)
		if len(l.open) > half {
			l.grow()
		}
		return len(l.open) - 1
	}
	node := 1
	for node < half {
		if node *= 2; l.free[node] > start {
			node++
		}
	}
	return node - half
}

// never is the end of a lane that does not exist yet: such a lane is not free.
const never = math.MaxInt64

func (l *lanes) grow() {
	half := len(l.free) / 2
	leaves := l.free[half:]
	larger := max(1, 2*half)
	l.free = make([]int64, 2*larger)
	for i := range l.free {
		l.free[i] = never
	}
	copy(l.free[larger:], leaves)
	for node := larger - 1; node > 0; node-- {
		l.free[node] = min(l.free[2*node], l.free[2*node+1])
	}
}

// busy notes until when a lane is taken. A lane that never gets free again is treated like
// one that does not exist.
func (l *lanes) busy(lane int, until int64) {
	node := len(l.free)/2 + lane
	l.free[node] = until
	for node /= 2; node > 0; node /= 2 {
		l.free[node] = min(l.free[2*node], l.free[2*node+1])
	}
}

package analysis

import (
	"runtime"
	"sync/atomic"

	"prowtrace/internal/panics"
)

// each calls do for 0 ≤ i < n on as many goroutines as there are processors, in any order,
// and returns when all calls have returned.
func each(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg panics.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// together calls functions in parallel, and returns when all have returned.
func together(do ...func()) { each(len(do), func(i int) { do[i]() }) }

// rangeLen is the least number of spans that is worth a goroutine: fewer are counted in less
// time than it takes to start one.
const rangeLen = 1 << 13

// inRanges calls do for ranges that cover 0 to n, in parallel as each does.
func inRanges(n int, do func(lo, hi int)) {
	size := rangeSize(n)
	each((n+size-1)/size, func(i int) { do(i*size, min(n, (i+1)*size)) })
}

// rangeSize is the size of the ranges into which n spans are split. Each processor gets
// several, so all end at about the same time.
func rangeSize(n int) int { return max(rangeLen, n/(4*runtime.GOMAXPROCS(0))+1) }

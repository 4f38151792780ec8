package radix

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"prowtrace/internal/hugepage"
)

// parts is among how many parts SortParallel deals keys: of a million each has some hundreds,
// which stay in a processor's cache while they are sorted.
const parts = 1 << 11

// enough is the count of keys from which on several goroutines are faster than one.
const enough = 1 << 14

// SortParallel is Sort on several goroutines. It deals the keys among parts by their
// leading bits, those in which they differ, and sorts each part by itself. Where nearly all
// keys lead with the same bits, one goroutine does nearly all of the work.
func SortParallel(workers int, keys, spare []Key) []Key {
	if len(keys) < enough {
		return Sort(keys, spare)
	}
	if cap(spare) < len(keys) {
		spare = hugepage.Make[Key](len(keys))
	}
	dealt := spare[:len(keys)]
	behind := deal(workers, keys, dealt)
	var next atomic.Int64
	var g sync.WaitGroup
	for range workers {
		g.Go(func() {
			for p := next.Add(1) - 1; p < parts; p = next.Add(1) - 1 {
				lo, hi := uint32(0), behind[p]
				if p > 0 {
					lo = behind[p-1]
				}
				Sort(dealt[lo:hi], keys[lo:hi:hi])
				copy(keys[lo:hi], dealt[lo:hi])
			}
		})
	}
	g.Wait()
	return spare
}

// deal copies keys to dealt, ordered by part, and gives where each part ends. Each
// goroutine deals a stretch of its own; in a part they lie in the order of the stretches.
func deal(workers int, keys, dealt []Key) *[parts]uint32 {
	least, most := keys[0].By, keys[0].By
	for _, k := range keys {
		least, most = min(least, k.By), max(most, k.By)
	}
	shift := max(bits.Len64(most-least)-bits.Len(parts-1), 0)
	stretch := func(w int) []Key { return keys[len(keys)*w/workers : len(keys)*(w+1)/workers] }

	places := make([][parts]uint32, workers) // counts of keys at first, then where the next one goes
	var g sync.WaitGroup
	for w := range workers {
		g.Go(func() {
			for _, k := range stretch(w) {
				places[w][(k.By-least)>>shift%parts]++
			}
		})
	}
	g.Wait()
	behind := uint32(0)
	for p := range parts {
		for w := range workers {
			behind, places[w][p] = behind+places[w][p], behind
		}
	}
	for w := range workers {
		g.Go(func() {
			for _, k := range stretch(w) {
				at := &places[w][(k.By-least)>>shift%parts]
				dealt[*at] = k
				*at++
			}
		})
	}
	g.Wait()
	return &places[workers-1]
}

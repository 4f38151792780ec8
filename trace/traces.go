package trace

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"

	"prowtrace/internal/hugepage"
	"prowtrace/internal/panics"
	"prowtrace/internal/radix"
)

// shardTraces are the traces of all shards, as if they followed each other. A trace can
// occur several times, even in one shard. All processors share the work on them: kOps' files
// have a trace for each span, and with one goroutine this took a quarter of the time of
// loading a million of them.
type shardTraces struct {
	shards  []*shard
	numbers []numbering // of the shards' traces in the set
	first   []uint32    // of each shard
	total   int
	workers int
}

func tracesOf(shards []*shard, numbers []numbering) shardTraces {
	all := shardTraces{shards: shards, numbers: numbers, first: make([]uint32, len(shards)), workers: runtime.GOMAXPROCS(0)}
	for i, sh := range shards {
		all.first[i] = uint32(all.total)
		all.total += sh.traces.len()
		numbers[i].traces = hugepage.Make[uint32](sh.traces.len())
	}
	return all
}

// at gives the shard of a trace and its number there.
func (a *shardTraces) at(i uint32) (shard int, local uint32) {
	for shard = len(a.first) - 1; a.first[shard] > i; shard-- {
	}
	return shard, i - a.first[shard]
}

func (a *shardTraces) id(i uint32) TraceID {
	shard, local := a.at(i)
	return a.shards[shard].traces.at(local).id
}

// byID gives the traces ordered by the first half of their ids, and memory of the same size.
func (a *shardTraces) byID() (keys, spare []radix.Key) {
	keys = hugepage.Make[radix.Key](a.total)
	for i, sh := range a.shards {
		own := keys[a.first[i]:]
		stretches(a.workers, sh.traces.len(), func(_, lo, hi int) {
			for local := lo; local < hi; local++ {
				id := &sh.traces.at(uint32(local)).id
				own[local] = radix.Key{By: binary.BigEndian.Uint64(id[:]), Index: a.first[i] + uint32(local)}
			}
		})
	}
	spare = hugepage.Make[radix.Key](a.total)
	radix.SortParallel(a.workers, keys, spare)
	return keys, spare
}

// merge makes one trace of those that occur several times, and gives all ordered by id. The
// number of each trace of a shard becomes its place in that order. keys must be ordered by
// the first half of the ids.
func (a *shardTraces) merge(keys []radix.Key) []scannedTrace {
	borders := make([]int, a.workers+1) // of stretches that keep the same first halves together
	for w := range borders {
		borders[w] = behindEqual(keys, len(keys)*w/a.workers)
	}
	ends := make([]int, a.workers+1) // where the traces before each border end after merging
	stretches(a.workers, a.workers, func(w, _, _ int) {
		own := keys[borders[w]:borders[w+1]]
		ends[w+1] = len(own) - a.order(own)
	})
	for w := range a.workers {
		ends[w+1] += ends[w]
	}
	merged := hugepage.Make[scannedTrace](ends[a.workers])
	stretches(a.workers, a.workers, func(w, _, _ int) {
		n := ends[w] - 1
		for k := borders[w]; k < borders[w+1]; k++ {
			i, local := a.at(keys[k].Index)
			t := a.shards[i].traces.at(local)
			if k == borders[w] || t.id != merged[n].id {
				n++
				merged[n].id = t.id
			}
			merged[n].add(t.extent)
			a.numbers[i].traces[local] = uint32(n)
		}
	})
	return merged
}

// order sorts traces with the same first half of their id, and gives how many of them equal
// their predecessor.
func (a *shardTraces) order(keys []radix.Key) (same int) {
	for _, run := range radix.Equal(keys) {
		slices.SortFunc(run, func(x, y radix.Key) int {
			xid, yid := a.id(x.Index), a.id(y.Index)
			return cmp.Or(bytes.Compare(xid[:], yid[:]), cmp.Compare(x.Index, y.Index))
		})
		for k := range run[1:] {
			if a.id(run[k].Index) == a.id(run[k+1].Index) {
				same++
			}
		}
	}
	return same
}

// behindEqual gives the first place, from at on, whose key differs from the key before it.
func behindEqual(keys []radix.Key, at int) int {
	for at > 0 && at < len(keys) && keys[at].By == keys[at-1].By {
		at++
	}
	return at
}

// stretches calls do for each of several parts of n things, in parallel.
func stretches(parts, n int, do func(part, lo, hi int)) {
	var g panics.WaitGroup
	for p := range parts {
		g.Go(func() { do(p, n*p/parts, n*(p+1)/parts) })
	}
	g.Wait()
}

// mergeTraces makes one table of the traces of all shards, ordered by start, then id, and
// gives the extent of each. It finds traces that occur several times by sorting, because the
// order by id is needed anyway. A hash table took half as long again for a million traces.
func (s *Set) mergeTraces(shards []*shard, numbers []numbering) []extent {
	all := tracesOf(shards, numbers)
	byID, spare := all.byID()
	merged := all.merge(byID)

	byStart := byID[:len(merged)]
	t := &s.traces
	t.id, t.byID = hugepage.Make[TraceID](len(merged)), hugepage.Make[uint32](len(merged))
	extents := hugepage.Make[extent](len(merged))
	stretches(all.workers, len(merged), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			byStart[i] = radix.Key{By: uint64(merged[i].start), Index: uint32(i)}
		}
	})
	radix.SortParallel(all.workers, byStart, spare) // which keeps the order by id of traces with the same start
	stretches(all.workers, len(merged), func(_, lo, hi int) {
		for n := lo; n < hi; n++ {
			i := byStart[n].Index
			t.byID[i] = uint32(n)
			t.id[n], extents[n] = merged[i].id, merged[i].extent
		}
	})
	for _, n := range numbers {
		stretches(all.workers, len(n.traces), func(_, lo, hi int) {
			for local := lo; local < hi; local++ {
				n.traces[local] = t.byID[n.traces[local]]
			}
		})
	}
	return extents
}

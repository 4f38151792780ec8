package trace

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"prowtrace/internal/hugepage"
	"prowtrace/internal/radix"
)

// shardTraces are the traces of all shards, as if they lay behind each other. One can be
// there several times, in one shard too.
type shardTraces struct {
	shards []*shard
	first  []uint32 // of each shard
	total  int
}

func tracesOf(shards []*shard) shardTraces {
	all := shardTraces{shards: shards, first: make([]uint32, len(shards))}
	for i, sh := range shards {
		all.first[i] = uint32(all.total)
		all.total += len(sh.extents)
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
	return a.shards[shard].traces[local]
}

// byID gives the traces ordered by id. What is there several times is next to itself.
func (a *shardTraces) byID() (keys, spare []radix.Key) {
	keys = hugepage.Make[radix.Key](a.total)
	for i, sh := range a.shards {
		for local, id := range sh.traces {
			n := a.first[i] + uint32(local)
			keys[n] = radix.Key{By: binary.BigEndian.Uint64(id[:]), Index: n}
		}
	}
	spare = radix.Sort(keys, nil)
	for _, run := range radix.Equal(keys) {
		slices.SortFunc(run, func(x, y radix.Key) int {
			xid, yid := a.id(x.Index), a.id(y.Index)
			return cmp.Or(bytes.Compare(xid[:], yid[:]), cmp.Compare(x.Index, y.Index))
		})
	}
	return keys, spare
}

// mergeTraces makes one table of the traces of all shards, ordered by start, then id, and
// gives the extent of each. What is there several times is found by sorting, as the order
// by id is needed anyway: a table by hash took half as long again for a million traces.
func (s *Set) mergeTraces(shards []*shard, numbers []numbering) []extent {
	for i, sh := range shards {
		numbers[i].traces = hugepage.Make[uint32](len(sh.extents))
	}
	all := tracesOf(shards)
	keys, spare := all.byID()
	ids, extents := hugepage.Make[TraceID](all.total)[:0], hugepage.Make[extent](all.total)[:0]
	for k, key := range keys {
		i, local := all.at(key.Index)
		id := shards[i].traces[local]
		if k == 0 || id != ids[len(ids)-1] {
			ids, extents = append(ids, id), append(extents, extent{})
		}
		extents[len(extents)-1].add(shards[i].extents[local])
		numbers[i].traces[local] = uint32(len(ids) - 1) // by id
	}

	keys = keys[:len(ids)]
	for i, e := range extents {
		keys[i] = radix.Key{By: uint64(e.start), Index: uint32(i)}
	}
	radix.Sort(keys, spare) // which keeps the order by id of those with the same start
	t := &s.traces
	t.id, t.byID = hugepage.Make[TraceID](len(ids)), hugepage.Make[uint32](len(ids))
	ordered := hugepage.Make[extent](len(ids))
	for n, key := range keys {
		t.byID[key.Index] = uint32(n)
		t.id[n], ordered[n] = ids[key.Index], extents[key.Index]
	}
	for _, n := range numbers {
		for local, i := range n.traces {
			n.traces[local] = t.byID[i]
		}
	}
	return ordered
}

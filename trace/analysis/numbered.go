package analysis

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// numbered numbers distinct texts in the order in which they come. It compares a text only
// if an equal one seems to be there already.
type numbered struct {
	seed   maphash.Seed // made when it is first needed
	hashes numbering    // those of values
	values []string
}

func (in *numbered) number(s string) uint32 {
	if in.seed == (maphash.Seed{}) {
		in.seed = maphash.MakeSeed()
	}
	return in.hashed(maphash.String(in.seed, s), s)
}

// hashed numbers a text whose hash, by the same seed, is known.
func (in *numbered) hashed(hash uint64, s string) uint32 {
	for ; ; hash++ { // if another text has the same hash, which is almost impossible
		at, fresh := in.hashes.number(hash)
		if fresh {
			in.values = append(in.values, s)
		}
		if in.values[at] == s {
			return uint32(at)
		}
	}
}

// numbering numbers distinct keys in the order in which they come. It is a table with open
// addressing, which grows and is several times as fast as a map. Its multiplier is random,
// so no trace can be made to slow it down.
type numbering struct {
	keys  []uint64 // by number
	slots []int32  // number + 1 of the key in the slot, or 0 if it is empty; the length is a power of two
	spin  uint64
	last  int32 // number + 1 that was given last: most keys come several times in a row
}

// number gives a key's number. fresh is true if the key is new.
func (in *numbering) number(key uint64) (at int32, fresh bool) {
	if in.last > 0 && in.keys[in.last-1] == key {
		return in.last - 1, false
	}
	if 2*len(in.keys) >= len(in.slots) {
		in.grow()
	}
	slot := in.find(key)
	if in.slots[slot] == 0 {
		in.keys = append(in.keys, key)
		in.slots[slot] = int32(len(in.keys))
		fresh = true
	}
	in.last = in.slots[slot]
	return in.last - 1, fresh
}

// find gives the slot of a key, or the slot in which to put it.
func (in *numbering) find(key uint64) int {
	high, low := bits.Mul64(key^in.spin, in.spin)
	slot := int(high^low) & (len(in.slots) - 1)
	for in.slots[slot] != 0 && in.keys[in.slots[slot]-1] != key {
		slot = (slot + 1) & (len(in.slots) - 1)
	}
	return slot
}

func (in *numbering) grow() { in.makeSlots(max(64, 4*len(in.slots))) }

// reserve makes room for up to n keys.
func (in *numbering) reserve(n int) {
	in.keys = slices.Grow(in.keys, n)
	in.makeSlots(1 << bits.Len(uint(2*n)))
}

func (in *numbering) makeSlots(n int) {
	if in.spin == 0 {
		in.spin = rand.Uint64() | 1
	}
	in.slots = make([]int32, n)
	for i, key := range in.keys {
		in.slots[in.find(key)] = int32(i + 1)
	}
}

package join

import (
	"math/bits"
	"math/rand/v2"
)

// ids is a set of span ids: open addressing over one allocation, of 8 bytes for each of
// twice as many ids as it holds. A Go map took four times as long.
type ids struct {
	seed  uint64 // chosen or sequential ids must not pile up
	mask  uint64
	slots []uint64 // 0 means empty: it is not a valid id
}

// newIDs makes a set for at most n ids.
func newIDs(n int) *ids {
	size := 1 << bits.Len(uint(2*n+1))
	return &ids{rand.Uint64(), uint64(size - 1), make([]uint64, size)}
}

// add reports whether id is valid and was not in the set before.
func (s *ids) add(id uint64) bool {
	if id == 0 {
		return false
	}
	hi, lo := bits.Mul64(id^s.seed, 0xd6e8feb86659fd93)
	for i := (hi ^ lo) & s.mask; ; i = (i + 1) & s.mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = id
			return true
		case id:
			return false
		}
	}
}

package radix

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// Sort gives what a stable sort by comparison gives, whatever the numbers have in
// common and with the memory of an earlier call.
func TestSortIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var spare []Key
	for _, numbers := range []struct {
		name string
		next func() uint64
	}{
		{"any", rng.Uint64},
		{"few different ones", func() uint64 { return rng.Uint64N(5) }},
		{"one", func() uint64 { return math.MaxUint64 }},
		{"times of a run", func() uint64 { return 1_700_000_000_000_000_000 + rng.Uint64N(1_800_000_000_000) }},
		{"first and last byte", func() uint64 { return rng.Uint64() & 0xff000000000000ff }},
	} {
		for _, n := range []int{0, 1, 2, few - 1, few, 3000} {
			t.Run(fmt.Sprintf("%d of %s", n, numbers.name), func(t *testing.T) {
				keys := make([]Key, n)
				for i := range keys {
					keys[i] = Key{numbers.next(), uint32(i)}
				}
				want := slices.Clone(keys)
				slices.SortStableFunc(want, byNumber)
				spare = Sort(keys, spare)
				if !slices.Equal(keys, want) {
					t.Fatal("not what a stable sort gives")
				}
				again := slices.Clone(keys)
				if Sort(again, spare); !slices.Equal(again, want) {
					t.Fatal("sorting what is sorted changes it")
				}
				checkEqual(t, keys)
			})
		}
	}
}

// SortParallel gives what Sort gives, wherever the bits are in which the keys differ.
func TestSortParallelIsSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, numbers := range []struct {
		name string
		next func() uint64
	}{
		{"any", rng.Uint64},
		{"few different ones", func() uint64 { return rng.Uint64N(5) }},
		{"one", func() uint64 { return math.MaxUint64 }},
		{"all but one that lead with the same bits", func() uint64 { return uint64(rng.ExpFloat64() * 1000) }},
		{"first and last byte", func() uint64 { return rng.Uint64() & 0xff000000000000ff }},
	} {
		for _, workers := range []int{1, 2, 7} {
			t.Run(fmt.Sprintf("%s, %d goroutines", numbers.name, workers), func(t *testing.T) {
				keys := make([]Key, 3*enough+1)
				for i := range keys {
					keys[i] = Key{numbers.next(), uint32(i)}
				}
				keys[enough].By = math.MaxUint64
				want := slices.Clone(keys)
				Sort(want, nil)
				if spare := SortParallel(workers, keys, nil); len(spare) < len(keys) {
					t.Errorf("room for %d keys, want %d", len(spare), len(keys))
				}
				if !slices.Equal(keys, want) {
					t.Fatal("not what Sort gives")
				}
			})
		}
	}
}

func checkEqual(t *testing.T, keys []Key) {
	t.Helper()
	count := map[uint64]int{}
	for _, k := range keys {
		count[k.By]++
	}
	for at, run := range Equal(keys) {
		if at > 0 && keys[at-1].By == run[0].By || &keys[at] != &run[0] || len(run) < 2 || count[run[0].By] != len(run) || run[0].By != run[len(run)-1].By {
			t.Fatalf("a run of %d keys from %v to %v, want %d", len(run), run[0], run[len(run)-1], count[run[0].By])
		}
		delete(count, run[0].By)
	}
	for by, n := range count {
		if n > 1 {
			t.Fatalf("no run of the %d keys with %d", n, by)
		}
	}
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{64, 256, 6000, 1_000_000} {
		keys, rng := make([]Key, n), rand.New(rand.NewPCG(3, 4))
		for i := range keys {
			keys[i] = Key{1_700_000_000_000_000_000 + rng.Uint64N(1_800_000_000_000), uint32(i)}
		}
		work := make([]Key, n)
		b.Run(fmt.Sprint("radix/", n), func(b *testing.B) {
			var spare []Key
			for b.Loop() {
				copy(work, keys)
				spare = Sort(work, spare)
			}
		})
		b.Run(fmt.Sprint("parallel/", n), func(b *testing.B) {
			var spare []Key
			for b.Loop() {
				copy(work, keys)
				spare = SortParallel(runtime.GOMAXPROCS(0), work, spare)
			}
		})
		b.Run(fmt.Sprint("comparison/", n), func(b *testing.B) {
			for b.Loop() {
				copy(work, keys)
				slices.SortFunc(work, byNumber)
			}
		})
	}
}

package diff

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAlign(t *testing.T) {
	for _, c := range []struct {
		name, good, bad string
		want            []Match
	}{
		{"nothing", "", "", nil},
		{"only good", "abc", "", nil},
		{"only bad", "", "abc", nil},
		{"the same", "aabba", "aabba", []Match{{0, 0, 5}}},
		{"nothing in common", "abc", "xyz", nil},
		{"one more in the middle", "abcd", "abxcd", []Match{{0, 0, 2}, {2, 3, 2}}},
		{"one less in the middle", "abxcd", "abcd", []Match{{0, 0, 2}, {3, 2, 2}}},
		// a b c d e f      the unique ones of the middle are found
		// b c x d a e
		{"both ends differ", "abcdef", "bcxdae", []Match{{1, 0, 2}, {3, 3, 1}, {4, 5, 1}}},
		// u w w w v      more of a kind: the ends hold the rest
		// u w w w w w v
		{"a loop that lasts longer", "uwwwv", "uwwwwwv", []Match{{0, 0, 4}, {4, 6, 1}}},
		// What was before and comes later is not aligned twice.
		{"moved", "abcde", "bcdea", []Match{{1, 0, 4}}},
		// Nothing is unique: the first x is that of the other, the second y, too.
		{"nothing unique", "xyxy", "yxyz", []Match{{0, 1, 1}, {3, 2, 1}}},
		{"anchors between repeated ones", "--a--b--", "-a---b-", []Match{{0, 0, 1}, {2, 1, 3}, {5, 5, 1}, {7, 6, 1}}},
	} {
		got, err := align(t.Context(), []byte(c.good), []byte(c.bad))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
		checkAligned(t, []byte(c.good), []byte(c.bad), got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := align(ctx, []byte("a"), []byte("b")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// checkAligned checks that matches have the same elements, and are in order in both.
func checkAligned[T comparable](t *testing.T, good, bad []T, all []Match) {
	t.Helper()
	g, b := 0, 0
	for _, m := range all {
		if m.N < 1 || m.Good < g || m.Bad < b || !slices.Equal(good[m.Good:m.Good+m.N], bad[m.Bad:m.Bad+m.N]) {
			t.Fatalf("%v does not hold of %v and %v", m, good, bad)
		}
		g, b = m.Good+m.N, m.Bad+m.N
	}
}

// If elements are inserted or left out, the rest stays aligned. This also holds the other
// way round.
func TestAlignChanged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var good, bad []uint16
		same := 0
		for range r.IntN(200) {
			v := uint16(r.IntN(1000))
			switch r.IntN(8) {
			case 0:
				bad = append(bad, v+2000)
			case 1:
				good = append(good, v)
			default:
				good, bad = append(good, v), append(bad, v)
				same++
			}
		}
		found, err := align(t.Context(), good, bad)
		if err != nil {
			t.Fatal(err)
		}
		checkAligned(t, good, bad, found)
		n := 0
		for _, m := range found {
			n += m.N
		}
		if n*10 < same*9 {
			t.Fatalf("%d of %d are aligned: %v, %v", n, same, good, bad)
		}
	}
}

func FuzzAlign(f *testing.F) {
	f.Add([]byte("abcabc"), []byte("cbacba"))
	f.Add([]byte("aaaaaaab"), []byte("baaaa"))
	f.Fuzz(func(t *testing.T, good, bad []byte) {
		found, err := align(t.Context(), good, bad)
		if err != nil {
			t.Fatal(err)
		}
		checkAligned(t, good, bad, found)
		same, _ := align(t.Context(), good, good)
		if len(good) > 0 && (len(same) != 1 || same[0].N != len(good)) {
			t.Fatalf("a sequence is not aligned with itself: %v", same)
		}
	})
}

// BenchmarkAlign aligns sequences of 300,000 elements: logs that differ little, and
// sequences that are made to have nothing unique or everything out of order.
func BenchmarkAlign(b *testing.B) {
	const n = 300_000
	r := rand.New(rand.NewPCG(1, 2))
	alike := make([]uint64, n)
	for i := range alike {
		alike[i] = uint64(r.IntN(50_000))
	}
	other := slices.Clone(alike)
	for range 1000 {
		other[r.IntN(n)] = uint64(60_000 + r.IntN(9))
	}
	turns, few, shuffled := make([]uint64, n), make([]uint64, n), make([]uint64, n)
	for i := range n {
		turns[i], few[i], shuffled[i] = uint64(i%2), uint64(r.IntN(3)), uint64(i)
	}
	disorder := slices.Clone(shuffled)
	r.Shuffle(n, func(i, j int) { disorder[i], disorder[j] = disorder[j], disorder[i] })
	for _, c := range []struct {
		name      string
		good, bad []uint64
	}{{"alike", alike, other}, {"turns", turns, few}, {"disorder", shuffled, disorder}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := align(b.Context(), c.good, c.bad); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package hugepage

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, least / 8, least/8 + 1, 1<<20 + 3} {
		s := Make[uint64](n)
		if len(s) != n {
			t.Fatalf("%d elements, want %d", len(s), n)
		}
		for i, v := range s {
			if v != 0 {
				t.Fatalf("element %d of %d is %d", i, n, v)
			}
			s[i] = uint64(i)
		}
	}
}

// BenchmarkTouch touches memory that the system has to make pages for.
func BenchmarkTouch(b *testing.B) {
	const size = 64 << 20
	for _, make := range []struct {
		name string
		do   func() []byte
	}{{"make", func() []byte { return make([]byte, size) }}, {"Make", func() []byte { return Make[byte](size) }}} {
		b.Run(make.name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				b.StopTimer()
				debug.FreeOSMemory() // what was touched before has its pages
				b.StartTimer()
				s := make.do()
				for i := 0; i < len(s); i += os.Getpagesize() {
					s[i] = 1
				}
			}
		})
	}
}

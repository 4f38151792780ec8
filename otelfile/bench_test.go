package otelfile

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// sink keeps the compiler from dropping what is measured.
var sink int

// The loader has a budget of 1 GB/s on one core for all it does; walking the records
// with their checksums must be a small part of that. Compare with BenchmarkCRC, the
// physical bound on the same bytes.
func BenchmarkRecords(b *testing.B) {
	forEachSize(b, func(b *testing.B, data []byte) {
		f, err := Parse("bench.otel", data)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for r := range f.Records(nil) {
				sink += len(r.Payload)
			}
		}
	})
}

func BenchmarkCRC(b *testing.B) {
	forEachSize(b, func(b *testing.B, data []byte) {
		for b.Loop() {
			sink += int(crc32.Checksum(data, castagnoli))
		}
	})
}

func forEachSize(b *testing.B, bench func(*testing.B, []byte)) {
	for _, size := range []int{200_000, 500} {
		data := generate(64<<20, size)
		b.Run(fmt.Sprintf("payload=%d", size), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			bench(b, data)
		})
	}
}

// generate returns a file of about total bytes with records of the given size.
func generate(total, size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	payload := make([]byte, size)
	var file bytes.Buffer
	file.Grow(total + size)
	w := NewWriter(&file)
	for file.Len() < total {
		for i := 0; i < len(payload); i += 8 {
			payload[i] = byte(random.Uint32())
		}
		w.Write(payload)
	}
	return file.Bytes()
}

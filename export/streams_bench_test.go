package export

import (
	"maps"
	"slices"
	"testing"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// counted counts what is written.
type counted struct{ bytes int64 }

func (c *counted) Write(b []byte) (int, error) { c.bytes += int64(len(b)); return len(b), nil }

// BenchmarkFormats writes a million spans of 20 files in each format, on one processor. The
// bytes are those of the output.
func BenchmarkFormats(b *testing.B) {
	var files []trace.Source
	for _, path := range tracetest.Generated(b, "1m") {
		files = append(files, trace.Source{Name: path, Path: path})
	}
	view := otlptest.Load(b, files...)
	for _, name := range slices.Sorted(maps.Keys(everyFormat)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var w counted
			for b.Loop() {
				w = counted{}
				if _, err := everyFormat[name](b.Context(), &w, everything(view)); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(w.bytes)
			b.ReportMetric(float64(view.Len())*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}

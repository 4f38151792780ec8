package gcs

import (
	"fmt"
	"io"
	"testing"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/gcstest"
)

// BenchmarkDownload is the cost of the client itself: 1000 objects of 50 kB,
// 64 at a time, over loopback, listing included, connections new each time.
func BenchmarkDownload(b *testing.B) {
	s := gcstest.New(b)
	data := noise(50_000)
	for i := range 1000 {
		s.PutBytes("b", fmt.Sprintf("%04d", i), data)
	}
	b.SetBytes(1000 * int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s.ResetLog()
		c, err := New(b.Context(), Options{Endpoint: s.Host})
		if err != nil {
			b.Fatal(err)
		}
		c.Warm(b.Context(), "b", 64)
		g, ctx := errgroup.WithContext(b.Context())
		g.SetLimit(64)
		for o, err := range c.List(ctx, "b", "", "") {
			if err != nil {
				b.Fatal(err)
			}
			g.Go(func() error { return c.Read(ctx, o, io.Discard) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

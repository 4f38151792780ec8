//go:build unix

package remote

import (
	"context"
	"sync"
	"testing"

	"prowtrace/internal/jaegerpb/storagev2"
)

// BenchmarkBeside asks a light question, which columns answer, alone and beside 20
// others who search for an attribute that no span has, again and again.
func BenchmarkBeside(b *testing.B) {
	const others = 20
	set := generated(b, benchScales()[0])
	c := connect(b, set)
	light := ids(c, &storagev2.TraceQueryParameters{SearchDepth: 20, ServiceName: set.Service(set.Trace(0).Root)})
	nothing := &storagev2.KeyValue{Key: "no.such.key", Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: "x"}}}
	heavy := ids(c, &storagev2.TraceQueryParameters{SearchDepth: 20, Attributes: []*storagev2.KeyValue{nothing}})

	b.Run("alone", func(b *testing.B) { timed(b, light) })
	b.Run("heavy", func(b *testing.B) {
		ctx, cancel := context.WithCancel(b.Context())
		var searching sync.WaitGroup
		for range others {
			searching.Go(func() {
				for heavy(ctx) == nil {
				}
			})
		}
		timed(b, light)
		b.StopTimer()
		cancel()
		searching.Wait()
	})
}

package v1

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/otlptest"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// All spans of a trace are sent in their order, in messages of bounded size.
func TestMessages(t *testing.T) {
	tests := []struct {
		name  string
		files []trace.Source
	}{
		{"everything a span can carry", []trace.Source{otlptest.Made(t)}},
		{"many batches", []trace.Source{otlptest.File(t, "long", otlptest.ManyOf(1, 9000))}},
		{"a span larger than a message", []trace.Source{otlptest.File(t, "large", otlptest.Under("a", otlptest.OfSizes(100_000, 100_000, 5_000_000, 10, 900_000, 200_000, 10)...))}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set := otlptest.Load(t, test.files...)
			out := newStreamer(set)
			for i := range set.NumTraces() {
				tree, next := set.Tree(set.Trace(i)), 0
				err := out.trace(tree.Trace, func(e storage.Encoded) error {
					defer e.Free()
					var chunk storagev1.SpansResponseChunk
					if err := proto.Unmarshal(e.ReadOnlyData(), &chunk); err != nil {
						return err
					}
					if len(chunk.Spans) == 0 || e.Len() > storage.ChunkSize && len(chunk.Spans) > 1 {
						t.Errorf("a message of %d bytes has %d spans", e.Len(), len(chunk.Spans))
					}
					for _, got := range chunk.Spans {
						if id := tree.ID(next); string(got.GetSpanId()) != string(id[:]) {
							t.Errorf("span %x at %d, want %v", got.GetSpanId(), next, id)
						}
						next++
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if next != tree.Len() {
					t.Errorf("%d spans of %d were sent", next, tree.Len())
				}
			}
		})
	}
}

// Nothing more is sent to a client that has gone.
func TestTranslationEndsWithItsClient(t *testing.T) {
	set := otlptest.Load(t, otlptest.File(t, "long", otlptest.ManyOf(1, 9000)))
	gone, sent := errors.New("gone"), 0
	err := newStreamer(set).trace(set.Trace(0), func(e storage.Encoded) error {
		e.Free()
		if sent++; sent == 2 {
			return gone
		}
		return nil
	})
	if !errors.Is(err, gone) || sent != 2 {
		t.Errorf("%d messages were sent: %v", sent, err)
	}
}

// While a client does not read, no more than some batches are translated.
func TestTranslationWaitsForItsClient(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const n = 64
	set := otlptest.Load(t, otlptest.File(t, "large", otlptest.Under("a", otlptest.OfSizes(slices.Repeat([]int{batchSize}, n)...)...)))
	inUse := func() uint64 {
		runtime.GC()
		runtime.GC() // the buffers in gRPC's pool outlive one
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	synctest.Test(t, func(t *testing.T) {
		before, read, sent := inUse(), make(chan bool), 0
		go newStreamer(set).trace(set.Trace(0), func(e storage.Encoded) error {
			<-read
			e.Free()
			sent++
			return nil
		})
		synctest.Wait()
		if ahead := int64(inUse()) - int64(before); ahead > n/4<<20 { // a message is in a buffer of 1 MiB
			t.Errorf("%d MiB were translated of %d", ahead>>20, n)
		}
		close(read)
		synctest.Wait()
		if sent != n {
			t.Errorf("%d messages were sent of %d", sent, n)
		}
	})
}

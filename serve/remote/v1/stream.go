package v1

import (
	"fmt"
	"iter"
	"runtime"

	"google.golang.org/grpc/mem"

	"prowtrace/export"
	"prowtrace/internal/panics"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// chunkSpans is the field of the spans in jaeger.storage.v1's SpansResponseChunk.
const chunkSpans = 1

// batchSize is about how many bytes a goroutine translates at a time: fractions
// of a millisecond's work, and a message of their own where they fit one.
const batchSize = 256 << 10

// A streamer translates traces and cuts them into messages. It is for one stream.
type streamer struct {
	view  *trace.View
	spans *export.JaegerTranslator
}

func newStreamer(view *trace.View) *streamer {
	return &streamer{view, export.NewJaegerTranslator(view)}
}

// A batch is a part of a tree: some of its spans, in order.
type batch struct {
	tree   trace.Tree
	lo, hi int
	size   int // bytes, about
}

// trace sends the spans of t in messages that hold nothing else: of a job's
// trace, those of the joined one. They are translated on all processors and sent
// in order: while a batch is sent, one a processor is translated or waits.
func (s *streamer) trace(t trace.Trace, send func(storage.Encoded) error) error {
	tree := s.view.Tree(t)
	s.spans.Forget()
	for i := range tree.Len() {
		s.spans.Meet(tree, i)
	}
	var working panics.Group
	defer working.Wait() // the set may be closed afterwards
	var ahead []chan []storage.Encoded
	sendNext := func() error {
		for _, m := range <-ahead[0] {
			if err := send(m); err != nil {
				return fmt.Errorf("sending trace %v: %w", t.ID, err)
			}
		}
		ahead = ahead[1:]
		return nil
	}
	for b := range s.batches(tree) {
		if len(ahead) > runtime.GOMAXPROCS(0) {
			if err := sendNext(); err != nil {
				return err
			}
		}
		done := make(chan []storage.Encoded, 1)
		ahead = append(ahead, done)
		working.Go(func() error {
			defer close(done) // also where it meets a fault, which Wait tells
			done <- s.messages(b)
			return nil
		})
	}
	for len(ahead) > 0 {
		if err := sendNext(); err != nil {
			return err
		}
	}
	return nil
}

// batches cuts a tree whose spans were met.
func (s *streamer) batches(tree trace.Tree) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		b := batch{tree: tree}
		for i := range tree.Len() {
			b.hi = i + 1
			b.size += s.spans.Size(tree, i)
			if b.size < batchSize && b.hi < tree.Len() {
				continue
			}
			if !yield(b) {
				return
			}
			b = batch{tree: tree, lo: b.hi}
		}
	}
}

// messages translates a batch into messages of bounded size.
func (s *streamer) messages(from batch) (messages []storage.Encoded) {
	pool := mem.DefaultBufferPool()
	buf := pool.Get(min(from.size+from.size/4, storage.ChunkSize))
	b := (*buf)[:0]
	for i := from.lo; i < from.hi; i++ {
		before := len(b)
		b = s.spans.AppendSpan(b, chunkSpans, from.tree, i)
		if before == 0 || len(b) <= storage.ChunkSize {
			continue
		}
		span := b[before:] // does not fit any more
		*buf = b[:before]
		messages = append(messages, storage.Encoded{Buffer: mem.NewBuffer(buf, pool)})
		buf = pool.Get(len(span))
		b = append((*buf)[:0], span...)
	}
	*buf = b
	return append(messages, storage.Encoded{Buffer: mem.NewBuffer(buf, pool)})
}

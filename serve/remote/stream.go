package remote

import (
	"fmt"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/mem"

	"prowtrace/trace"
)

// v1ChunkSpans is the field of the spans in jaeger.storage.v1's SpansResponseChunk.
const v1ChunkSpans = 1

// batchSize is about how many bytes a goroutine translates at a time: fractions
// of a millisecond's work, and a message of their own where they fit one.
const batchSize = 256 << 10

// A batch is a part of a tree: some of its spans, in order.
type batch struct {
	tree   trace.Tree
	lo, hi int
	size   int // bytes, about
}

// trace sends the spans of tr in messages that hold nothing else: of a job's
// trace, those of the joined one. They are translated on all processors and sent
// in order: while a batch is sent, one a processor is translated or waits.
func (t *translator) trace(tr trace.Trace, send func(encoded) error) error {
	tree := t.set.Tree(tr)
	t.forget()
	for i := range tree.Len() {
		t.meet(tree, i)
	}
	var working errgroup.Group
	defer working.Wait() // the set may be closed afterwards
	var ahead []chan []encoded
	sendNext := func() error {
		for _, m := range <-ahead[0] {
			if err := send(m); err != nil {
				return fmt.Errorf("sending trace %v: %w", tr.ID, err)
			}
		}
		ahead = ahead[1:]
		return nil
	}
	for b := range t.batches(tree) {
		if len(ahead) > runtime.GOMAXPROCS(0) {
			if err := sendNext(); err != nil {
				return err
			}
		}
		done := make(chan []encoded, 1)
		ahead = append(ahead, done)
		working.Go(func() error {
			done <- t.messages(b)
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

// batches cuts a tree whose rows were met.
func (t *translator) batches(tree trace.Tree) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		b := batch{tree: tree}
		for i := range tree.Len() {
			row := tree.Row(i)
			b.hi = i + 1
			b.size += len(t.set.Raw(row)) + len(t.processes[tree.Resource(i)]) + len(t.scopes[t.set.Scope(row)])
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
func (t *translator) messages(from batch) (messages []encoded) {
	pool := mem.DefaultBufferPool()
	buf := pool.Get(min(from.size+from.size/4, chunkSize))
	b := (*buf)[:0]
	for i := from.lo; i < from.hi; i++ {
		before := len(b)
		b = t.appendSpan(b, from.tree, i)
		if before == 0 || len(b) <= chunkSize {
			continue
		}
		span := b[before:] // does not fit any more
		*buf = b[:before]
		messages = append(messages, encoded{mem.NewBuffer(buf, pool)})
		buf = pool.Get(len(span))
		b = append((*buf)[:0], span...)
	}
	*buf = b
	return append(messages, encoded{mem.NewBuffer(buf, pool)})
}

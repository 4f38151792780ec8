package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"prowtrace/otelfile"
)

// WriteOTel writes the spans as kOps' .otel file: records of at most about a MiB of spans.
// It loses nothing: what strict readers refuse is in records of its own, and counted.
func WriteOTel(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeRecords(ctx, s, otelfile.NewWriter(w).Write)
}

// WriteOTLPProto writes the spans as messages TracesData of at most about a MiB, each
// behind its length as four bytes, the highest first. The Collector's file exporter writes
// its format proto so, and its receiver reads that. It loses nothing, as WriteOTel.
func WriteOTLPProto(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeRecords(ctx, s, func(message []byte) error {
		if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(message)))); err != nil {
			return fmt.Errorf("cannot write spans: %w", err)
		}
		if _, err := w.Write(message); err != nil {
			return fmt.Errorf("cannot write spans: %w", err)
		}
		return nil
	})
}

func writeRecords(ctx context.Context, s Selection, write func(message []byte) error) (Report, error) {
	all := newWalk(ctx, s)
	var message []byte
	err := all.batches(func(b *batch) error {
		message = b.appendTo(message[:0])
		return write(message)
	})
	return all.report(), err
}

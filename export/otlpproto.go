package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"prowtrace/internal/otlpwire"
	"prowtrace/otelfile"
)

// WriteOTel writes the spans as kOps' .otel file: records of at most about a MiB of spans.
// It loses nothing. Spans that strict readers refuse are in records of their own, and the
// Report counts them.
func WriteOTel(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeRecords(ctx, s, func(*batch, *walk) {}, otelfile.NewWriter(w).Write)
}

// WriteOTLPProto writes the spans as messages TracesData of at most about a MiB. Each
// follows its length, which is four bytes, the highest first. The Collector's file exporter
// writes its format proto in this way, and its receiver reads it. Only broken data within a
// span is lost: the span ends at the first field that cannot be read, and the Report counts
// it.
func WriteOTLPProto(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeRecords(ctx, s, mend, func(message []byte) error {
		if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(message)))); err != nil {
			return fmt.Errorf("cannot write spans: %w", err)
		}
		if _, err := w.Write(message); err != nil {
			return fmt.Errorf("cannot write spans: %w", err)
		}
		return nil
	})
}

const lossBroken = "broken fields"

// mend removes broken data from parts that readers would not accept as messages of OTLP.
func mend(b *batch, all *walk) {
	if b.clean {
		return
	}
	for i := range b.runs {
		r := &b.runs[i]
		broken := mended(&r.resource, otlpwire.Resource)
		broken = mended(&r.scope, otlpwire.Scope) || broken
		for k := range r.spans {
			if mended(&r.spans[k], otlpwire.Span) || broken {
				all.lose(lossBroken)
			}
		}
	}
}

// mended cleans a part whose fields do not follow each other up to its end.
func mended(p *part, schema *otlpwire.Schema) bool {
	c := otlpwire.Read(p.wire)
	for {
		if _, ok, broken := c.Next(); broken {
			p.wire = schema.Clean(p.wire)
			return true
		} else if !ok {
			return false
		}
	}
}

func writeRecords(ctx context.Context, s Selection, change func(*batch, *walk), write func(message []byte) error) (Report, error) {
	all := newWalk(ctx, s)
	var message []byte
	err := all.batches(func(b *batch) error {
		change(b, all)
		message = b.appendTo(message[:0])
		return write(message)
	})
	return all.report(), err
}

package push

import (
	"testing"

	"prowtrace/internal/otlptest"
	"prowtrace/trace"
)

// BenchmarkRequests makes the requests of a run, compressed as HTTP sends them. It also
// reports their size: the traffic of a run.
func BenchmarkRequests(b *testing.B) {
	for _, c := range []struct{ name, dir string }{{"sample", "../../testdata/bucket"}, {"corpus", "../../../shared/corpus"}} {
		b.Run(c.name, func(b *testing.B) {
			files := otlptest.Files(b, c.dir)
			if len(files) == 0 {
				b.Skip("these files are not beside the repository")
			}
			measureRequests(b, joinedView(b, files...))
		})
	}
}

func measureRequests(b *testing.B, v *trace.View) {
	h := &httpTransport{gzip: true}
	plan := NewPlan(v, Joined, false)
	sent, packed := 0, 0
	for b.Loop() {
		sent, packed = 0, 0
		r := plan.read(0)
		for {
			batch, more := r.next(maxBytes)
			if !more {
				break
			}
			req := &request{encoded: batch.encode()}
			if _, err := h.pack(req); err != nil {
				b.Fatal(err)
			}
			sent += len(req.encoded)
			packed += len(req.packed)
		}
	}
	b.SetBytes(int64(sent))
	spans := float64(plan.Len())
	b.ReportMetric(spans, "spans")
	b.ReportMetric(float64(sent)/spans, "B/span")
	b.ReportMetric(float64(packed)/spans, "gzip-B/span")
}

package export

import (
	"testing"

	"prowtrace/internal/otlptest"
)

// BenchmarkJaegerTranslator translates the spans of the sample bucket, on one processor.
func BenchmarkJaegerTranslator(b *testing.B) {
	view := otlptest.Load(b, otlptest.Files(b, "../testdata/bucket")...)
	bytes := 0
	for row := range view.Len() {
		bytes += len(view.Raw(row))
	}
	b.SetBytes(int64(bytes))
	var out []byte
	for b.Loop() {
		jaeger := NewJaegerTranslator(view)
		for i := range view.NumTraces() {
			tree := view.Tree(view.Trace(i))
			for i := range tree.Len() {
				jaeger.Meet(tree, i)
				out = jaeger.AppendSpan(out[:0], 1, tree, i)
			}
		}
	}
}

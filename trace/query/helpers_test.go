package query

import (
	"context"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// Short names for what tests use most.
var (
	otlp    = tracetest.OTLP
	otel    = tracetest.File
	span    = tracetest.Span
	inTrace = tracetest.InTrace
	tid     = tracetest.TraceID
	sid     = tracetest.SpanID
)

// load loads files named a, b, c, …
func load(t testing.TB, files ...[]byte) *trace.View {
	t.Helper()
	var sources []trace.Source
	for i, f := range files {
		sources = append(sources, trace.Source{Name: string(rune('a' + i)), Data: f})
	}
	s, err := trace.Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return trace.Plain(s)
}

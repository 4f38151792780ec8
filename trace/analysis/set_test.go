package analysis

import (
	"fmt"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"
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
	return loadJobs(t, sources)
}

func loadJobs(t testing.TB, sources []trace.Source, jobs ...join.Job) *trace.View {
	t.Helper()
	v, err := join.Load(t.Context(), sources, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	return v
}

func seconds(ns int64) string {
	if ns%1e9 == 0 {
		return fmt.Sprint(ns / 1e9)
	}
	return fmt.Sprint(ns, "ns")
}

func operationsBy(t testing.TB, of Traces, key string) []Operation {
	t.Helper()
	all, err := OperationsBy(t.Context(), of, key)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

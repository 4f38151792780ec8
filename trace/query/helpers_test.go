package query

import (
	"context"
	"strings"
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

// inOneTree lists the names of what a search finds within the first trace.
func inOneTree(t testing.TB, v *trace.View, q string) string {
	t.Helper()
	f, err := Parse(q)
	if err != nil {
		return "error: " + err.Error()
	}
	tree := v.Tree(v.Trace(0))
	hits, err := InTree(t.Context(), tree, f, genDerived)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, hit := range hits {
		if hit {
			names = append(names, tree.Span(i).Name)
		}
	}
	return strings.Join(names, " ")
}

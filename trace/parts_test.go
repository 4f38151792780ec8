package trace

import (
	"runtime"
	"testing"

	"prowtrace/internal/otlpwire"
)

// The cost of a message in many parts depends only on its bytes. The test counts bytes, not
// time: for a resource and a scope in 100,000 parts each, at most a few times the input is
// allocated. Appending part to part would take 50,000 times the input.
func TestMessagesInManyParts(t *testing.T) {
	const parts = 100_000
	attribute := otlpwire.AppendText(nil, 1, "k", "v")
	scopeName := otlpwire.AppendBytes(nil, 1, []byte("scope"))
	var scopeSpans, resourceSpans []byte
	for range parts {
		scopeSpans = otlpwire.AppendBytes(scopeSpans, 1, scopeName)
		resourceSpans = otlpwire.AppendBytes(resourceSpans, 1, attribute)
	}
	scopeSpans = otlpwire.AppendBytes(scopeSpans, 2, brokenSpan(t))
	resourceSpans = otlpwire.AppendBytes(resourceSpans, 1, otlpwire.AppendText(nil, 1, serviceName, "in parts"))
	resourceSpans = otlpwire.AppendBytes(resourceSpans, 2, scopeSpans)
	file := otel(t, otlpwire.AppendBytes(nil, 1, resourceSpans))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sh := newShard(1)
	sh.resourceSpans(&input{file: resourceSpans, data: resourceSpans}, 0, len(resourceSpans))
	runtime.ReadMemStats(&after)
	if copied := after.TotalAlloc - before.TotalAlloc; copied > uint64(3*len(resourceSpans)) {
		t.Errorf("%d bytes are copied of %d", copied, len(resourceSpans))
	}
	d := sh.resources.values[0]
	if want := parts*len(attribute) + len(otlpwire.AppendText(nil, 1, serviceName, "in parts")); len(d.wire) != want {
		t.Errorf("%d bytes of the resource, want %d", len(d.wire), want)
	}

	s := load(t, file)
	if s.Len() != 1 || s.Service(0) != "in parts" {
		t.Fatalf("%d spans, problems %v", s.Len(), s.Problems())
	}
	if d, err := s.Detail(0); err != nil || d.Scope.Name != "scope" || len(d.Resource.Attributes) != parts+1 {
		t.Errorf("%v", err)
	}
}

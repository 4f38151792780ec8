package remote

import (
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlptest"
	"prowtrace/otelfile"
	"prowtrace/trace"
)

// An entry is a span with all that describes it, decoded by protobuf alone:
// what the tests compare answers with, without package trace.
type entry struct {
	span           *tracepb.Span
	resource       *resourcepb.Resource
	resourceSchema string
	scope          *commonpb.InstrumentationScope
	scopeSchema    string
}

// flatten lists the spans of requests or answers.
func flatten(messages ...*tracepb.TracesData) (entries []entry) {
	for _, m := range messages {
		for _, rs := range m.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					entries = append(entries, entry{s, rs.GetResource(), rs.GetSchemaUrl(), ss.GetScope(), ss.GetSchemaUrl()})
				}
			}
		}
	}
	return entries
}

// decode lists the spans of files. One that several files hold comes once.
func decode(t testing.TB, files ...trace.Source) []entry {
	t.Helper()
	var entries []entry
	seen := map[string]bool{}
	for _, f := range files {
		var in *otelfile.File
		var err error
		if in, err = otelfile.Open(f.Path); f.Data != nil {
			in, err = otelfile.Parse(f.Name, f.Data)
		}
		if err != nil {
			t.Fatal(err)
		}
		for rec := range in.Records(func(otelfile.Problem) {}) {
			var m tracepb.TracesData
			if err := proto.Unmarshal(rec.Payload, &m); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			for _, e := range flatten(&m) {
				if k := e.key(t); !seen[k] {
					seen[k] = true
					entries = append(entries, e)
				}
			}
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return entries
}

// key is the same for entries that are proto.Equal in all parts, unknown
// fields included. A resource or scope that says nothing is as good as none.
func (e entry) key(t testing.TB) string {
	t.Helper()
	if proto.Size(e.resource) == 0 {
		e.resource = nil
	}
	if proto.Size(e.scope) == 0 {
		e.scope = nil
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&tracepb.ResourceSpans{
		Resource: e.resource, SchemaUrl: e.resourceSchema,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: e.scope, SchemaUrl: e.scopeSchema, Spans: []*tracepb.Span{e.span}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameEntries reports the spans that only one of two lists holds.
func sameEntries(t testing.TB, got, want []entry) {
	t.Helper()
	count := map[string]int{}
	for _, e := range want {
		count[e.key(t)]++
	}
	wrong := 0
	complain := func(what string, e entry) {
		if wrong++; wrong <= 5 {
			t.Errorf("%s span: %.1000v of %.300v %.300v", what, e.span, e.resource, e.scope)
		}
	}
	for _, e := range got {
		if k := e.key(t); count[k] > 0 {
			count[k]--
		} else {
			complain("unexpected", e)
		}
	}
	for _, e := range want {
		if k := e.key(t); count[k] > 0 {
			count[k]--
			complain("missing", e)
		}
	}
	if wrong > 0 {
		t.Errorf("%d spans differ; got %d, want %d", wrong, len(got), len(want))
	}
}

// byTrace groups entries by trace id.
func byTrace(entries []entry) map[string][]entry {
	traces := map[string][]entry{}
	for _, e := range entries {
		traces[string(e.span.GetTraceId())] = append(traces[string(e.span.GetTraceId())], e)
	}
	return traces
}

func corpus(t testing.TB) []trace.Source { return otlptest.Files(t, "../../../shared/corpus") }
func sample(t testing.TB) []trace.Source { return otlptest.Files(t, "../../testdata/bucket") }

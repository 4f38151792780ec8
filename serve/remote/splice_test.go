package remote

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
)

// What is spliced decodes to exactly the spans of the files, but for doubles
// that JSON has no numbers for.
func TestSplicedIsWhatFilesHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tests := []struct {
		name  string
		files []trace.Source
	}{
		{"real files", corpus(t)},
		{"sample bucket", sample(t)},
		{"everything a span can carry", []trace.Source{otlptest.Made(t)}},
		{"random", []trace.Source{otlptest.File(t, "a", otlptest.Random(rng, 1, 50)...), otlptest.File(t, "b", otlptest.Random(rng, 30, 50)...)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.files) == 0 {
				t.Skip("these files are not beside the repository")
			}
			c := connect(t, otlptest.Load(t, test.files...))
			want := spelled(decode(t, test.files...))
			messages := received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: &storagev2.TraceQueryParameters{}}))
			checkChunks(t, messages)
			sameEntries(t, flatten(messages...), want)

			get := &storagev2.GetTracesRequest{}
			for id := range byTrace(want) {
				get.Query = append(get.Query, &storagev2.GetTraceParams{TraceId: []byte(id)})
			}
			messages = received(t)(c.reader.GetTraces(t.Context(), get))
			checkChunks(t, messages)
			sameEntries(t, flatten(messages...), want)
		})
	}
}

// checkChunks demands what the protocol says of messages of spans. A span that
// alone is larger than a message may be is sent alone.
func checkChunks(t *testing.T, messages []*tracepb.TracesData) {
	t.Helper()
	var last string
	done := map[string]bool{}
	for i, m := range messages {
		entries := flatten(m)
		if len(entries) == 0 {
			t.Fatalf("message %d is empty", i)
		}
		if size := proto.Size(m); size >= 1<<20 && len(entries) > 1 {
			t.Errorf("message %d has %d bytes", i, size)
		}
		id := string(entries[0].span.GetTraceId())
		for _, e := range entries {
			if string(e.span.GetTraceId()) != id {
				t.Fatalf("message %d mixes traces %x and %x", i, id, e.span.GetTraceId())
			}
		}
		if id != last && done[id] {
			t.Errorf("trace %x continues in message %d after another trace", id, i)
		}
		last, done[id] = id, true
	}
}

// Doubles that Jaeger's JSON cannot have are sent as text, wherever they are;
// all else stays.
func TestNotNumbersBecomeText(t *testing.T) {
	odd := &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: &resourcepb.Resource{Attributes: append(otlptest.NotNumbers(), otlptest.Attr("service.name", otlptest.Str("s")))},
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: "scope", Attributes: otlptest.NotNumbers()},
			Spans: []*tracepb.Span{{
				TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Name: "odd", StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(2), Attributes: append(otlptest.NotNumbers(), otlptest.EveryKind()...),
				Events: []*tracepb.Span_Event{{TimeUnixNano: otlptest.At(1), Name: "event", Attributes: otlptest.NotNumbers()}},
				Links:  []*tracepb.Span_Link{{TraceId: otlptest.TraceID(2), SpanId: otlptest.SpanID(2), Attributes: otlptest.NotNumbers()}},
			}},
		}},
	}}}
	c := connect(t, otlptest.Load(t, otlptest.File(t, "odd", odd)))
	messages := received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{}))
	sameEntries(t, flatten(messages...), spelled(flatten(odd)))

	chunks := must[storagev1.SpansResponseChunk](t)(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: otlptest.TraceID(1)}))
	s := chunks[0].GetSpans()[0]
	for _, list := range [][]*modelv2.KeyValue{s.GetTags(), s.GetLogs()[0].GetFields(), s.GetProcess().GetTags()} {
		for _, kv := range list {
			if f := kv.GetVFloat64(); f != f || f-f != 0 {
				t.Errorf("v1 has %v", kv)
			}
		}
	}
}

// spelled is how entries with such values are to arrive.
func spelled(entries []entry) []entry {
	for _, e := range entries {
		lists := [][]*commonpb.KeyValue{e.span.GetAttributes(), e.resource.GetAttributes(), e.scope.GetAttributes()}
		for _, event := range e.span.GetEvents() {
			lists = append(lists, event.GetAttributes())
		}
		for _, link := range e.span.GetLinks() {
			lists = append(lists, link.GetAttributes())
		}
		for _, list := range lists {
			for _, kv := range list {
				kv.Value = spelledValue(kv.Value)
			}
		}
	}
	return entries
}

func spelledValue(v *commonpb.AnyValue) *commonpb.AnyValue {
	if d, ok := v.GetValue().(*commonpb.AnyValue_DoubleValue); ok {
		switch f := d.DoubleValue; {
		case math.IsNaN(f):
			return otlptest.Str("NaN")
		case math.IsInf(f, 1):
			return otlptest.Str("+Inf")
		case math.IsInf(f, -1):
			return otlptest.Str("-Inf")
		}
	}
	for i, e := range v.GetArrayValue().GetValues() {
		v.GetArrayValue().Values[i] = spelledValue(e)
	}
	for _, kv := range v.GetKvlistValue().GetValues() {
		kv.Value = spelledValue(kv.Value)
	}
	return v
}

func TestLargeTraceIsCut(t *testing.T) {
	var spans []*tracepb.Span
	for i := range 50 { // 50 × 100 kB, and 5 MB in the middle
		size := 100_000
		if i == 25 {
			size = 5_000_000
		}
		spans = append(spans, &tracepb.Span{
			TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(uint64(i + 1)), Name: "x", StartTimeUnixNano: otlptest.At(float64(i)), EndTimeUnixNano: otlptest.At(float64(i)),
			Attributes: []*commonpb.KeyValue{otlptest.Attr("text", otlptest.Str(strings.Repeat("y", size)))},
		})
	}
	src := otlptest.File(t, "large", otlptest.Under("a", spans[:30]...), otlptest.Under("b", spans[30:]...), otlptest.ManyOf(2, 3))
	c := connect(t, otlptest.Load(t, src))
	get := &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(1)}, {TraceId: otlptest.TraceID(9)}, {TraceId: otlptest.TraceID(2)}, {TraceId: otlptest.TraceID(1)}}}
	messages := received(t)(c.reader.GetTraces(t.Context(), get))
	checkChunks(t, messages)
	sameEntries(t, flatten(messages...), decode(t, src))
	large := 0
	for _, m := range messages {
		if proto.Size(m) >= 1<<20 {
			large++
		}
	}
	if large != 1 {
		t.Errorf("%d messages of 1 MiB or more, want the one with the span of 5 MB", large)
	}
	// 4.9 MB in messages of up to 1 MiB, the large span, the small trace.
	if len(messages) < 8 || len(messages) > 10 {
		t.Errorf("%d messages: they are not filled", len(messages))
	}
}

// FuzzSplice loads any bytes as a payload, and splices what was found: what
// comes out decodes, and where all of it was well it is what protobuf decodes.
func FuzzSplice(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	seeds := otlptest.Random(rng, 1, 3)
	seeds = append(seeds, otlptest.ManyOf(4, 5))
	seeds = append(seeds, otlptest.Requests(f, otlptest.Made(f))...)
	otlptest.AddSeeds(f, seeds)
	f.Fuzz(func(t *testing.T, payload []byte) {
		set := otlptest.LoadPayload(t, payload)
		var messages []*tracepb.TracesData
		p := splicer{view: set}
		for i := range set.NumTraces() {
			err := p.trace(set.Trace(i), func(e storage.Encoded) error {
				defer e.Free()
				m := &tracepb.TracesData{}
				messages = append(messages, m)
				return proto.Unmarshal(bytes.Clone(e.ReadOnlyData()), m)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		checkChunks(t, messages)
		if n := len(flatten(messages...)); n != set.Len() {
			t.Errorf("%d spans came out of %d", n, set.Len())
		}
		var whole tracepb.TracesData
		if proto.Unmarshal(payload, &whole) != nil || !asSent(set) {
			return
		}
		sameEntries(t, flatten(messages...), spelled(distinct(t, flatten(&whole))))
	})
}

// asSent reports whether all spans are to be served as they are in the file.
func asSent(set *trace.View) bool {
	for row := range set.Len() {
		wire, _ := set.EncodedResource(set.Resource(row))
		if !bytes.Equal(set.Encoded(row), set.Raw(row)) || !bytes.Contains(wire, []byte(set.Service(row))) || set.Service(row) == trace.UnknownService {
			return false
		}
	}
	return len(set.Problems()) == 0
}

func distinct(t testing.TB, entries []entry) (kept []entry) {
	seen := map[string]bool{}
	for _, e := range entries {
		if k := e.key(t); !seen[k] {
			seen[k] = true
			kept = append(kept, e)
		}
	}
	return kept
}

// A trace whose spans change between two scopes and of which some have values that
// JSON cannot have is streamed alike each time, in groups, by the plan that is kept.
func TestPlanOfATraceIsKept(t *testing.T) {
	const spans = 3 * leastKept
	var mixed tracepb.TracesData
	for i := range spans {
		span := &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(uint64(i + 1)), Name: "s", StartTimeUnixNano: otlptest.At(float64(i)), EndTimeUnixNano: otlptest.At(float64(i + 1))}
		if i%10 == 0 {
			span.Attributes = otlptest.NotNumbers()
		}
		mixed.ResourceSpans = append(mixed.ResourceSpans, &tracepb.ResourceSpans{
			Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{otlptest.Attr("service.name", otlptest.Str("s"))}},
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: []string{"b", "a"}[i%2]}, Spans: []*tracepb.Span{span}}},
		})
	}
	view := otlptest.Load(t, otlptest.File(t, "mixed", &mixed))
	c := connect(t, view)
	want := spelled(flatten(&mixed))
	for range 2 {
		messages := received(t)(c.reader.GetTraces(t.Context(), &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(1)}}}))
		sameEntries(t, flatten(messages...), want)
		if groups := len(messages[0].GetResourceSpans()); len(messages) != 1 || groups != 2 {
			t.Errorf("%d messages, %d groups in the first, want one with the two scopes", len(messages), groups)
		}
	}
	p := splicer{view: view}
	tree := view.Tree(view.Trace(0))
	if first, second := p.plan(tree), p.plan(tree); &first.order[0] != &second.order[0] || len(first.odd) != (spans+9)/10 {
		t.Errorf("the plan was made again, or has %d odd spans of %d", len(first.odd), (spans+9)/10)
	}
}

package export

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/otlptest"
	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// One span, field by field: the table of the translation.
func TestJaegerTranslation(t *testing.T) {
	src := otlptest.File(t, "one", &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: otlptest.Under("shop").ResourceSpans[0].Resource,
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: "lib", Version: "1.0", Attributes: []*commonpb.KeyValue{otlptest.Attr("not", otlptest.Str("shown"))}},
			Spans: []*tracepb.Span{{
				TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(2), ParentSpanId: otlptest.SpanID(1), Name: "buy", Kind: tracepb.Span_SPAN_KIND_CLIENT, TraceState: "a=b",
				StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(2.5),
				Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "sold out"},
				Attributes: []*commonpb.KeyValue{
					otlptest.Attr("s", otlptest.Str("x")), otlptest.Attr("b", otlptest.Bool(true)), otlptest.Attr("i", otlptest.Int(-1)), otlptest.Attr("d", otlptest.Double(0.5)), otlptest.Attr("y", otlptest.Bytes(1, 2)),
					otlptest.Attr("a", otlptest.Array(otlptest.Int(1), otlptest.Str("<"))), otlptest.Attr("m", otlptest.Map(otlptest.Attr("k", otlptest.Bool(false)))), otlptest.Attr("n", &commonpb.AnyValue{}),
				},
				Events: []*tracepb.Span_Event{
					{TimeUnixNano: otlptest.At(2), Name: "paid", Attributes: []*commonpb.KeyValue{otlptest.Attr("sum", otlptest.Int(3))}},
					{TimeUnixNano: otlptest.At(2), Name: "hidden", Attributes: []*commonpb.KeyValue{otlptest.Attr("event", otlptest.Str("shown"))}},
				},
				Links: []*tracepb.Span_Link{{TraceId: otlptest.TraceID(5), SpanId: otlptest.SpanID(6)}, {TraceId: otlptest.TraceID(7), SpanId: otlptest.SpanID(8), Attributes: []*commonpb.KeyValue{otlptest.Attr("opentracing.ref_type", otlptest.Str("child_of"))}}},
			}},
		}},
	}}})
	want := &modelv2.Span{
		TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(2), OperationName: "buy",
		References: []*modelv2.SpanRef{
			{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), RefType: modelv2.SpanRefType_CHILD_OF},
			{TraceId: otlptest.TraceID(5), SpanId: otlptest.SpanID(6), RefType: modelv2.SpanRefType_FOLLOWS_FROM},
			{TraceId: otlptest.TraceID(7), SpanId: otlptest.SpanID(8), RefType: modelv2.SpanRefType_CHILD_OF},
		},
		StartTime: timestamppb.New(time.Unix(0, int64(otlptest.At(1)))), Duration: durationpb.New(1_500_000_000),
		Process: &modelv2.Process{ServiceName: "shop"},
		Tags: []*modelv2.KeyValue{
			{Key: "otel.scope.name", VStr: "lib"}, {Key: "otel.scope.version", VStr: "1.0"},
			{Key: "s", VStr: "x"}, {Key: "b", VType: modelv2.ValueType_BOOL, VBool: true}, {Key: "i", VType: modelv2.ValueType_INT64, VInt64: -1},
			{Key: "d", VType: modelv2.ValueType_FLOAT64, VFloat64: 0.5}, {Key: "y", VType: modelv2.ValueType_BINARY, VBinary: []byte{1, 2}},
			{Key: "a", VStr: `[1,"\u003c"]`}, {Key: "m", VStr: `{"k":false}`}, {Key: "n"},
			{Key: "span.kind", VStr: "client"}, {Key: "otel.status_code", VStr: "ERROR"}, {Key: "error", VType: modelv2.ValueType_BOOL, VBool: true},
			{Key: "otel.status_description", VStr: "sold out"}, {Key: "w3c.tracestate", VStr: "a=b"},
		},
		Logs: []*modelv2.Log{
			{Timestamp: timestamppb.New(time.Unix(0, int64(otlptest.At(2)))), Fields: []*modelv2.KeyValue{{Key: "event", VStr: "paid"}, {Key: "sum", VType: modelv2.ValueType_INT64, VInt64: 3}}},
			{Timestamp: timestamppb.New(time.Unix(0, int64(otlptest.At(2)))), Fields: []*modelv2.KeyValue{{Key: "event", VStr: "shown"}}},
		},
	}
	set := otlptest.Load(t, src)
	tree := set.Tree(set.Trace(0))
	jaeger := NewJaegerTranslator(set)
	jaeger.Meet(tree, 0)
	var chunk storagev1.SpansResponseChunk
	if err := proto.Unmarshal(jaeger.AppendSpan(nil, 1, tree, 0), &chunk); err != nil || len(chunk.Spans) != 1 {
		t.Fatalf("%d spans, %v", len(chunk.Spans), err)
	}
	if got := chunk.Spans[0]; !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// Translating from encoding to encoding gives the same as translating decoded messages.
func TestTranslatedByDecoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	odd, _ := otlptest.OddInputs(t, 1000)
	tests := []struct {
		name  string
		files []trace.Source
	}{
		{"real files", otlptest.Files(t, "../../shared/corpus")},
		{"sample bucket", otlptest.Files(t, "../testdata/bucket")},
		{"everything a span can carry", []trace.Source{otlptest.Made(t)}},
		{"random", []trace.Source{otlptest.File(t, "a", otlptest.Random(rng, 1, 50)...), otlptest.File(t, "b", otlptest.Random(rng, 30, 50)...)}},
		{"odd inputs", odd},
		{"many batches", []trace.Source{otlptest.File(t, "long", otlptest.ManyOf(1, 9000))}},
		{"a span larger than a message", []trace.Source{otlptest.File(t, "large", otlptest.Under("a", otlptest.OfSizes(100_000, 100_000, 5_000_000, 10, 900_000, 200_000, 10)...))}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.files) == 0 {
				t.Skip("these files are not beside the repository")
			}
			sameTranslation(t, otlptest.Load(t, test.files...))
			for i := range test.files {
				test.files[i].Group = 1
			}
			joined, err := join.Load(t.Context(), test.files, join.Job{Name: "job", ID: trace.TraceID{1}, By: join.ByTime, Description: trace.Description{Label: "7"}})
			if err != nil {
				t.Fatal(err)
			}
			defer joined.Set().Close()
			sameTranslation(t, joined)
		})
	}
}

// FuzzTranslate translates spans with any bytes.
func FuzzTranslate(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	seeds := append(otlptest.Random(rng, 1, 3), otlptest.Requests(f, otlptest.Made(f))...)
	seeds = append(seeds, otlptest.Under("not numbers", &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Attributes: otlptest.NotNumbers()}))
	otlptest.AddSeeds(f, seeds)
	f.Add(givenTwice(f))
	f.Fuzz(func(t *testing.T, payload []byte) {
		sameTranslation(t, otlptest.LoadPayload(t, payload))
	})
}

// givenTwice is a span in which every field occurs twice, as protobuf allows: once more in
// the span, and once more in each of its messages.
func givenTwice(t testing.TB) []byte {
	spans := otlptest.Requests(t, otlptest.Made(t))[0].ResourceSpans[0].ScopeSpans[0].Spans[:1]
	first, err := proto.Marshal(spans[0])
	if err != nil {
		t.Fatal(err)
	}
	other := proto.CloneOf(spans[0])
	other.Name, other.ParentSpanId, other.Status = "again", otlptest.SpanID(30), &tracepb.Status{Message: "said later"}
	other.Links = append(other.Links, &tracepb.Span_Link{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(30)})
	second, err := proto.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	// A key, a value, another value, the key again.
	attribute := []byte("\x0a\x01a\x12\x03\x0a\x01x\x12\x02\x18\x07\x0a\x01b")
	span := append(append(first, second...), append([]byte{9<<3 | 2, byte(len(attribute))}, attribute...)...)
	b := otlpwire.AppendBytes(nil, 2, span)
	b = otlpwire.AppendBytes(nil, 2, b)
	return otlpwire.AppendBytes(nil, 1, b)
}

// sameTranslation compares all traces of a set, span by span in their order.
func sameTranslation(t *testing.T, set *trace.View) {
	t.Helper()
	jaeger := NewJaegerTranslator(set)
	var b []byte
	for i := range set.NumTraces() {
		tree := set.Tree(set.Trace(i))
		jaeger.Forget()
		for i := range tree.Len() {
			jaeger.Meet(tree, i)
			b = jaeger.AppendSpan(b[:0], 1, tree, i)
			var chunk storagev1.SpansResponseChunk
			if err := proto.Unmarshal(b, &chunk); err != nil || len(chunk.Spans) != 1 {
				t.Fatalf("span %d of trace %v: %d spans, %v", i, tree.Trace.ID, len(chunk.Spans), err)
			}
			d, err := tree.Detail(i)
			if err != nil {
				t.Fatal(err)
			}
			want := translated(d, process(tree.Span(i).Service, d.Resource))
			if got := chunk.Spans[0]; !proto.Equal(got, want) {
				t.Fatalf("span %d of trace %v\n%v\nwant\n%v", i, tree.Trace.ID, got, want)
			}
		}
	}
}

// The memory that a translator keeps of earlier traces is bounded, and dropped parts are
// made again.
func TestTranslationForgets(t *testing.T) {
	var traces []*tracepb.TracesData
	for i := range 9 {
		one := otlptest.Under("a", otlptest.OfSizes(10)...)
		one.ResourceSpans[0].ScopeSpans[0].Spans[0].TraceId = otlptest.TraceID(uint64(i + 1))
		one.ResourceSpans[0].Resource.Attributes = append(one.ResourceSpans[0].Resource.Attributes,
			otlptest.Attr("text", otlptest.Str(strings.Repeat("x", mostKept/4))), otlptest.Attr("number", otlptest.Int(int64(i))))
		traces = append(traces, one)
	}
	set := otlptest.Load(t, otlptest.File(t, "large", traces...))
	sameTranslation(t, set)
	jaeger := NewJaegerTranslator(set)
	for i := range set.NumTraces() {
		jaeger.Forget()
		jaeger.Meet(set.Tree(set.Trace(i)), 0)
		kept := 0
		for _, p := range jaeger.processes {
			kept += len(p)
		}
		if kept == 0 || kept > mostKept*3/2 {
			t.Errorf("after trace %d, %d bytes are kept", i, kept)
		}
	}
}

// translated is a second, simple translation by decoded messages. What AppendSpan writes
// must decode to exactly this.
func translated(d trace.Detail, process *modelv2.Process) *modelv2.Span {
	s := d.Span
	start := int64(s.GetStartTimeUnixNano())
	return &modelv2.Span{
		TraceId: s.GetTraceId(), SpanId: s.GetSpanId(), OperationName: s.GetName(),
		References: references(s), Process: process,
		StartTime: timestamppb.New(time.Unix(0, start)), Duration: durationpb.New(time.Duration(int64(s.GetEndTimeUnixNano()) - start)),
		Tags: spanTags(s, d.Scope), Logs: logs(s.GetEvents()),
	}
}

func process(service string, r *resourcepb.Resource) *modelv2.Process {
	p := &modelv2.Process{ServiceName: service}
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() != "service.name" {
			p.Tags = append(p.Tags, tag(kv.GetKey(), kv.GetValue()))
		}
	}
	return p
}

// references puts the parent first, where readers look for it. A link to the parent itself
// only says what kind of reference it is.
func references(s *tracepb.Span) []*modelv2.SpanRef {
	var refs []*modelv2.SpanRef
	if !zero(s.GetParentSpanId()) {
		refs = append(refs, &modelv2.SpanRef{TraceId: s.GetTraceId(), SpanId: s.GetParentSpanId(), RefType: modelv2.SpanRefType_CHILD_OF})
	}
	for _, l := range s.GetLinks() {
		ref := &modelv2.SpanRef{TraceId: sized(l.GetTraceId(), 16), SpanId: sized(l.GetSpanId(), 8), RefType: linkType(l)}
		if len(refs) > 0 && !zero(s.GetParentSpanId()) && string(ref.TraceId) == string(s.GetTraceId()) && string(ref.SpanId) == string(s.GetParentSpanId()) {
			refs[0].RefType = ref.RefType
			continue
		}
		refs = append(refs, ref)
	}
	return refs
}

func linkType(l *tracepb.Span_Link) modelv2.SpanRefType {
	for _, kv := range l.GetAttributes() {
		if kv.GetKey() == "opentracing.ref_type" {
			if kv.GetValue().GetStringValue() == "child_of" {
				return modelv2.SpanRefType_CHILD_OF
			}
			break
		}
	}
	return modelv2.SpanRefType_FOLLOWS_FROM
}

// spanTags lists the tags in Jaeger's order: scope, attributes, kind, status,
// trace state.
func spanTags(s *tracepb.Span, scope *commonpb.InstrumentationScope) []*modelv2.KeyValue {
	var tags []*modelv2.KeyValue
	add := func(key, value string) {
		if value != "" {
			tags = append(tags, stringTag(key, value))
		}
	}
	add("otel.scope.name", scope.GetName())
	add("otel.scope.version", scope.GetVersion())
	for _, kv := range s.GetAttributes() {
		tags = append(tags, tag(kv.GetKey(), kv.GetValue()))
	}
	add("span.kind", trace.Kind(min(max(s.GetKind(), 0), 255)).String())
	switch s.GetStatus().GetCode() {
	case tracepb.Status_STATUS_CODE_OK:
		add("otel.status_code", "OK")
	case tracepb.Status_STATUS_CODE_ERROR:
		add("otel.status_code", "ERROR")
		tags = append(tags, &modelv2.KeyValue{Key: "error", VType: modelv2.ValueType_BOOL, VBool: true})
	}
	add("otel.status_description", s.GetStatus().GetMessage())
	add("w3c.tracestate", s.GetTraceState())
	return tags
}

// logs translates events. The name becomes the field "event", unless an
// attribute has that key.
func logs(events []*tracepb.Span_Event) []*modelv2.Log {
	var logs []*modelv2.Log
	for _, e := range events {
		l := &modelv2.Log{Timestamp: timestamppb.New(time.Unix(0, int64(e.GetTimeUnixNano())))}
		named := false
		for _, kv := range e.GetAttributes() {
			named = named || kv.GetKey() == "event"
		}
		if !named && e.GetName() != "" {
			l.Fields = append(l.Fields, stringTag("event", e.GetName()))
		}
		for _, kv := range e.GetAttributes() {
			l.Fields = append(l.Fields, tag(kv.GetKey(), kv.GetValue()))
		}
		logs = append(logs, l)
	}
	return logs
}

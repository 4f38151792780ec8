package otlptest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

// Str makes a value that is a string.
func Str(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

// Bool makes a value that is a boolean.
func Bool(v bool) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}
}

// Int makes a value that is an integer.
func Int(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

// Double makes a value that is a double.
func Double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

// Bytes makes a value of bytes.
func Bytes(b ...byte) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: b}}
}

// Array makes a value that is an array.
func Array(v ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}}
}

// Map makes a value that is a list of attributes.
func Map(kv ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kv}}}
}

// Attr makes an attribute.
func Attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// EveryKind has an attribute of each kind and its borders.
func EveryKind() []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		Attr("string", Str("plain")), Attr("string.empty", Str("")), Attr("string.markup", Str("<b>&\"</b> \x1b[31m\n\u202e 🦀")),
		Attr("bool.true", Bool(true)), Attr("bool.false", Bool(false)),
		Attr("int", Int(200)), Attr("int.zero", Int(0)), Attr("int.max", Int(math.MaxInt64)), Attr("int.min", Int(math.MinInt64)),
		Attr("int.safe", Int(1<<53-1)), Attr("int.unsafe", Int(1<<53)),
		Attr("double", Double(0.25)), Attr("double.whole", Double(200)), Attr("double.big", Double(1.5e300)), Attr("double.small", Double(5e-324)),
		Attr("double.negative zero", Double(math.Copysign(0, -1))),
		Attr("bytes", Bytes(0, 1, 0xfe, 0xff)), Attr("bytes.empty", Bytes()),
		Attr("array", Array(Str("a"), Int(1), Bool(true), Double(0.5), Bytes(1, 2), &commonpb.AnyValue{}, Array(Str("<"), Map(Attr("k", Str("v")))))),
		Attr("array.empty", Array()),
		Attr("map", Map(Attr("b", Int(2)), Attr("a", Array(Str("x"))), Attr("c", Map(Attr("d", Bytes(7)))))), Attr("map.empty", Map()),
		Attr("none", &commonpb.AnyValue{}), Attr("unset", nil),
	}
}

// Second is one second in ns.
const Second = 1_000_000_000

// Start is when the made spans begin, in Unix s.
const Start = 1_741_830_000

// At gives a time in seconds and ns after Start.
func At(seconds float64) uint64 { return uint64((Start + seconds) * Second) }

// NotNumbers has the doubles that JSON has no numbers for, and what only looks
// like them.
func NotNumbers() []*commonpb.KeyValue {
	nan := Double(math.NaN())
	return []*commonpb.KeyValue{
		Attr("nan", nan), Attr("inf", Double(math.Inf(1))), Attr("-inf", Double(math.Inf(-1))), Attr("largest", Double(math.MaxFloat64)),
		Attr("nested", Array(Map(Attr("deep", nan)), Int(1))), Attr("like", Str("!1234567\u007f")), Attr("like bytes", Bytes(0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f)),
	}
}

// Made is a file with everything a span can carry, in several resources and
// scopes: traces 1 to 4.
func Made(t testing.TB) trace.Source {
	kinds := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "kinds", Version: "1.2"}}
	for kind := range tracepb.Span_SpanKind_name {
		for code := range tracepb.Status_StatusCode_name {
			kinds.Spans = append(kinds.Spans, &tracepb.Span{
				TraceId: TraceID(1), SpanId: SpanID(uint64(100 + 10*kind + code)), ParentSpanId: SpanID(1), Name: fmt.Sprintf("kind %d status %d", kind, code),
				Kind: tracepb.Span_SpanKind(kind), StartTimeUnixNano: At(1), EndTimeUnixNano: At(2 + float64(kind)),
				Status: &tracepb.Status{Code: tracepb.Status_StatusCode(code), Message: strings.Repeat("because ", int(code))},
			})
		}
	}
	full := &tracepb.Span{
		TraceId: TraceID(1), SpanId: SpanID(1), Name: "everything", TraceState: "vendor=1,other=2", Flags: 0x301,
		Kind: tracepb.Span_SPAN_KIND_SERVER, StartTimeUnixNano: At(0) + 123_456_789, EndTimeUnixNano: At(60) + 987_654_321,
		Attributes: EveryKind(), DroppedAttributesCount: 3, DroppedEventsCount: 4, DroppedLinksCount: 5,
		Events: []*tracepb.Span_Event{
			{TimeUnixNano: At(1) + 1001, Name: "exception", Attributes: []*commonpb.KeyValue{Attr("exception.type", Str("E")), Attr("exception.escaped", Bool(true))}, DroppedAttributesCount: 1},
			{TimeUnixNano: At(2), Name: "all kinds", Attributes: EveryKind()},
			{TimeUnixNano: At(3), Name: "named twice", Attributes: []*commonpb.KeyValue{Attr("event", Str("by attribute"))}},
			{TimeUnixNano: At(4)},
		},
		Links: []*tracepb.Span_Link{
			{TraceId: TraceID(2), SpanId: SpanID(2), TraceState: "a=b", Attributes: EveryKind(), Flags: 1},
			{TraceId: TraceID(3), SpanId: SpanID(3), Attributes: []*commonpb.KeyValue{Attr("opentracing.ref_type", Str("child_of"))}},
			{TraceId: TraceID(3), SpanId: SpanID(30), Attributes: []*commonpb.KeyValue{Attr("opentracing.ref_type", Str("follows_from"))}},
		},
	}
	linked := &tracepb.Span{
		TraceId: TraceID(2), SpanId: SpanID(2), ParentSpanId: SpanID(20), Name: "linked to its parent", Kind: tracepb.Span_SPAN_KIND_CONSUMER,
		StartTimeUnixNano: At(10), EndTimeUnixNano: At(11), Links: []*tracepb.Span_Link{{TraceId: TraceID(2), SpanId: SpanID(20)}},
	}
	resources := []*tracepb.ResourceSpans{
		{
			Resource:  &resourcepb.Resource{Attributes: append([]*commonpb.KeyValue{Attr("service.name", Str("front"))}, EveryKind()...), DroppedAttributesCount: 9},
			SchemaUrl: "https://opentelemetry.io/schemas/1.26.0",
			ScopeSpans: []*tracepb.ScopeSpans{
				{
					Scope:     &commonpb.InstrumentationScope{Name: "full", Version: "0.1", Attributes: []*commonpb.KeyValue{Attr("scope.key", Str("scope value"))}, DroppedAttributesCount: 2},
					SchemaUrl: "https://opentelemetry.io/schemas/1.25.0", Spans: []*tracepb.Span{full},
				},
				kinds,
				{Spans: []*tracepb.Span{{TraceId: TraceID(1), SpanId: SpanID(2), ParentSpanId: SpanID(1), Name: "without a scope", StartTimeUnixNano: At(5), EndTimeUnixNano: At(6)}}},
			},
		},
		{
			Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{Attr("host.name", Str("worker")), Attr("service.name", Str("back"))}},
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "back"}, Spans: []*tracepb.Span{
				linked,
				{TraceId: TraceID(1), SpanId: SpanID(3), ParentSpanId: SpanID(1), Name: "in another service", Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: At(7), EndTimeUnixNano: At(8)},
				{TraceId: TraceID(3), SpanId: SpanID(3), Name: "instant", StartTimeUnixNano: At(30), EndTimeUnixNano: At(30)},
			}}},
		},
	}
	return File(t, "made.otel", &tracepb.TracesData{ResourceSpans: resources}, ManyOf(4, 40))
}

// ManyOf is a trace of n small spans, each the child of the one before.
func ManyOf(id uint64, n int) *tracepb.TracesData {
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		spans[i] = &tracepb.Span{
			TraceId: TraceID(id), SpanId: SpanID(uint64(i + 1)), Name: fmt.Sprint("step ", i%7), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: At(100 + float64(i)), EndTimeUnixNano: At(100 + float64(2*n-i)),
			Attributes: []*commonpb.KeyValue{Attr("n", Int(int64(i)))},
		}
		if i > 0 {
			spans[i].ParentSpanId = SpanID(uint64(i))
		}
	}
	return Under("chain", spans...)
}

// Under makes a request of spans of one service.
func Under(service string, spans ...*tracepb.Span) *tracepb.TracesData {
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{Attr("service.name", Str(service))}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "test"}, Spans: spans}},
	}}}
}

// Random makes n traces, numbered from first, of up to 30 spans of five
// services each, with all that is fit to search for.
func Random(rng *rand.Rand, first, n int) []*tracepb.TracesData {
	value := func() *commonpb.AnyValue {
		switch rng.IntN(7) {
		case 0:
			return Bool(rng.IntN(2) == 0)
		case 1:
			return Int(int64(rng.IntN(3) * 100))
		case 2:
			return Double(float64(rng.IntN(4)) / 2)
		case 3:
			return Bytes(byte(rng.IntN(3)))
		case 4:
			return Array(Int(int64(rng.IntN(3))), Str("x"))
		case 5:
			return Map(Attr("k", Str(fmt.Sprint(rng.IntN(3)))))
		}
		return Str(fmt.Sprint("v", rng.IntN(4)))
	}
	attributes := func(prefix string) (kvs []*commonpb.KeyValue) {
		for _, i := range rng.Perm(4)[:rng.IntN(4)] {
			kvs = append(kvs, Attr(fmt.Sprint(prefix, i), value()))
		}
		return kvs
	}
	var resources []*tracepb.ResourceSpans
	for s := range 5 {
		resources = append(resources, &tracepb.ResourceSpans{
			Resource:   &resourcepb.Resource{Attributes: append(attributes("res"), Attr("service.name", Str(fmt.Sprint("service-", s))))},
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: fmt.Sprint("scope-", s%2), Version: "1", Attributes: attributes("scope")}}},
		})
	}
	for id := first; id < first+n; id++ {
		begin := rng.Float64() * 100_000
		for i, spans := 1, 1+rng.IntN(30); i <= spans; i++ {
			start := begin + rng.Float64()*10
			s := &tracepb.Span{
				TraceId: TraceID(uint64(id)), SpanId: SpanID(uint64(id<<16 + i)), Name: fmt.Sprint("op-", rng.IntN(6)), Kind: tracepb.Span_SpanKind(rng.IntN(6)),
				StartTimeUnixNano: At(start), EndTimeUnixNano: At(start + rng.ExpFloat64()), Attributes: attributes("key"),
				Status: &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3))},
			}
			if i > 1 && rng.IntN(10) > 0 {
				s.ParentSpanId = SpanID(uint64(id<<16 + 1 + rng.IntN(i-1)))
			}
			for range rng.IntN(3) {
				s.Events = append(s.Events, &tracepb.Span_Event{TimeUnixNano: s.StartTimeUnixNano + 1000, Name: fmt.Sprint("event-", rng.IntN(3)), Attributes: attributes("evt")})
			}
			if rng.IntN(5) == 0 {
				other := first + rng.IntN(n)
				s.Links = append(s.Links, &tracepb.Span_Link{TraceId: TraceID(uint64(other)), SpanId: SpanID(uint64(other<<16 + 1)), Attributes: attributes("link")})
			}
			in := resources[rng.IntN(len(resources))].ScopeSpans[0]
			in.Spans = append(in.Spans, s)
		}
	}
	return []*tracepb.TracesData{{ResourceSpans: resources}}
}

// OfSizes makes spans of one trace that have an attribute of so many bytes each.
func OfSizes(bytes ...int) (spans []*tracepb.Span) {
	for i, n := range bytes {
		spans = append(spans, &tracepb.Span{TraceId: TraceID(1), SpanId: SpanID(uint64(i + 1)), StartTimeUnixNano: At(float64(i)), EndTimeUnixNano: At(float64(i)),
			Attributes: []*commonpb.KeyValue{Attr("text", Str(strings.Repeat("x", n)))}})
	}
	return spans
}

package remote

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

func str(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func boolean(v bool) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}
}

func integer(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

func double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func blob(b ...byte) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: b}}
}

func array(v ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}}
}

func dict(kv ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kv}}}
}

func attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// everyKind has an attribute of each kind and its borders.
func everyKind() []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		attr("string", str("plain")), attr("string.empty", str("")), attr("string.markup", str("<b>&\"</b> \x1b[31m\n\u202e 🦀")),
		attr("bool.true", boolean(true)), attr("bool.false", boolean(false)),
		attr("int", integer(200)), attr("int.zero", integer(0)), attr("int.max", integer(math.MaxInt64)), attr("int.min", integer(math.MinInt64)),
		attr("int.safe", integer(1<<53-1)), attr("int.unsafe", integer(1<<53)),
		attr("double", double(0.25)), attr("double.whole", double(200)), attr("double.big", double(1.5e300)), attr("double.small", double(5e-324)),
		attr("double.negative zero", double(math.Copysign(0, -1))),
		attr("bytes", blob(0, 1, 0xfe, 0xff)), attr("bytes.empty", blob()),
		attr("array", array(str("a"), integer(1), boolean(true), double(0.5), blob(1, 2), &commonpb.AnyValue{}, array(str("<"), dict(attr("k", str("v")))))),
		attr("array.empty", array()),
		attr("map", dict(attr("b", integer(2)), attr("a", array(str("x"))), attr("c", dict(attr("d", blob(7)))))), attr("map.empty", dict()),
		attr("none", &commonpb.AnyValue{}), attr("unset", nil),
	}
}

const second = 1_000_000_000

// madeStart is when the made spans begin, in Unix s.
const madeStart = 1_741_830_000

// at gives a time in seconds and ns after madeStart.
func at(seconds float64) uint64 { return uint64((madeStart + seconds) * second) }

// notNumbers has the doubles that JSON has no numbers for, and what only looks
// like them.
func notNumbers() []*commonpb.KeyValue {
	nan := double(math.NaN())
	return []*commonpb.KeyValue{
		attr("nan", nan), attr("inf", double(math.Inf(1))), attr("-inf", double(math.Inf(-1))), attr("largest", double(math.MaxFloat64)),
		attr("nested", array(dict(attr("deep", nan)), integer(1))), attr("like", str("!1234567\u007f")), attr("like bytes", blob(0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f)),
	}
}

// made is a file with everything a span can carry, in several resources and
// scopes: traces 1 to 4.
func made(t testing.TB) trace.Source {
	kinds := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "kinds", Version: "1.2"}}
	for kind := range tracepb.Span_SpanKind_name {
		for code := range tracepb.Status_StatusCode_name {
			kinds.Spans = append(kinds.Spans, &tracepb.Span{
				TraceId: tid(1), SpanId: sid(uint64(100 + 10*kind + code)), ParentSpanId: sid(1), Name: fmt.Sprintf("kind %d status %d", kind, code),
				Kind: tracepb.Span_SpanKind(kind), StartTimeUnixNano: at(1), EndTimeUnixNano: at(2 + float64(kind)),
				Status: &tracepb.Status{Code: tracepb.Status_StatusCode(code), Message: strings.Repeat("because ", int(code))},
			})
		}
	}
	full := &tracepb.Span{
		TraceId: tid(1), SpanId: sid(1), Name: "everything", TraceState: "vendor=1,other=2", Flags: 0x301,
		Kind: tracepb.Span_SPAN_KIND_SERVER, StartTimeUnixNano: at(0) + 123_456_789, EndTimeUnixNano: at(60) + 987_654_321,
		Attributes: everyKind(), DroppedAttributesCount: 3, DroppedEventsCount: 4, DroppedLinksCount: 5,
		Events: []*tracepb.Span_Event{
			{TimeUnixNano: at(1) + 1001, Name: "exception", Attributes: []*commonpb.KeyValue{attr("exception.type", str("E")), attr("exception.escaped", boolean(true))}, DroppedAttributesCount: 1},
			{TimeUnixNano: at(2), Name: "all kinds", Attributes: everyKind()},
			{TimeUnixNano: at(3), Name: "named twice", Attributes: []*commonpb.KeyValue{attr("event", str("by attribute"))}},
			{TimeUnixNano: at(4)},
		},
		Links: []*tracepb.Span_Link{
			{TraceId: tid(2), SpanId: sid(2), TraceState: "a=b", Attributes: everyKind(), Flags: 1},
			{TraceId: tid(3), SpanId: sid(3), Attributes: []*commonpb.KeyValue{attr("opentracing.ref_type", str("child_of"))}},
			{TraceId: tid(3), SpanId: sid(30), Attributes: []*commonpb.KeyValue{attr("opentracing.ref_type", str("follows_from"))}},
		},
	}
	linked := &tracepb.Span{
		TraceId: tid(2), SpanId: sid(2), ParentSpanId: sid(20), Name: "linked to its parent", Kind: tracepb.Span_SPAN_KIND_CONSUMER,
		StartTimeUnixNano: at(10), EndTimeUnixNano: at(11), Links: []*tracepb.Span_Link{{TraceId: tid(2), SpanId: sid(20)}},
	}
	resources := []*tracepb.ResourceSpans{
		{
			Resource:  &resourcepb.Resource{Attributes: append([]*commonpb.KeyValue{attr("service.name", str("front"))}, everyKind()...), DroppedAttributesCount: 9},
			SchemaUrl: "https://opentelemetry.io/schemas/1.26.0",
			ScopeSpans: []*tracepb.ScopeSpans{
				{
					Scope:     &commonpb.InstrumentationScope{Name: "full", Version: "0.1", Attributes: []*commonpb.KeyValue{attr("scope.key", str("scope value"))}, DroppedAttributesCount: 2},
					SchemaUrl: "https://opentelemetry.io/schemas/1.25.0", Spans: []*tracepb.Span{full},
				},
				kinds,
				{Spans: []*tracepb.Span{{TraceId: tid(1), SpanId: sid(2), ParentSpanId: sid(1), Name: "without a scope", StartTimeUnixNano: at(5), EndTimeUnixNano: at(6)}}},
			},
		},
		{
			Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("host.name", str("worker")), attr("service.name", str("back"))}},
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "back"}, Spans: []*tracepb.Span{
				linked,
				{TraceId: tid(1), SpanId: sid(3), ParentSpanId: sid(1), Name: "in another service", Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: at(7), EndTimeUnixNano: at(8)},
				{TraceId: tid(3), SpanId: sid(3), Name: "instant", StartTimeUnixNano: at(30), EndTimeUnixNano: at(30)},
			}}},
		},
	}
	return file(t, "made.otel", &tracepb.TracesData{ResourceSpans: resources}, manyOf(4, 40))
}

// manyOf is a trace of n small spans, each the child of the one before.
func manyOf(id uint64, n int) *tracepb.TracesData {
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		spans[i] = &tracepb.Span{
			TraceId: tid(id), SpanId: sid(uint64(i + 1)), Name: fmt.Sprint("step ", i%7), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: at(100 + float64(i)), EndTimeUnixNano: at(100 + float64(2*n-i)),
			Attributes: []*commonpb.KeyValue{attr("n", integer(int64(i)))},
		}
		if i > 0 {
			spans[i].ParentSpanId = sid(uint64(i))
		}
	}
	return under("chain", spans...)
}

// under makes a request of spans of one service.
func under(service string, spans ...*tracepb.Span) *tracepb.TracesData {
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("service.name", str(service))}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "test"}, Spans: spans}},
	}}}
}

// random makes n traces, numbered from first, of up to 30 spans of five
// services each, with all that is fit to search for.
func random(rng *rand.Rand, first, n int) []*tracepb.TracesData {
	value := func() *commonpb.AnyValue {
		switch rng.IntN(7) {
		case 0:
			return boolean(rng.IntN(2) == 0)
		case 1:
			return integer(int64(rng.IntN(3) * 100))
		case 2:
			return double(float64(rng.IntN(4)) / 2)
		case 3:
			return blob(byte(rng.IntN(3)))
		case 4:
			return array(integer(int64(rng.IntN(3))), str("x"))
		case 5:
			return dict(attr("k", str(fmt.Sprint(rng.IntN(3)))))
		}
		return str(fmt.Sprint("v", rng.IntN(4)))
	}
	attributes := func(prefix string) (kvs []*commonpb.KeyValue) {
		for _, i := range rng.Perm(4)[:rng.IntN(4)] {
			kvs = append(kvs, attr(fmt.Sprint(prefix, i), value()))
		}
		return kvs
	}
	var resources []*tracepb.ResourceSpans
	for s := range 5 {
		resources = append(resources, &tracepb.ResourceSpans{
			Resource:   &resourcepb.Resource{Attributes: append(attributes("res"), attr("service.name", str(fmt.Sprint("service-", s))))},
			ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: fmt.Sprint("scope-", s%2), Version: "1", Attributes: attributes("scope")}}},
		})
	}
	for id := first; id < first+n; id++ {
		begin := rng.Float64() * 100_000
		for i, spans := 1, 1+rng.IntN(30); i <= spans; i++ {
			start := begin + rng.Float64()*10
			s := &tracepb.Span{
				TraceId: tid(uint64(id)), SpanId: sid(uint64(id<<16 + i)), Name: fmt.Sprint("op-", rng.IntN(6)), Kind: tracepb.Span_SpanKind(rng.IntN(6)),
				StartTimeUnixNano: at(start), EndTimeUnixNano: at(start + rng.ExpFloat64()), Attributes: attributes("key"),
				Status: &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3))},
			}
			if i > 1 && rng.IntN(10) > 0 {
				s.ParentSpanId = sid(uint64(id<<16 + 1 + rng.IntN(i-1)))
			}
			for range rng.IntN(3) {
				s.Events = append(s.Events, &tracepb.Span_Event{TimeUnixNano: s.StartTimeUnixNano + 1000, Name: fmt.Sprint("event-", rng.IntN(3)), Attributes: attributes("evt")})
			}
			if rng.IntN(5) == 0 {
				other := first + rng.IntN(n)
				s.Links = append(s.Links, &tracepb.Span_Link{TraceId: tid(uint64(other)), SpanId: sid(uint64(other<<16 + 1)), Attributes: attributes("link")})
			}
			in := resources[rng.IntN(len(resources))].ScopeSpans[0]
			in.Spans = append(in.Spans, s)
		}
	}
	return []*tracepb.TracesData{{ResourceSpans: resources}}
}

package remote

import (
	"math"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Jaeger writes its answers as JSON, which has no NaN and no infinities. One
// such attribute makes an HTTP 500 of the whole answer, be it a hundred traces
// (seen with 1.76 and 2.13). So these values are sent as text: NaN, +Inf, -Inf.

// finiteSpan gives an encoded span without such values: b itself, where it has
// none. finiteResource and finiteScope do the same.
func finiteSpan(b []byte) []byte {
	var s tracepb.Span
	return finite(b, &s, func() [][]*commonpb.KeyValue {
		lists := [][]*commonpb.KeyValue{s.GetAttributes()}
		for _, e := range s.GetEvents() {
			lists = append(lists, e.GetAttributes())
		}
		for _, l := range s.GetLinks() {
			lists = append(lists, l.GetAttributes())
		}
		return lists
	})
}

func finiteResource(b []byte) []byte {
	var r resourcepb.Resource
	return finite(b, &r, func() [][]*commonpb.KeyValue { return [][]*commonpb.KeyValue{r.GetAttributes()} })
}

func finiteScope(b []byte) []byte {
	var s commonpb.InstrumentationScope
	return finite(b, &s, func() [][]*commonpb.KeyValue { return [][]*commonpb.KeyValue{s.GetAttributes()} })
}

func finite(b []byte, m proto.Message, attributes func() [][]*commonpb.KeyValue) []byte {
	if !otlpwire.MayHaveNonFinite(b) || proto.Unmarshal(b, m) != nil {
		return b
	}
	changed := false
	for _, list := range attributes() {
		for _, kv := range list {
			changed = spell(kv.GetValue()) || changed
		}
	}
	if !changed {
		return b
	}
	out, err := proto.Marshal(m)
	if err != nil {
		return b // what was just decoded can be encoded
	}
	return out
}

// spell turns doubles that JSON has no numbers for into text, and reports
// whether there were any. Values are nested at most as deep as trace lets them.
func spell(v *commonpb.AnyValue) (changed bool) {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_DoubleValue:
		if !isFinite(value.DoubleValue) {
			v.Value = &commonpb.AnyValue_StringValue{StringValue: trace.ValueText(v)}
			return true
		}
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range value.ArrayValue.GetValues() {
			changed = spell(e) || changed
		}
	case *commonpb.AnyValue_KvlistValue:
		for _, kv := range value.KvlistValue.GetValues() {
			changed = spell(kv.GetValue()) || changed
		}
	}
	return changed
}

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

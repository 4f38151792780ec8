package export

import (
	"math"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// Every kind of value is written without loss.
func TestValuesAreLossless(t *testing.T) {
	double := func(f float64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
	}
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	list := &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{text("a"), text("b")}}}}
	for _, test := range []struct {
		name  string
		value *commonpb.AnyValue
		want  string
	}{
		{"text", text("a\"b"), `{"stringValue":"a\"b"}`},
		{"empty text", text(""), `{"stringValue":""}`},
		{"true", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}, `{"boolValue":true}`},
		{"largest int", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: math.MaxInt64}}, `{"intValue":"9223372036854775807"}`},
		{"double", double(0.1), `{"doubleValue":0.1}`},
		{"NaN", double(math.NaN()), `{"doubleValue":"NaN"}`},
		{"infinity", double(math.Inf(-1)), `{"doubleValue":"-Infinity"}`},
		{"minus zero", double(math.Copysign(0, -1)), `{"doubleValue":-0}`},
		{"bytes", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0xff, 0}}}, `{"bytesValue":"/wA="}`},
		{"null", nil, `{}`},
		{"array", list, `{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}`},
		{"map", &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "k", Value: text("v")}}}}},
			`{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(AppendJSONValue(nil, test.value)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

package trace

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// ValueText gives a value as text, as OpenTelemetry's Collector does (and
// Jaeger with it): strings as they are, bytes in base64, arrays and maps as
// JSON, doubles without an exponent in the range 1e-6 to 1e21. In the JSON <, >
// and & are escaped, as pdata v1.46 of Jaeger 1.76 does; see ReadableText.
func ValueText(v *commonpb.AnyValue) string { return valueText(v, true) }

// ReadableText is ValueText for people: it does not escape <, > and & in the JSON.
func ReadableText(v *commonpb.AnyValue) string { return valueText(v, false) }

func valueText(v *commonpb.AnyValue, escape bool) string {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return value.StringValue
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(value.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(value.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return doubleText(value.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(value.BytesValue)
	case *commonpb.AnyValue_ArrayValue, *commonpb.AnyValue_KvlistValue:
		return jsonText(v, escape)
	}
	return ""
}

func doubleText(f float64) string {
	b, err := json.Marshal(f)
	if err != nil { // NaN and the infinities
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return string(b)
}

func jsonText(v *commonpb.AnyValue, escape bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escape)
	if e.Encode(plain(v)) != nil {
		return "" // plain makes only what Encode accepts
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// plain turns a value into what encoding/json accepts. Clean values are nested at most
// maxDepth deep.
func plain(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		if math.IsNaN(v.DoubleValue) || math.IsInf(v.DoubleValue, 0) {
			return doubleText(v.DoubleValue)
		}
		return v.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return v.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		list := make([]any, len(v.ArrayValue.GetValues()))
		for i, e := range v.ArrayValue.GetValues() {
			list[i] = plain(e)
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		m := make(map[string]any, len(v.KvlistValue.GetValues()))
		for _, kv := range v.KvlistValue.GetValues() {
			m[kv.GetKey()] = plain(kv.GetValue())
		}
		return m
	}
	return nil
}

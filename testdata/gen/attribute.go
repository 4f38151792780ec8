package main

import (
	"fmt"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The scopes that kOps' own files carry.
var (
	scopeKops      = &commonpb.InstrumentationScope{Name: "k8s.io/kops/cmd/kops"}
	scopeClientset = &commonpb.InstrumentationScope{Name: "k8s.io/kops/pkg/client/simple/vfsclientset"}
	scopeVFS       = &commonpb.InstrumentationScope{Name: "k8s.io/kops/util/pkg/vfs"}
	scopeTasks     = &commonpb.InstrumentationScope{Name: "k8s.io/kops/upup/pkg/fi"}
	scopeHTTP      = &commonpb.InstrumentationScope{Name: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", Version: "0.70.0"}
)

func attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}
func text(key, v string) *commonpb.KeyValue         { return attr(key, textValue(v)) }
func number(key string, v int64) *commonpb.KeyValue { return attr(key, intValue(v)) }
func boolean(key string, v bool) *commonpb.KeyValue {
	return attr(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}})
}
func double(key string, v float64) *commonpb.KeyValue { return attr(key, doubleValue(v)) }
func blob(key string, v []byte) *commonpb.KeyValue {
	return attr(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: v}})
}
func nested(key string, kv ...*commonpb.KeyValue) *commonpb.KeyValue {
	return attr(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kv}}})
}
func array(key string, v ...*commonpb.AnyValue) *commonpb.KeyValue {
	return attr(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}})
}
func list(key string, v ...string) *commonpb.KeyValue {
	values := make([]*commonpb.AnyValue, len(v))
	for i, s := range v {
		values[i] = textValue(s)
	}
	return array(key, values...)
}
func empty(key string) *commonpb.KeyValue { return attr(key, &commonpb.AnyValue{}) }

func textValue(v string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}
}
func intValue(v int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v}}
}
func doubleValue(v float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}
}

// event adds an event to s at the given time.
func event(s *tracepb.Span, at time.Time, name string, attrs ...*commonpb.KeyValue) *tracepb.Span_Event {
	e := &tracepb.Span_Event{TimeUnixNano: uint64(at.UnixNano()), Name: name, Attributes: attrs}
	s.Events = append(s.Events, e)
	return e
}

// exception records an error on s as the SDK's RecordError with a stack trace does. frames are "function file:line".
func exception(s *tracepb.Span, typ, message string, frames ...[2]string) {
	stack := "goroutine 1 [running]:\n"
	for _, f := range frames {
		stack += fmt.Sprintf("%s(...)\n\t%s\n", f[0], f[1])
	}
	event(s, time.Unix(0, int64(s.EndTimeUnixNano)), "exception",
		text("exception.type", typ), text("exception.message", message), text("exception.stacktrace", stack))
}

// link points from s to another span.
func link(s, to *tracepb.Span, attrs ...*commonpb.KeyValue) {
	s.Links = append(s.Links, &tracepb.Span_Link{
		TraceId: to.TraceId, SpanId: to.SpanId, TraceState: to.TraceState, Flags: 0x101, Attributes: attrs,
	})
}

// fail sets the error status.
func fail(s *tracepb.Span, message string) {
	s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: message}
}

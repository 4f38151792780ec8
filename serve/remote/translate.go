package remote

import (
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/trace"
)

// translate makes of an OTLP span what Jaeger itself makes of it when it
// receives it, so that both look the same in its UI. The rules are those of
// OpenTelemetry's "OpenTelemetry to Jaeger Transformation" and of the Collector
// that Jaeger 2 is built on.
func translate(d trace.Detail, process *modelv2.Process) *modelv2.Span {
	s := d.Span
	start := int64(s.GetStartTimeUnixNano())
	return &modelv2.Span{
		TraceId: s.GetTraceId(), SpanId: s.GetSpanId(), OperationName: s.GetName(),
		References: references(s), Process: process,
		StartTime: timestamp(start), Duration: durationpb.New(time.Duration(int64(s.GetEndTimeUnixNano()) - start)),
		Tags: spanTags(s, d.Scope), Logs: logs(s.GetEvents()),
	}
}

// processes translates each resource of a trace once.
type processes struct {
	set   *trace.Set
	known map[int]*modelv2.Process
}

func (p *processes) of(row int, r *resourcepb.Resource) *modelv2.Process {
	n := p.set.Resource(row)
	if have, ok := p.known[n]; ok {
		return have
	}
	process := &modelv2.Process{ServiceName: p.set.Service(row)}
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() != "service.name" {
			process.Tags = append(process.Tags, tag(kv.GetKey(), kv.GetValue()))
		}
	}
	if p.known == nil {
		p.known = map[int]*modelv2.Process{}
	}
	p.known[n] = process
	return process
}

// references has the parent first, where readers look for it. A link to the
// parent itself only says what kind of reference it is.
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

func zero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

// sized gives an id its full length: the model has no absent one.
func sized(id []byte, n int) []byte {
	if len(id) == n {
		return id
	}
	return make([]byte, n)
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
		l := &modelv2.Log{Timestamp: timestamp(int64(e.GetTimeUnixNano()))}
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

func stringTag(key, value string) *modelv2.KeyValue {
	return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_STRING, VStr: value}
}

// tag translates an attribute. Arrays and maps become JSON, and what JSON has
// no number for becomes text (see finite.go).
func tag(key string, v *commonpb.AnyValue) *modelv2.KeyValue {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_BoolValue:
		return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_BOOL, VBool: value.BoolValue}
	case *commonpb.AnyValue_IntValue:
		return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_INT64, VInt64: value.IntValue}
	case *commonpb.AnyValue_DoubleValue:
		if !isFinite(value.DoubleValue) {
			break
		}
		return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_FLOAT64, VFloat64: value.DoubleValue}
	case *commonpb.AnyValue_BytesValue:
		return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_BINARY, VBinary: value.BytesValue}
	}
	return stringTag(key, trace.ValueText(v))
}

package remote

import (
	"bytes"
	"math"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/trace"
)

// A translator makes of OTLP spans what Jaeger itself makes of them when it
// receives them, so that both look the same in its UI. The rules are those of
// OpenTelemetry's "OpenTelemetry to Jaeger Transformation" and of the Collector
// that Jaeger 2 is built on.
//
// It copies from one encoding into the other: decoding a span, translating it
// and encoding it anew took ten times as long.
type translator struct {
	set       *trace.View
	processes [][]byte // by number of the resource: encoded as a field of a Span
	scopes    [][]byte // by number of the scope: its tags likewise
	kept      int      // bytes of both
}

// Tags of OTLP fields. Those of events, links, resources and scopes are in
// their own messages.
const (
	spanTraceID    = 1<<3 | asBytes
	spanID         = 2<<3 | asBytes
	spanTraceState = 3<<3 | asBytes
	spanParentID   = 4<<3 | asBytes
	spanName       = 5<<3 | asBytes
	spanKind       = 6<<3 | asVarint
	spanStart      = 7<<3 | asFixed64
	spanEnd        = 8<<3 | asFixed64
	spanAttribute  = 9<<3 | asBytes
	spanEvent      = 11<<3 | asBytes
	spanLink       = 13<<3 | asBytes
	spanStatus     = 15<<3 | asBytes

	statusMessage = 2<<3 | asBytes
	statusCode    = 3<<3 | asVarint

	eventTime      = 1<<3 | asFixed64
	eventName      = 2<<3 | asBytes
	eventAttribute = 3<<3 | asBytes

	linkTraceID   = 1<<3 | asBytes
	linkSpanID    = 2<<3 | asBytes
	linkAttribute = 4<<3 | asBytes

	resourceAttribute = 1<<3 | asBytes
	scopeName         = 1<<3 | asBytes
	scopeVersion      = 2<<3 | asBytes

	attributeKey   = 1<<3 | asBytes
	attributeValue = 2<<3 | asBytes

	valueText   = 1<<3 | asBytes
	valueBool   = 2<<3 | asVarint
	valueInt    = 3<<3 | asVarint
	valueDouble = 4<<3 | asFixed64
)

// Fields of jaeger.api_v2, by message.
const (
	v1TraceID    = 1 // Span
	v1SpanID     = 2
	v1Operation  = 3
	v1References = 4
	v1Start      = 6
	v1Duration   = 7
	v1Tags       = 8
	v1Logs       = 9
	v1Process    = 10

	v1RefType = 3 // SpanRef, whose ids are numbered as a Span's

	v1Service     = 1 // Process
	v1ProcessTags = 2

	v1Time   = 1 // Log
	v1Fields = 2

	v1Key   = 1 // KeyValue
	v1Type  = 2
	v1Text  = 3
	v1Bool  = 4
	v1Int   = 5
	v1Float = 6

	wholeSeconds = 1 // google.protobuf.Timestamp and Duration
	nanoseconds  = 2
)

// meet prepares the process and the scope of span i of a tree, which many spans
// share. appendSpan may then be called for that span, from any goroutine.
func (t *translator) meet(tree trace.Tree, i int) {
	resource, scope := tree.Resource(i), t.set.Scope(tree.Row(i))
	for len(t.processes) <= resource {
		t.processes = append(t.processes, nil)
	}
	for len(t.scopes) <= scope {
		t.scopes = append(t.scopes, nil)
	}
	if t.processes[resource] == nil {
		wire, _ := t.set.EncodedResource(resource)
		t.processes[resource] = appendProcess(nil, t.set.ServiceOf(resource), wire)
		t.kept += len(t.processes[resource])
	}
	if t.scopes[scope] == nil {
		wire, _ := t.set.EncodedScope(scope)
		t.scopes[scope] = appendScope([]byte{}, wire)
		t.kept += len(t.scopes[scope])
	}
}

// mostKept bounds what a translator keeps from one trace to the next, in bytes: a
// search can stream the whole set, in which each trace has large resources.
const mostKept = 16 << 20

// forget drops what was met in earlier traces if that has become much.
func (t *translator) forget() {
	if t.kept > mostKept {
		clear(t.processes)
		clear(t.scopes)
		t.kept = 0
	}
}

func appendProcess(b []byte, service string, resource []byte) []byte {
	b, start := open(b, v1Process)
	b = appendOptional(b, v1Service, service)
	for f, rest, ok := cut(resource); ok; f, rest, ok = cut(rest) {
		if f.tag == resourceAttribute && string(keyOf(f.bytes)) != "service.name" {
			b = appendAttribute(b, v1ProcessTags, f.bytes)
		}
	}
	return seal(b, start)
}

func appendScope(b, scope []byte) []byte {
	var name, version []byte
	for f, rest, ok := cut(scope); ok; f, rest, ok = cut(rest) {
		switch f.tag {
		case scopeName:
			name = f.bytes
		case scopeVersion:
			version = f.bytes
		}
	}
	b = appendTag(b, v1Tags, "otel.scope.name", name)
	return appendTag(b, v1Tags, "otel.scope.version", version)
}

// appendSpan appends span i of a tree, which was met, as a field of a message. The
// tags are in Jaeger's order: scope, attributes, kind, status, trace state.
func (t *translator) appendSpan(b []byte, tree trace.Tree, i int) []byte {
	span := tree.Encoded(i)
	b, at := open(b, v1ChunkSpans)
	b = append(b, t.scopes[t.set.Scope(tree.Row(i))]...)
	var ids spanIDs
	var state, name, message []byte
	var kind, code int32
	var start, end int64
	linked := false
	for f, rest, ok := cut(span); ok; f, rest, ok = cut(rest) {
		switch f.tag {
		case spanTraceID:
			ids.trace = f.bytes
		case spanID:
			ids.span = f.bytes
		case spanParentID:
			ids.parent = f.bytes
		case spanTraceState:
			state = f.bytes
		case spanName:
			name = f.bytes
		case spanKind:
			kind = int32(f.number())
		case spanStart:
			start = int64(f.number())
		case spanEnd:
			end = int64(f.number())
		case spanAttribute:
			b = appendAttribute(b, v1Tags, f.bytes)
		case spanEvent:
			b = appendLog(b, f.bytes)
		case spanLink:
			linked = true
		case spanStatus:
			message, code = statusOf(f.bytes, message, code)
		}
	}
	b = append(b, kindTags[kind]...)
	b = append(b, statusTags[code]...)
	b = appendTag(b, v1Tags, "otel.status_description", message)
	b = appendTag(b, v1Tags, "w3c.tracestate", state)
	if !linked {
		span = nil
	}
	b = appendReferences(b, ids, span)
	b = appendOptional(b, v1TraceID, ids.trace)
	b = appendOptional(b, v1SpanID, ids.span)
	b = appendOptional(b, v1Operation, name)
	b = appendTime(b, v1Start, start)
	b = appendDuration(b, v1Duration, end-start)
	b = append(b, t.processes[tree.Resource(i)]...)
	return seal(b, at)
}

type spanIDs struct{ trace, span, parent []byte }

// statusOf reads a status; what it does not say stays.
func statusOf(status, message []byte, code int32) ([]byte, int32) {
	for f, rest, ok := cut(status); ok; f, rest, ok = cut(rest) {
		switch f.tag {
		case statusMessage:
			message = f.bytes
		case statusCode:
			code = int32(f.number())
		}
	}
	return message, code
}

// The tags of kinds and status codes; others have none.
var (
	kindTags = map[int32][]byte{
		int32(trace.KindInternal): kindTag(trace.KindInternal), int32(trace.KindServer): kindTag(trace.KindServer), int32(trace.KindClient): kindTag(trace.KindClient),
		int32(trace.KindProducer): kindTag(trace.KindProducer), int32(trace.KindConsumer): kindTag(trace.KindConsumer),
	}
	statusTags = map[int32][]byte{
		int32(trace.StatusOK):    appendTag(nil, v1Tags, "otel.status_code", "OK"),
		int32(trace.StatusError): appendMessage(appendTag(nil, v1Tags, "otel.status_code", "ERROR"), v1Tags, &modelv2.KeyValue{Key: "error", VType: modelv2.ValueType_BOOL, VBool: true}),
	}
)

func kindTag(k trace.Kind) []byte { return appendTag(nil, v1Tags, "span.kind", k.String()) }

// appendReferences has the parent first, where readers look for it. A link to
// the parent itself only says what kind of reference it is. span is only looked
// at for links.
func appendReferences(b []byte, ids spanIDs, span []byte) []byte {
	hasParent := !zero(ids.parent)
	parent := spanRef{ids.trace, ids.parent, modelv2.SpanRefType_CHILD_OF}
	toParent := func(r spanRef) bool {
		return hasParent && bytes.Equal(r.trace, ids.trace) && bytes.Equal(r.span, ids.parent)
	}
	for r := range links(span) {
		if toParent(r) {
			parent.kind = r.kind
		}
	}
	if hasParent {
		b = parent.append(b)
	}
	for r := range links(span) {
		if !toParent(r) {
			b = r.append(b)
		}
	}
	return b
}

type spanRef struct {
	trace, span []byte
	kind        modelv2.SpanRefType
}

func (r spanRef) append(b []byte) []byte {
	b, start := open(b, v1References)
	b = appendOptional(b, v1TraceID, r.trace)
	b = appendOptional(b, v1SpanID, r.span)
	b = appendNumber(b, v1RefType, uint64(r.kind))
	return seal(b, start)
}

// links ranges over the links of a span. They have ids of full length: the
// model has no absent ones.
func links(span []byte) func(yield func(spanRef) bool) {
	return func(yield func(spanRef) bool) {
		for f, rest, ok := cut(span); ok; f, rest, ok = cut(rest) {
			if f.tag == spanLink && !yield(linkOf(f.bytes)) {
				return
			}
		}
	}
}

func linkOf(link []byte) spanRef {
	r := spanRef{kind: modelv2.SpanRefType_FOLLOWS_FROM}
	typed := false
	for f, rest, ok := cut(link); ok; f, rest, ok = cut(rest) {
		switch f.tag {
		case linkTraceID:
			r.trace = f.bytes
		case linkSpanID:
			r.span = f.bytes
		case linkAttribute:
			if typed || string(keyOf(f.bytes)) != "opentracing.ref_type" {
				continue
			}
			typed = true
			if decoded(f.bytes).GetValue().GetStringValue() == "child_of" {
				r.kind = modelv2.SpanRefType_CHILD_OF
			}
		}
	}
	r.trace, r.span = sized(r.trace, 16), sized(r.span, 8)
	return r
}

func zero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

func sized(id []byte, n int) []byte {
	if len(id) == n {
		return id
	}
	return make([]byte, n)
}

// appendLog translates an event. Its name becomes the field "event", unless an
// attribute has that key.
func appendLog(b, event []byte) []byte {
	b, start := open(b, v1Logs)
	var at int64
	var name []byte
	named := false
	for f, rest, ok := cut(event); ok; f, rest, ok = cut(rest) {
		switch f.tag {
		case eventTime:
			at = int64(f.number())
		case eventName:
			name = f.bytes
		case eventAttribute:
			named = named || string(keyOf(f.bytes)) == "event"
		}
	}
	b = appendTime(b, v1Time, at)
	if !named {
		b = appendTag(b, v1Fields, "event", name)
	}
	for f, rest, ok := cut(event); ok; f, rest, ok = cut(rest) {
		if f.tag == eventAttribute {
			b = appendAttribute(b, v1Fields, f.bytes)
		}
	}
	return seal(b, start)
}

// appendTime appends Unix ns as a Timestamp, whose nanoseconds count forward.
func appendTime(b []byte, field protowire.Number, ns int64) []byte {
	seconds, rest := ns/1e9, ns%1e9
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e9
	}
	return appendSeconds(b, field, seconds, rest)
}

// appendDuration appends ns as a Duration, whose parts have one sign.
func appendDuration(b []byte, field protowire.Number, ns int64) []byte {
	return appendSeconds(b, field, ns/1e9, ns%1e9)
}

func appendSeconds(b []byte, field protowire.Number, seconds, ns int64) []byte {
	b, start := open(b, field)
	b = appendNumber(b, wholeSeconds, uint64(seconds))
	b = appendNumber(b, nanoseconds, uint64(ns))
	return seal(b, start)
}

// appendTag appends a KeyValue with a text in a field, unless it is empty.
func appendTag[T string | []byte](b []byte, field protowire.Number, key string, text T) []byte {
	if len(text) == 0 {
		return b
	}
	b, start := open(b, field)
	b = appendOptional(b, v1Key, key)
	b = appendOptional(b, v1Text, text)
	return seal(b, start)
}

// appendAttribute translates a KeyValue that has its key first and then one
// simple value, as nearly all have: both lie in the other encoding as they lie
// here, under other tags. Any other is decoded.
func appendAttribute(b []byte, field protowire.Number, attribute []byte) []byte {
	key, rest, _ := cut(attribute)
	value, rest2, _ := cut(rest)
	v, rest3, _ := cut(value.bytes)
	if key.tag != attributeKey || value.tag != attributeValue || len(rest2) > 0 || len(rest3) > 0 || v.tag == 0 {
		return appendDecoded(b, field, attribute)
	}
	var typ modelv2.ValueType
	var tag byte
	switch uint64(value.bytes[0]) {
	case valueText:
		typ, tag = modelv2.ValueType_STRING, v1Text<<3|byte(asBytes)
	case valueBool:
		typ, tag = modelv2.ValueType_BOOL, v1Bool<<3|byte(asVarint)
	case valueInt:
		typ, tag = modelv2.ValueType_INT64, v1Int<<3|byte(asVarint)
	case valueDouble:
		typ, tag = modelv2.ValueType_FLOAT64, v1Float<<3|byte(asFixed64)
	}
	if tag == 0 || typ == modelv2.ValueType_FLOAT64 && !isFinite(math.Float64frombits(v.number())) {
		return appendDecoded(b, field, attribute)
	}
	b, start := open(b, field)
	b = append(b, attribute[:len(attribute)-len(rest)]...)
	b = appendNumber(b, v1Type, uint64(typ))
	b = append(append(b, tag), value.bytes[1:]...)
	return seal(b, start)
}

// keyOf gives the key of a KeyValue: the last one counts.
func keyOf(attribute []byte) (key []byte) {
	for f, rest, ok := cut(attribute); ok; f, rest, ok = cut(rest) {
		if f.tag == attributeKey {
			key = f.bytes
		}
	}
	return key
}

func appendDecoded(b []byte, field protowire.Number, attribute []byte) []byte {
	kv := decoded(attribute)
	return appendMessage(b, field, tag(kv.GetKey(), kv.GetValue()))
}

func decoded(attribute []byte) *commonpb.KeyValue {
	kv := &commonpb.KeyValue{}
	if proto.Unmarshal(attribute, kv) != nil {
		kv.Value = nil // a valid one is always read; else its key says that there was one
	}
	return kv
}

func appendMessage(b []byte, field protowire.Number, m proto.Message) []byte {
	b, start := open(b, field)
	if with, err := (proto.MarshalOptions{}).MarshalAppend(b, m); err == nil {
		b = with // only invalid UTF-8 fails, and what is served has none
	}
	return seal(b, start)
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

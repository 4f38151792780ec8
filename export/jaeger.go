package export

import (
	"bytes"
	"encoding/binary"
	"math"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A JaegerTranslator translates OTLP spans as Jaeger itself does when it receives them, so
// both look the same in its UI. The rules are those of OpenTelemetry's "OpenTelemetry to
// Jaeger Transformation" and of the Collector that Jaeger 2 is built on.
//
// It copies from one encoding into the other: decoding a span, translating it and encoding
// it again took ten times as long. All that a View serves is valid at every level (see
// trace.Set.Encoded). So a broken field is only the end of its message, and a known field
// has its proper wire type.
//
// Meet and Forget must be called by one goroutine at a time, and not while other goroutines
// call AppendSpan or Size. Any number of goroutines may call AppendSpan and Size at the same
// time.
type JaegerTranslator struct {
	view      *trace.View
	processes [][]byte // by number of the resource, encoded as a field of a Span
	scopes    [][]byte // by number of the scope: its tags, also encoded as fields of a Span
	kept      int      // bytes of both
}

// NewJaegerTranslator gives a translator of the spans of a View. The View's Set must stay
// open while it is used.
func NewJaegerTranslator(view *trace.View) *JaegerTranslator { return &JaegerTranslator{view: view} }

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

// Meet prepares the process and the scope of span i of a tree, which many spans
// share. AppendSpan and Size may then be called for that span.
func (t *JaegerTranslator) Meet(tree trace.Tree, i int) {
	resource, scope := tree.Resource(i), t.view.Scope(tree.Row(i))
	for len(t.processes) <= resource {
		t.processes = append(t.processes, nil)
	}
	for len(t.scopes) <= scope {
		t.scopes = append(t.scopes, nil)
	}
	if t.processes[resource] == nil {
		wire, _ := t.view.EncodedResource(resource)
		t.processes[resource] = appendProcess(nil, t.view.ServiceOf(resource), wire)
		t.kept += len(t.processes[resource])
	}
	if t.scopes[scope] == nil {
		wire, _ := t.view.EncodedScope(scope)
		t.scopes[scope] = appendScope([]byte{}, wire)
		t.kept += len(t.scopes[scope])
	}
}

// mostKept bounds what a translator keeps from one trace to the next, in bytes: a
// search can stream the whole set, in which each trace has large resources.
const mostKept = 16 << 20

// Forget drops what was met in earlier traces if that has become much.
func (t *JaegerTranslator) Forget() {
	if t.kept > mostKept {
		clear(t.processes)
		clear(t.scopes)
		t.kept = 0
	}
}

func appendProcess(b []byte, service string, resource []byte) []byte {
	b, start := otlpwire.Open(b, v1Process)
	b = otlpwire.AppendOptional(b, v1Service, service)
	for num, attribute := range otlpwire.Messages(resource) {
		if num == 1 && string(otlpwire.Bytes(attribute, 1)) != "service.name" {
			b = appendAttribute(b, v1ProcessTags, attribute)
		}
	}
	return otlpwire.Seal(b, start)
}

func appendScope(b, scope []byte) []byte {
	b = appendTag(b, v1Tags, "otel.scope.name", otlpwire.Bytes(scope, 1))
	return appendTag(b, v1Tags, "otel.scope.version", otlpwire.Bytes(scope, 2))
}

// Size is about how many bytes AppendSpan appends.
func (t *JaegerTranslator) Size(tree trace.Tree, i int) int {
	row := tree.Row(i)
	return len(t.view.Raw(row)) + len(t.processes[tree.Resource(i)]) + len(t.scopes[t.view.Scope(row)])
}

// AppendSpan appends span i of a tree as field num of a message. Meet must have been called
// for it. The tags are in Jaeger's order: scope, attributes, kind, status, trace state.
func (t *JaegerTranslator) AppendSpan(b []byte, num protowire.Number, tree trace.Tree, i int) []byte {
	span := tree.Encoded(i)
	b, at := otlpwire.Open(b, num)
	b = append(b, t.scopes[t.view.Scope(tree.Row(i))]...)
	var ids spanIDs
	var state, name, message []byte
	var kind, code int32
	var start, end int64
	linked := false
	for num, value, content, rest, ok := otlpwire.Cut(span); ok; num, value, content, rest, ok = otlpwire.Cut(rest) {
		switch num {
		case 1:
			ids.trace = content
		case 2:
			ids.span = content
		case 3:
			state = content
		case 4:
			ids.parent = content
		case 5:
			name = content
		case 6:
			kind = int32(value)
		case 7:
			start = int64(value)
		case 8:
			end = int64(value)
		case 9:
			b = appendAttribute(b, v1Tags, content)
		case 11:
			b = appendLog(b, content)
		case 13:
			linked = true
		case 15:
			message, code = statusOf(content, message, code)
		}
	}
	if uint(kind) < uint(len(kindTags)) {
		b = append(b, kindTags[kind]...)
	}
	if uint(code) < uint(len(statusTags)) {
		b = append(b, statusTags[code]...)
	}
	b = appendTag(b, v1Tags, "otel.status_description", message)
	b = appendTag(b, v1Tags, "w3c.tracestate", state)
	if !linked {
		span = nil
	}
	b = appendReferences(b, ids, span)
	b = otlpwire.AppendOptional(b, v1TraceID, ids.trace)
	b = otlpwire.AppendOptional(b, v1SpanID, ids.span)
	b = otlpwire.AppendOptional(b, v1Operation, name)
	b = appendTime(b, v1Start, start)
	b = appendDuration(b, v1Duration, end-start)
	b = append(b, t.processes[tree.Resource(i)]...)
	return otlpwire.Seal(b, at)
}

type spanIDs struct{ trace, span, parent []byte }

// statusOf reads a status. It leaves unchanged what the status does not set.
func statusOf(status, message []byte, code int32) ([]byte, int32) {
	for num, value, content, rest, ok := otlpwire.Cut(status); ok; num, value, content, rest, ok = otlpwire.Cut(rest) {
		switch num {
		case 2:
			message = content
		case 3:
			code = int32(value)
		}
	}
	return message, code
}

// The tags of kinds and status codes, by number; others have none.
var (
	kindTags = [...][]byte{
		trace.KindInternal: kindTag(trace.KindInternal), trace.KindServer: kindTag(trace.KindServer), trace.KindClient: kindTag(trace.KindClient),
		trace.KindProducer: kindTag(trace.KindProducer), trace.KindConsumer: kindTag(trace.KindConsumer),
	}
	statusTags = [...][]byte{
		trace.StatusOK:    appendTag(nil, v1Tags, "otel.status_code", "OK"),
		trace.StatusError: appendMessage(appendTag(nil, v1Tags, "otel.status_code", "ERROR"), v1Tags, &modelv2.KeyValue{Key: "error", VType: modelv2.ValueType_BOOL, VBool: true}),
	}
)

func kindTag(k trace.Kind) []byte { return appendTag(nil, v1Tags, "span.kind", k.String()) }

// appendReferences puts the parent first, where readers look for it. A link to the parent
// itself only says what kind of reference it is. span is nil if there are no links.
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
	b, start := otlpwire.Open(b, v1References)
	b = otlpwire.AppendOptional(b, v1TraceID, r.trace)
	b = otlpwire.AppendOptional(b, v1SpanID, r.span)
	b = otlpwire.AppendNumber(b, v1RefType, uint64(r.kind))
	return otlpwire.Seal(b, start)
}

// links ranges over the links of a span. Their ids have full length, because the model has no
// absent ids.
func links(span []byte) func(yield func(spanRef) bool) {
	return func(yield func(spanRef) bool) {
		for num, link := range otlpwire.Messages(span) {
			if num == 13 && !yield(linkOf(link)) {
				return
			}
		}
	}
}

func linkOf(link []byte) spanRef {
	r := spanRef{kind: modelv2.SpanRefType_FOLLOWS_FROM}
	typed := false
	for num, content := range otlpwire.Messages(link) {
		switch num {
		case 1:
			r.trace = content
		case 2:
			r.span = content
		case 4:
			if typed || string(otlpwire.Bytes(content, 1)) != "opentracing.ref_type" {
				continue
			}
			typed = true
			if decoded(content).GetValue().GetStringValue() == "child_of" {
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

// appendLog translates an event. Its name becomes the field "event", unless an attribute has
// that key.
func appendLog(b, event []byte) []byte {
	b, start := otlpwire.Open(b, v1Logs)
	var at int64
	var name []byte
	named := false
	for num, value, content, rest, ok := otlpwire.Cut(event); ok; num, value, content, rest, ok = otlpwire.Cut(rest) {
		switch num {
		case 1:
			at = int64(value)
		case 2:
			name = content
		case 3:
			named = named || string(otlpwire.Bytes(content, 1)) == "event"
		}
	}
	b = appendTime(b, v1Time, at)
	if !named {
		b = appendTag(b, v1Fields, "event", name)
	}
	for num, attribute := range otlpwire.Messages(event) {
		if num == 3 {
			b = appendAttribute(b, v1Fields, attribute)
		}
	}
	return otlpwire.Seal(b, start)
}

// appendTime appends Unix ns as a Timestamp, whose nanoseconds count forwards.
func appendTime(b []byte, field protowire.Number, ns int64) []byte {
	seconds, rest := ns/1e9, ns%1e9
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e9
	}
	return appendSeconds(b, field, seconds, rest)
}

// appendDuration appends ns as a Duration, whose parts have the same sign.
func appendDuration(b []byte, field protowire.Number, ns int64) []byte {
	return appendSeconds(b, field, ns/1e9, ns%1e9)
}

func appendSeconds(b []byte, field protowire.Number, seconds, ns int64) []byte {
	b, start := otlpwire.Open(b, field)
	b = otlpwire.AppendNumber(b, wholeSeconds, uint64(seconds))
	b = otlpwire.AppendNumber(b, nanoseconds, uint64(ns))
	return otlpwire.Seal(b, start)
}

// appendTag appends a KeyValue with a text as a field, unless the text is empty.
func appendTag[T string | []byte](b []byte, field protowire.Number, key string, text T) []byte {
	if len(text) == 0 {
		return b
	}
	b, start := otlpwire.Open(b, field)
	b = otlpwire.AppendOptional(b, v1Key, key)
	b = otlpwire.AppendOptional(b, v1Text, text)
	return otlpwire.Seal(b, start)
}

// appendAttribute translates a KeyValue that has its key first and then one simple value, as
// nearly all do. Both have the same bytes in the other encoding, with other tags. All other
// attributes are decoded.
func appendAttribute(b []byte, field protowire.Number, attribute []byte) []byte {
	key, kind, value, ok := otlpwire.SimpleAttribute(attribute)
	if !ok || kind == 4 && !isFinite(math.Float64frombits(binary.LittleEndian.Uint64(value))) {
		return appendDecoded(b, field, attribute)
	}
	if kind == 1 { // of type 0, which is left out
		b = otlpwire.AppendHead(b, field, len(key)+1+len(value))
		b = append(b, key...) // the key has the same number in both
		b = otlpwire.AppendTag(b, v1Text, protowire.BytesType)
		return append(b, value...)
	}
	b = otlpwire.AppendHead(b, field, len(key)+2+1+len(value))
	b = append(b, key...)
	switch kind {
	case 2:
		b = otlpwire.AppendVarint(b, v1Type, uint64(modelv2.ValueType_BOOL))
		b = otlpwire.AppendTag(b, v1Bool, protowire.VarintType)
	case 3:
		b = otlpwire.AppendVarint(b, v1Type, uint64(modelv2.ValueType_INT64))
		b = otlpwire.AppendTag(b, v1Int, protowire.VarintType)
	case 4:
		b = otlpwire.AppendVarint(b, v1Type, uint64(modelv2.ValueType_FLOAT64))
		b = otlpwire.AppendTag(b, v1Float, protowire.Fixed64Type)
	}
	return append(b, value...)
}

func appendDecoded(b []byte, field protowire.Number, attribute []byte) []byte {
	kv := decoded(attribute)
	return appendMessage(b, field, tag(kv.GetKey(), kv.GetValue()))
}

func decoded(attribute []byte) *commonpb.KeyValue {
	kv := &commonpb.KeyValue{}
	if proto.Unmarshal(attribute, kv) != nil {
		kv.Value = nil // a valid value can always be read; otherwise the key remains
	}
	return kv
}

func appendMessage(b []byte, field protowire.Number, m proto.Message) []byte {
	b, start := otlpwire.Open(b, field)
	if with, err := (proto.MarshalOptions{}).MarshalAppend(b, m); err == nil {
		b = with // only invalid UTF-8 fails, and served spans have none
	}
	return otlpwire.Seal(b, start)
}

func stringTag(key, value string) *modelv2.KeyValue {
	return &modelv2.KeyValue{Key: key, VType: modelv2.ValueType_STRING, VStr: value}
}

// tag translates an attribute. Arrays and maps become JSON. Numbers that JSON lacks become
// text, because one of them turns Jaeger's whole answer into an HTTP 500.
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

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

package export

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// These are the rules of OTLP's own JSON: ids in hex, 64-bit integers as text, enumerations
// as numbers, bytes in base64, no field with its default value. protojson does not follow
// the first and the third. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

// WriteOTLPJSON writes the spans as one OTLP/JSON message, a batch at a time: the whole
// message is never in memory. It holds everything that OTLP has. U+FFFD replaces text that
// is not UTF-8, and the Report counts it.
func WriteOTLPJSON(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeJSON(ctx, w, s, jsonForm{begin: "{\"resourceSpans\":[\n", between: ",\n", end: "\n]}\n"})
}

// WriteOTLPJSONLines writes the spans as OTLP/JSON messages, one a line, as the Collector's
// file exporter does. A line has at most some MiB, or one span. It holds the same as
// WriteOTLPJSON.
func WriteOTLPJSONLines(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	return writeJSON(ctx, w, s, jsonForm{batch: `{"resourceSpans":[`, between: ",", batchEnd: "]}\n"})
}

// A jsonForm is the text around runs of spans: at the beginning and the end, around each
// batch, and between two runs of a message.
type jsonForm struct{ begin, batch, between, batchEnd, end string }

func writeJSON(ctx context.Context, w io.Writer, s Selection, form jsonForm) (Report, error) {
	all := newWalk(ctx, s)
	out, first := []byte(form.begin), true
	err := all.batches(func(batch *batch) error {
		out = append(out, form.batch...)
		first = first || form.batch != ""
		for i := range batch.runs {
			if !first {
				out = append(out, form.between...)
			}
			out, first = appendRun(out, &batch.runs[i], all), false
		}
		_, err := w.Write(append(out, form.batchEnd...))
		out = out[:0]
		return err
	})
	if err == nil {
		_, err = w.Write(append(out, form.end...))
	}
	if err != nil {
		err = fmt.Errorf("cannot write spans as JSON: %w", err)
	}
	return all.report(), err
}

// AppendOTLPJSON appends one span as a whole OTLP/JSON message.
func AppendOTLPJSON(b []byte, d trace.Detail) []byte {
	b = append(b, `{"resourceSpans":[`...)
	return append(appendResourceSpans(b, d, []*tracepb.Span{d.Span}), "]}"...)
}

// lossInvalid is what JSON cannot hold.
const lossInvalid = "text that is not UTF-8, broken fields, and values nested more than 48 deep"

// appendRun appends a run as a ResourceSpans.
func appendRun(b []byte, r *run, all *walk) []byte {
	d := trace.Detail{Resource: &resourcepb.Resource{}, Scope: &commonpb.InstrumentationScope{}, ResourceSchema: r.resource.schema, ScopeSchema: r.scope.schema}
	described := decodedAs(r.resource, otlpwire.Resource, d.Resource)
	described = decodedAs(r.scope, otlpwire.Scope, d.Scope) && described
	spans := make([]*tracepb.Span, len(r.spans))
	for i, p := range r.spans {
		spans[i] = &tracepb.Span{}
		if clean := decodedAs(p, otlpwire.Span, spans[i]); !clean || !described {
			all.lose(lossInvalid)
		}
	}
	return appendResourceSpans(b, d, spans)
}

// decodedAs decodes a part, and reports whether nothing was left out. Unmarshal accepts
// everything that Clean returns.
func decodedAs(p part, schema *otlpwire.Schema, m proto.Message) (whole bool) {
	if !p.clean {
		p.wire = schema.Clean(p.wire)
	}
	return proto.Unmarshal(p.wire, m) == nil && p.clean
}

// object writes the fields of a JSON object.
type object struct {
	b     []byte
	begun bool
}

func open(b []byte) object { return object{b: append(b, '{')} }

func (o *object) key(k string) {
	if o.begun {
		o.b = append(o.b, ',')
	}
	o.begun = true
	o.b = append(appendText(o.b, k), ':')
}

func (o *object) text(k, v string) {
	if v != "" {
		o.key(k)
		o.b = appendText(o.b, v)
	}
}

func (o *object) id(k string, v []byte) { o.text(k, hex.EncodeToString(v)) }

func (o *object) long(k string, v uint64) {
	if v != 0 {
		o.text(k, strconv.FormatUint(v, 10))
	}
}

func (o *object) number(k string, v int64) {
	if v != 0 {
		o.key(k)
		o.b = strconv.AppendInt(o.b, v, 10)
	}
}

func (o *object) attributes(all []*commonpb.KeyValue, dropped uint32) {
	listField(o, "attributes", all, appendKeyValue)
	o.number("droppedAttributesCount", int64(dropped))
}

func (o *object) close() []byte { return append(o.b, '}') }

func listField[T any](o *object, k string, all []T, add func([]byte, T) []byte) {
	if len(all) == 0 {
		return
	}
	o.key(k)
	o.b = appendList(o.b, all, add)
}

func appendList[T any](b []byte, all []T, add func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = add(b, v)
	}
	return append(b, ']')
}

func appendText(b []byte, s string) []byte {
	if isPlain(s) { // nearly all are plain
		return append(append(append(b, '"'), s...), '"')
	}
	text, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // a string can always be encoded
	}
	return append(b, text...)
}

// isPlain reports whether a text needs no escapes in JSON.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// appendResourceSpans appends spans that have the resource and the scope of d.
func appendResourceSpans(b []byte, d trace.Detail, spans []*tracepb.Span) []byte {
	o := open(b)
	o.key("resource")
	r := open(o.b)
	r.attributes(d.Resource.GetAttributes(), d.Resource.GetDroppedAttributesCount())
	o.b = r.close()
	o.key("scopeSpans")
	s := open(append(o.b, '['))
	s.key("scope")
	c := open(s.b)
	c.text("name", d.Scope.GetName())
	c.text("version", d.Scope.GetVersion())
	c.attributes(d.Scope.GetAttributes(), d.Scope.GetDroppedAttributesCount())
	s.b = c.close()
	listField(&s, "spans", spans, appendSpan)
	s.text("schemaUrl", d.ScopeSchema)
	o.b = append(s.close(), ']')
	o.text("schemaUrl", d.ResourceSchema)
	return o.close()
}

func appendSpan(b []byte, s *tracepb.Span) []byte {
	o := open(b)
	o.id("traceId", s.GetTraceId())
	o.id("spanId", s.GetSpanId())
	o.text("traceState", s.GetTraceState())
	o.id("parentSpanId", s.GetParentSpanId())
	o.number("flags", int64(s.GetFlags()))
	o.text("name", s.GetName())
	o.number("kind", int64(s.GetKind()))
	o.long("startTimeUnixNano", s.GetStartTimeUnixNano())
	o.long("endTimeUnixNano", s.GetEndTimeUnixNano())
	o.attributes(s.GetAttributes(), s.GetDroppedAttributesCount())
	listField(&o, "events", s.GetEvents(), appendEvent)
	o.number("droppedEventsCount", int64(s.GetDroppedEventsCount()))
	listField(&o, "links", s.GetLinks(), appendLink)
	o.number("droppedLinksCount", int64(s.GetDroppedLinksCount()))
	if status := s.GetStatus(); status != nil {
		o.key("status")
		c := open(o.b)
		c.text("message", status.GetMessage())
		c.number("code", int64(status.GetCode()))
		o.b = c.close()
	}
	return o.close()
}

func appendEvent(b []byte, e *tracepb.Span_Event) []byte {
	o := open(b)
	o.long("timeUnixNano", e.GetTimeUnixNano())
	o.text("name", e.GetName())
	o.attributes(e.GetAttributes(), e.GetDroppedAttributesCount())
	return o.close()
}

func appendLink(b []byte, l *tracepb.Span_Link) []byte {
	o := open(b)
	o.id("traceId", l.GetTraceId())
	o.id("spanId", l.GetSpanId())
	o.text("traceState", l.GetTraceState())
	o.attributes(l.GetAttributes(), l.GetDroppedAttributesCount())
	o.number("flags", int64(l.GetFlags()))
	return o.close()
}

func appendKeyValue(b []byte, kv *commonpb.KeyValue) []byte {
	o := open(b)
	o.key("key")
	o.b = appendText(o.b, kv.GetKey())
	if kv.GetValue() != nil {
		o.key("value")
		o.b = AppendJSONValue(o.b, kv.GetValue())
	}
	return o.close()
}

// AppendJSONValue appends an AnyValue. A null is an object without fields. Values are nested
// only as deep as trace.Load allows.
func AppendJSONValue(b []byte, v *commonpb.AnyValue) []byte {
	o := open(b)
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		o.key("stringValue")
		o.b = appendText(o.b, v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		o.key("boolValue")
		o.b = strconv.AppendBool(o.b, v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		o.key("intValue")
		o.b = appendText(o.b, strconv.FormatInt(v.IntValue, 10))
	case *commonpb.AnyValue_DoubleValue:
		o.key("doubleValue")
		o.b = appendDouble(o.b, v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		o.key("bytesValue")
		o.b = appendText(o.b, base64.StdEncoding.EncodeToString(v.BytesValue))
	case *commonpb.AnyValue_ArrayValue:
		o.key("arrayValue")
		a := open(o.b)
		a.key("values")
		a.b = appendList(a.b, v.ArrayValue.GetValues(), AppendJSONValue)
		o.b = a.close()
	case *commonpb.AnyValue_KvlistValue:
		o.key("kvlistValue")
		m := open(o.b)
		m.key("values")
		m.b = appendList(m.b, v.KvlistValue.GetValues(), appendKeyValue)
		o.b = m.close()
	}
	return o.close()
}

func appendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

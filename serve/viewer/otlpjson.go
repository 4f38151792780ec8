package viewer

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// OTLP's own JSON: ids in hex, 64-bit integers as text, enumerations as
// numbers, bytes in base64, no field that has its default. protojson gets the
// first and the third wrong. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

// getSpanJSON sends one span as a whole OTLP/JSON message.
func (v *viewer) getSpanJSON(r *http.Request, d *drawing) (any, error) {
	_, _, parts, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	b := append([]byte(`{"resourceSpans":[`), appendResourceSpans(nil, parts)...)
	return blob{contentType: "application/json", body: append(b, "]}"...)}, nil
}

// streamTrace sends all spans of a trace, one after the other: the whole is
// never in memory.
func (v *viewer) streamTrace(w http.ResponseWriter, r *http.Request) {
	t, err := v.lookup(r.PathValue("trace"))
	if err != nil {
		handler(func(*http.Request) (any, error) { return nil, err }).serve(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+t.ID.String()+`.json"`)
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(`{"resourceSpans":[`) // the first error stays in out: Flush has it
	tree := v.set.Tree(t)
	var b []byte
	first := true
	for i := range tree.Len() {
		if i%1024 == 0 && r.Context().Err() != nil {
			return
		}
		parts, err := v.decode(tree, i)
		if err != nil {
			continue // what strict readers refuse is cleaned while it is served; nothing is left to fail
		}
		if b = b[:0]; !first {
			b = append(b, ',')
		}
		first = false
		out.Write(appendResourceSpans(append(b, '\n'), parts))
	}
	out.WriteString("\n]}\n")
	_ = out.Flush() // the visitor may have left
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
	text, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // a string is always JSON
	}
	return append(b, text...)
}

func appendResourceSpans(b []byte, d decoded) []byte {
	o := open(b)
	o.key("resource")
	r := open(o.b)
	r.attributes(d.resource.GetAttributes(), d.resource.GetDroppedAttributesCount())
	o.b = r.close()
	o.key("scopeSpans")
	s := open(append(o.b, '['))
	s.key("scope")
	c := open(s.b)
	c.text("name", d.scope.GetName())
	c.text("version", d.scope.GetVersion())
	c.attributes(d.scope.GetAttributes(), d.scope.GetDroppedAttributesCount())
	s.b = c.close()
	listField(&s, "spans", []*tracepb.Span{d.span}, appendSpan)
	s.text("schemaUrl", d.scopeSchema)
	o.b = append(s.close(), ']')
	o.text("schemaUrl", d.resourceSchema)
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
		o.b = appendValue(o.b, kv.GetValue())
	}
	return o.close()
}

// appendValue writes an AnyValue; a null is an object without fields. Values
// are nested only as deep as the set lets them be.
func appendValue(b []byte, v *commonpb.AnyValue) []byte {
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
		a.b = appendList(a.b, v.ArrayValue.GetValues(), appendValue)
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

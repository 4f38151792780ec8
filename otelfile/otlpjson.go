package otelfile

import (
	"bytes"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
)

// OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Its
// variants are read too: names as protobuf spells them, ids in base64 as protobuf's own JSON
// has them, names of enumerations, the list of Tempo's API ("batches"), and what scopes
// were called before OTLP 0.15.

// convertOTLPJSON reads messages, one or many, such as one a line.
func convertOTLPJSON(c *conversion) {
	c.documents(func() {
		switch {
		case c.json.Next() == '[' && c.json.Array():
			for c.json.Element() {
				c.request()
			}
		default:
			c.request()
		}
	})
}

// request reads a TracesData or ExportTraceServiceRequest.
func (c *conversion) request() {
	s := c.json
	if !s.Object() {
		return
	}
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "resourceSpans", "batches":
			if s.Array() {
				for s.Element() {
					c.resourceSpans()
				}
			}
		case "trace": // of Tempo's API, version 2
			c.request()
		case "resourceMetrics", "resourceLogs", "resourceProfiles":
			c.others++
			s.Skip()
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
}

// camel gives the name of a field in OTLP's JSON, which protobuf spells with underscores.
// The names that are looked for are never copied.
func camel(key []byte) string {
	if bytes.IndexByte(key, '_') < 0 {
		return otlpwire.String(key)
	}
	parts := strings.Split(string(key), "_")
	for i, p := range parts[1:] {
		if p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

func (c *conversion) resourceSpans() {
	s := c.json
	if !s.Object() {
		return
	}
	c.out.openResource(nil)
	defer c.out.closeResource()
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "resource":
			c.describe(c.resource)
		case "scopeSpans", "instrumentationLibrarySpans":
			if s.Array() {
				for s.Element() {
					c.scopeSpans()
				}
			}
		case "schemaUrl":
			c.describe(c.schemaURL)
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
}

func (c *conversion) scopeSpans() {
	s := c.json
	if !s.Object() {
		return
	}
	c.out.openScope(nil)
	defer c.out.closeScope()
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "scope", "instrumentationLibrary":
			c.describe(c.scope)
		case "spans":
			if s.Array() {
				for s.Element() {
					c.otlpSpan()
				}
			}
		case "schemaUrl":
			c.describe(c.schemaURL)
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
}

// describe adds what a function reads to the open message.
func (c *conversion) describe(read func(b []byte) []byte) {
	at := c.json.Place()
	c.scratch = read(c.scratch[:0])
	if c.json.Err() != nil || len(c.scratch) == 0 || c.out.describe(c.scratch) {
		return
	}
	c.dropped.Add(at)
}

func (c *conversion) schemaURL(b []byte) []byte {
	value, _ := c.json.Scalar()
	return otlpwire.AppendOptional(b, 3, value)
}

// resource reads a Resource as field 1 of a ResourceSpans.
func (c *conversion) resource(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	b, at := otlpwire.Open(b, 1)
	var dropped uint64
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "attributes":
			b = c.attributes(b, 1, at, &dropped)
		case "droppedAttributesCount":
			dropped += c.count()
		default:
			b = c.keepMember(b, 1, key)
		}
	}
	b = otlpwire.AppendNumber(b, 2, dropped)
	return otlpwire.Seal(b, at)
}

// scope reads an InstrumentationScope as field 1 of a ScopeSpans.
func (c *conversion) scope(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	b, at := otlpwire.Open(b, 1)
	var dropped uint64
	var name, version []byte
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "name":
			name = c.textInto(name)
		case "version":
			version = c.textInto(version)
		case "attributes":
			b = c.attributes(b, 3, at, &dropped)
		case "droppedAttributesCount":
			dropped += c.count()
		default:
			b = c.keepMember(b, 3, key)
		}
	}
	rest := append([]byte(nil), b[at:]...)
	b = otlpwire.AppendOptional(b[:at], 1, name)
	b = otlpwire.AppendOptional(b, 2, version)
	b = append(b, rest...)
	b = otlpwire.AppendNumber(b, 4, dropped)
	return otlpwire.Seal(b, at)
}

// otlpSpan reads a Span and writes it.
func (c *conversion) otlpSpan() {
	s, f := c.json, &c.span
	if !s.Object() {
		return
	}
	f.reset()
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch name := camel(key); name {
		case "traceId":
			f.traceID = c.id(f.traceID, 16, "traceId")
		case "spanId":
			f.id = c.id(f.id, 8, "spanId")
		case "parentSpanId":
			f.parent = c.id(f.parent, 8, "parentSpanId")
		case "traceState":
			f.state = c.textInto(f.state)
		case "name":
			f.name = c.textInto(f.name)
		case "kind":
			f.kind = c.enum("kind", "SPAN_KIND_", spanKinds)
		case "startTimeUnixNano":
			f.start = c.time("startTimeUnixNano")
		case "endTimeUnixNano":
			f.end = c.time("endTimeUnixNano")
		case "attributes":
			f.attributes = c.attributes(f.attributes, spanAttributes, 0, &f.droppedAttributes)
		case "droppedAttributesCount":
			f.droppedAttributes += c.count()
		case "events":
			f.events = c.list(f.events, &f.droppedEvents, c.event)
		case "droppedEventsCount":
			f.droppedEvents += c.count()
		case "links":
			f.links = c.list(f.links, &f.droppedLinks, c.link)
		case "droppedLinksCount":
			f.droppedLinks += c.count()
		case "status":
			c.status()
		case "flags":
			f.flags = uint32(c.count())
		default:
			f.attributes = c.keepField(f.attributes, key)
		}
	}
	if s.Err() == nil {
		c.write()
	}
}

// status reads a Status into the span.
func (c *conversion) status() {
	s, f := c.json, &c.span
	if !s.Object() {
		return
	}
	f.hasStatus = true
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch {
		case string(key) == "message":
			f.message = c.textInto(f.message)
		case string(key) == "code":
			f.code = c.enum("status.code", "STATUS_CODE_", statusCodes)
		default:
			f.attributes = c.keepField(f.attributes, append([]byte("status."), key...))
		}
	}
}

// list reads events or links, as long as there is room.
func (c *conversion) list(b []byte, dropped *uint64, read func(b []byte) []byte) []byte {
	s := c.json
	if !s.Array() {
		return b
	}
	for s.Element() {
		if c.full(b) {
			*dropped++
			continue
		}
		b = read(b)
	}
	return b
}

func (c *conversion) event(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	var at, dropped uint64
	var name, attributes []byte
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "timeUnixNano":
			at = c.time("event.timeUnixNano")
		case "name":
			name = c.textInto(name)
		case "attributes":
			attributes = c.attributes(attributes, 3, 0, &dropped)
		case "droppedAttributesCount":
			dropped += c.count()
		default:
			attributes = c.keepMember(attributes, 3, key)
		}
	}
	b, begin := otlpwire.Open(b, spanEvents)
	b = appendTime(b, 1, at)
	b = otlpwire.AppendOptional(b, 2, name)
	b = append(b, attributes...)
	b = otlpwire.AppendNumber(b, 4, dropped)
	return otlpwire.Seal(b, begin)
}

func (c *conversion) link(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	var dropped uint64
	var flags uint32
	var traceID, id, state, attributes []byte
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "traceId":
			traceID = c.id(traceID, 16, "link.traceId")
		case "spanId":
			id = c.id(id, 8, "link.spanId")
		case "traceState":
			state = c.textInto(state)
		case "attributes":
			attributes = c.attributes(attributes, 4, 0, &dropped)
		case "droppedAttributesCount":
			dropped += c.count()
		case "flags":
			flags = uint32(c.count())
		default:
			attributes = c.keepMember(attributes, 4, key)
		}
	}
	b, begin := otlpwire.Open(b, spanLinks)
	b = otlpwire.AppendOptional(b, 1, traceID)
	b = otlpwire.AppendOptional(b, 2, id)
	b = otlpwire.AppendOptional(b, 3, state)
	b = append(b, attributes...)
	b = otlpwire.AppendNumber(b, 5, dropped)
	return otlpwire.Seal(appendFlags(b, 6, flags), begin)
}

// attributes reads a list of KeyValue as fields num of a message that begins at from, or
// an object of plain values in its place. What has no more room is counted.
func (c *conversion) attributes(b []byte, num protowire.Number, from int, dropped *uint64) []byte {
	s := c.json
	full := func() bool {
		if !c.full(b[from:]) {
			return false
		}
		*dropped++
		return true
	}
	if s.Next() == '{' && s.Object() {
		for key, ok := s.Member(); ok; key, ok = s.Member() {
			if !full() {
				b = c.appendMember(b, num, bytes.Clone(key), 0)
			}
		}
		return b
	}
	if !s.Array() {
		return b
	}
	for s.Element() {
		if !full() {
			b = c.keyValue(b, num, 0)
		}
	}
	return b
}

// keyValue reads a KeyValue as field num.
func (c *conversion) keyValue(b []byte, num protowire.Number, nested int) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	b, at := otlpwire.Open(b, num)
	behindKey := at
	var late []byte // a key that is not the first member
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "key":
			value, _ := s.Scalar()
			if len(b) == at { // nearly always
				b = otlpwire.AppendOptional(b, 1, value)
				behindKey = len(b)
				continue
			}
			late = append(late[:0], value...)
		case "value":
			if s.Next() == 'n' {
				s.Skip()
				continue
			}
			if c.full(b) {
				continue
			}
			var begin int
			b, begin = otlpwire.Open(b, 2)
			b = otlpwire.Seal(c.anyValue(b, nested), begin)
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
	if late != nil {
		after := bytes.Clone(b[behindKey:])
		b = append(otlpwire.AppendOptional(b[:at], 1, late), after...)
	}
	return otlpwire.Seal(b, at)
}

// anyValue reads an AnyValue.
func (c *conversion) anyValue(b []byte, nested int) []byte {
	s := c.json
	if s.Next() != '{' || nested >= maxNested {
		return c.appendPlain(b, nested)
	}
	if !s.Object() {
		return b
	}
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		if c.full(b) {
			continue
		}
		name := camel(key)
		switch num := valueNumber(name); {
		case num > 0:
			value, kind := s.Scalar()
			b = c.scalar(b, num, value, kind)
		case name == "arrayValue", name == "kvlistValue":
			b = c.values(b, name == "kvlistValue", nested+1)
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
	return b
}

// valueNumber is the field of an AnyValue that is a scalar, 0 for others.
func valueNumber(name string) protowire.Number {
	switch name {
	case "stringValue":
		return textValue
	case "boolValue":
		return boolValue
	case "intValue":
		return intValue
	case "doubleValue":
		return doubleValue
	case "bytesValue":
		return bytesValue
	}
	return 0
}

// scalar appends a field of an AnyValue. What does not fit its type is a text.
func (c *conversion) scalar(b []byte, num protowire.Number, value []byte, kind jsonscan.Kind) []byte {
	switch num {
	case textValue:
		if kind == jsonscan.Text || kind == jsonscan.None {
			return otlpwire.AppendBytes(b, textValue, value)
		}
	case boolValue:
		if v, ok := parseBool(value, kind); ok {
			return otlpwire.AppendVarint(b, boolValue, protowire.EncodeBool(v))
		}
	case intValue:
		if v, ok := parseInt(value, kind); ok {
			return otlpwire.AppendVarint(b, intValue, uint64(v))
		}
	case doubleValue:
		if v, ok := parseDouble(value, kind); ok {
			return otlpwire.AppendFixed64(b, doubleValue, math.Float64bits(v))
		}
	case bytesValue:
		if v, ok := appendBase64(nil, value); ok && kind == jsonscan.Text {
			return otlpwire.AppendBytes(b, bytesValue, v)
		}
	}
	if kind != jsonscan.Null {
		c.see(&c.mistyped)
	}
	return appendScalar(b, value, kind)
}

// values reads an ArrayValue, or a KeyValueList.
func (c *conversion) values(b []byte, pairs bool, nested int) []byte {
	s := c.json
	num := protowire.Number(arrayValue)
	if pairs {
		num = mapValue
	}
	b, at := otlpwire.Open(b, num)
	if s.Object() {
		for key, ok := s.Member(); ok; key, ok = s.Member() {
			if string(key) != "values" {
				c.see(&c.left)
				s.Skip()
				continue
			}
			for more := s.Array(); more && s.Element(); {
				if c.full(b) {
					continue
				}
				if pairs {
					b = c.keyValue(b, 1, nested)
					continue
				}
				var begin int
				b, begin = otlpwire.Open(b, 1)
				b = otlpwire.Seal(c.anyValue(b, nested), begin)
			}
		}
	}
	return otlpwire.Seal(b, at)
}

var (
	spanKinds   = []string{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
	statusCodes = []string{"UNSET", "OK", "ERROR"}
)

// enum reads a number, or a name with the prefix or without it. What is neither is kept.
func (c *conversion) enum(field, prefix string, names []string) uint64 {
	value, kind := c.json.Scalar()
	if v, ok := parseUint(value, kind); ok && v <= math.MaxInt32 {
		return v
	}
	name, _ := strings.CutPrefix(strings.ToUpper(string(value)), prefix)
	for i, known := range names {
		if kind == jsonscan.Text && name == known {
			return uint64(i)
		}
	}
	c.span.attributes = c.keepScalar(c.span.attributes, field, value, kind)
	return 0
}

// textInto reads a text into memory that is used again.
func (c *conversion) textInto(b []byte) []byte {
	value, kind := c.json.Scalar()
	if kind == jsonscan.Null {
		return b[:0]
	}
	return append(b[:0], value...)
}

// id reads an id of so many bytes. What cannot be one is kept.
func (c *conversion) id(b []byte, size int, field string) []byte {
	value, kind := c.json.Scalar()
	b, ok := appendID(b[:0], size, value, kind)
	if !ok {
		c.span.attributes = c.keepScalar(c.span.attributes, field, value, kind)
		b = b[:0]
	}
	return b
}

// time reads Unix ns. What cannot be a time is kept.
func (c *conversion) time(field string) uint64 {
	value, kind := c.json.Scalar()
	v, ok := parseTime(value, kind)
	if !ok {
		c.span.attributes = c.keepScalar(c.span.attributes, field, value, kind)
	}
	return v
}

// count reads a number of 32 bits.
func (c *conversion) count() uint64 {
	value, kind := c.json.Scalar()
	v, ok := parseUint(value, kind)
	if !ok {
		c.see(&c.left)
	}
	return min(v, math.MaxUint32)
}

package otelfile

import (
	"bytes"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
)

// Jaeger and Zipkin have tags where OTLP has a kind, a status or a scope. Their names
// are those of OpenTelemetry's specification for exporters to Jaeger and Zipkin.

// scopeTags are the tags of a span that describe its scope.
type scopeTags struct{ name, version []byte }

// fields are the fields of a ScopeSpans.
func (t scopeTags) fields() []byte {
	if len(t.name)+len(t.version) == 0 {
		return nil
	}
	scope := otlpwire.AppendOptional(nil, 1, t.name)
	return otlpwire.AppendBytes(nil, 1, otlpwire.AppendOptional(scope, 2, t.version))
}

// tags reads a list of tags as attributes in field num. Those of a span that stand for
// something else become that: scope is not nil then.
func (c *conversion) tags(b []byte, num protowire.Number, scope *scopeTags) []byte {
	s := c.json
	for more := s.Array(); more && s.Element(); {
		if c.full(b) {
			if scope != nil {
				c.span.droppedAttributes++
			}
			continue
		}
		if t := c.tag(); scope == nil || !c.meaning(t.key, t.value, t.kind, scope) {
			b = c.appendTag(b, num, t)
		}
	}
	return b
}

// jaegerTag is a KeyValue of Jaeger's.
type jaegerTag struct {
	key, value []byte
	kind       jsonscan.Kind
	typ        string
}

// tag reads a tag. It is valid until the next one.
func (c *conversion) tag() (t jaegerTag) {
	s := c.json
	if !s.Object() {
		return t
	}
	c.tagKey, c.tagValue = c.tagKey[:0], c.tagValue[:0]
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "key":
			value, _ := s.Scalar()
			c.tagKey = append(c.tagKey[:0], value...)
		case "value":
			var value []byte
			value, t.kind = s.Scalar()
			c.tagValue = append(c.tagValue[:0], value...)
		case "type":
			value, _ := s.Scalar()
			t.typ = tagType(value)
		default:
			c.see(&c.left)
			s.Skip()
		}
	}
	t.key, t.value = c.tagKey, c.tagValue
	return t
}

// tagType gives a type by its name without copying it.
func tagType(name []byte) string {
	for _, known := range []string{"string", "bool", "int64", "float64", "binary"} {
		if strings.EqualFold(known, string(name)) {
			return known
		}
	}
	return ""
}

// appendTag appends a tag as a KeyValue in field num.
func (c *conversion) appendTag(b []byte, num protowire.Number, t jaegerTag) []byte {
	b, at := otlpwire.Open(b, num)
	b = otlpwire.AppendOptional(b, 1, t.key)
	b, value := otlpwire.Open(b, 2)
	switch t.typ {
	case "string":
		b = c.scalar(b, textValue, t.value, t.kind)
	case "bool":
		b = c.scalar(b, boolValue, t.value, t.kind)
	case "int64":
		b = c.scalar(b, intValue, t.value, t.kind)
	case "float64":
		b = c.scalar(b, doubleValue, t.value, t.kind)
	case "binary":
		b = c.scalar(b, bytesValue, t.value, t.kind)
	default:
		b = appendScalar(b, t.value, t.kind)
	}
	return otlpwire.Seal(otlpwire.Seal(b, value), at)
}

// meaning takes a tag of a span that stands for a part of an OTLP span, and reports
// whether it has. What has another value than that part can have stays a tag.
func (c *conversion) meaning(key, value []byte, kind jsonscan.Kind, scope *scopeTags) bool {
	f := &c.span
	switch string(key) {
	case "span.kind":
		for i, name := range spanKinds[1:] {
			if kind == jsonscan.Text && strings.EqualFold(name, string(value)) {
				f.kind = uint64(i + 1)
				return true
			}
		}
	case "otel.status_code":
		for i, name := range statusCodes {
			if kind == jsonscan.Text && string(value) == name {
				f.hasStatus, f.code = true, uint64(i)
				return true
			}
		}
	case "error":
		if kind == jsonscan.True || kind == jsonscan.Text && string(value) == "true" {
			f.hasStatus, f.code = true, statusError
			return kind == jsonscan.True // a text is not what would be made of the status again
		}
	case "otel.status_description":
		if kind == jsonscan.Text {
			f.hasStatus, f.message = true, append(f.message[:0], value...)
			return true
		}
	case "w3c.tracestate":
		if kind == jsonscan.Text {
			f.state = append(f.state[:0], value...)
			return true
		}
	case "otel.scope.name", "otel.library.name":
		if kind == jsonscan.Text {
			scope.name = bytes.Clone(value)
			return true
		}
	case "otel.scope.version", "otel.library.version":
		if kind == jsonscan.Text {
			scope.version = bytes.Clone(value)
			return true
		}
	}
	return false
}

const statusError = 2

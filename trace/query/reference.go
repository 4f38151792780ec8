package query

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"prowtrace/internal/otlpwire"

	"google.golang.org/protobuf/encoding/protowire"
)

// Level says in which part of a span a filter looks.
type Level string

// The levels. A span has one resource and one scope, but many events and links.
const (
	AnyLevel      Level = "" // the span and its resource, for attributes only
	SpanLevel     Level = "span"
	ResourceLevel Level = "resource"
	ScopeLevel    Level = "scope"
	EventLevel    Level = "event"
	LinkLevel     Level = "link"
)

// Levels lists the levels that have a name.
func Levels() []Level {
	return []Level{SpanLevel, ResourceLevel, ScopeLevel, EventLevel, LinkLevel}
}

// An Operand is one side of a comparison: a Reference or a Constant.
type Operand interface{ operand() }

// A Reference names what a filter reads from a span: an Attr or a Field. They come only from
// NewAttr and NewField.
type Reference interface {
	Operand
	fmt.Stringer
	// append adds the values that the reference holds in s.
	append(s *subject, to []value) []value
	// read turns a constant into one that can be compared with the values.
	read(Constant) (constant, error)
	holdsType() valueType // anyValue if only the span knows
	words() []string      // the words it can hold, if they are few
	always() bool         // every span has it
}

// An Attr refers to an attribute by its key.
type Attr struct {
	level Level
	key   string
}

// NewAttr refers to an attribute of a level. With AnyLevel it is found on the span and on
// its resource.
func NewAttr(level Level, key string) (Attr, error) {
	if level != AnyLevel && !slices.Contains(Levels(), level) {
		return Attr{}, fmt.Errorf("%q is no level of attributes: want one of %q", level, Levels())
	}
	if key == "" {
		return Attr{}, fmt.Errorf("an attribute is referred to without a key")
	}
	return Attr{level, key}, nil
}

// String shows the reference as level.key.
func (a Attr) String() string {
	if a.level == AnyLevel {
		return a.key
	}
	return string(a.level) + "." + a.key
}

func (Attr) operand()             {}
func (Attr) holdsType() valueType { return anyValue }
func (Attr) words() []string      { return nil }
func (Attr) always() bool         { return false }

func (Attr) read(c Constant) (constant, error) { return c.parse() }

func (a Attr) append(s *subject, to []value) []value {
	if a.level == AnyLevel {
		to = Attr{SpanLevel, a.key}.append(s, to)
		return Attr{ResourceLevel, a.key}.append(s, to)
	}
	attributes := attributeFields[a.level]
	for b := range s.messages(a.level) {
		c := otlpwire.Read(b)
		for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
			if f.Num != attributes || f.Typ != protowire.BytesType {
				continue
			}
			if key, v := otlpwire.KeyValue(b[f.Lo:f.Hi]); string(key) == a.key {
				to = append(to, decodeValue(v))
			}
		}
	}
	if a.level == SpanLevel && isJoinedKey(a.key) {
		if v, ok := s.joinedAttribute(a.key); ok {
			to = append(to, decodeValue(v))
		}
	}
	return to
}

// attributeFields are the numbers of the fields that hold the attributes.
var attributeFields = map[Level]protowire.Number{SpanLevel: 9, ResourceLevel: 1, ScopeLevel: 3, EventLevel: 3, LinkLevel: 4}

// A Field refers to something for which OTLP has a field of its own.
type Field struct {
	level Level
	name  string
	builtin
}

// NewField refers to a field by its level and its name in Jaeger's vocabulary:
// span.duration, resource.service, event.name and so on.
func NewField(level Level, name string) (Field, error) {
	b, ok := builtins[level][name]
	if !ok {
		var names []string
		for known := range builtins[level] {
			names = append(names, known)
		}
		if names == nil {
			return Field{}, fmt.Errorf("%q is no level of fields: want one of %q", level, Levels())
		}
		slices.Sort(names)
		return Field{}, fmt.Errorf("%s has no field %q, only %s", level, name, strings.Join(names, ", "))
	}
	return Field{level, name, b}, nil
}

// String shows the reference as level.name.
func (f Field) String() string { return string(f.level) + "." + f.name }

func (Field) operand()               {}
func (f Field) holdsType() valueType { return f.typ }
func (f Field) words() []string      { return f.set }
func (f Field) always() bool {
	return !f.optional && f.level != EventLevel && f.level != LinkLevel
}

func (f Field) read(c Constant) (constant, error) {
	k, err := c.parseAs(f.typ)
	if err == nil && f.set != nil && !slices.Contains(f.set, c.Text) {
		err = fmt.Errorf("want one of %s", strings.Join(f.set, ", "))
	}
	if err != nil {
		return k, fmt.Errorf("%v is compared with %q: %w", f, c.Text, err)
	}
	return k, nil
}

func (f Field) append(s *subject, to []value) []value {
	for b := range s.messages(f.level) {
		if v := f.get(s, b); !f.optional || len(v.text) > 0 {
			v.typ = f.typ
			to = append(to, v)
		}
	}
	return to
}

// builtin describes a field. An optional field is text, and empty if it is not set.
type builtin struct {
	typ      valueType
	set      []string
	optional bool
	get      func(s *subject, message []byte) value
}

// builtins are the fields by level and name.
var builtins = map[Level]map[string]builtin{
	SpanLevel: {
		"traceID": {typ: textValue, get: func(s *subject, _ []byte) value {
			id := s.set.TraceID(int(s.columns.Trace[s.row]))
			return hexValue(id[:])
		}},
		"spanID": {typ: textValue, get: func(s *subject, _ []byte) value {
			return value{text: s.id()}
		}},
		"parentSpanID":  {typ: textValue, optional: true, get: func(_ *subject, b []byte) value { return hexValue(nonZero(otlpwire.Bytes(b, 4))) }},
		"traceState":    {typ: textValue, optional: true, get: func(_ *subject, b []byte) value { return value{text: otlpwire.Bytes(b, 3)} }},
		"name":          {typ: textValue, get: func(s *subject, _ []byte) value { return textOf(s.set.Names()[s.columns.Name[s.row]]) }},
		"kind":          {typ: textValue, set: kindWords[:], get: func(s *subject, _ []byte) value { return textOf(kindWords[s.columns.Kind[s.row]]) }},
		"status":        {typ: textValue, set: statusWords[:], get: func(s *subject, _ []byte) value { return textOf(statusWords[s.columns.Status[s.row]]) }},
		"statusMessage": {typ: textValue, optional: true, get: func(_ *subject, b []byte) value { return value{text: otlpwire.StatusMessage(b)} }},
		"startTime":     {typ: instantValue, get: func(s *subject, _ []byte) value { return value{num: s.columns.Start[s.row]} }},
		"endTime":       {typ: instantValue, get: func(s *subject, _ []byte) value { return value{num: s.columns.End[s.row]} }},
		"duration":      {typ: durationValue, get: func(s *subject, _ []byte) value { return value{num: s.columns.End[s.row] - s.columns.Start[s.row]} }},
	},
	ResourceLevel: {
		"service": {typ: textValue, get: func(s *subject, _ []byte) value { return textOf(s.view.ServiceOf(s.resource())) }},
		"schemaURL": {typ: textValue, optional: true, get: func(s *subject, _ []byte) value {
			_, schema := s.view.EncodedResource(s.resource())
			return textOf(schema)
		}},
	},
	ScopeLevel: {
		"name":      {typ: textValue, optional: true, get: func(_ *subject, b []byte) value { return value{text: otlpwire.Bytes(b, 1)} }},
		"version":   {typ: textValue, optional: true, get: func(_ *subject, b []byte) value { return value{text: otlpwire.Bytes(b, 2)} }},
		"schemaURL": {typ: textValue, optional: true, get: func(s *subject, _ []byte) value { _, schema := s.view.EncodedScope(s.scope()); return textOf(schema) }},
	},
	EventLevel: {
		"name": {typ: textValue, get: func(_ *subject, b []byte) value { return value{text: otlpwire.Bytes(b, 2)} }},
		"time": {typ: instantValue, get: func(_ *subject, b []byte) value { return value{num: int64(otlpwire.Fixed64(b, 1))} }},
		"timeSinceStart": {typ: durationValue, get: func(s *subject, b []byte) value {
			return value{num: int64(otlpwire.Fixed64(b, 1)) - s.columns.Start[s.row]}
		}},
	},
	LinkLevel: {
		"traceID":    {typ: textValue, get: func(_ *subject, b []byte) value { return hexValue(otlpwire.Bytes(b, 1)) }},
		"spanID":     {typ: textValue, get: func(_ *subject, b []byte) value { return hexValue(otlpwire.Bytes(b, 2)) }},
		"traceState": {typ: textValue, get: func(_ *subject, b []byte) value { return value{text: otlpwire.Bytes(b, 3)} }},
	},
}

var (
	kindWords   = [...]string{"unspecified", "internal", "server", "client", "producer", "consumer"}
	statusWords = [...]string{"unset", "ok", "error"}
)

func textOf(s string) value { return value{text: []byte(s)} }

func hexValue(id []byte) value { return value{text: hex.AppendEncode(nil, id)} }

func nonZero(id []byte) []byte {
	if strings.Trim(string(id), "\x00") == "" {
		return nil
	}
	return id
}

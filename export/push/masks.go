package push

import (
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/mask"
	"prowtrace/internal/otlpwire"
)

// masks hides secrets in what is sent, and keeps the resources and scopes that it has
// changed: many spans share them.
type masks struct {
	resources, scopes map[int][]byte
}

func newMasks() *masks { return &masks{map[int][]byte{}, map[int][]byte{}} }

func (m *masks) span(wire []byte) []byte {
	var s tracepb.Span
	return changed(wire, &s, func() {
		s.Name = mask.Text(s.Name)
		if s.Status != nil {
			s.Status.Message = mask.Text(s.Status.Message)
		}
		maskAttributes(s.Attributes)
		for _, e := range s.Events {
			e.Name = mask.Text(e.Name)
			maskAttributes(e.Attributes)
		}
		for _, l := range s.Links {
			maskAttributes(l.Attributes)
		}
	})
}

func (m *masks) resource(n int, wire []byte) []byte {
	if _, known := m.resources[n]; !known {
		var r resourcepb.Resource
		m.resources[n] = changed(wire, &r, func() { maskAttributes(r.Attributes) })
	}
	return m.resources[n]
}

func (m *masks) scope(n int, wire []byte) []byte {
	if _, known := m.scopes[n]; !known {
		var s commonpb.InstrumentationScope
		m.scopes[n] = changed(wire, &s, func() { maskAttributes(s.Attributes) })
	}
	return m.scopes[n]
}

// changed decodes a message, changes it and encodes it. What a View serves can be decoded;
// what could not would rather be empty than show a secret.
func changed(wire []byte, m proto.Message, change func()) []byte {
	if proto.Unmarshal(wire, m) != nil {
		return nil
	}
	change()
	out, err := proto.Marshal(m)
	if err != nil {
		return nil
	}
	return out
}

func maskAttributes(attributes []*commonpb.KeyValue) {
	for _, kv := range attributes {
		maskValue(kv.Key, kv.Value)
	}
}

// maskValue hides secrets in a value. Its key can be what shows that it is one. Values are
// nested as deep as a View serves them, which is bounded.
func maskValue(key string, v *commonpb.AnyValue) {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		value.StringValue = behind(key+"=", value.StringValue)
	case *commonpb.AnyValue_BytesValue:
		value.BytesValue = []byte(behind(key+"=", string(value.BytesValue)))
	case *commonpb.AnyValue_ArrayValue:
		before := ""
		for _, one := range value.ArrayValue.GetValues() {
			text, isText := one.GetValue().(*commonpb.AnyValue_StringValue)
			if !isText {
				maskValue(key, one)
				continue
			}
			said := text.StringValue
			if text.StringValue = behind(key+"=", said); text.StringValue == said && before != "" {
				text.StringValue = behind(before+" ", said) // --token abc
			}
			before = said
		}
	case *commonpb.AnyValue_KvlistValue:
		maskAttributes(value.KvlistValue.GetValues())
	}
}

// behind hides secrets in a text that stands behind another.
func behind(before, s string) string {
	if masked, ok := strings.CutPrefix(mask.Text(before+s), before); ok {
		return masked
	}
	return mask.Text(s)
}

// secrets tells whether there is something to hide in what is sent as it is. It misses what
// only the argument before shows.
type secrets struct {
	found bool
	seen  map[head]bool
}

// look looks at a span, and at what describes it when that is first met, until something
// was found.
func (f *secrets) look(b *batch, s span) {
	if f.found {
		return
	}
	if !f.seen[s.head] {
		f.seen[s.head] = true
		resource, _ := b.resource(s.resource)
		scope, _ := b.scope(s.scope)
		f.found = secretIn(texts(nil, resource, 1)) || secretIn(texts(nil, scope, 3))
	}
	f.found = f.found || secretIn(spanTexts(s.encoded))
}

func secretIn(texts []byte) bool { return mask.May(texts) && mask.Text(string(texts)) != string(texts) }

// spanTexts gives the texts of an encoded span, each attribute as key=value on a line.
func spanTexts(span []byte) []byte {
	all := texts(nil, span, 9)
	for num, content := range otlpwire.Messages(span) {
		switch num {
		case 5: // name
			all = append(append(all, content...), '\n')
		case 11: // event
			all = texts(all, content, 3)
		case 15: // status
			all = append(append(all, otlpwire.Bytes(content, 2)...), '\n')
		}
	}
	return all
}

// texts appends the attributes in a field of a message.
func texts(all, message []byte, field protowire.Number) []byte {
	attributes := otlpwire.ReadAttributes(message, field)
	for key, value, ok := attributes.Next(); ok; key, value, ok = attributes.Next() {
		if text := otlpwire.Bytes(value, 1); text != nil {
			value = text
		}
		all = append(append(append(append(all, key...), '='), value...), '\n')
	}
	return all
}

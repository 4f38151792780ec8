package query

import (
	"bytes"
	"slices"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	"google.golang.org/protobuf/encoding/protowire"
)

// A probe is looked for in all parts of a span that are not columns: the attributes of the
// span, its resource, scope, events and links, and the texts besides them. The find box and
// Jaeger's tags use probes.
type probe interface {
	// attribute reports whether the probe matches an attribute.
	attribute(turn *trace.Turn, key, value []byte) bool
	// text reports whether it matches a text that is not an attribute.
	text(turn *trace.Turn, of freeText, s []byte) bool
	// may reports from a span's bytes alone whether the span can match. some means that only
	// the attributes that others admits can match. own means that these are the bytes of the
	// subject's span, without what was added to it.
	may(s *subject, span []byte, own bool) (all, some bool)
	// others reports whether an encoded AnyValue can match although may returned false.
	others(value []byte) bool
}

type freeText uint8

const (
	scopeName freeText = iota
	scopeVersion
	eventName
	statusMessage
)

// underKey looks for the values under a key, and for the texts with that name.
type underKey struct {
	key   []byte
	texts []freeText
	condition

	keys    *keyFinder
	literal *finder // contained in each text for which the condition holds; nil means nothing
}

// prepare makes what is needed to search bytes.
func (p *underKey) prepare() {
	p.keys = newKeyFinder(p.key)
	switch c := &p.condition; {
	case c.op == matches:
		p.literal = c.pattern.literal
	case c.op == equals && c.want != "":
		p.literal = newFinder(c.want, false)
	}
}

// textNames are the keys by which people and Jaeger name texts that are not attributes.
var textNames = map[string][]freeText{
	"scope":                   {scopeName, scopeVersion},
	"scope.name":              {scopeName},
	"otel.scope.name":         {scopeName},
	"otel.library.name":       {scopeName},
	"scope.version":           {scopeVersion},
	"otel.scope.version":      {scopeVersion},
	"otel.library.version":    {scopeVersion},
	"event":                   {eventName},
	"message":                 {statusMessage},
	"otel.status_description": {statusMessage},
}

func (p *underKey) attribute(turn *trace.Turn, key, value []byte) bool {
	return bytes.Equal(key, p.key) && p.condition.value(turn, value)
}

func (p *underKey) text(turn *trace.Turn, of freeText, s []byte) bool {
	return slices.Contains(p.texts, of) && p.condition.text(turn, s)
}

func (p *underKey) may(s *subject, span []byte, own bool) (all, some bool) {
	if len(p.texts) > 0 && (p.literal == nil || p.literal.find(s.turn, span) >= 0) {
		return true, false
	}
	return s.keyed(p.keys, span, own, func(value []byte) bool { return p.condition.value(s.turn, value) }), false
}

func (p *underKey) others([]byte) bool { return false }

// present looks for a key, in any case.
type present struct{ key *folded }

func (p *present) attribute(_ *trace.Turn, key, _ []byte) bool { return p.key.equals(key) }
func (p *present) text(*trace.Turn, freeText, []byte) bool     { return false }
func (p *present) others([]byte) bool                          { return false }
func (p *present) may(s *subject, span []byte, _ bool) (all, some bool) {
	return p.key.may(s.turn, span), false
}

// words looks for a text anywhere, including keys.
type words struct {
	condition
	number, double, boolean bool // values of these types can contain the text
}

func newWords(text string) *words {
	w := &words{condition: condition{op: contains, word: newFolded(text)}}
	lower := w.word.lower
	within := func(chars string) bool { return strings.Trim(lower, chars) == "" }
	w.number = within("-0123456789")
	w.double = within("-+.e0123456789") || strings.Contains("nan +inf -inf", lower)
	w.boolean = strings.Contains("true false", lower)
	return w
}

func (p *words) attribute(turn *trace.Turn, key, value []byte) bool {
	return p.word.in(turn, key) || p.condition.value(turn, value)
}
func (p *words) text(turn *trace.Turn, _ freeText, s []byte) bool { return p.condition.text(turn, s) }

func (p *words) may(s *subject, span []byte, own bool) (all, some bool) {
	if p.word.may(s.turn, span) {
		return true, false
	}
	return false, p.number || p.double || p.boolean || p.word.lower == "" || !own || !s.plain()
}

// others admits values whose text differs from their encoding: numbers and booleans that can
// contain the text, and all bytes, arrays and maps.
func (p *words) others(value []byte) bool {
	if len(value) == 0 {
		return p.word.lower == ""
	}
	switch value[0] {
	case 1<<3 | byte(protowire.BytesType):
		return !soleField(value)
	case 2<<3 | byte(protowire.VarintType):
		return p.boolean || !soleField(value)
	case 3<<3 | byte(protowire.VarintType):
		return p.number || !soleField(value)
	case 4<<3 | byte(protowire.Fixed64Type):
		return p.double || !soleField(value)
	}
	return true
}

// soleField reports whether a message has only one field.
func soleField(message []byte) bool {
	c := otlpwire.Read(message)
	_, ok, _ := c.Next()
	return ok && c.Pos == c.End
}

// inResource, inScope and inSpan look for a probe in the parts of a span.
type (
	inResource struct{ probe }
	inScope    struct{ probe }
	inSpan     struct {
		probe
		message bool     // the status message can match
		joined  []string // the attributes of joined traces that can match
		index   int      // of its answers about spans without their events; see subject.bind
	}
)

// anywhere looks for a probe in all parts.
func anywhere(p probe) Filter {
	f := inSpan{probe: p}
	switch p := p.(type) {
	case *underKey:
		p.prepare()
		f.message = slices.Contains(p.texts, statusMessage)
	case *words:
		f.message = true
	}
	for _, key := range []string{trace.AttrTraceID, trace.AttrSpanID, trace.AttrInferred} {
		meant := false
		switch p := p.(type) {
		case *underKey:
			meant = string(p.key) == key
		case *present:
			meant = p.key.equals([]byte(key))
		case *words: // ids are found only as a whole, not by letters that they happen to contain
			meant = strings.Contains(key, p.word.lower)
		}
		if meant {
			f.joined = append(f.joined, key)
		}
	}
	return some{inResource{p}, inScope{p}, f}
}

func (f inResource) holds(s *subject) bool {
	for wire := range s.messages(ResourceLevel) {
		if attributesHave(s.turn, f.probe, wire, 1) {
			return true
		}
	}
	return false
}

func (f inScope) holds(s *subject) bool {
	for wire := range s.messages(ScopeLevel) {
		if f.text(s.turn, scopeName, otlpwire.Bytes(wire, 1)) || attributesHave(s.turn, f.probe, wire, 3) {
			return true
		}
		if version := otlpwire.Bytes(wire, 2); len(version) > 0 && f.text(s.turn, scopeVersion, version) {
			return true
		}
	}
	return false
}

func (f inSpan) holds(s *subject) bool {
	if s.event == nil {
		return f.within(s, true)
	}
	if s.eventsOf == nil {
		return f.within(s, false) || f.eventHas(s.turn, s.event)
	}
	const no, yes = 1, 2
	answer := &s.eventsOf[f.index]
	if *answer == 0 {
		*answer = no
		if f.within(s, false) {
			*answer = yes
		}
	}
	return *answer == yes || f.eventHas(s.turn, s.event)
}

// within looks through a span, either at its events or at the rest.
func (f inSpan) within(s *subject, events bool) bool {
	span := s.encoded()
	all, some := f.may(s, span, true)
	if hit, status := f.spanHas(s.turn, span, all, some, events); hit || all && f.message && f.messageIn(s.turn, span, status) {
		return true
	}
	if added := s.added(); added != nil {
		all, some = f.may(s, added, false)
		if hit, _ := f.spanHas(s.turn, added, all, some, events); hit {
			return true
		}
	}
	return f.joinedHas(s)
}

// messageIn looks at the status message of a span. status says whether the span has a
// status.
func (f inSpan) messageIn(turn *trace.Turn, span []byte, status bool) bool {
	if !status {
		return f.text(turn, statusMessage, nil)
	}
	return f.text(turn, statusMessage, otlpwire.StatusMessage(span))
}

// spanHas looks through the attributes, events and links in the encoded fields of a span. It
// also reports whether a status is among them.
func (f inSpan) spanHas(turn *trace.Turn, span []byte, all, some, events bool) (hit, status bool) {
	if !all && !some {
		return false, false
	}
	c := otlpwire.Read(span)
	for field, ok, _ := c.Next(); ok && turn.Err() == nil; field, ok, _ = c.Next() {
		if field.Typ != protowire.BytesType {
			continue
		}
		content := span[field.Lo:field.Hi]
		turn.Spend(min(len(content), trace.TurnInterval))
		switch field.Num {
		case 9:
			key, value := otlpwire.KeyValue(content)
			hit = (all || f.others(value)) && f.attribute(turn, key, value)
		case 11:
			hit = events && (all && f.eventHas(turn, content) || !all && f.othersHave(turn, content, 3))
		case 13:
			hit = all && attributesHave(turn, f.probe, content, 4) || !all && f.othersHave(turn, content, 4)
		case 15:
			status = true
		}
		if hit {
			return true, status
		}
	}
	return false, status
}

// joinedHas looks at the attributes that a joined trace gives the span.
func (f inSpan) joinedHas(s *subject) bool {
	for _, key := range f.joined {
		value, ok := s.joinedAttribute(key)
		if _, byKey := f.probe.(*words); ok && (byKey || f.attribute(s.turn, []byte(key), value)) {
			return true
		}
	}
	return false
}

// eventHas looks through an encoded event: its name and its attributes.
func (f inSpan) eventHas(turn *trace.Turn, event []byte) bool {
	c := otlpwire.Read(event)
	for field, ok, _ := c.Next(); ok && turn.Err() == nil; field, ok, _ = c.Next() {
		if field.Typ != protowire.BytesType {
			continue
		}
		content := event[field.Lo:field.Hi]
		turn.Spend(min(len(content), trace.TurnInterval))
		switch field.Num {
		case 2:
			if f.text(turn, eventName, content) {
				return true
			}
		case 3:
			if key, value := otlpwire.KeyValue(content); f.attribute(turn, key, value) {
				return true
			}
		}
	}
	return false
}

// attributesHave looks through the attributes in the fields with the given number.
func attributesHave(turn *trace.Turn, p probe, b []byte, number protowire.Number) bool {
	c := otlpwire.Read(b)
	for field, ok, _ := c.Next(); ok && turn.Err() == nil; field, ok, _ = c.Next() {
		if field.Num != number || field.Typ != protowire.BytesType {
			continue
		}
		turn.Spend(min(field.Hi-field.Lo, trace.TurnInterval))
		if key, value := otlpwire.KeyValue(b[field.Lo:field.Hi]); p.attribute(turn, key, value) {
			return true
		}
	}
	return false
}

func (f inSpan) othersHave(turn *trace.Turn, b []byte, number protowire.Number) bool {
	c := otlpwire.Read(b)
	for field, ok, _ := c.Next(); ok && turn.Err() == nil; field, ok, _ = c.Next() {
		if field.Num != number || field.Typ != protowire.BytesType {
			continue
		}
		turn.Spend(min(field.Hi-field.Lo, trace.TurnInterval))
		if key, value := otlpwire.KeyValue(b[field.Lo:field.Hi]); f.others(value) && f.attribute(turn, key, value) {
			return true
		}
	}
	return false
}

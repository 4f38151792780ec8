package trace

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// predicate is an attribute of a query prepared for a set. What it says of
// resources and scopes is found once for each of them, not for each span.
type predicate struct {
	set       *Set
	key, want string
	keyBytes  []byte
	resources []bool
	scopes    []bool
	special   func(s *Set, row int, want string) bool // nil for an ordinary key
}

// specials are the keys under which Jaeger shows, or its newest releases search,
// what OTLP has in fields. Each function says whether a span matches by that field.
var specials = map[string]func(s *Set, row int, want string) bool{
	"error": func(s *Set, row int, want string) bool {
		return want == strconv.FormatBool(s.status[row] == StatusError)
	},
	"span.kind": func(s *Set, row int, want string) bool {
		return strings.EqualFold(kindWords[s.kind[row]], want)
	},
	"span.status": func(s *Set, row int, want string) bool {
		return strings.EqualFold(statusWords[s.status[row]], want)
	},
	"otel.status_code": func(s *Set, row int, want string) bool {
		return s.status[row] != StatusUnset && strings.EqualFold(s.status[row].String(), want)
	},
	"otel.status_description": func(s *Set, row int, want string) bool {
		return validText(string(otlpwire.StatusMessage(s.Raw(row)))) == want
	},
}

// resourcePrefix before a key asks for attributes of the resource only.
const resourcePrefix = "resource."

func (v *View) newPredicate(part Part, a Attribute) predicate {
	s := part.Set
	p := predicate{set: s, key: a.Key, keyBytes: []byte(a.Key), want: a.Value, special: specials[a.Key]}
	ofResource := p
	ofResource.key = strings.TrimPrefix(a.Key, resourcePrefix)
	p.resources = make([]bool, len(s.resources))
	for i := range s.resources {
		r := v.resources[part.FirstResource+i]
		p.resources[i] = p.in(r.wire, 1) || ofResource.in(r.wire, 1)
	}
	p.scopes = make([]bool, len(s.scopes))
	for i, sc := range s.scopes {
		p.scopes[i] = p.in(sc.wire, 3) || p.scopeField(sc.wire)
	}
	return p
}

// scopeField matches the scope's own name or version.
func (p *predicate) scopeField(wire []byte) bool {
	var field protowire.Number
	switch p.key {
	case "otel.scope.name", "otel.library.name", "scope.name":
		field = 1
	case "otel.scope.version", "otel.library.version", "scope.version":
		field = 2
	default:
		return false
	}
	c := otlpwire.Read(wire)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == field && f.Typ == protowire.BytesType && string(wire[f.Lo:f.Hi]) == p.want {
			return true
		}
	}
	return false
}

// span reports whether the span of a row, or what describes it, matches.
func (p *predicate) span(row int) bool {
	s := p.set
	if p.special != nil && p.special(s, row, p.want) {
		return true
	}
	if p.resources[s.resource[row]] || p.scopes[s.scope[row]] {
		return true
	}
	b := s.Raw(row)
	if !bytes.Contains(b, p.keyBytes) { // most searches are for what few spans have
		return false
	}
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Typ != protowire.BytesType {
			continue
		}
		switch f.Num {
		case 9:
			if p.attribute(b[f.Lo:f.Hi]) {
				return true
			}
		case 11:
			if p.in(b[f.Lo:f.Hi], 3) {
				return true
			}
		case 13:
			if p.in(b[f.Lo:f.Hi], 4) {
				return true
			}
		}
	}
	return false
}

// in reports whether an attribute in the given field of a message matches.
func (p *predicate) in(b []byte, attributes protowire.Number) bool {
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == attributes && f.Typ == protowire.BytesType && p.attribute(b[f.Lo:f.Hi]) {
			return true
		}
	}
	return false
}

// attribute reports whether an encoded KeyValue matches. Only the values under
// the wanted key are decoded.
func (p *predicate) attribute(b []byte) bool {
	c := otlpwire.Read(b)
	var key, value []byte
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		switch {
		case f.Typ != protowire.BytesType:
		case f.Num == 1:
			key = b[f.Lo:f.Hi]
		case f.Num == 2:
			value = b[f.Lo:f.Hi]
		}
	}
	return string(key) == p.key && valueMatches(value, p.want)
}

// valueMatches compares an encoded AnyValue with text by meaning.
func valueMatches(b []byte, want string) bool {
	c := otlpwire.Read(b)
	f, ok, _ := c.Next()
	if !ok {
		return want == ""
	}
	switch {
	case c.Pos < c.End: // of several the last one counts
	case f.Num == 1 && f.Typ == protowire.BytesType:
		return bytes.Equal(b[f.Lo:f.Hi], []byte(want))
	case f.Num == 2 && f.Typ == protowire.VarintType:
		return strconv.FormatBool(f.Value != 0) == want
	case f.Num == 3 && f.Typ == protowire.VarintType:
		return strconv.FormatInt(int64(f.Value), 10) == want
	}
	var v commonpb.AnyValue
	if !otlpwire.AnyValue.Valid(b) || proto.Unmarshal(b, &v) != nil {
		return false
	}
	// What people paste comes from a Jaeger that escapes markup or from one that does not.
	text := ValueText(&v)
	return text == want || strings.Contains(text, `\u00`) && ReadableText(&v) == want
}

// ValueText gives a value as text, as OpenTelemetry's Collector does (and
// Jaeger with it): strings as they are, bytes in base64, arrays and maps as
// JSON, doubles without an exponent in the range 1e-6 to 1e21. In the JSON <, >
// and & are escaped, as pdata v1.46 of Jaeger 1.76 does; see ReadableText.
func ValueText(v *commonpb.AnyValue) string { return valueText(v, true) }

// ReadableText is ValueText for people: in the JSON <, > and & stand for
// themselves.
func ReadableText(v *commonpb.AnyValue) string { return valueText(v, false) }

func valueText(v *commonpb.AnyValue, escape bool) string {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return value.StringValue
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(value.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(value.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return doubleText(value.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(value.BytesValue)
	case *commonpb.AnyValue_ArrayValue, *commonpb.AnyValue_KvlistValue:
		return jsonText(v, escape)
	}
	return ""
}

func doubleText(f float64) string {
	b, err := json.Marshal(f)
	if err != nil { // NaN and the infinities
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return string(b)
}

func jsonText(v *commonpb.AnyValue, escape bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escape)
	if e.Encode(plain(v)) != nil {
		return "" // plain makes only what Encode takes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// plain turns a value into what encoding/json takes. Values are nested at most
// maxDepth deep once they are clean.
func plain(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		if math.IsNaN(v.DoubleValue) || math.IsInf(v.DoubleValue, 0) {
			return doubleText(v.DoubleValue)
		}
		return v.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return v.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		list := make([]any, len(v.ArrayValue.GetValues()))
		for i, e := range v.ArrayValue.GetValues() {
			list[i] = plain(e)
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		m := make(map[string]any, len(v.KvlistValue.GetValues()))
		for _, kv := range v.KvlistValue.GetValues() {
			m[kv.GetKey()] = plain(kv.GetValue())
		}
		return m
	}
	return nil
}

package query

import (
	"bytes"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// predicate is an attribute of a query prepared for a set. What it says of
// resources and scopes is found once for each of them, not for each span.
type predicate struct {
	set       *trace.Set
	columns   trace.Columns
	key, want string
	keyBytes  []byte
	resources []bool
	scopes    []bool
	special   func(p *predicate, row int) bool // nil for an ordinary key
}

// specials are the keys under which Jaeger shows, or its newest releases search,
// what OTLP has in fields. Each function says whether a span matches by that field.
var specials = map[string]func(p *predicate, row int) bool{
	"error": func(p *predicate, row int) bool {
		return p.want == strconv.FormatBool(p.columns.Status[row] == trace.StatusError)
	},
	"span.kind": func(p *predicate, row int) bool {
		return strings.EqualFold(kindWords[p.columns.Kind[row]], p.want)
	},
	"span.status": func(p *predicate, row int) bool {
		return strings.EqualFold(statusWords[p.columns.Status[row]], p.want)
	},
	"otel.status_code": func(p *predicate, row int) bool {
		return p.columns.Status[row] != trace.StatusUnset && strings.EqualFold(p.columns.Status[row].String(), p.want)
	},
	"otel.status_description": func(p *predicate, row int) bool {
		return text.Valid(string(otlpwire.StatusMessage(p.set.Raw(row)))) == p.want
	},
}

// resourcePrefix before a key asks for attributes of the resource only.
const resourcePrefix = "resource."

func newPredicate(v *trace.View, part trace.Part, a trace.Attribute) predicate {
	s := part.Set
	p := predicate{set: s, columns: s.Columns(), key: a.Key, keyBytes: []byte(a.Key), want: a.Value, special: specials[a.Key]}
	ofResource := p
	ofResource.key = strings.TrimPrefix(a.Key, resourcePrefix)
	p.resources = make([]bool, s.NumResources())
	for i := range p.resources {
		wire, _ := v.EncodedResource(part.FirstResource + i)
		p.resources[i] = p.in(wire, 1) || ofResource.in(wire, 1)
	}
	p.scopes = make([]bool, s.NumScopes())
	for i := range p.scopes {
		wire, _ := v.EncodedScope(part.FirstScope + i)
		p.scopes[i] = p.in(wire, 3) || p.scopeField(wire)
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
	if p.special != nil && p.special(p, row) {
		return true
	}
	if p.resources[p.columns.Resource[row]] || p.scopes[p.columns.Scope[row]] {
		return true
	}
	b := p.set.Raw(row)
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
	text := trace.ValueText(&v)
	return text == want || strings.Contains(text, `\u00`) && trace.ReadableText(&v) == want
}

package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"prowtrace/internal/text"
)

// checked refuses calls whose arguments do not fit their tool's schema, in words that a model
// can act on. The SDK would refuse them too, in words about schemas.
func (s *Server) checked(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if params, ok := req.GetParams().(*mcp.CallToolParamsRaw); ok {
			if schema := s.inputs[params.Name]; schema != nil {
				if err := checkArguments(params.Name, schema, params.Arguments); err != nil {
					refused := &mcp.CallToolResult{}
					refused.SetError(worded(err))
					return refused, nil
				}
			}
		}
		return next(ctx, method, req)
	}
}

// checkArguments says which argument does not fit, why, and what may be given.
func checkArguments(tool string, schema *jsonschema.Schema, raw json.RawMessage) error {
	given := map[string]any{}
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && json.Unmarshal(raw, &given) != nil {
		return &callError{what: "invalid arguments of " + tool, why: "they are not a JSON object", next: takes(tool, schema)}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p := schema.Properties[name]
		if p == nil {
			return &callError{what: "unknown argument " + text.Quote(name, 100) + " of " + tool, next: takes(tool, schema)}
		}
		if why := misfit(p, given[name]); why != "" {
			return &callError{what: "invalid argument " + name + " of " + tool, why: why, next: "Give " + allowed(p) + hint(schema, name, p) + "."}
		}
	}
	for _, name := range schema.Required {
		if _, ok := given[name]; !ok {
			p := schema.Properties[name]
			return &callError{what: "missing argument " + name + " of " + tool, next: "Give " + allowed(p) + hint(schema, name, p) + "."}
		}
	}
	return nil
}

// takes names the arguments of a tool, those first that it must have.
func takes(tool string, schema *jsonschema.Schema) string {
	names := slices.Clone(schema.Required)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return tool + " takes " + strings.Join(names, ", ") + "."
}

// hint says what an argument is, and whether it can be left out.
func hint(schema *jsonschema.Schema, name string, p *jsonschema.Schema) string {
	said := ""
	if p.Description != "" {
		said = ": " + strings.TrimSuffix(p.Description, ".")
	}
	switch {
	case slices.Contains(schema.Required, name):
		return said
	case p.Default != nil:
		return said + ". Without it, it is " + string(p.Default)
	}
	return said + ". It can be left out"
}

// allowed says what values a schema lets through.
func allowed(p *jsonschema.Schema) string {
	bounds := func(unit string, least, most *float64) string {
		switch {
		case least != nil && most != nil:
			return fmt.Sprintf(" of %v to %v%s", *least, *most, unit)
		case least != nil:
			return fmt.Sprintf(" of at least %v%s", *least, unit)
		case most != nil:
			return fmt.Sprintf(" of at most %v%s", *most, unit)
		}
		return ""
	}
	number := func(n *int) *float64 {
		if n == nil {
			return nil
		}
		f := float64(*n)
		return &f
	}
	if len(p.Enum) > 0 {
		var all []string
		for _, v := range p.Enum {
			all = append(all, fmt.Sprint(v))
		}
		return "one of " + strings.Join(all, ", ")
	}
	var kinds []string
	for _, kind := range typesOf(p) {
		switch kind {
		case "integer":
			kinds = append(kinds, "a whole number"+bounds("", p.Minimum, p.Maximum))
		case "number":
			kinds = append(kinds, "a number"+bounds("", p.Minimum, p.Maximum))
		case "string":
			kinds = append(kinds, "a text"+bounds(" characters", number(p.MinLength), number(p.MaxLength)))
		case "boolean":
			kinds = append(kinds, "true or false")
		case "array":
			kinds = append(kinds, "a list"+bounds(" elements", number(p.MinItems), number(p.MaxItems))+", each "+allowed(p.Items))
		}
	}
	return strings.Join(kinds, " or ")
}

func typesOf(p *jsonschema.Schema) []string {
	if p.Type != "" {
		return []string{p.Type}
	}
	return p.Types
}

// misfit says why a value does not fit a schema; "" if it does. It knows what inputSchema
// writes.
func misfit(p *jsonschema.Schema, v any) string {
	kind := kindOf(v)
	if types := typesOf(p); !slices.Contains(types, kind) && (kind != "integer" || !slices.Contains(types, "number")) {
		return "it is " + map[string]string{"integer": "a number", "number": "a number with a fraction", "string": "a text", "boolean": "true or false", "array": "a list", "object": "an object", "null": "null"}[kind]
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, v) {
		return text.Quote(fmt.Sprint(v), 100) + " is unknown"
	}
	switch v := v.(type) {
	case float64:
		if p.Minimum != nil && v < *p.Minimum || p.Maximum != nil && v > *p.Maximum {
			return fmt.Sprintf("%v is out of range", v)
		}
	case string:
		n := utf8.RuneCountInString(v)
		if p.MinLength != nil && n < *p.MinLength || p.MaxLength != nil && n > *p.MaxLength {
			return "it has " + text.Count(n, "character")
		}
	case []any:
		if p.MinItems != nil && len(v) < *p.MinItems || p.MaxItems != nil && len(v) > *p.MaxItems {
			return "it has " + text.Count(len(v), "element")
		}
		for i, e := range v {
			if why := misfit(p.Items, e); why != "" {
				return fmt.Sprintf("element %d: %s", i+1, why)
			}
		}
	}
	return ""
}

// kindOf is what JSON schema calls a value.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	}
	return "object"
}

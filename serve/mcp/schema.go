package mcp

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// inputSchema is the schema of a tool's arguments: what the Go type tells, and the bounds
// and defaults of the fields' tag "bounds", such as "min=1 max=100 default=20",
// "enum=a|b default=a", "longest=500". It panics where a tag makes no sense.
func inputSchema[In any]() *jsonschema.Schema {
	s := schemaOf[In](map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[point](): {Types: []string{"integer", "string"}},
	})
	eachField(reflect.TypeFor[In](), func(f reflect.StructField) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		for word := range strings.FieldsSeq(f.Tag.Get("bounds")) {
			name, value, _ := strings.Cut(word, "=")
			if err := bound(s.Properties[key], name, value); err != nil {
				panic(fmt.Sprintf("%s: %s: %v", key, word, err))
			}
		}
	})
	return s
}

// bound sets a bound of a property.
func bound(p *jsonschema.Schema, name, value string) error {
	number := func() (*float64, *int) {
		n, err := strconv.Atoi(value)
		if err != nil {
			panic(err)
		}
		f := float64(n)
		return &f, &n
	}
	switch name {
	case "min":
		p.Minimum, _ = number()
	case "max":
		p.Maximum, _ = number()
	case "longest":
		_, p.MaxLength = number()
	case "shortest":
		_, p.MinLength = number()
	case "most":
		_, p.MaxItems = number()
	case "least":
		_, p.MinItems = number()
	case "enum":
		for v := range strings.SplitSeq(value, "|") {
			p.Enum = append(p.Enum, v)
		}
	case "default":
		if p.Type == "string" {
			value = strconv.Quote(value)
		}
		p.Default = json.RawMessage(value)
	default:
		return fmt.Errorf("unknown bound")
	}
	return nil
}

// eachField visits the fields of a struct, those of embedded ones too.
func eachField(t reflect.Type, visit func(reflect.StructField)) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			eachField(f.Type, visit)
		} else {
			visit(f)
		}
	}
}

// schemaOf infers the schema of a type, and takes null out of it: lists are never null.
func schemaOf[T any](known map[reflect.Type]*jsonschema.Schema) *jsonschema.Schema {
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		panic(err)
	}
	withoutNull(s)
	return s
}

func withoutNull(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	for _, p := range s.Properties {
		withoutNull(p)
	}
	withoutNull(s.Items)
	withoutNull(s.AdditionalProperties)
}

package otelfile

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
)

// Names under which traces are declared. The two messages are the same on the wire:
// repeated ResourceSpans as field 1.
const (
	TraceRequestType = "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest"
	TracesDataType   = "opentelemetry.proto.trace.v1.TracesData"
)

// codeObjectType is the type code of a record that declares another code.
const codeObjectType = 1

// Bounds on declarations, against a hostile file that would grow the table. kOps
// declares one type with a name of 64 bytes.
const (
	maxTypes    = 1024
	maxTypeName = 1024
)

// typeTable says what the type codes mean at the current place in a file.
type typeTable struct {
	codes map[uint32]*objectType
	seen  []*objectType // in order of first sight, replaced ones included
	rest  objectType    // stands for all codes that found the table full
}

// objectType is one meaning of a type code. A code that is used but was never
// declared gets one too, so that its records are counted.
type objectType struct {
	code     uint32
	name     string
	declared bool
	traces   bool
	skipped  int
	first    int64 // offset of the first record skipped
}

var (
	errNotObjectType = errors.New("it is not an ObjectType message with a code and a name")
	errReservedCode  = errors.New("it declares a type code that the format reserves")
	errTooManyTypes  = fmt.Errorf("the file uses more than %d types", maxTypes)
)

// declare enters the declaration in payload. If it gives a declared code another
// meaning, both are returned.
func (t *typeTable) declare(payload []byte) (before, now *objectType, err error) {
	code, name, err := parseObjectType(payload)
	if err != nil {
		return nil, nil, err
	}
	if code <= codeObjectType {
		return nil, nil, errReservedCode
	}
	before = t.codes[code]
	known := before != nil && before.declared
	if known && before.name == name {
		return nil, nil, nil // as in two files written one after the other
	}
	now = t.enter(objectType{
		code:     code,
		name:     name,
		declared: true,
		traces:   name == TraceRequestType || name == TracesDataType,
	})
	if now == nil {
		return nil, nil, errTooManyTypes
	}
	if !known {
		return nil, nil, nil
	}
	return before, now, nil
}

// of returns the current meaning of code, never nil.
func (t *typeTable) of(code uint32) *objectType {
	if typ := t.codes[code]; typ != nil {
		return typ
	}
	if typ := t.enter(objectType{code: code, name: fmt.Sprintf("undeclared type code %d", code)}); typ != nil {
		return typ
	}
	t.rest.name = "other undeclared type codes"
	return &t.rest
}

// enter makes typ the meaning of its code; nil when the table is full.
func (t *typeTable) enter(typ objectType) *objectType {
	if len(t.seen) == maxTypes {
		return nil
	}
	if t.codes == nil {
		t.codes = make(map[uint32]*objectType)
	}
	t.codes[typ.code] = &typ
	t.seen = append(t.seen, &typ)
	return &typ
}

// skipped yields every meaning whose records were skipped.
func (t *typeTable) skipped(yield func(*objectType) bool) {
	for _, typ := range t.seen {
		if typ.skipped > 0 && !yield(typ) {
			return
		}
	}
	if t.rest.skipped > 0 {
		yield(&t.rest)
	}
}

// parseObjectType decodes ObjectType { uint32 type_code = 1; string type_name = 2; }.
// Unknown fields are passed over, the last of repeated ones counts, as in protobuf.
func parseObjectType(b []byte) (code uint32, name string, err error) {
	var raw []byte
	c := otlpwire.Read(b)
	for {
		f, ok, bad := c.Next()
		switch {
		case bad:
			return 0, "", errNotObjectType
		case !ok:
			if len(raw) == 0 || len(raw) > maxTypeName {
				return 0, "", errNotObjectType
			}
			return code, string(raw), nil
		case f.Num == 1 && f.Typ == protowire.VarintType:
			code = uint32(f.Value)
		case f.Num == 2 && f.Typ == protowire.BytesType:
			raw = b[f.Lo:f.Hi]
		}
	}
}

func appendObjectType(b []byte, code uint32, name string) []byte {
	return otlpwire.AppendBytes(otlpwire.AppendVarint(b, 1, uint64(code)), 2, []byte(name))
}

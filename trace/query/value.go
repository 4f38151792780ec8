package query

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"time"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// ConstantType is the declared type of a constant; empty means any.
type ConstantType string

// The types of constants.
const (
	StringType ConstantType = "string"
	IntType    ConstantType = "int"
	DoubleType ConstantType = "double"
	BoolType   ConstantType = "bool"
)

// A Constant is a value as text. With a type it equals only values of that type. Without a
// type it is read as the type that it is compared with. A duration is written as in Go (2s,
// 50us) or in days (1d), an instant as in RFC 3339.
type Constant struct {
	Text string
	Type ConstantType
}

func (Constant) operand() {}

// A List is several constants of one type.
type List struct {
	Values []string
	Type   ConstantType
}

// valueType is the type of a value. Those of attributes come first.
type valueType uint8

const (
	nullValue valueType = iota
	textValue
	boolValue
	intValue
	doubleValue
	otherValue // bytes, an array or a map: equal to their text, without an order
	durationValue
	instantValue
	anyValue // for references: one of the above
)

func (t valueType) String() string {
	return [...]string{"nothing", "text", "a boolean", "an integer", "a double", "a composite", "a duration", "an instant", "what its span says"}[t]
}

// A value is one that a reference holds.
type value struct {
	typ  valueType
	text []byte  // for text; the encoded AnyValue for otherValue
	num  int64   // for boolValue, intValue, durationValue (ns) and instantValue (Unix ns)
	f    float64 // for doubleValue
}

// decodeValue reads an encoded AnyValue. If it has several values, the last one counts.
func decodeValue(b []byte) (v value) {
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		switch {
		case f.Num == 1 && f.Typ == protowire.BytesType:
			v = value{typ: textValue, text: b[f.Lo:f.Hi]}
		case f.Num == 2 && f.Typ == protowire.VarintType:
			v = value{typ: boolValue, num: number64(f.Value != 0)}
		case f.Num == 3 && f.Typ == protowire.VarintType:
			v = value{typ: intValue, num: int64(f.Value)}
		case f.Num == 4 && f.Typ == protowire.Fixed64Type:
			v = value{typ: doubleValue, f: math.Float64frombits(f.Value)}
		case f.Num >= 5 && f.Num <= 7 && f.Typ == protowire.BytesType:
			v = value{typ: otherValue, text: b}
		}
	}
	return v
}

// elements gives the encoded elements of an encoded AnyValue that is an array.
func elements(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		array := lastField(b)
		c := otlpwire.Read(b)
		for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
			if f.Num != 5 || f.Typ != protowire.BytesType || f.Lo < array {
				continue
			}
			for num, element := range otlpwire.Messages(b[f.Lo:f.Hi]) {
				if num == 1 && !yield(element) {
					return
				}
			}
		}
	}
}

// lastField gives the beginning of the last field in an encoded AnyValue that is not an
// array. An array in several pieces is one array, but only the pieces after another value
// count.
func lastField(b []byte) (at int) {
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 5 && f.Num >= 1 && f.Num <= 7 {
			at = c.Pos
		}
	}
	return at
}

// withElements gives values, and after each array its elements.
func withElements(values []value) iter.Seq[value] {
	return func(yield func(value) bool) {
		for _, v := range values {
			if !yield(v) {
				return
			}
			if v.typ != otherValue {
				continue
			}
			for element := range elements(v.text) {
				if !yield(decodeValue(element)) {
					return
				}
			}
		}
	}
}

func number64(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// asText is the value as ReadableText writes it. The Jaegers that use filters write it in
// the same way.
func (v value) asText() []byte {
	switch v.typ {
	case textValue:
		return v.text
	case boolValue:
		return strconv.AppendBool(nil, v.num != 0)
	case intValue:
		return strconv.AppendInt(nil, v.num, 10)
	case doubleValue:
		return []byte(trace.ValueText(&commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v.f}}))
	case otherValue:
		var decoded commonpb.AnyValue
		if proto.Unmarshal(v.text, &decoded) != nil {
			return nil // spans were cleaned before they are looked at
		}
		return []byte(trace.ReadableText(&decoded))
	}
	return nil
}

// equal compares values of the same kind: numbers with numbers, text with text. Values
// without a kind of their own are compared as text.
func equal(a, b value) bool {
	if a.typ == boolValue && b.typ == boolValue {
		return a.num == b.num
	}
	if a.typ == nullValue || a.typ == otherValue || b.typ == nullValue || b.typ == otherValue {
		return bytes.Equal(a.asText(), b.asText())
	}
	order, ok := compare(a, b)
	return ok && order == 0
}

// compare orders values of the same kind.
func compare(a, b value) (order int, ok bool) {
	number := func(v value) bool { return v.typ == intValue || v.typ == doubleValue }
	switch {
	case number(a) && number(b):
		return compareNumbers(a, b)
	case a.typ != b.typ:
		return 0, false
	case a.typ == textValue:
		return bytes.Compare(a.text, b.text), true
	case a.typ == durationValue, a.typ == instantValue:
		return cmp.Compare(a.num, b.num), true
	}
	return 0, false
}

func compareNumbers(a, b value) (order int, ok bool) {
	if a.typ == intValue && b.typ == intValue {
		return cmp.Compare(a.num, b.num), true
	}
	if b.typ == intValue {
		order, ok = compareNumbers(b, a)
		return -order, ok
	}
	if a.typ == doubleValue {
		return cmp.Compare(a.f, b.f), a.f == a.f && b.f == b.f // NaN has no order
	}
	switch f := b.f; {
	case math.IsNaN(f):
		return 0, false
	case f >= 1<<63:
		return -1, true
	case f < -1<<63:
		return 1, true
	default: // exact, while float64(a.num) would round
		whole, rest := math.Modf(f)
		return cmp.Or(cmp.Compare(a.num, int64(whole)), cmp.Compare(0, rest)), true
	}
}

// A constant is a Constant in the form in which it is compared with values.
type constant struct {
	value          // read by its type or the field; text if neither is known
	fixed     bool // the type is given
	num       value
	isNum     bool
	truth     value
	isBoolean bool
}

// parse reads a constant that is compared with an attribute.
func (c Constant) parse() (k constant, err error) {
	k = constant{value: value{typ: textValue, text: []byte(c.Text)}, fixed: c.Type != ""}
	k.num, k.isNum = parseNumber(c.Text)
	k.truth, k.isBoolean = value{typ: boolValue, num: number64(c.Text == "true")}, c.Text == "true" || c.Text == "false"
	readable := true
	switch c.Type {
	case "", StringType:
	case IntType:
		k.value, readable = k.num, k.isNum && k.num.typ == intValue
	case DoubleType:
		f, e := strconv.ParseFloat(c.Text, 64)
		k.value, readable = value{typ: doubleValue, f: f}, e == nil
	case BoolType:
		k.value, readable = k.truth, k.isBoolean
	default:
		return k, fmt.Errorf("%q is no type of a constant", c.Type)
	}
	if !readable {
		return k, fmt.Errorf("%q is no %s", c.Text, c.Type)
	}
	return k, nil
}

// parseAs reads a constant that is compared with a field of type t.
func (c Constant) parseAs(t valueType) (k constant, err error) {
	k = constant{value: value{typ: t, text: []byte(c.Text)}, fixed: true}
	switch {
	case t == textValue && (c.Type == "" || c.Type == StringType):
	case c.Type != "":
		return k, fmt.Errorf("it holds %v, which a %s cannot equal", t, c.Type)
	case t == durationValue:
		d, err := parseDuration(c.Text)
		if err != nil {
			return k, errors.New("want a duration with its unit, such as 2s or 50us")
		}
		k.value.num = int64(d)
	case t == instantValue:
		at, err := time.Parse(time.RFC3339Nano, c.Text)
		if err != nil {
			return k, errors.New("want an instant such as 2025-03-13T01:44:34.5Z")
		}
		k.value.num = instantOf(at)
	}
	return k, nil
}

// instantOf is at in Unix ns, limited to what spans can have.
func instantOf(at time.Time) int64 {
	switch s := at.Unix(); {
	case s < math.MinInt64/1_000_000_000:
		return math.MinInt64
	case s >= math.MaxInt64/1_000_000_000:
		return math.MaxInt64
	}
	return at.UnixNano()
}

func parseNumber(s string) (value, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value{typ: intValue, num: n}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return value{typ: doubleValue, f: f}, err == nil
}

// like gives the constant in the form in which it is compared with v. accepted is false if
// its type rules v out, as if v were not there. readable is false if it cannot be read as
// v's kind, so it does not equal v.
func (k *constant) like(v value) (c value, accepted, readable bool) {
	switch {
	case k.fixed:
		return k.value, k.value.typ == v.typ, true
	case v.typ == intValue || v.typ == doubleValue:
		return k.num, true, k.isNum
	case v.typ == boolValue:
		return k.truth, true, k.isBoolean
	}
	return k.value, true, true
}

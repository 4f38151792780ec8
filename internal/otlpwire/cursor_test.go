package otlpwire

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func textValue(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

// list writes all fields of a message as the cursor reads them.
func list(b []byte) string {
	var s []string
	c := Read(b)
	for {
		f, ok, bad := c.Next()
		switch {
		case bad:
			return strings.Join(append(s, "bad"), " ")
		case !ok:
			return strings.Join(s, " ")
		case f.Typ == protowire.BytesType:
			s = append(s, fmt.Sprintf("%d:%q", f.Num, b[f.Lo:f.Hi]))
		default:
			s = append(s, fmt.Sprintf("%d/%d:%d", f.Num, f.Typ, f.Value))
		}
	}
}

func TestNext(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"all wire types", "\x0a\x01a\x10\x05\x19\x01\x00\x00\x00\x00\x00\x00\x00\x25\x02\x00\x00\x00\x2b\x2c", `1:"a" 2/0:5 3/1:1 4/5:2 5/3:0`},
		{"an empty field", "\x0a\x00\x10\x00", `1:"" 2/0:0`},
		{"a length of two bytes", "\x0a\xac\x02" + long, `1:"` + long + `"`},
		{"a tag of two bytes", "\x82\x01\x01a", `16:"a"`},
		{"a tag written too long", "\x8a\x00\x01a", `1:"a"`},
		{"a length written too long", "\x0a\x81\x00a", `1:"a"`},
		{"the largest number", "\xfa\xff\xff\xff\x0f\x01a", `536870911:"a"`},
		{"the largest varint", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "1/0:18446744073709551615"},
		{"number 0", "\x02\x00", "bad"},
		{"a number too large", "\x80\x80\x80\x80\x10\x00", "bad"},
		{"a tag cut off", "\x0a\x01a\x8a", `1:"a" bad`},
		{"no length", "\x0a", "bad"},
		{"a length cut off", "\x0a\x80", "bad"},
		{"a content cut off", "\x0a\x02a", "bad"},
		{"a length over 2^63", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bad"},
		{"a varint cut off", "\x08\x80", "bad"},
		{"a varint too long", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "bad"},
		{"a fixed64 cut off", "\x09\x00\x00\x00\x00\x00\x00\x00", "bad"},
		{"a fixed32 cut off", "\x0d\x00\x00\x00", "bad"},
		{"an end without its group", "\x0c", "bad"},
		{"a group without its end", "\x0b\x08\x01", "bad"},
		{"an unknown wire type", "\x0e\x00", "bad"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := list([]byte(test.in)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// A cursor in the middle of data reads up to its end, and gives absolute positions.
func TestNextInside(t *testing.T) {
	c := Cursor{[]byte("....\x0a\x01a\x0a\x01b"), 4, 7}
	f, ok, _ := c.Next()
	if !ok || f.Lo != 6 || f.Hi != 7 || c.Pos != 7 {
		t.Errorf("%+v %v, at %d", f, ok, c.Pos)
	}
	if f, ok, bad := c.Next(); ok || bad {
		t.Errorf("read %+v behind the end", f)
	}
}

// The last of several fields counts, and a field of another wire type is none.
func TestFieldsByNumber(t *testing.T) {
	span := []byte("\x7a\x03\x12\x01a\x7a\x02\x18\x02\x7a\x03\x12\x01b\x7a\x00\x78\x01")
	if got := StatusMessage(span); string(got) != "b" {
		t.Errorf("status message %q", got)
	}
	m := []byte("\x0a\x01a\x08\x05\x0a\x01b\x09\x07\x00\x00\x00\x00\x00\x00\x00\x0a")
	if got := Bytes(m, 1); string(got) != "b" {
		t.Errorf("bytes %q", got)
	}
	if got := Fixed64(m, 1); got != 7 {
		t.Errorf("fixed64 %d", got)
	}
	if Bytes(m, 2) != nil || Fixed64(m, 2) != 0 {
		t.Error("a field that is absent was read")
	}
	var numbers []protowire.Number
	for num, content := range Messages([]byte("\x0a\x01a\x10\x01\x1a\x01b\x22")) {
		if numbers = append(numbers, num); cap(content) != 1 {
			t.Errorf("an append to field %d reaches the next one", num)
		}
	}
	if fmt.Sprint(numbers) != "[1 3]" {
		t.Errorf("messages %v", numbers)
	}
}

func TestKeyValues(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, in   string
		key, value string
		simple     string // the kind and the value without its tag; "" where it is not simple
	}{
		{"text", string(encode(t, &commonpb.KeyValue{Key: "k", Value: textValue("v")})), "k", "\x0a\x01v", "1 \x01v"},
		{"long", string(encode(t, &commonpb.KeyValue{Key: long, Value: textValue(long)})), long, "\x0a\xac\x02" + long, "1 \xac\x02" + long},
		{"boolean", "\x0a\x01k\x12\x02\x10\x01", "k", "\x10\x01", "2 \x01"},
		{"integer", "\x0a\x01k\x12\x03\x18\x80\x01", "k", "\x18\x80\x01", "3 \x80\x01"},
		{"double", "\x0a\x01k\x12\x09\x2112345678", "k", "\x2112345678", "4 12345678"},
		{"bytes", "\x0a\x01k\x12\x03\x3a\x01v", "k", "\x3a\x01v", ""},
		{"array", "\x0a\x01k\x12\x02\x2a\x00", "k", "\x2a\x00", ""},
		{"value first", "\x12\x03\x0a\x01v\x0a\x01k", "k", "\x0a\x01v", ""},
		{"given twice", "\x0a\x01k\x12\x03\x0a\x01v\x0a\x01l", "l", "\x0a\x01v", ""},
		{"two fields in the value", "\x0a\x01k\x12\x04\x10\x01\x18\x01", "k", "\x10\x01\x18\x01", ""},
		{"a value cut off", "\x0a\x01k\x12\x03\x0a\x02v", "k", "\x0a\x02v", ""},
		{"a tag written too long", "\x0a\x01k\x12\x04\x8a\x00\x01v", "k", "\x8a\x00\x01v", ""},
		{"an empty value", "\x0a\x01k\x12\x00", "k", "", ""},
		{"no value", "\x0a\x01k", "k", "", ""},
		{"no key", "\x12\x03\x0a\x01v", "", "\x0a\x01v", ""},
		{"a key that is a number", "\x08\x01\x12\x03\x0a\x01v", "", "\x0a\x01v", ""},
		{"cut off", "\x0a\x05k", "", "", ""},
		{"nothing", "", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, value := KeyValue([]byte(test.in))
			if string(key) != test.key || string(value) != test.value {
				t.Errorf("%q = %q", key, value)
			}
			simple := ""
			if field, kind, value, ok := SimpleAttribute([]byte(test.in)); ok {
				simple = fmt.Sprintf("%d %s", kind, value)
				if string(Bytes(field, 1)) != test.key {
					t.Errorf("the field %q is not that of the key", field)
				}
			}
			if simple != test.simple {
				t.Errorf("simple: %q, want %q", simple, test.simple)
			}
		})
	}
}

func TestMayHaveNonFinite(t *testing.T) {
	tests := []struct {
		name  string
		value *commonpb.AnyValue
		want  bool
	}{
		{"NaN", double(math.NaN()), true}, {"infinity", double(math.Inf(1)), true}, {"minus infinity", double(math.Inf(-1)), true},
		{"largest", double(math.MaxFloat64), false}, {"zero", double(0), false}, {"text", textValue("!1234567"), false},
		{"text that looks like it", textValue("!123456\xf0\u007f"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := encodeLoose(test.value)
			if got := MayHaveNonFinite(append([]byte("\x09!"), b...)); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// encodeLoose encodes text that protobuf refuses, too.
func encodeLoose(v *commonpb.AnyValue) []byte {
	if s, ok := v.GetValue().(*commonpb.AnyValue_StringValue); ok {
		return AppendBytes(nil, 1, s.StringValue)
	}
	b, _ := proto.Marshal(v)
	return b
}

func TestIDs(t *testing.T) {
	for in, want := range map[string]uint64{"": 0, "\x01": 1, "\x01\x02": 0x102, "\x01\x02\x03\x04\x05\x06\x07\x08": 0x102030405060708, "\x01\x02\x03\x04\x05\x06\x07\x08\x09": 0x102030405060708} {
		if got := ID([]byte(in)); got != want {
			t.Errorf("%x: %x, want %x", in, got, want)
		}
	}
}

// FuzzCursor reads any bytes: as protobuf's own reader does, with every function.
func FuzzCursor(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x0a\x01a\x10\x05\x19\x01\x00\x00\x00\x00\x00\x00\x00\x25\x02\x00\x00\x00\x2b\x2c"))
	f.Add([]byte("\x8a\x00\x81\x00a\x0b\x0b\x0c\x0c\x0e"))
	kv := &commonpb.KeyValue{Key: "key", Value: textValue("value")}
	f.Add(encode(f, kv))
	f.Add(encode(f, &commonpb.KeyValue{Key: "key", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{double(math.NaN())}}}}}))
	f.Add(encode(f, &tracepb.Span{
		TraceId: make([]byte, 16), SpanId: make([]byte, 8), Name: strings.Repeat("long ", 60), Kind: 3, StartTimeUnixNano: 1 << 60, Flags: 0x100,
		Attributes: []*commonpb.KeyValue{kv}, Events: []*tracepb.Span_Event{{TimeUnixNano: 7, Name: "e", Attributes: []*commonpb.KeyValue{kv}}},
		Links: []*tracepb.Span_Link{{TraceId: make([]byte, 16)}}, Status: &tracepb.Status{Message: "m", Code: 2},
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		sameFields(t, b)
		sameCuts(t, b)
		asKeyValue(t, b)
		asSpan(t, b)
	})
}

// sameFields compares the cursor with protowire, field by field.
func sameFields(t *testing.T, b []byte) {
	c, rest := Read(b), b
	for {
		f, ok, bad := c.Next()
		if len(rest) == 0 {
			if ok || bad {
				t.Fatalf("field %+v, %v, %v behind the end", f, ok, bad)
			}
			return
		}
		num, typ, n := protowire.ConsumeTag(rest)
		size := n
		if num > protowire.MaxValidNumber {
			size = -1 // proto.Unmarshal refuses it, protowire does not
		} else if n > 0 {
			if size = protowire.ConsumeFieldValue(num, typ, rest[n:]); size >= 0 {
				size += n
			}
		}
		if bad || size < 0 {
			if !bad || size >= 0 || ok {
				t.Fatalf("at %d: bad %v, ok %v, protowire %d", len(b)-len(rest), bad, ok, size)
			}
			return
		}
		want := Field{Tag: Tag{num, typ}}
		switch typ {
		case protowire.BytesType:
			content, _ := protowire.ConsumeBytes(rest[n:])
			want.Hi = len(b) - len(rest) + size
			want.Lo = want.Hi - len(content)
		case protowire.VarintType:
			want.Value, _ = protowire.ConsumeVarint(rest[n:])
		case protowire.Fixed64Type:
			want.Value, _ = protowire.ConsumeFixed64(rest[n:])
		case protowire.Fixed32Type:
			v, _ := protowire.ConsumeFixed32(rest[n:])
			want.Value = uint64(v)
		}
		if rest = rest[size:]; f != want || c.Pos != len(b)-len(rest) {
			t.Fatalf("%+v at %d, want %+v at %d", f, c.Pos, want, len(b)-len(rest))
		}
	}
}

// sameCuts compares Cut with the cursor.
func sameCuts(t *testing.T, b []byte) {
	c, rest := Read(b), b
	for {
		f, ok, _ := c.Next()
		num, value, content, behind, cutOK := Cut(rest)
		if cutOK != ok {
			t.Fatalf("cut: %v, cursor: %v", cutOK, ok)
		}
		if !ok {
			return
		}
		if num != f.Num || value != f.Value || !bytes.Equal(content, b[f.Lo:f.Hi]) || len(behind) != len(b)-c.Pos {
			t.Fatalf("cut %d %d %q, cursor %+v", num, value, content, f)
		}
		rest = behind
	}
}

func asKeyValue(t *testing.T, b []byte) {
	if ValidAttribute(b) != keyValue.Valid(b) {
		t.Errorf("the short way says %v", ValidAttribute(b))
	}
	key, value := KeyValue(b)
	MayHaveNonFinite(b)
	var kv commonpb.KeyValue
	if !keyValue.Valid(b) {
		return
	}
	if err := proto.Unmarshal(b, &kv); err != nil {
		t.Fatalf("a valid attribute: %v", err)
	}
	if string(key) != kv.Key || kv.Value == nil && len(value) > 0 {
		t.Errorf("key %q of %v", key, &kv)
	}
	field, kind, simple, ok := SimpleAttribute(b)
	if !ok {
		return
	}
	// Put together anew, it is the same attribute.
	types := []protowire.Type{1: protowire.BytesType, 2: protowire.VarintType, 3: protowire.VarintType, 4: protowire.Fixed64Type}
	v := append(AppendTag(nil, kind, types[kind]), simple...)
	var again commonpb.KeyValue
	if err := proto.Unmarshal(AppendBytes(bytes.Clone(field), 2, v), &again); err != nil || !proto.Equal(&again, &kv) && !MayHaveNonFinite(b) {
		t.Errorf("%v became %v, %v", &kv, &again, err)
	}
}

func asSpan(t *testing.T, b []byte) {
	StatusMessage(b)
	var span tracepb.Span
	if Span.Valid(b) {
		if err := proto.Unmarshal(b, &span); err != nil {
			t.Fatalf("a valid span: %v", err)
		}
		if got, want := string(StatusMessage(b)), span.GetStatus().GetMessage(); got != want {
			t.Errorf("status message %q, want %q", got, want)
		}
	}
	clean := Span.Clean(b)
	if !Span.Valid(clean) || proto.Unmarshal(clean, &span) != nil {
		t.Errorf("the clean form %x is not valid", clean)
	}
}

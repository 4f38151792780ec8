package query

import (
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Older Jaegers show escaped markup in arrays, and newer ones do not. Only these two texts
// find the value.
func TestValueMatchesBothTexts(t *testing.T) {
	b, err := proto.Marshal(&commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{
		Values: []*commonpb.AnyValue{tracetest.Text("<a> & b")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for want, matches := range map[string]bool{
		`["<a> & b"]`:                true,
		`["\u003ca\u003e \u0026 b"]`: true,
		`["\u003ca> & b"]`:           false,
		`["a b"]`:                    false,
	} {
		if (&condition{op: equals, want: want}).value(trace.LightTurn(t.Context()), b) != matches {
			t.Errorf("%s: matches %v", want, !matches)
		}
	}
}

// If a value is given twice the last one counts, as in decoding.
func TestValueGivenTwice(t *testing.T) {
	b := []byte("\x0a\x01x\x18\x07") // x, then 7
	for want, matches := range map[string]bool{"x": false, "7": true, "": false} {
		if (&condition{op: equals, want: want}).value(trace.LightTurn(t.Context()), b) != matches {
			t.Errorf("%q: matches %v", want, !matches)
		}
	}
}

// An array may come in pieces. A value that follows replaces it, and the array replaces an
// earlier value.
func TestElements(t *testing.T) {
	text := func(s string) []byte { return otlpwire.AppendBytes(nil, 1, []byte(s)) }
	array := func(s string) []byte { return otlpwire.AppendBytes(nil, 5, otlpwire.AppendBytes(nil, 1, text(s))) }
	for _, test := range []struct {
		value []byte
		want  string
	}{
		{slices.Concat(array("a"), array("b")), "a b"}, {slices.Concat(text("x"), array("a")), "a"}, {slices.Concat(array("a"), text("x")), ""}, {slices.Concat(array("a"), text("x"), array("b")), "b"},
		{slices.Concat(array("a"), []byte{9 << 3, 1}), "a"}, {[]byte{5<<3 | 2, 0}, ""}, {otlpwire.AppendBytes(nil, 6, otlpwire.AppendBytes(nil, 1, text("a"))), ""}, {nil, ""},
	} {
		var got []string
		if decodeValue(test.value).typ == otherValue {
			for e := range elements(test.value) {
				got = append(got, string(decodeValue(e).text))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: elements %q, want %s", test.value, got, test.want)
		}
	}
}

package query

import (
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Older Jaegers show markup in arrays escaped, newer ones do not: both texts
// find the value, and nothing else does.
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

// Of a value that is given twice the last one counts, as when it is decoded.
func TestValueGivenTwice(t *testing.T) {
	b := []byte("\x0a\x01x\x18\x07") // x, then 7
	for want, matches := range map[string]bool{"x": false, "7": true, "": false} {
		if (&condition{op: equals, want: want}).value(trace.LightTurn(t.Context()), b) != matches {
			t.Errorf("%q: matches %v", want, !matches)
		}
	}
}

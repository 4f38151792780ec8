package trace

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/tracetest"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// raw fields, for spans that no writer of protobuf would make.
func field9(kv []byte) []byte { return otlpwire.AppendBytes(nil, 9, kv) }

var text8 = tracetest.Text

// brokenSpan is a good span followed by extra encoded fields.
func brokenSpan(t testing.TB, extra ...[]byte) []byte {
	t.Helper()
	b, err := proto.Marshal(span(1, 0, "good", 10, 20))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range extra {
		b = append(b, e...)
	}
	return b
}

// request wraps an encoded span.
func request(span []byte) []byte {
	return otlpwire.AppendBytes(nil, 1, otlpwire.AppendBytes(nil, 2, otlpwire.AppendBytes(nil, 2, span)))
}

func nested(depth int) []byte {
	v := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "bottom")
	for range depth {
		v = otlpwire.AppendBytes(nil, 5, otlpwire.AppendBytes(nil, 1, v))
	}
	return otlpwire.AppendBytes(otlpwire.AppendBytes(nil, 1, []byte("deep")), 2, v)
}

func TestUncleanSpansAreServedClean(t *testing.T) {
	invalid := "caf\xe9"
	tests := []struct {
		name    string
		span    []byte
		unclean bool
		check   func(t *testing.T, s *tracepb.Span)
	}{
		{"nothing wrong", brokenSpan(t), false, nil},
		{"invalid UTF-8 in a value", brokenSpan(t, field9(otlpwire.AppendBytes(otlpwire.AppendBytes(nil, 1, []byte("k")), 2, otlpwire.AppendBytes(nil, 1, []byte(invalid))))), true,
			func(t *testing.T, s *tracepb.Span) {
				if got := s.Attributes[0].Value.GetStringValue(); got != "caf\uFFFD" {
					t.Errorf("value %q", got)
				}
			}},
		{"invalid UTF-8 in a key", brokenSpan(t, field9(otlpwire.AppendBytes(otlpwire.AppendBytes(nil, 1, []byte(invalid)), 2, otlpwire.AppendBytes(nil, 1, []byte("v"))))), true, nil},
		{"invalid UTF-8 in the name", brokenSpan(t, otlpwire.AppendBytes(nil, 5, []byte(invalid))), true,
			func(t *testing.T, s *tracepb.Span) {
				if s.Name != "caf\uFFFD" {
					t.Errorf("name %q", s.Name)
				}
			}},
		{"invalid UTF-8 in the status", brokenSpan(t, otlpwire.AppendBytes(nil, 15, otlpwire.AppendBytes(nil, 2, []byte(invalid)))), true, nil},
		{"invalid UTF-8 in an event", brokenSpan(t, otlpwire.AppendBytes(nil, 11, otlpwire.AppendBytes(nil, 2, []byte(invalid)))), true, nil},
		{"a trace id of 8 bytes", brokenSpan(t, otlpwire.AppendBytes(nil, 1, []byte("12345678"))), true, nil},
		{"a parent id of 3 bytes", brokenSpan(t, otlpwire.AppendBytes(nil, 4, []byte("123"))), true, nil},
		{"a link to an id of 5 bytes", brokenSpan(t, otlpwire.AppendBytes(nil, 13, otlpwire.AppendBytes(nil, 1, []byte("12345")))), true, nil},
		{"a name of another wire type", brokenSpan(t, protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.VarintType), 7)), true,
			func(t *testing.T, s *tracepb.Span) {
				if s.Name != "good" {
					t.Errorf("name %q", s.Name)
				}
			}},
		{"an attribute that breaks off", brokenSpan(t, field9([]byte{1<<3 | 2, 60, 'x'})), true, nil},
		{"the span breaks off", brokenSpan(t, []byte{9<<3 | 2, 120, 'x'}), true,
			func(t *testing.T, s *tracepb.Span) {
				if s.Name != "good" {
					t.Errorf("name %q", s.Name)
				}
			}},
		{"a value nested 20 deep", brokenSpan(t, field9(nested(20))), false, nil},
		{"a value nested 5,000 deep", brokenSpan(t, field9(nested(5000))), true, nil},
		{"unknown fields", brokenSpan(t, protowire.AppendVarint(protowire.AppendTag(nil, 2000, protowire.VarintType), 7)), false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, otel(t, request(tt.span)))
			if s.Len() != 1 {
				t.Fatalf("%d spans", s.Len())
			}
			if got := s.Span(0).Flags.Has(unclean); got != tt.unclean {
				t.Errorf("unclean = %v, want %v", got, tt.unclean)
			}
			d, err := s.Detail(0)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Span.TraceId) != 16 || !otlpwire.Span.Valid(s.Encoded(0)) {
				t.Errorf("served: %v", d.Span)
			}
			if tt.unclean && string(s.Raw(0)) != string(tt.span) {
				t.Error("the raw bytes have changed")
			}
			if tt.check != nil {
				tt.check(t, d.Span)
			}
		})
	}
}

func TestBrokenRequestKeepsWhatCameBefore(t *testing.T) {
	good := request(brokenSpan(t))
	s := load(t, otel(t, append(good, 1<<3|2, 100, 'x')), otel(t, good[:len(good)-1]))
	if s.Len() != 1 || len(s.Problems()) != 2 {
		t.Fatalf("%d spans, problems %v", s.Len(), s.Problems())
	}
	for _, p := range s.Problems() {
		if !strings.Contains(p.What, "breaks off") || p.Offset == 0 {
			t.Errorf("problem %+v", p)
		}
	}
}

func TestValueText(t *testing.T) {
	list := func(v ...*commonpb.AnyValue) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}}
	}
	double := func(f float64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
	}
	tests := []struct {
		v    *commonpb.AnyValue
		want string
	}{
		{nil, ""}, {&commonpb.AnyValue{}, ""}, {text8("a"), "a"},
		{&commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}, "true"},
		{&commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: -1 << 63}}, "-9223372036854775808"},
		{double(200), "200"}, {double(0.5), "0.5"}, {double(1e21), "1e+21"}, {double(1e-7), "1e-7"}, {double(math.Copysign(0, -1)), "-0"}, {double(math.NaN()), "NaN"},
		{&commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 255}}}, "AP8="},
		{list(text8("a"), double(math.Inf(1)), nil, list()), `["a","+Inf",null,[]]`},
		{&commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{
			{Key: "z", Value: text8("1")}, {Key: "a", Value: list(text8("<"))}}}}}, `{"a":["\u003c"],"z":"1"}`},
	}
	for _, tt := range tests {
		if got := ValueText(tt.v); got != tt.want {
			t.Errorf("ValueText(%v) = %q, want %q", tt.v, got, tt.want)
		}
		readable := strings.ReplaceAll(tt.want, `\u003c`, "<")
		if got := ReadableText(tt.v); got != readable {
			t.Errorf("ReadableText(%v) = %q, want %q", tt.v, got, readable)
		}
	}
}

// FuzzSpan checks that a span is kept whatever its bytes are, and that strict readers accept
// what is served of it.
func FuzzSpan(f *testing.F) {
	f.Add(brokenSpan(f))
	f.Add(brokenSpan(f, field9(nested(3))))
	f.Add(brokenSpan(f, otlpwire.AppendBytes(nil, 11, otlpwire.AppendBytes(nil, 2, []byte("caf\xe9")))))
	f.Add([]byte{0xff})
	f.Add([]byte("\x30\x03\x30\x63"))                                   // a known kind, then an unknown one
	f.Add([]byte("\x30\x83\x80\x80\x80\x10"))                           // a kind with bits that are cut off
	f.Add([]byte("\x7a\x05\x12\x01x\x18\x02\x7a\x02\x18\x63"))          // a status in two parts
	f.Add([]byte("\x7a\x05\x12\x01x\x18\x02\x7a\x05\x12\x01y\x18\x01")) // which both have a message
	f.Fuzz(func(t *testing.T, b []byte) {
		s := load(t, otel(t, request(b)))
		if s.Len() != 1 {
			t.Fatalf("%d spans", s.Len())
		}
		d, err := s.Detail(0)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(s.Span(0).Name) || d.Span.Name != s.Span(0).Name {
			t.Errorf("name %q, served as %q", s.Span(0).Name, d.Span.Name)
		}
		if len(d.Span.TraceId) != 16 || len(d.Span.SpanId) != 0 && len(d.Span.SpanId) != 8 {
			t.Errorf("ids %x %x", d.Span.TraceId, d.Span.SpanId)
		}
		if kind, status := d.Span.Kind, d.Span.GetStatus().GetCode(); s.Span(0).Kind != Kind(known(uint64(kind), 5)) || s.Span(0).Status != Status(known(uint64(status), 2)) {
			t.Errorf("kind %v and status %v, served as %v and %v", s.Span(0).Kind, s.Span(0).Status, kind, status)
		}
		if got := string(otlpwire.StatusMessage(s.Encoded(0))); got != d.Span.GetStatus().GetMessage() {
			t.Errorf("status message %q, served as %q", got, d.Span.GetStatus().GetMessage())
		}
		if s.Span(0).Flags&served == 0 {
			var strict tracepb.Span
			if err := proto.Unmarshal(b, &strict); err != nil {
				t.Errorf("not flagged, but a strict reader says: %v", err)
			}
		}
	})
}

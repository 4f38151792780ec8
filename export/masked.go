package export

import (
	"strings"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/mask"
)

// MaskedSpan gives an encoded span, which strict readers must accept, without its secrets.
// It leaves out everything that cannot be read, because it may hold a secret.
func MaskedSpan(wire []byte) []byte {
	s := &tracepb.Span{}
	return reencoded(wire, s, func() { maskSpan(s) })
}

// MaskedResource is MaskedSpan for an encoded resource.
func MaskedResource(wire []byte) []byte {
	r := &resourcepb.Resource{}
	return reencoded(wire, r, func() { maskAttributes(r.GetAttributes()) })
}

// MaskedScope is MaskedSpan for an encoded scope.
func MaskedScope(wire []byte) []byte {
	s := &commonpb.InstrumentationScope{}
	return reencoded(wire, s, func() { maskAttributes(s.GetAttributes()) })
}

// reencoded gives a message after a change. It leaves out everything that cannot be read,
// because it may hold a secret.
func reencoded(wire []byte, m proto.Message, change func()) []byte {
	if proto.Unmarshal(wire, m) != nil {
		return nil
	}
	m.ProtoReflect().SetUnknown(nil)
	change()
	out, err := proto.Marshal(m)
	if err != nil {
		return nil
	}
	return out
}

// maskSpan hides the secrets in all texts of a span. It reports whether it found any.
func maskSpan(s *tracepb.Span) (found bool) {
	hide(&s.Name, "", &found)
	hide(&s.TraceState, "", &found)
	if s.Status != nil {
		hide(&s.Status.Message, "", &found)
	}
	found = maskAttributes(s.Attributes) || found
	for _, e := range s.Events {
		hide(&e.Name, "", &found)
		found = maskAttributes(e.Attributes) || found
	}
	for _, l := range s.Links {
		hide(&l.TraceState, "", &found)
		found = maskAttributes(l.Attributes) || found
	}
	return found
}

func maskAttributes(all []*commonpb.KeyValue) (found bool) {
	for _, kv := range all {
		maskValue(kv.GetKey(), kv.GetValue(), &found)
	}
	return found
}

// maskValue hides the secrets of a value. name says what the value is: its key, or the flag
// before it in a command line. Values are nested only as deep as trace.Load allows.
func maskValue(name string, v *commonpb.AnyValue, found *bool) {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		hide(&value.StringValue, name, found)
	case *commonpb.AnyValue_BytesValue:
		if utf8.Valid(value.BytesValue) {
			text := string(value.BytesValue)
			hide(&text, name, found)
			value.BytesValue = []byte(text)
		}
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range value.ArrayValue.GetValues() {
			word := e.GetStringValue()
			maskValue(name, e, found)
			if name = ""; strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
				name = word
			}
		}
	case *commonpb.AnyValue_KvlistValue:
		for _, kv := range value.KvlistValue.GetValues() {
			maskValue(kv.GetKey(), kv.GetValue(), found)
		}
	}
}

// hide hides the secrets of a text.
func hide(text *string, name string, found *bool) {
	if masked := maskedText(name, *text); masked != *text {
		*text, *found = masked, true
	}
}

// maskedText is a text without its secrets. Its name can show that the whole text is one.
func maskedText(name, text string) string {
	if name == "" {
		return mask.Text(text)
	}
	return mask.Named(name, text)
}

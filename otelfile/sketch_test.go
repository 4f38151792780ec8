package otelfile

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// sketch writes all that a file has in a short form: a line for each resource, scope and
// span. Problems are one line each.
func sketch(t testing.TB, f *File) (spans string, problems []string) {
	t.Helper()
	var b strings.Builder
	for r := range f.Records(func(p Problem) { problems = append(problems, fmt.Sprintf("%v @%d: %s", p.Kind, p.Offset, p.Detail)) }) {
		var data tracepb.TracesData
		if err := proto.Unmarshal(r.Payload, &data); err != nil {
			t.Fatal(err)
		}
		for _, rs := range data.ResourceSpans {
			fmt.Fprintf(&b, "resource %s%s\n", attributes(rs.GetResource().GetAttributes(), rs.GetResource().GetDroppedAttributesCount()), schema(rs.SchemaUrl))
			for _, ss := range rs.ScopeSpans {
				fmt.Fprintf(&b, "scope %s@%s %s%s\n", ss.GetScope().GetName(), ss.GetScope().GetVersion(), attributes(ss.GetScope().GetAttributes(), ss.GetScope().GetDroppedAttributesCount()), schema(ss.SchemaUrl))
				for _, s := range ss.Spans {
					sketchSpan(&b, s)
				}
			}
		}
	}
	return b.String(), problems
}

func sketchSpan(b *strings.Builder, s *tracepb.Span) {
	fmt.Fprintf(b, "%s/%s<%s %q kind=%d %d-%d %s", hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId), hex.EncodeToString(s.ParentSpanId),
		s.Name, s.Kind, s.StartTimeUnixNano, s.EndTimeUnixNano, attributes(s.Attributes, s.DroppedAttributesCount))
	if s.Status != nil {
		fmt.Fprintf(b, " status=%d %q", s.Status.Code, s.Status.Message)
	}
	if s.Flags != 0 || s.TraceState != "" {
		fmt.Fprintf(b, " flags=%d state=%q", s.Flags, s.TraceState)
	}
	for _, e := range s.Events {
		fmt.Fprintf(b, " event(%d %q %s)", e.TimeUnixNano, e.Name, attributes(e.Attributes, e.DroppedAttributesCount))
	}
	for _, l := range s.Links {
		fmt.Fprintf(b, " link(%x/%x %s flags=%d state=%q)", l.TraceId, l.SpanId, attributes(l.Attributes, l.DroppedAttributesCount), l.Flags, l.TraceState)
	}
	if s.DroppedEventsCount+s.DroppedLinksCount > 0 {
		fmt.Fprintf(b, " dropped=%d,%d", s.DroppedEventsCount, s.DroppedLinksCount)
	}
	b.WriteByte('\n')
}

func schema(url string) string {
	if url == "" {
		return ""
	}
	return " schema=" + url
}

func attributes(all []*commonpb.KeyValue, dropped uint32) string {
	var parts []string
	for _, kv := range all {
		parts = append(parts, kv.Key+"="+value(kv.Value))
	}
	if dropped > 0 {
		parts = append(parts, fmt.Sprintf("+%d", dropped))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func value(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return fmt.Sprintf("%q", v.StringValue)
	case *commonpb.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return fmt.Sprintf("%gf", v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return fmt.Sprintf("x%x", v.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		var parts []string
		for _, e := range v.ArrayValue.Values {
			parts = append(parts, value(e))
		}
		return "(" + strings.Join(parts, " ") + ")"
	case *commonpb.AnyValue_KvlistValue:
		return attributes(v.KvlistValue.Values, 0)
	}
	return "null"
}

// checkSketch parses a file and compares what it has.
func checkSketch(t *testing.T, data []byte, format Format, want string, problems ...string) {
	t.Helper()
	f, err := Parse("x", data)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Format() != format {
		t.Errorf("format %v, want %v", f.Format(), format)
	}
	got, told := sketch(t, f)
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(told) != len(problems) {
		t.Errorf("problems %q, want %q", told, problems)
		return
	}
	for i, p := range problems {
		if !strings.Contains(told[i], p) {
			t.Errorf("problem %q does not say %q", told[i], p)
		}
	}
}

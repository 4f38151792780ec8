package otlptest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"prowtrace/otelfile"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// OddInputs are things that real or hostile files hold, each under a service
// of its own name, with the names of the spans that have to arrive. One span has
// as many children as asked for.
func OddInputs(t testing.TB, children int) (files []trace.Source, want map[string][]string) {
	want = map[string][]string{}
	add := func(service string, requests ...*tracepb.TracesData) {
		files = append(files, File(t, service, requests...))
		want[service] = append(want[service], spanNames(requests)...)
	}
	id := uint64(1 << 32)
	// span makes a span of the trace that was begun last; a time of -1 is absent.
	span := func(n, parent uint64, start, end float64) *tracepb.Span {
		s := &tracepb.Span{TraceId: TraceID(id), SpanId: SpanID(n), Name: fmt.Sprint("span ", n)}
		if parent != 0 {
			s.ParentSpanId = SpanID(parent)
		}
		if start >= 0 {
			s.StartTimeUnixNano = At(start)
		}
		if end >= 0 {
			s.EndTimeUnixNano = At(end)
		}
		return s
	}
	with := func(s *tracepb.Span, change func(*tracepb.Span)) *tracepb.Span { change(s); return s }
	row := func(service string, spans ...*tracepb.Span) {
		add(service, Under(service, spans...))
		id++
	}

	row("child outside its parent", span(1, 0, 10, 20), span(2, 1, 5, 12), span(3, 1, 18, 30))
	row("zero duration", span(1, 0, 10, 10))
	row("end before start", span(1, 0, 10, 20), span(2, 1, 15, 12))
	row("no end", span(1, 0, 10, -1), span(2, 1, 12, 30))
	row("no times", span(1, 0, -1, -1), span(2, 1, 12, 30), span(3, 1, -1, -1))
	row("no time in the whole trace", span(1, 0, -1, -1))
	row("no start", span(1, 0, -1, 20))
	row("own parent", span(1, 1, 10, 20))
	row("cycle", span(1, 3, 10, 20), span(2, 1, 11, 12), span(3, 2, 12, 13))
	row("parent absent", span(1, 99, 10, 20))
	row("two roots", span(1, 0, 10, 20), span(2, 0, 11, 21))
	row("no span id", with(span(0, 0, 10, 20), func(s *tracepb.Span) { s.SpanId = nil }), with(span(0, 0, 11, 21), func(s *tracepb.Span) { s.SpanId = make([]byte, 8); s.Name = "zeros" }))
	row("no trace id", with(span(1, 0, 10, 20), func(s *tracepb.Span) { s.TraceId = nil }), with(span(2, 1, 11, 12), func(s *tracepb.Span) { s.TraceId = make([]byte, 16) }))
	row("times near 2^63",
		with(span(1, 0, 0, 0), func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = math.MaxInt64-5, math.MaxInt64 }),
		with(span(2, 1, 0, 0), func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = math.MaxUint64-5, math.MaxUint64 }),
		with(span(3, 1, 0, 0), func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = 1, math.MaxUint64 }))
	row("same ids, other content", span(1, 0, 10, 20), with(span(1, 0, 15, 25), func(s *tracepb.Span) { s.Name = "second" }), span(2, 1, 11, 12))
	row("names", func() (spans []*tracepb.Span) {
		for i, name := range []string{"", "🦀 emoji", "\u202eright to left", "two\nlines", "<script>alert(1)</script>", "\x1b[31mred\x1b[0m", "nul \x00", strings.Repeat("long ", 10_000)} {
			spans = append(spans, with(span(uint64(i+1), 0, float64(i), 20), func(s *tracepb.Span) { s.Name = name }))
		}
		return spans
	}()...)
	row("attribute of 1 MB", with(span(1, 0, 10, 20), func(s *tracepb.Span) {
		s.Attributes = []*commonpb.KeyValue{Attr("large", Str(strings.Repeat("x", 1<<20)))}
	}))
	row("attribute kinds", with(span(1, 0, 10, 20), func(s *tracepb.Span) { s.Attributes = append(EveryKind(), NotNumbers()...) }))
	row("deep value", with(span(1, 0, 10, 20), func(s *tracepb.Span) {
		v := Str("bottom")
		for i := range 3000 {
			if v = Array(v); i%2 == 0 {
				v = Map(Attr("k", v.GetArrayValue().Values[0]))
			}
		}
		s.Attributes = []*commonpb.KeyValue{Attr("deep", v)}
	}))
	row("chain", func() (spans []*tracepb.Span) {
		for i := range 10_000 {
			spans = append(spans, span(uint64(i+1), uint64(i), 10, 20))
		}
		return spans
	}()...)
	row("children", func() (spans []*tracepb.Span) {
		spans = append(spans, span(1, 0, 10, 20))
		for i := range children {
			spans = append(spans, span(uint64(i+2), 1, 10, 20))
		}
		return spans
	}()...)
	row("", span(1, 0, 10, 20)) // an empty service.name
	want[trace.UnknownService], want[""] = want[""], nil
	none := Under("", span(1, 0, 10, 20))
	none.ResourceSpans[0].Resource = nil
	add(trace.UnknownService, none)
	id++

	// The same span in two files, and in two traces.
	row("twice", span(1, 0, 10, 20))
	files = append(files, trace.Source{Name: "twice again", Data: files[len(files)-1].Data})
	row("two traces", span(1, 0, 10, 20), with(span(1, 0, 10, 20), func(s *tracepb.Span) { s.TraceId = TraceID(id + 1<<20) }))

	// What protobuf refuses to write.
	files = append(files, broken(t, TraceID(id)))
	want["invalid \uFFFD"] = []string{"name \uFFFD"}
	return files, want
}

// broken is a file with a span whose texts are no UTF-8 and whose ids have
// wrong lengths.
func broken(t testing.TB, id []byte) trace.Source {
	t.Helper()
	spoil := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(strings.ReplaceAll(string(b), "#", "\xff"))
	}
	span := spoil(&tracepb.Span{
		TraceId: id, SpanId: SpanID(1), Name: "name #", TraceState: "state #", StartTimeUnixNano: At(1), EndTimeUnixNano: At(2),
		Attributes: []*commonpb.KeyValue{Attr("key #", Str("value #")), Attr("inner", Map(Attr("key #", Array(Str("value #")))))},
		Events:     []*tracepb.Span_Event{{TimeUnixNano: At(1), Name: "event #", Attributes: []*commonpb.KeyValue{Attr("key #", Str("value #"))}}},
		Links:      []*tracepb.Span_Link{{TraceId: []byte("#short"), SpanId: []byte("#longer than eight"), TraceState: "#"}},
		Status:     &tracepb.Status{Message: "message #"},
	})
	span = protowire.AppendBytes(protowire.AppendTag(span, 4, protowire.BytesType), []byte("odd")) // parent id
	scope := spoil(&commonpb.InstrumentationScope{Name: "scope #", Version: "#", Attributes: []*commonpb.KeyValue{Attr("#", Str("#"))}})
	resource := spoil(Under("invalid #").ResourceSpans[0].Resource)
	field := func(num protowire.Number, content []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), content)
	}
	scopeSpans := slices.Concat(field(1, scope), field(2, span), field(3, []byte("schema \xff")))
	payload := field(1, slices.Concat(field(1, resource), field(2, scopeSpans), field(3, []byte("schema \xff"))))
	var b strings.Builder
	if err := otelfile.NewWriter(&b).Write(payload); err != nil {
		t.Fatal(err)
	}
	return trace.Source{Name: "broken", Data: []byte(b.String())}
}

func spanNames(requests []*tracepb.TracesData) (names []string) {
	for _, r := range requests {
		for _, rs := range r.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					names = append(names, s.GetName())
				}
			}
		}
	}
	return names
}

package remote

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
	"prowtrace/trace"
)

// oddInputs are things that real or hostile files hold, each under a service
// of its own name, with the names of the spans that have to arrive. One span has
// as many children as asked for.
func oddInputs(t testing.TB, children int) (files []trace.Source, want map[string][]string) {
	want = map[string][]string{}
	add := func(service string, requests ...*tracepb.TracesData) {
		files = append(files, file(t, service, requests...))
		for _, e := range flatten(requests...) {
			want[service] = append(want[service], e.span.GetName())
		}
	}
	id := uint64(1 << 32)
	// span makes a span of the trace that was begun last; a time of -1 is absent.
	span := func(n, parent uint64, start, end float64) *tracepb.Span {
		s := &tracepb.Span{TraceId: tid(id), SpanId: sid(n), Name: fmt.Sprint("span ", n)}
		if parent != 0 {
			s.ParentSpanId = sid(parent)
		}
		if start >= 0 {
			s.StartTimeUnixNano = at(start)
		}
		if end >= 0 {
			s.EndTimeUnixNano = at(end)
		}
		return s
	}
	with := func(s *tracepb.Span, change func(*tracepb.Span)) *tracepb.Span { change(s); return s }
	row := func(service string, spans ...*tracepb.Span) {
		add(service, under(service, spans...))
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
		s.Attributes = []*commonpb.KeyValue{attr("large", str(strings.Repeat("x", 1<<20)))}
	}))
	row("attribute kinds", with(span(1, 0, 10, 20), func(s *tracepb.Span) { s.Attributes = append(everyKind(), notNumbers()...) }))
	row("deep value", with(span(1, 0, 10, 20), func(s *tracepb.Span) {
		v := str("bottom")
		for i := range 3000 {
			if v = array(v); i%2 == 0 {
				v = dict(attr("k", v.GetArrayValue().Values[0]))
			}
		}
		s.Attributes = []*commonpb.KeyValue{attr("deep", v)}
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
	none := under("", span(1, 0, 10, 20))
	none.ResourceSpans[0].Resource = nil
	add(trace.UnknownService, none)
	id++

	// The same span in two files, and in two traces.
	row("twice", span(1, 0, 10, 20))
	files = append(files, trace.Source{Name: "twice again", Data: files[len(files)-1].Data})
	row("two traces", span(1, 0, 10, 20), with(span(1, 0, 10, 20), func(s *tracepb.Span) { s.TraceId = tid(id + 1<<20) }))

	// What protobuf refuses to write.
	files = append(files, broken(t, tid(id)))
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
		TraceId: id, SpanId: sid(1), Name: "name #", TraceState: "state #", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2),
		Attributes: []*commonpb.KeyValue{attr("key #", str("value #")), attr("inner", dict(attr("key #", array(str("value #")))))},
		Events:     []*tracepb.Span_Event{{TimeUnixNano: at(1), Name: "event #", Attributes: []*commonpb.KeyValue{attr("key #", str("value #"))}}},
		Links:      []*tracepb.Span_Link{{TraceId: []byte("#short"), SpanId: []byte("#longer than eight"), TraceState: "#"}},
		Status:     &tracepb.Status{Message: "message #"},
	})
	span = protowire.AppendBytes(protowire.AppendTag(span, 4, protowire.BytesType), []byte("odd")) // parent id
	scope := spoil(&commonpb.InstrumentationScope{Name: "scope #", Version: "#", Attributes: []*commonpb.KeyValue{attr("#", str("#"))}})
	resource := spoil(under("invalid #").ResourceSpans[0].Resource)
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

// No input makes a real Jaeger fail, and every span of it arrives.
func TestOddInputsInRealJaeger(t *testing.T) {
	files, want := oddInputs(t, 100_000)
	set := load(t, files...)
	storage := listen(t, set)
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			got := map[string][]string{}
			for i := range set.NumTraces() {
				id := set.Trace(i).ID
				var traces []uiTrace
				if status, body := j.get(t, "/api/traces/"+hex.EncodeToString(id[:]), nil); status != http.StatusOK { // adjusted, as the UI asks
					t.Errorf("trace %v: HTTP %d %.500s", id, status, body)
				}
				j.ask(t, "/api/traces/"+hex.EncodeToString(id[:]), url.Values{"raw": {"true"}}, &traces)
				for _, tr := range traces {
					for _, s := range tr.Spans {
						service := tr.Processes[s.ProcessID].ServiceName
						got[service] = append(got[service], s.OperationName)
					}
				}
			}
			services := j.services(t)
			for service, names := range want {
				if len(names) == 0 {
					continue
				}
				t.Run(service, func(t *testing.T) {
					sameStrings(t, got[service], slices.Clone(names))
					if !slices.Contains(services, service) {
						t.Errorf("not among the services %q", services)
					}
					if found := j.find(t, search{service: service, startMax: math.MaxInt64, limit: 10}); len(found) == 0 {
						t.Error("a search for the service finds nothing")
					}
				})
			}
		})
	}
}

package viewer

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
	"prowtrace/trace"
)

// large is one trace of n spans; parent gives the span that span i is under,
// for i > 0. Span i lasts from i to n milliseconds.
func large(t testing.TB, n int, parent func(i int) int) *trace.Set {
	t.Helper()
	id := traceID(1)
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		s := span{id: uint64(i + 1), name: fmt.Sprintf("span %d", i), start: uint64(i), end: uint64(n), change: with(text("url.full", "https://api.example/v1/things"))}
		if i > 0 {
			s.parent = uint64(parent(i) + 1)
		}
		spans[i] = s.proto(id)
	}
	payload, err := proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans, Scope: &commonpb.InstrumentationScope{}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := otelfile.NewWriter(&b).Write(payload); err != nil {
		t.Fatal(err)
	}
	return load(t, trace.Source{Name: "large.otel", Data: b.Bytes()})
}

func chain(i int) int   { return i - 1 }
func fan(int) int       { return 0 }
func ternary(i int) int { return (i - 1) / 3 }

func TestLargeTraces(t *testing.T) {
	for _, test := range []struct {
		name       string
		spans      int
		parent     func(int) int
		depth      int32
		pages      int
		last       string   // of the last row
		secondSays []string // on the second page
	}{
		{"chain 10,000 deep", 10_000, chain, 9999, 5, "span 9999", []string{"Inside … › ", "2,001–4,000 of 10,000", ">2001</span>", "level 2001"}},
		{"100,000 children", 100_000, fan, 1, 50, "span 99999", []string{"Inside <a ", "2,001–4,000 of 100,000"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := large(t, test.spans, test.parent)
			nodes := newTree(set, set.Trace(0))
			if len(nodes) != test.spans {
				t.Fatalf("%d nodes", len(nodes))
			}
			if last := nodes[len(nodes)-1]; last.depth != test.depth || set.Span(last.row).Name != test.last {
				t.Errorf("the last node is %q at depth %d", set.Span(last.row).Name, last.depth)
			}
			h := New(set, Info{})
			address := "/trace/" + traceID(1).String()
			second := page(t, h, address+"?page=2")
			for _, want := range test.secondSays {
				if !strings.Contains(second, want) {
					t.Errorf("page 2 does not say %q", want)
				}
			}
			for _, target := range []string{address, fmt.Sprintf("%s?page=%d", address, test.pages)} {
				body := page(t, h, target)
				if got := strings.Count(body, `<tr id="s`); got != rowsPerPage {
					t.Errorf("%s: %d rows, want %d", target, got, rowsPerPage)
				}
				if len(body) > 2_500_000 {
					t.Errorf("%s: %d bytes", target, len(body))
				}
			}
		})
	}
}

// A link to a row leads to the page that has the row.
func TestRowLink(t *testing.T) {
	set := large(t, 5000, chain)
	h := New(set, Info{})
	for _, at := range []int{0, 1999, 2000, 4999} {
		target, anchor, _ := strings.Cut(rowLink(set.Trace(0), set.Trace(0).First+at), "#")
		if !strings.Contains(page(t, h, target), `<tr id="`+anchor+`"`) {
			t.Errorf("%s does not have row %s", target, anchor)
		}
	}
}

func TestPager(t *testing.T) {
	set := load(t, manyTraces(t, 2*tracesPerPage+1)...)
	h := New(set, Info{})
	for _, test := range []struct {
		name, target string
		rows         int
		says, not    []string
	}{
		{"first", "/", 200, []string{"1–200 of 401", `href="/?page=2"`, `href="/?page=3"`}, []string{`rel="prev"`}},
		{"middle", "/?page=2", 200, []string{"201–400 of 401", `rel="prev"`, `rel="next"`}, nil},
		{"last", "/?page=3", 1, []string{"401–401 of 401"}, []string{`rel="next"`}},
		{"beyond the last", "/?page=999999999999999999999", 1, nil, nil},
		{"not a number", "/?page=x", 200, nil, nil},
		{"negative", "/?page=-5", 200, nil, nil},
		{"keeps the filter", "/?operation=call&page=2", 200, []string{"401 found", `href="/?operation=call&amp;page=3"`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := page(t, h, test.target)
			if got := strings.Count(body, `<a href="/trace/`); got != test.rows {
				t.Errorf("%d rows, want %d", got, test.rows)
			}
			for _, s := range test.says {
				if !strings.Contains(body, s) {
					t.Errorf("the page does not say %q", s)
				}
			}
			for _, s := range test.not {
				if strings.Contains(body, s) {
					t.Errorf("the page says %q", s)
				}
			}
		})
	}
}

func manyTraces(t testing.TB, n int) []trace.Source {
	var spans []span
	for i := range n {
		spans = append(spans, span{id: uint64(i + 1), name: "call", start: uint64(i), end: uint64(i + 1), change: func(s *tracepb.Span) {
			s.TraceId = append(spanID(7), spanID(uint64(i+1))...)
		}})
	}
	return []trace.Source{file(t, 1, spans...)}
}

// BenchmarkPages measures a request each, on one trace of 100,000 spans.
func BenchmarkPages(b *testing.B) {
	set := large(b, 100_000, ternary)
	h := New(set, Info{})
	one := "/trace/" + traceID(1).String()
	for _, bench := range []struct{ name, target string }{
		{"overview", "/"}, {"first", one}, {"middle", one + "?page=25"}, {"span", one + "/span/0000000000012345"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := get(h, bench.target); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			newTree(set, set.Trace(0))
		}
	})
}

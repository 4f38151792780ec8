package viewer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
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
func large(t testing.TB, n int, parent func(i int) int) *trace.View {
	t.Helper()
	id := traceID(1)
	spans := make([]*tracepb.Span, n)
	for i := range spans {
		s := span{id: uint64(i + 1), name: fmt.Sprintf("span %d", i), start: uint64(i), end: uint64(n), change: func(p *tracepb.Span) {
			with(textAttribute("url.full", "https://api.example/v1/things"))(p)
			logged(eventAt(uint64(i), "retry", textAttribute("reason", "timeout")))(p)
		}}
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

// readColumns decodes an answer with columns.
func readColumns(t testing.TB, b []byte) (columnsHead, map[string][]float64) {
	t.Helper()
	size := int(binary.LittleEndian.Uint32(b))
	var head columnsHead
	if err := json.Unmarshal(b[4:4+size], &head); err != nil {
		t.Fatal(err)
	}
	columns := map[string][]float64{}
	for _, c := range head.Columns {
		if (4+size+c.Offset)%8 != 0 {
			t.Errorf("column %s is not aligned", c.Name)
		}
		at := b[4+size+c.Offset:]
		for i := range head.To - head.From {
			var v float64
			switch c.Type {
			case "u8":
				v = float64(at[i])
			case "u16":
				v = float64(binary.LittleEndian.Uint16(at[2*i:]))
			case "u32":
				v = float64(binary.LittleEndian.Uint32(at[4*i:]))
			case "f32":
				v = float64(math.Float32frombits(binary.LittleEndian.Uint32(at[4*i:])))
			}
			columns[c.Name] = append(columns[c.Name], v)
		}
	}
	return head, columns
}

func TestColumns(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	target := "/api/v1/traces/" + traceID(1).String() + "/columns"
	head, c := readColumns(t, get(h, target).Body.Bytes())
	if head.From != 0 || head.To != 6 || head.Lines != 6 {
		t.Errorf("head %+v", head)
	}
	for name, want := range map[string]string{
		"depth":    "[0 1 2 1 0 1]",
		"start":    "[0 2e+08 3e+08 1.1e+09 8e+08 8e+08]",
		"duration": "[2e+09 1.8e+09 4e+08 0 4e+08 4e+08]",
		"self":     "[2e+08 1.4e+09 4e+08 0 0 4e+08]",
		"service":  "[0 0 1 0 0 0]",
		"kind":     "[1 1 35 1 0 1]", // the third is a client with an error
		"flags":    fmt.Sprint([]int{0, int(trace.Unfinished), 0, 0, int(trace.MissingParent), int(trace.Orphan)}),
	} {
		if got := fmt.Sprint(c[name]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	head, c = readColumns(t, get(h, target+"?from=2&to=4").Body.Bytes())
	if head.From != 2 || head.To != 4 || fmt.Sprint(c["depth"]) != "[2 1]" {
		t.Errorf("a range: %+v %v", head, c["depth"])
	}
	if head, _ := readColumns(t, get(h, target+"?from=9").Body.Bytes()); head.To != head.From {
		t.Errorf("beyond the end: %+v", head)
	}
}

// The columns and the critical path of a long chain come in pages, which together are
// the whole.
func TestPagesOfALongChain(t *testing.T) {
	h := newViewer(large(t, pieceOfColumns+10, chain), Info{})
	one := "/api/v1/traces/" + traceID(1).String()
	for query, want := range map[string][2]int{"": {0, pieceOfColumns}, "?from=20": {20, pieceOfColumns + 10}, fmt.Sprint("?from=", pieceOfColumns): {pieceOfColumns, pieceOfColumns + 10}} {
		head, c := readColumns(t, get(h, one+"/columns"+query).Body.Bytes())
		if got := [2]int{head.From, head.To}; got != want || head.Lines != pieceOfColumns+10 || c["depth"][len(c["depth"])-1] != float64(want[1]-1) {
			t.Errorf("columns%s: %+v, want %v", query, head, want)
		}
	}
	target := one + "/critical"
	type critical struct {
		Segments      []int64
		Offset, Total int
	}
	ask := func(query string) (c critical) {
		if err := json.Unmarshal(get(h, target+query).Body.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second := ask(""), ask("?offset=50000")
	if first.Total != pieceOfColumns+10 || len(first.Segments) != 150_000 || second.Offset != 50_000 || len(second.Segments) != 150_000 {
		t.Errorf("%d of %d, then %d from %d", len(first.Segments), first.Total, len(second.Segments), second.Offset)
	}
	if last := first.Segments[149_998]; last != second.Segments[2] {
		t.Errorf("a page begins at %d, the next ends at %d", last, second.Segments[2])
	}
	if few := ask("?offset=3&limit=2"); fmt.Sprint(few.Segments) != fmt.Sprint(first.Segments[9:15]) {
		t.Errorf("two of them: %v", few.Segments)
	}
}

// A long trace needs the upper halves of its times.
func TestLongTimes(t *testing.T) {
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "day", end: 86400_000}, span{id: 2, parent: 1, name: "late", start: 86399_000, end: 86400_000})), Info{})
	_, c := readColumns(t, get(h, "/api/v1/traces/"+traceID(1).String()+"/columns").Body.Bytes())
	if got := c["start"][1] + c["startHigh"][1]*(1<<32); got != 86399e9 {
		t.Errorf("start %v", got)
	}
	if got := c["duration"][0] + c["durationHigh"][0]*(1<<32); got != 86400e9 {
		t.Errorf("duration %v", got)
	}
}

// No answer about a large trace is large.
func TestLargeTraces(t *testing.T) {
	for _, test := range []struct {
		name   string
		spans  int
		parent func(int) int
	}{{"chain 10,000 deep", 10_000, chain}, {"100,000 children", 100_000, fan}} {
		t.Run(test.name, func(t *testing.T) {
			h := newViewer(large(t, test.spans, test.parent), Info{})
			one := "/api/v1/traces/" + traceID(1).String()
			for target, limit := range map[string]int{
				one + "/columns": 26 * test.spans, one + "/lines?at=0-99999": 600_000, one + "/flame": 1_500_000, one + "/operations": 1_500_000, one + "/services": 2000, one + "/compare?with=" + traceID(1).String(): 1_200_000,
				one + "/spans/0000000000000010": 4000, one + "/find?q=things": 4 * test.spans, one + "/events": 110_000,
			} {
				if n := len(page(t, h, target)); n > limit {
					t.Errorf("%s has %d bytes, more than %d", target, n, limit)
				}
			}
			head, _ := readColumns(t, get(h, one+"/columns").Body.Bytes())
			if head.Lines != test.spans {
				t.Errorf("%d lines", head.Lines)
			}
		})
	}
}

func TestFindInTrace(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	for q, want := range map[string]string{
		"":                           "[0 1 2 3 5]",
		"error":                      "[2]",
		"http":                       "[2 5]",
		"dur>=400ms dur<1s":          "[2 5]",
		"flag:unfinished":            "[1]",
		"self>1s":                    "[1]",
		"-kind:internal":             "[2]",
		"name~^(poll|kops)$":         "[0 3]",
		"service!=kops":              "[2]",
		`args=nothing`:               "[]",
		`args~update`:                "[0]",
		"scope:kops -name:http poll": "[3]",
		"after:+300ms before:+1s":    "[2 5]",
		"after:03:04:05.8":           "[3 5]",
		"before:03:04:05.2":          "[0]",
		"-before:03:04:06":           "[3]",
		"after:2025-01-02T04:04:06+01:00 OR before:03:04:05.1": "[0 3]",
		"(error OR poll) -(name=poll)":                         "[2]",
		"(name=kops OR service=cloud) (dur>1s OR error)":       "[0 2]",
		"-(error OR dur<1ms) -(-dur<500ms)":                    "[5]",
		"(name~^(poll|kops)$) OR(error)":                       "[0 2 3]",
		"((name=poll":                                          "[3]",
		"() poll -()":                                          "[3]",
		"(poll OR)":                                            "[3]",
		"(OR) (-) x":                                           "[]",
		`(message="dial tcp: lookup api.example: no such host" retry>=3)`: "[2]",
		"a)":                         "[]",
		"(name=kops)poll":            "[]",
		"-(name!=kops)":              "[0]",
		"error OR dur<1ms":           "[2 3]",
		"name=kops OR -service=kops": "[0 2]",
	} {
		b := get(h, "/api/v1/traces/"+traceID(1).String()+"/find?q="+url.QueryEscape(q)).Body.Bytes()
		lines := []uint32{}
		for ; len(b) >= 4; b = b[4:] {
			lines = append(lines, binary.LittleEndian.Uint32(b))
		}
		if got := fmt.Sprint(lines); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
}

// BenchmarkAnswers measures a request each, on one trace of 100,000 spans.
func BenchmarkAnswers(b *testing.B) {
	h := newViewer(large(b, 100_000, ternary), Info{})
	one := "/api/v1/traces/" + traceID(1).String()
	for _, bench := range []struct{ name, target string }{
		{"run", "/api/v1/run"}, {"columns", one + "/columns"}, {"lines", one + "/lines?at=500-540"}, {"words", one + "/find?q=nothing"},
		{"regex", one + "/find?q=url.full~nothing"}, {"operations", one + "/operations"}, {"flame", one + "/flame"}, {"critical", one + "/critical"},
		{"keys", one + "/keys"}, {"by attribute", one + "/operations?by=url.full"}, {"compare", one + "/compare?with=" + traceID(1).String()},
		{"span", one + "/spans/0000000000012345"}, {"events", one + "/events"}, {"events by words", one + "/events?q=nothing"}, {"events by another", one + "/events?q=timeout"},
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
}

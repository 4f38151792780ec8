package viewer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='alert(1)", "javascript:alert(1)", "{{.}}", "<!--", "]]>", "</textarea></svg>",
	"new\nline", "\x1b]0;title\x07\x1b[2J", "exe.\u202egnp.\u2066x", "שלום عالم", "👩‍💻🔥", "\xff\xfe", "\x00", "", " ", strings.Repeat("W", 5000), "Z" + strings.Repeat("\u0301", 500),
}

// hostileFile has every hostile string in every place where text can be.
func hostileFile(t *testing.T) trace.Source {
	var spans []span
	for i, s := range hostile {
		valid := strings.ToValidUTF8(s, "\uFFFD")
		spans = append(spans, span{id: uint64(i + 1), parent: uint64(i), name: valid, service: valid, start: uint64(i), end: 50, change: func(p *tracepb.Span) {
			p.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: valid}
			p.TraceState = valid
			p.Attributes = []*commonpb.KeyValue{textAttribute(valid, valid), textAttribute("url.full", valid), attribute("args", list(valid, valid))}
			p.Events = []*tracepb.Span_Event{{Name: valid, Attributes: p.Attributes}}
			p.Links = []*tracepb.Span_Link{{TraceId: p.TraceId, SpanId: p.SpanId, TraceState: valid, Attributes: p.Attributes}}
		}})
	}
	f := file(t, 1, spans...)
	f.Name = "artifacts/\u202e<b>\n.otel"
	return f
}

// lossless are the places where text is sent as it is, for programs.
var lossless = map[string]bool{"value": true}

func TestHostileText(t *testing.T) {
	bad := trace.Source{Name: "<i>\x1b\n.otel", Data: []byte("nothing of use in here <script>")}
	set := load(t, hostileFile(t), bad)
	info := Info{Title: "<script>\n\u202e", Run: "javascript:alert(1)", Jaeger: "data:text/html,x", Links: []Link{{"\x1b<b>", "javascript:alert(1)"}, {"", "vbscript:x"}, {"ok", "https://x/\"><script>"}},
		Jobs: []Job{{Title: "<b>\u202e\n", Run: "javascript:alert(1)", Links: []Link{{"<i>\x1b", "data:text/html,x"}}}, {Trace: traceID(1), Title: "x", Run: "https://x/"}}}
	h := newViewer(set, info)
	one := "traces/" + traceID(1).String()
	targets := []string{"run", "files", "problems", "traces", "operations", "flame", "services", one, one + "/lines?at=0-100", one + "/operations", one + "/keys", one + "/events", one + "/operations?by=args", one + "/compare?with=" + traceID(1).String()}
	for i := range hostile {
		targets = append(targets, fmt.Sprintf("%s/spans/%d", one, i))
	}
	for _, target := range targets {
		w := get(h, "/api/v1/"+target)
		if w.Code != 200 {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
		if bytes.ContainsAny(w.Body.Bytes(), "<>") {
			t.Errorf("%s: markup is not escaped", target)
		}
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		checkText(t, target, "", v)
	}
}

// checkText fails on text that could break its line, and on addresses that run.
func checkText(t *testing.T, target, key string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if !lossless[k] {
				checkText(t, target, k, e)
			}
		}
	case []any:
		for _, e := range v {
			checkText(t, target, key, e)
		}
	case string:
		if (key == "url" || key == "run" || key == "jaeger") && !strings.HasPrefix(v, "https://x/") {
			t.Errorf("%s: %s is %q", target, key, v)
		}
		for _, r := range v {
			if r == '\u200d' || key == "text" && r == '\n' {
				continue
			}
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%s: %U in %s: %.100q", target, r, key, v)
			}
		}
	}
}

// A megabyte in one value costs its own detail four kilobytes, and lists nothing.
func TestMegabyteAttribute(t *testing.T) {
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	binary := bytes.Repeat([]byte{0xff, 0x00}, 1<<19)
	h := newViewer(load(t, file(t, 1, span{id: 1, name: big, end: 1, change: with(
		textAttribute("url.full", big), textAttribute("small", "x"), attribute("blob", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: binary}}))})), Info{})
	one := "/api/v1/traces/" + traceID(1).String()
	self := one + "/spans/0000000000000001"
	for target, limit := range map[string]int{"/api/v1/traces": 2000, one: 2000, one + "/lines?at=0": 2000, self: 20_000} {
		if n := len(page(t, h, target)); n > limit {
			t.Errorf("%s has %d bytes, more than %d", target, n, limit)
		}
	}
	if got := page(t, h, self+"/values/0"); got != big {
		t.Errorf("the download has %d bytes, want %d", len(got), len(big))
	}
	w := get(h, self+"/values/2")
	if !bytes.Equal(w.Body.Bytes(), binary) || w.Header().Get("Content-Disposition") != `attachment; filename="value.bin"` {
		t.Errorf("the download has %d bytes, headers %v", w.Body.Len(), w.Header())
	}
	if got := get(h, one+"/find?q=CDE%5Cn0123").Body.Len(); got != 0 {
		t.Error("backslashes outside of quotes mean themselves")
	}
	if got := get(h, one+"/find?q=9ABCDE").Body.Len(); got != 4 {
		t.Error("a large value is not searched")
	}
}

// Sums of times that no clock has stop at the largest number, and each path comes
// after the one that it is in: whoever goes up from it ends at a root.
func TestCenturies(t *testing.T) {
	ages := func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = 1, math.MaxInt64 }
	spans := []span{{id: 1, name: "root", change: ages}, {id: 2, parent: 1, name: "group", change: ages}}
	for i := range analysis.MaxFrames + analysis.MaxCompared {
		s := span{id: uint64(i + 10), parent: 2, name: fmt.Sprintf("call %d", i), start: 1, end: 2}
		if i < 3 {
			s.change = ages
		}
		spans = append(spans, s)
	}
	h := newViewer(load(t, file(t, 1, spans...), file(t, 2, span{id: 1, name: "other", end: 1})), Info{})
	one := "traces/" + traceID(1).String()
	f := answer[flame](t, h, one+"/flame")
	c := answer[comparison](t, h, one+"/compare?with="+traceID(2).String())
	if len(f.Frames) != analysis.MaxFrames || len(c.Paths) != analysis.MaxCompared || f.Left == 0 || c.LeftPaths == 0 {
		t.Fatalf("%d frames, %d paths", len(f.Frames), len(c.Paths))
	}
	for i, f := range f.Frames {
		if f.Parent >= i || f.Parent < 0 && i > 0 || f.Width < 0 || f.Self < 0 {
			t.Fatalf("frame %d: %+v", i, f)
		}
	}
	for i, p := range c.Paths {
		if p.Parent >= i || p.Parent < 0 && i > 0 || p.Here.Self < 0 || p.Here.Total < 0 {
			t.Fatalf("path %d: %+v", i, p)
		}
	}
}

func TestRawSpan(t *testing.T) {
	set := load(t, sampleFiles(t)...)
	got := page(t, newViewer(set, Info{}), "/api/v1/traces/"+traceID(1).String()+"/spans/0/raw")
	if got != string(set.Raw(set.Trace(0).First)) {
		t.Errorf("got %d bytes", len(got))
	}
}

// The export of a trace holds each of its spans.
func TestExport(t *testing.T) {
	set := load(t, sampleFiles(t)...)
	var got struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ TraceID, SpanID, StartTimeUnixNano string }
			}
		}
	}
	if err := json.Unmarshal([]byte(page(t, newViewer(set, Info{}), "/api/v1/traces/"+traceID(1).String()+"/otlp")), &got); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range got.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				ids = append(ids, strings.TrimLeft(span.SpanID, "0"))
			}
		}
	}
	slices.Sort(ids)
	if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(ids, want) {
		t.Errorf("spans %q, want %q: %+v", ids, want, got)
	}
}

// More attributes, events and links than a detail can have.
func TestManyParts(t *testing.T) {
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "a", end: 1, change: func(s *tracepb.Span) {
		for i := range 3000 {
			s.Attributes = append(s.Attributes, textAttribute(fmt.Sprintf("k%d", i), "v"))
			s.Events = append(s.Events, &tracepb.Span_Event{Name: "e"})
		}
	}})), Info{})
	d := answer[detail](t, h, "traces/"+traceID(1).String()+"/spans/0")
	if len(d.Attributes.Fields) != 1999 && len(d.Attributes.Fields) != 2000 || d.Left < 1000 || d.LeftParts != 2500 {
		t.Errorf("%d attributes, %d left, %d parts left", len(d.Attributes.Fields), d.Left, d.LeftParts)
	}
}

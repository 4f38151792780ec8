package viewer

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/net/html"

	"prowtrace/trace"
)

func record(h http.Handler, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host, r.Header = "localhost", header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

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
			p.Attributes = []*commonpb.KeyValue{text(valid, valid), text("url.full", valid), attribute("args", list(valid, valid))}
			p.Events = []*tracepb.Span_Event{{Name: valid, Attributes: p.Attributes}}
			p.Links = []*tracepb.Span_Link{{TraceId: p.TraceId, SpanId: p.SpanId, TraceState: valid, Attributes: p.Attributes}}
		}})
	}
	f := file(t, 1, spans...)
	f.Name = "artifacts/\u202e<b>\n.otel"
	return f
}

func TestHostileText(t *testing.T) {
	bad := trace.Source{Name: "<i>\x1b\n.otel", Data: []byte("nothing of use in here <script>")}
	set := load(t, hostileFile(t), bad)
	info := Info{Title: "<script>\n\u202e", Run: "javascript:alert(1)", Jaeger: "data:text/html,x", Links: []Link{{"\x1b<b>", "javascript:alert(1)"}, {"", "vbscript:x"}, {"ok", "https://x/\"><script>"}}}
	h := New(set, info)
	targets := []string{"/", "/?service=%3Cscript%3E&operation=%22%3E%3Cscript%3E", "/trace/" + traceID(1).String()}
	for i := range hostile {
		targets = append(targets, fmt.Sprintf("/trace/%s/span/%d", traceID(1), i))
	}
	for _, target := range targets {
		checkPage(t, target, page(t, h, target))
	}
}

// checkPage fails on whatever could run, leave the page, or break a line.
func checkPage(t *testing.T, target, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			switch n.Data {
			case "script", "style", "iframe", "object", "embed", "img", "base", "textarea", "i":
				t.Errorf("%s: <%s>", target, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
					t.Errorf("%s: <%s %s=%q>", target, n.Data, a.Key, a.Val)
				}
				if (a.Key == "href" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://x/") {
					t.Errorf("%s: <%s %s=%q>", target, n.Data, a.Key, a.Val)
				}
			}
		case html.TextNode:
			value := n.Parent.Data == "bdi" && len(n.Parent.Attr) > 0 // may have lines
			for _, r := range strings.TrimSpace(n.Data) {
				if r == '\n' && value || r == '\u200d' {
					continue
				}
				if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%s: %U in %.200q", target, r, n.Data)
				}
			}
		}
	}
}

// A megabyte in one value costs its own page four kilobytes, and lists nothing.
func TestMegabyteAttribute(t *testing.T) {
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	binary := bytes.Repeat([]byte{0xff, 0x00}, 1<<19)
	h := New(load(t, file(t, 1, span{id: 1, name: big, end: 1, change: with(
		text("url.full", big), text("small", "x"), attribute("blob", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: binary}}))})), Info{})
	self := "/trace/" + traceID(1).String() + "/span/" + "0000000000000001"
	for target, limit := range map[string]int{"/": 10_000, "/trace/" + traceID(1).String(): 10_000, self: 25_000} {
		if n := len(page(t, h, target)); n > limit {
			t.Errorf("%s has %d bytes, more than %d", target, n, limit)
		}
	}
	body := page(t, h, self)
	for _, want := range []string{"The first 4 kB of 1.05 MB", self + "/value/0", self + "/value/2"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := page(t, h, self+"/value/0"); got != big {
		t.Errorf("the download has %d bytes, want %d", len(got), len(big))
	}
	w := get(h, self+"/value/2")
	if !bytes.Equal(w.Body.Bytes(), binary) || w.Header().Get("Content-Disposition") != `attachment; filename="value.bin"` {
		t.Errorf("the download has %d bytes, headers %v", w.Body.Len(), w.Header())
	}
}

func TestRawSpan(t *testing.T) {
	set := load(t, sampleFiles(t)...)
	got := page(t, New(set, Info{}), "/trace/"+traceID(1).String()+"/span/0/raw")
	if got != string(set.Raw(set.Trace(0).First)) {
		t.Errorf("got %d bytes", len(got))
	}
}

// More attributes, events and links than a page can show.
func TestManyParts(t *testing.T) {
	h := New(load(t, file(t, 1, span{id: 1, name: "a", end: 1, change: func(s *tracepb.Span) {
		for i := range 3000 {
			s.Attributes = append(s.Attributes, text(fmt.Sprintf("k%d", i), "v"))
			s.Events = append(s.Events, &tracepb.Span_Event{Name: "e"})
		}
	}})), Info{})
	body := page(t, h, "/trace/"+traceID(1).String()+"/span/0")
	for _, want := range []string{"2,001 more values are not shown", "2,500 more events and links are not shown"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

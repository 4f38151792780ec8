package viewer

import (
	"flag"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

var sampleInfo = Info{
	Title: "e2e-kops 42", Run: "https://prow.example/view/gs/bucket/logs/e2e-kops/42",
	Links:  []Link{{"build-log.txt", "https://storage.example/build-log.txt"}, {"odd", "javascript:alert(1)"}},
	Jaeger: "http://localhost:16686/",
}

// sampleFiles are two traces, and a file that is none.
//
//	1: kops update   |--------------------|
//	   apply           |-------------
//	   HTTP GET         |---| error
//	   poll                     | no duration
//	   (9f)                  ?
//	   HTTP PUT              |---|
//
//	2: HTTP GET               |--|
func sampleFiles(t testing.TB) []trace.Source {
	return []trace.Source{
		file(t, 1,
			span{id: 1, name: "kops", start: 0, end: 2000, change: with(attribute("args", list("/bin/kops", "update", "cluster")))},
			span{id: 2, parent: 1, name: "apply", start: 200, change: func(s *tracepb.Span) { s.EndTimeUnixNano = 0 }},
			span{id: 3, parent: 2, name: "HTTP GET", start: 300, end: 700, service: "cloud", change: refusedCall},
			span{id: 4, parent: 1, name: "poll", start: 1100, end: 1100},
			span{id: 5, parent: 0x9f, name: "HTTP PUT", start: 800, end: 1200},
		),
		file(t, 2, span{id: 1, name: "HTTP GET", start: 900, end: 1200, change: with(text("url.full", "https://api.example/"))}),
		{Name: "artifacts/otlp/notes.txt", Data: []byte("these are only notes, not traces of anything")},
	}
}

func refusedCall(s *tracepb.Span) {
	s.Kind = tracepb.Span_SPAN_KIND_CLIENT
	failed("dial tcp: lookup api.example: no such host")(s)
	with(
		text("url.full", "https://api.example/v1"),
		attribute("retry", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 3}}),
		attribute("cached", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{}}),
		attribute("none", nil),
	)(s)
	s.Events = []*tracepb.Span_Event{{TimeUnixNano: base + 500e6, Name: "exception", Attributes: []*commonpb.KeyValue{text("exception.stacktrace", "main.go:1\n\tdial")}}}
	known, unknown := traceID(2), traceID(9)
	s.Links = []*tracepb.Span_Link{{TraceId: known[:], SpanId: spanID(1)}, {TraceId: unknown[:], SpanId: spanID(7)}}
}

func list(values ...string) *commonpb.AnyValue {
	a := &commonpb.ArrayValue{}
	for _, v := range values {
		a.Values = append(a.Values, text("", v).Value)
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: a}}
}

func TestGolden(t *testing.T) {
	h := New(load(t, sampleFiles(t)...), sampleInfo)
	one := "/trace/" + traceID(1).String()
	for _, test := range []struct{ name, target string }{
		{"overview", "/"},
		{"overview-filtered", "/?service=cloud&errors=1"},
		{"trace", one},
		{"span-error", one + "/span/0000000000000003"},
		{"span-root", one + "/span/0"},
		{"unknown-trace", "/trace/" + traceID(7).String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := get(h, test.target).Body.Bytes()
			path := filepath.Join("testdata", test.name+".html")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("the page is not as in %s; look at it, then run go test -update.\ngot:\n%s", path, got)
			}
		})
	}
}

func TestWhatIsNotThere(t *testing.T) {
	h := New(load(t, sampleFiles(t)...), Info{})
	one := "/trace/" + traceID(1).String()
	for _, test := range []struct {
		name, target string
		status       int
		says         []string
	}{
		{"page", "/nothing", 404, []string{"no such page", `href="/"`}},
		{"asset", "/ui/app.js", 404, []string{"no such file"}},
		{"template as asset", "/ui/trace.html", 404, nil},
		{"trace", "/trace/" + traceID(9).String(), 404, []string{"no trace " + traceID(9).String(), "another run", "All traces"}},
		{"trace id", "/trace/xyz", 400, []string{"“xyz” is not a trace id", "hex digits"}},
		{"hostile trace id", "/trace/%3Cscript%3E%0A", 400, []string{`&lt;script&gt;\n`}},
		{"span", one + "/span/00000000000000aa", 404, []string{"no span 00000000000000aa", "killed"}},
		{"place of a span", one + "/span/5", 404, nil},
		{"negative place", one + "/span/-1", 404, nil},
		{"value", one + "/span/0/value/99", 404, []string{"no value 99"}},
		{"value by word", one + "/span/0/value/x", 404, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := get(h, test.target)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			for _, s := range test.says {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page does not say %q:\n%s", s, w.Body)
				}
			}
		})
	}
}

func TestFilter(t *testing.T) {
	h := New(load(t, sampleFiles(t)...), Info{})
	one, two := traceID(1).String(), traceID(2).String()
	for _, test := range []struct {
		name, query string
		want        []string // traces, in order
		says        string
	}{
		{"nothing asked: newest first", "", []string{two, one}, ""},
		{"service", "?service=cloud", []string{one}, "1 found"},
		{"unknown service stays chosen", "?service=nope", nil, `<option value="nope" selected>`},
		{"operation", "?operation=HTTP+GET", []string{two, one}, "2 found"},
		{"errors", "?errors=1", []string{one}, ""},
		{"attribute", "?attributes=url.full%3Dhttps://api.example/", []string{two}, ""},
		{"two attributes of one span", "?attributes=retry%3D3+cached%3Dfalse", []string{one}, ""},
		{"quoted value", `?attributes=otel.status_description%3D%22dial+tcp:+lookup+api.example:+no+such+host%22`, []string{one}, ""},
		{"no match", "?operation=nothing", nil, "No trace matches"},
		{"not an attribute", "?attributes=oops", nil, "“oops” is not an attribute: write key=value"},
		{"no closing quote", "?attributes=a%3D%22b", nil, "no closing quote"},
		{"hostile", "?attributes=%3Cscript%3E", nil, "&lt;script&gt;"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := page(t, h, "/"+test.query)
			var got []string
			for _, m := range regexp.MustCompile(`href="/trace/([0-9a-f]{32})"`).FindAllStringSubmatch(body, -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != strings.Join(test.want, " ") {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if !strings.Contains(body, test.says) {
				t.Errorf("the page does not say %q:\n%s", test.says, body)
			}
		})
	}
}

// Each “find” beside a value must find the trace it was on.
func TestFindLinks(t *testing.T) {
	odd := []string{"plain", "with space", `quote " and \ back`, "new\nline", "", "a=b", "é 👩‍💻", "\x1b"}
	var attributes []*commonpb.KeyValue
	for _, v := range odd {
		attributes = append(attributes, text("key", v))
	}
	h := New(load(t, file(t, 1, span{id: 1, name: "a", end: 1, change: with(attributes...)})), Info{})
	body := page(t, h, "/trace/"+traceID(1).String()+"/span/0")
	links := regexp.MustCompile(`class="find" href="([^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(links) < len(odd) {
		t.Fatalf("%d links for %d values:\n%s", len(links), len(odd), body)
	}
	for _, l := range links {
		target := html.UnescapeString(l[1])
		if !strings.Contains(page(t, h, target), "/trace/"+traceID(1).String()) {
			t.Errorf("%s does not find its trace", target)
		}
	}
}

func TestEmptySet(t *testing.T) {
	for _, test := range []struct {
		name  string
		files []trace.Source
		says  string
	}{
		{"no files", nil, "No file was given"},
		{"not a trace file", []trace.Source{{Name: "a.txt", Data: []byte("some text that is no trace")}}, "see the problems above"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if body := page(t, New(load(t, test.files...), Info{}), "/"); !strings.Contains(body, test.says) {
				t.Errorf("the page does not say %q:\n%s", test.says, body)
			}
		})
	}
}

func TestAssetIsSentOnce(t *testing.T) {
	h := New(load(t), Info{})
	tag := get(h, "/ui/style.css").Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	w := record(h, "/ui/style.css", http.Header{"If-None-Match": {tag}})
	if w.Code != http.StatusNotModified {
		t.Errorf("status %d", w.Code)
	}
}

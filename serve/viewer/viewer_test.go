package viewer

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
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
			span{id: 1, name: "kops", start: 0, end: 2000, change: with(attribute("args", list("/bin/kops", "update", "a<b>&c")))},
			span{id: 2, parent: 1, name: "apply", start: 200, change: func(s *tracepb.Span) { s.EndTimeUnixNano = 0 }},
			span{id: 3, parent: 2, name: "HTTP GET", start: 300, end: 700, service: "cloud", change: refusedCall},
			span{id: 4, parent: 1, name: "poll", start: 1100, end: 1100},
			span{id: 5, parent: 0x9f, name: "HTTP PUT", start: 800, end: 1200},
		),
		file(t, 2, span{id: 1, name: "HTTP GET", start: 900, end: 1200, change: with(textAttribute("url.full", "https://api.example/"))}),
		{Name: "artifacts/otlp/notes.txt", Data: []byte("these are only notes, not traces of anything")},
	}
}

func refusedCall(s *tracepb.Span) {
	s.Kind = tracepb.Span_SPAN_KIND_CLIENT
	failed("dial tcp: lookup api.example: no such host")(s)
	with(
		textAttribute("url.full", "https://api.example/v1"),
		attribute("retry", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 3}}),
		attribute("cached", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{}}),
		attribute("none", nil),
	)(s)
	s.Events = []*tracepb.Span_Event{{TimeUnixNano: base + 500e6, Name: "exception", Attributes: []*commonpb.KeyValue{textAttribute("exception.stacktrace", "main.go:1\n\tdial")}}}
	known, unknown := traceID(2), traceID(9)
	s.Links = []*tracepb.Span_Link{{TraceId: known[:], SpanId: spanID(1)}, {TraceId: unknown[:], SpanId: spanID(7)}}
}

func list(values ...string) *commonpb.AnyValue {
	a := &commonpb.ArrayValue{}
	for _, v := range values {
		a.Values = append(a.Values, textAttribute("", v).Value)
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: a}}
}

func record(h http.Handler, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host, r.Header = "localhost", header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// answer asks the API and decodes its JSON.
func answer[T any](t testing.TB, h http.Handler, target string) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(page(t, h, "/api/v1/"+target)), &out); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return out
}

func TestGolden(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), sampleInfo)
	one := "traces/" + traceID(1).String()
	for _, test := range []struct{ name, target string }{
		{"run", "run"},
		{"files", "files"},
		{"problems", "problems"},
		{"traces", "traces"},
		{"trace", one},
		{"lines", one + "/lines?at=0-5"},
		{"critical", one + "/critical"},
		{"operations", one + "/operations"},
		{"flame", one + "/flame"},
		{"services", one + "/services"},
		{"span", one + "/spans/0000000000000003"},
		{"otlp", one + "/spans/0000000000000003/otlp"},
		{"operations-of-all", "operations"},
		{"operations-by-attribute", one + "/operations?by=url.full"},
		{"keys", one + "/keys"},
		{"compare", one + "/compare?with=" + traceID(2).String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			golden(t, test.name, answer[any](t, h, test.target))
		})
	}
}

// golden compares an answer with the file that a name has in testdata.
func golden(t *testing.T, name string, answer any) {
	t.Helper()
	var indented strings.Builder
	enc := json.NewEncoder(&indented)
	enc.SetIndent("", " ")
	if err := enc.Encode(answer); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(indented.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if indented.String() != string(want) {
		t.Errorf("the answer is not as in %s; look at it, then run go test -update.\ngot:\n%s", path, indented.String())
	}
}

func TestWhatIsNotThere(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	one := "/api/v1/traces/" + traceID(1).String()
	for _, test := range []struct {
		name, target string
		status       int
		says         []string
	}{
		{"page", "/nothing", 404, []string{"<!doctype html>"}},
		{"page of an unknown trace", "/trace/" + traceID(9).String(), 404, []string{"<!doctype html>"}},
		{"page of no trace id", "/trace/xyz", 400, []string{"<!doctype html>"}},
		{"asset", "/ui/nothing.js", 404, nil},
		{"page as asset", "/ui/index.html", 404, nil},
		{"types are not served", "/ui/types.d.ts", 404, nil},
		{"a folder", "/ui/model", 404, nil},
		{"a folder with a slash", "/ui/model/", 404, nil},
		{"no asset", "/ui/", 404, nil},
		{"out of the assets", "/ui/..%2fviewer.go", 404, nil},
		{"out of a folder", "/ui/model/..%2f..%2fviewer.go", 404, nil},
		{"around to the page", "/ui/model/..%2findex.html", 404, nil},
		{"address", "/api/v1/nothing", 404, []string{"no such address"}},
		{"trace", "/api/v1/traces/" + traceID(9).String(), 404, []string{"no trace " + traceID(9).String(), "another run"}},
		{"trace id", "/api/v1/traces/xyz", 400, []string{"“xyz” is not a trace id", "hex digits"}},
		{"hostile trace id", "/api/v1/traces/%3Cscript%3E%0A", 400, []string{`\\n`}},
		{"export of an unknown trace", "/api/v1/traces/" + traceID(9).String() + "/otlp", 404, nil},
		{"span", one + "/spans/00000000000000aa", 404, []string{"no span 00000000000000aa", "killed"}},
		{"line", one + "/spans/6", 404, nil},
		{"negative line", one + "/spans/-1", 404, nil},
		{"line of a missing parent", one + "/spans/4", 404, []string{"is not a span"}},
		{"value", one + "/spans/0/values/99", 404, []string{"no value 99"}},
		{"value by word", one + "/spans/0/values/x", 404, nil},
		{"range", one + "/lines?at=5-2", 400, []string{`invalid at \"5-2\"`}},
		{"columns", one + "/columns?from=x", 400, []string{"whole number"}},
		{"comparison with nothing", one + "/compare", 400, []string{"no trace to compare with"}},
		{"comparison with an unknown trace", one + "/compare?with=" + traceID(9).String(), 404, []string{"no trace " + traceID(9).String()}},
		{"offset", "/api/v1/traces?offset=-1", 400, nil},
		{"order", "/api/v1/traces?order=x", 400, []string{"The orders are"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := get(h, test.target)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			for _, s := range test.says {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the answer does not say %q:\n%s", s, w.Body)
				}
			}
		})
	}
}

func TestFindTraces(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	one, two := traceID(1).String(), traceID(2).String()
	for _, test := range []struct {
		name, query string
		want        []string // traces, newest first
		says        string   // instead: what is wrong
	}{
		{"nothing asked", "", []string{two, one}, ""},
		{"service", "service=cloud", []string{one}, ""},
		{"unknown service", "service=nope", nil, ""},
		{"operation", `name="HTTP GET"`, []string{two, one}, ""},
		{"part of a name", "name:http", []string{two, one}, ""},
		{"errors", "error", []string{one}, ""},
		{"not an error", "-error", []string{two, one}, ""},
		{"attribute", "url.full=https://api.example/", []string{two}, ""},
		{"regular expression", `url.full~^https://.*/v\d$`, []string{one}, ""},
		{"a list as it is shown", `args="[\"/bin/kops\",\"update\",\"a<b>&c\"]"`, []string{one}, ""},
		{"one or the other", "service=cloud OR url.full=https://api.example/", []string{two, one}, ""},
		{"or binds weaker than terms beside each other", "retry=3 name=nope OR self>=1h", nil, ""},
		{"or of the same trace", "error OR retry=3", []string{one}, ""},
		{"or without another side", "OR service=cloud OR", []string{one}, ""},
		{"or as a word", `"OR" service=cloud`, nil, ""},
		{"too many alternatives", strings.Repeat("x OR ", 40), nil, "more than 32 terms"},
		{"parentheses", "(service=cloud OR name=nope) (retry=3 OR retry=4)", []string{one}, ""},
		{"words of a name with parentheses", "lookup(api.example)", nil, ""},
		{"too many alternatives when multiplied out", strings.Repeat("(a OR b) ", 6), nil, "more than 32 alternatives"},
		{"too many within a negation", "-(" + strings.Repeat("(a b) OR ", 6) + "x)", nil, "more than 32 alternatives"},
		{"too many side by side", strings.Repeat("(a OR b) (a OR b) (a OR b) OR ", 5), nil, "more than 32 alternatives"},
		{"too many in each other", strings.Repeat("(", 4000), nil, "more than 16 parentheses"},
		{"two terms of one span", "retry=3 cached=false", []string{one}, ""},
		{"two terms of different spans", "retry=3 name=kops", nil, ""},
		{"number", "retry>=3", []string{one}, ""},
		{"smaller number", "retry<3", nil, ""},
		{"status message", `message="dial tcp: lookup api.example: no such host"`, []string{one}, ""},
		{"words", "NO such", []string{one}, ""},
		{"phrase in an event", `"main.go:1"`, []string{one}, ""},
		{"kind", "kind:client", []string{one}, ""},
		{"duration", "dur>1s", []string{one}, ""},
		{"self time", "self>=1h", nil, ""},
		{"after", "after:03:04:06", []string{one}, ""},
		{"before", "before:03:04:05.5 kind:client", []string{one}, ""},
		{"after the start of the trace", "after:+300ms", []string{one}, ""},
		{"a whole time", "after:2025-01-02T03:04:05.9Z name~GET", []string{two}, ""},
		{"no time", "after:noon", nil, "Invalid time “noon”"},
		{"flag", "flag:unfinished", []string{one}, ""},
		{"has", "has:args", []string{one}, ""},
		{"scope", "scope:k8s.io", []string{two, one}, ""},
		{"resource", "service.name=cloud", []string{one}, ""},
		{"id", "id:0000000000000003", []string{one}, ""},
		{"id of the trace", one, []string{one}, ""},
		{"id of the trace in upper case", strings.ToUpper(two), []string{two}, ""},
		{"id of the trace as a UUID", uuid(two), []string{two}, ""},
		{"after in a zone", "after:05:04:06+02:00", []string{one}, ""},
		{"days", "dur<1d dur>1s", []string{one}, ""},
		{"no such kind", "kind:x", nil, "The kinds are"},
		{"no duration", "dur>5", nil, "not a duration"},
		{"no number", "retry>x", nil, "not a number"},
		{"no regular expression", "a~(", nil, "not a regular expression"},
		{"no closing quote", `a="b`, nil, "quote is not closed"},
		{"too long", strings.Repeat("x", 5000), nil, "longer than"},
		{"too many", strings.Repeat("x ", 40), nil, "more than 32 terms"},
		{"an address is words", "https://api.example", []string{two, one}, ""},
		{"only a minus", "-", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := get(h, "/api/v1/traces?q="+url.QueryEscape(test.query))
			if test.says != "" {
				if w.Code != http.StatusBadRequest || !strings.Contains(strings.ToLower(w.Body.String()), strings.ToLower(test.says)) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			var got []string
			for _, m := range regexp.MustCompile(`"id":"([0-9a-f]{32})"`).FindAllStringSubmatch(w.Body.String(), -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != strings.Join(test.want, " ") {
				t.Errorf("got %v, want %v: %s", got, test.want, w.Body)
			}
		})
	}
}

func TestEmptySet(t *testing.T) {
	h := newViewer(load(t), Info{})
	for _, target := range []string{"run", "files", "problems", "traces", "operations", "flame", "services"} {
		if body := page(t, h, "/api/v1/"+target); strings.Contains(body, "null") {
			t.Errorf("%s: a list is null: %s", target, body)
		}
	}
}

func TestAnswersAreSentOnce(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	for _, target := range []string{"/", "/ui/style.css", "/api/v1/run", "/api/v1/traces/" + traceID(1).String() + "/columns"} {
		tag := get(h, target).Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s: no ETag", target)
		}
		if w := record(h, target, http.Header{"If-None-Match": {tag}}); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: status %d, %d bytes", target, w.Code, w.Body.Len())
		}
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	accept := http.Header{"Accept-Encoding": {"gzip, br"}}
	for target, want := range map[string]string{
		"/api/v1/run": "gzip", "/api/v1/traces/" + traceID(1).String() + "/compare?with=" + traceID(2).String(): "gzip",
		"/api/v1/traces/" + traceID(1).String() + "/critical": "", // fits in a packet
	} {
		w, plain := record(h, target, accept), get(h, target).Body.Bytes()
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%s: encoding %q, want %q", target, got, want)
			continue
		}
		body := w.Body.Bytes()
		if want == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err == nil {
				body, err = io.ReadAll(z)
			}
			if err != nil {
				t.Errorf("%s: %v", target, err)
			}
		}
		if !bytes.Equal(body, plain) {
			t.Errorf("%s: compressed is other content", target)
		}
		if tag := w.Header().Get("ETag"); tag == "" || tag != get(h, target).Header().Get("ETag") {
			t.Errorf("%s: the tag of the compressed is %q", target, tag)
		}
	}
}

func TestModulesAreServed(t *testing.T) {
	h := newViewer(load(t), Info{})
	modules, err := fs.Glob(ui, "ui/*/*.js")
	if err != nil || len(modules) == 0 {
		t.Fatal(err)
	}
	for _, m := range append(modules, "ui/main.js") {
		if w := get(h, "/"+m); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: status %d, type %q", m, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func uuid(id string) string {
	return strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
}

// An id finds its trace and its span wherever it is written, in any case.
func TestIDsAreFound(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	id := traceID(1).String()
	for _, written := range []string{id, strings.ToUpper(id), uuid(id), strings.ToUpper(uuid(id))} {
		one := "traces/" + written
		if got := answer[summary](t, h, one).ID; got != id {
			t.Errorf("%s is the trace %q", written, got)
		}
		for _, box := range []string{"traces/" + id + "/find?q=", "traces/" + id + "/events?q=", "traces?q="} {
			if w := get(h, "/api/v1/"+box+written); w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("%s%s: %d, %d bytes", box, written, w.Code, w.Body.Len())
			}
		}
	}
}

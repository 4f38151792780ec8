package analysis

import (
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/tracetest"
)

func failing(s *tracepb.Span) *tracepb.Span {
	s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	return s
}

// having adds attributes of the form key=value.
func having(s *tracepb.Span, attributes ...string) *tracepb.Span {
	for _, a := range attributes {
		key, value, _ := strings.Cut(a, "=")
		s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: key, Value: tracetest.Text(value)})
	}
	return s
}

// An error recovers only by the same operation on the same target in the same loop, later.
func TestRecovered(t *testing.T) {
	root := span(1, 0, "root", 0, 100)
	const put, get = "http.request.method=PUT", "http.request.method=GET"
	tests := []struct {
		name  string
		spans []*tracepb.Span
		want  string // names of the spans that recovered
	}{
		{"tried again", []*tracepb.Span{failing(span(2, 1, "list", 1, 2)), span(3, 1, "list", 3, 4)}, "list"},
		{"every failure before the success", []*tracepb.Span{failing(span(2, 1, "list", 1, 2)), failing(span(3, 1, "list", 3, 4)), span(4, 1, "list", 5, 6), failing(span(5, 1, "list", 7, 8))}, "list list"},
		{"a success that began before", []*tracepb.Span{failing(span(2, 1, "list", 1, 5)), span(3, 1, "list", 3, 8)}, ""},
		{"a success without an end", []*tracepb.Span{failing(span(2, 1, "list", 1, 2)), span(3, 1, "list", 3, 0)}, ""},
		{"a success under another parent", []*tracepb.Span{span(4, 1, "other", 1, 90), failing(span(2, 1, "list", 1, 2)), span(3, 4, "list", 3, 4)}, ""},
		{"an unrelated success", []*tracepb.Span{failing(span(2, 1, "create instances", 1, 2)), span(3, 1, "release lock", 3, 4)}, ""},
		{"another URL", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), put, "url.full=https://api.example/instances")), having(span(3, 1, "HTTP", 3, 4), put, "url.full=https://api.example/zones")}, ""},
		{"another method", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), put, "url.full=https://api.example/instances")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://api.example/instances")}, ""},
		{"the same URL", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://api.example/instances?try=1")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://api.example/instances?try=2")}, "HTTP"},
		{"the same URL but for an id", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "http.url=https://api.example/operations/operation-1741829074-ab")), having(span(3, 1, "HTTP", 3, 4), get, "http.url=https://api.example/operations/operation-1741829081-cd")}, "HTTP"},
		{"the same name but for an id", []*tracepb.Span{failing(span(2, 1, "GET /operations/17418290", 1, 2)), span(3, 1, "GET /operations/17418291", 3, 4)}, "GET /operations/17418290"},
		{"another version", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://dl.example/v1.30.0/x")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://dl.example/v1.31.0/x")}, ""},
		{"another host", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://a.example/healthz")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://b.example/healthz")}, ""},
		{"a file from a mirror", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://a.example/release/v1.30.0/kubelet.sha256")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://b.example/release/v1.30.0/kubelet.sha256")}, "HTTP"},
		{"an image from a mirror", []*tracepb.Span{failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://a.example/v2/pause/manifests/3.9")), having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://b.example/v2/pause/manifests/3.9")}, "HTTP"},
		{"a file from another place of a mirror", []*tracepb.Span{
			failing(having(span(2, 1, "HTTP", 1, 2), get, "url.full=https://a.example/kops/1.30.0+v1.30.0-5/linux/amd64/nodeup.sha256")),
			failing(having(span(3, 1, "HTTP", 3, 4), get, "url.full=https://b.example/download/v1.30.0+v1.30.0-5/nodeup-linux-amd64.sha256")),
			failing(having(span(4, 1, "HTTP", 3, 4), get, "url.full=https://b.example/download/v1.30.0+v1.30.0-5/nodeup-linux-arm64.sha256")),
			having(span(5, 1, "HTTP", 5, 6), get, "url.full=https://c.example/pulls/18000/1.30.0+v1.30.0-5/linux/amd64/nodeup.sha256"),
		}, "HTTP HTTP"},
		{"looked for, then made", []*tracepb.Span{
			failing(having(span(2, 1, "HTTP GET", 1, 2), get, "url.full=https://a.example/instances/nodes-1", "error.type=404")),
			having(span(3, 1, "HTTP POST", 3, 4), "http.request.method=POST", "url.full=https://a.example/instances?x=y"),
		}, "HTTP GET"},
		{"looked for, then written", []*tracepb.Span{
			failing(having(span(2, 1, "HTTP GET", 1, 2), get, "url.full=https://a.example/b/key", "error.type=404")),
			having(span(3, 1, "HTTP PUT", 3, 4), put, "url.full=https://a.example/b/key"),
		}, "HTTP GET"},
		{"looked for, then something else made", []*tracepb.Span{
			failing(having(span(2, 1, "HTTP GET", 1, 2), get, "url.full=https://a.example/instances/nodes-1", "error.type=404")),
			having(span(3, 1, "HTTP POST", 3, 4), "http.request.method=POST", "url.full=https://a.example/networks"),
		}, ""},
		{"refused, then made", []*tracepb.Span{
			failing(having(span(2, 1, "HTTP GET", 1, 2), get, "url.full=https://a.example/instances/nodes-1", "error.type=403")),
			having(span(3, 1, "HTTP POST", 3, 4), "http.request.method=POST", "url.full=https://a.example/instances"),
		}, ""},
		{"another task", []*tracepb.Span{failing(having(span(2, 1, "task", 1, 2), "task=Instance/a")), having(span(3, 1, "task", 3, 4), "task=Instance/b")}, ""},
		{"what failed in a failed attempt", []*tracepb.Span{
			failing(span(2, 1, "attempt", 1, 10)), span(3, 2, "step", 2, 9), failing(span(4, 3, "call", 3, 4)), span(5, 1, "attempt", 11, 20),
		}, "attempt call"},
		{"a child that starts before its parent", []*tracepb.Span{
			failing(span(2, 1, "attempt", 5, 10)), failing(span(3, 2, "call", 1, 4)), span(4, 1, "attempt", 11, 20),
		}, "call attempt"},
		{"no parent", []*tracepb.Span{failing(span(2, 0, "alone", 1, 2)), span(3, 0, "alone", 3, 4)}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := load(t, otel(t, otlp(t, "s", append([]*tracepb.Span{root}, test.spans...)...)))
			tree := v.Tree(v.Trace(0))
			var names []string
			for i, good := range Recovered(tree) {
				if good {
					names = append(names, tree.Span(i).Name)
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("made good: %q, want %q", got, test.want)
			}
		})
	}
}

// Names and paths keep the parts that distinguish things.
func TestWithoutIDs(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"GET /zones":                  "GET /zones",
		"/projects/p/operations/4711": "/projects/p/operations/*",
		"/b/5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10/o": "/b/*/o",
		"/release/v1.30.0/bin/linux/amd64":          "/release/v1.30.0/bin/linux/amd64",
		"/machineTypes/n1-standard-4":               "/machineTypes/n1-standard-4",
		"/regions/us-east1/":                        "/regions/us-east1/",
		"kubelet-20250102.log":                      "kubelet-20250102.log",
	} {
		if got := withoutIDs(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

package analysis

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func drawMap(m ServiceMap) string {
	var parts []string
	for _, n := range m.Nodes {
		kind := "service"
		if n.Peer {
			kind = n.Key
		}
		parts = append(parts, fmt.Sprintf("%s (%s) %d errors=%d self=%s column=%d", n.Name, kind, n.Spans, n.Errors, seconds(n.Self), n.Column))
	}
	for _, c := range m.Calls {
		parts = append(parts, fmt.Sprintf("%s → %s %d errors=%d total=%s", m.Nodes[c.From].Name, m.Nodes[c.To].Name, c.Count, c.Errors, seconds(c.Total)))
	}
	return strings.Join(parts, "\n")
}

// In seconds; the called service is on the right:
//
//	kops: root     |----------|
//	kops: a          |-|            client of db.example, which wrote nothing
//	kops: b             |-|         client of api, which wrote:
//	api:  serve          ||         so b has no peer
//	kops: c                |-|      client of db.example by its URL, failed
//	kops: d                   ||    internal: it names db.example, but does not call it
func TestServiceMap(t *testing.T) {
	client := tracetest.Client
	s := load(t, otel(t, otlp(t, "kops", span(1, 0, "root", 10, 22), with(client(span(2, 1, "a", 12, 14)), "server.address", "db.example"),
		with(client(span(3, 1, "b", 15, 17)), "server.address", "api"), with(failed(client(span(5, 1, "c", 18, 20))), "url.full", "https://db.example:8443/x?y"),
		with(span(6, 1, "d", 20, 21), "server.address", "db.example")), otlp(t, "api", span(4, 3, "serve", 16, 17))))
	want := `kops (service) 5 errors=1 self=11 column=0
db.example (server.address) 2 errors=1 self=4 column=1
api (service) 1 errors=0 self=1 column=1
kops → api 1 errors=0 total=1
kops → db.example 2 errors=1 total=4`
	if got := drawMap(NewServiceMap(All(s))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := fmt.Sprintf("%q", Peers(s.Tree(s.Trace(0)))); got != `["" "db.example" "" "" "db.example" ""]` {
		t.Errorf("peers %s", got)
	}
}

// The best of the attributes names a peer, whatever their order. An attribute without a name
// leaves it to the next one.
func TestPeerByTheBestAttribute(t *testing.T) {
	for _, tt := range []struct {
		attributes []string
		want       string
	}{
		{[]string{"url.full", "https://a.example/", "peer.service", "b"}, "b peer.service"},
		{[]string{"db.system", "mysql", "db.system.name", "postgresql"}, "postgresql db.system.name"},
		{[]string{"peer.service", "", "http.url", "http://[::1]:80/"}, "::1 http.url"},
		{[]string{"url.full", "://", "messaging.system", "kafka"}, "kafka messaging.system"},
		{[]string{"url.full", "/only/a/path"}, " "},
		{[]string{"server.address", strings.Repeat("x", 1000)}, strings.Repeat("x", 1000) + " server.address"},
	} {
		s := load(t, otel(t, otlp(t, "s", with(tracetest.Client(span(1, 0, "call", 1, 2)), tt.attributes...))))
		got := peerOf(s.Encoded(0), &hostNames{})
		if got.name+" "+got.key != tt.want {
			t.Errorf("%q: %+v, want %s", tt.attributes, got, tt.want)
		}
	}
}

// A chain of services takes a column each, up to six. Services that call each other in a
// circle have columns of their own.
func TestColumnsOfServices(t *testing.T) {
	chain := func(services ...string) string {
		var records [][]byte
		for i, service := range services {
			records = append(records, otlp(t, service, span(uint64(i+1), uint64(i), "x", 10+int64(i), 100)))
		}
		s := load(t, otel(t, records...))
		columns := map[string]int{}
		for _, n := range NewServiceMap(All(s)).Nodes {
			columns[n.Name] = n.Column
		}
		return fmt.Sprint(columns)
	}
	for want, services := range map[string][]string{
		"map[a:0 b:1 c:2]":                     {"a", "b", "c"},
		"map[a:0 b:1 c:2 d:3 e:4 f:5 g:5 h:5]": {"a", "b", "c", "d", "e", "f", "g", "h"},
		"map[a:1 b:0]":                         {"a", "b", "a"},
	} {
		if got := chain(services...); got != want {
			t.Errorf("%v: %s, want %s", services, got, want)
		}
	}
}

// The services with the most spans are kept.
func TestBusiestServices(t *testing.T) {
	var records [][]byte
	for i := range MaxNodes + 10 {
		spans := []*tracepb.Span{span(uint64(100*i+1), 0, "x", 10, 11)}
		if i >= 10 {
			spans = append(spans, span(uint64(100*i+2), 0, "x", 10, 11))
		}
		records = append(records, otlp(t, fmt.Sprint("s", i), spans...))
	}
	m := NewServiceMap(All(load(t, otel(t, records...))))
	if len(m.Nodes) != MaxNodes || m.Left != 10 || m.Nodes[MaxNodes-1].Spans != 2 || m.Nodes[drawnNodes-1].Column != 0 || m.Nodes[drawnNodes].Column != -1 {
		t.Errorf("%d nodes, %d left out, %+v", len(m.Nodes), m.Left, m.Nodes[MaxNodes-1])
	}
}

// A consumer in a trace of its own links to the producer of its message. Links within a
// service, to a parent, to spans in no file and repeated links do not count.
func TestLinksBetweenServices(t *testing.T) {
	link := func(s *tracepb.Span, trace byte, id uint64) *tracepb.Span {
		s.Links = append(s.Links, &tracepb.Span_Link{TraceId: tracetest.TraceID(trace), SpanId: tracetest.SpanID(id)})
		return s
	}
	in := tracetest.InTrace
	v := load(t, otel(t, otlp(t, "shop", in(1, span(1, 0, "order", 10, 20)), in(1, span(2, 1, "send", 11, 12)), link(in(1, span(3, 1, "again", 13, 14)), 1, 2)),
		otlp(t, "mail", link(link(in(2, span(4, 0, "consume", 30, 32)), 1, 2), 1, 1), failed(link(link(in(2, span(5, 4, "retry", 31, 32)), 1, 1), 9, 9)), link(in(1, span(6, 1, "call", 15, 16)), 1, 1)),
		otlp(t, "pay", link(link(in(3, span(7, 0, "settle", 40, 41)), 2, 5), 1, 1))))
	links := func(m ServiceMap) string {
		var all []string
		for _, l := range m.Links {
			all = append(all, fmt.Sprintf("%s⇢%s %d errors=%d total=%s", m.Nodes[l.From].Name, m.Nodes[l.To].Name, l.Count, l.Errors, seconds(l.Total)))
		}
		return strings.Join(all, ", ")
	}
	if got, want := links(NewServiceMap(All(v))), "mail⇢shop 2 errors=1 total=3, pay⇢shop 1 errors=0 total=1, pay⇢mail 1 errors=0 total=1"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for i, want := range []string{"map[] ", "map[0:[shop] 1:[shop]] mail⇢shop 2 errors=1 total=3", "map[0:[shop mail]] pay⇢shop 1 errors=0 total=1, pay⇢mail 1 errors=0 total=1"} {
		tree := v.Tree(v.Trace(i))
		if got := fmt.Sprint(Links(tree), " ", links(NewServiceMap(One(tree)))); got != want {
			t.Errorf("trace %d: got %s\nwant %s", i, got, want)
		}
	}
}

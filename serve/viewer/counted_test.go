package viewer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// oddWords are hard to search for, or easy to take for something else.
var oddWords = []string{
	"", " ", "a", "A", "get", "HTTP GET", `say "hi"`, `back\slash`, "OR", "-get", "(a", "a)", "name=get", "get:=a", "key:#0123456789abcdef0123456789abcdef", "line\nbreak", "bell\a\x1b[31m",
	"\u202edrowkcab", "ключ", "👩‍👩‍👧", strings.Repeat("L", 299), strings.Repeat("L", 301), strings.Repeat("L", 5000), strings.Repeat("L", 4999) + "M", "api.example", "unknown_service", "a.b/c@d-e_f", "<b>", "%41+", "#", "error",
}

// oddTrace makes one trace of n spans with odd names, services and attributes.
func oddTrace(t testing.TB, rng *rand.Rand, id byte, n int) trace.Source {
	word := func() string { return oddWords[rng.IntN(len(oddWords))] }
	keys := []string{"name", "service", "peer", "path", "kind", "status", "http.method", "odd key", "a:b", "with=eq", `qu"ote`, "-dash", "OR", "server.address", "peer.service", "url.full", "db.system"}
	services := []string{word(), word(), word()}
	var spans []span
	for i := range n {
		s := span{id: uint64(i + 1), name: word(), start: uint64(i), end: uint64(i + 1 + rng.IntN(50)), service: services[rng.IntN(3)]}
		if i > 0 && rng.IntN(8) > 0 {
			s.parent = uint64(1 + rng.IntN(i))
		}
		s.change = func(p *tracepb.Span) {
			p.Kind = tracepb.Span_SpanKind(rng.IntN(6))
			if rng.IntN(3) == 0 {
				failed(word())(p)
			}
			for range rng.IntN(4) {
				value := word()
				if rng.IntN(4) == 0 {
					value = "https://api.example/" + url.PathEscape(value)
				}
				with(textAttribute(keys[rng.IntN(len(keys))], value))(p)
			}
			for range rng.IntN(4) - 1 {
				to := traceID(byte(1 + rng.IntN(3)))
				p.Links = append(p.Links, &tracepb.Span_Link{TraceId: to[:], SpanId: binary.BigEndian.AppendUint64(nil, uint64(1+rng.IntN(40)))})
			}
			if rng.IntN(4) == 0 {
				logged(eventAt(uint64(i), word(), textAttribute(keys[rng.IntN(len(keys))], word())))(p)
			}
		}
		spans = append(spans, s)
	}
	return file(t, id, spans...)
}

// counter asks how many spans of some traces a search finds.
type counter struct {
	h      http.Handler
	traces []string
	all    bool // there are no others: the list has them, too
}

func (c counter) check(t *testing.T, what, q string, spans, errors int) {
	t.Helper()
	for _, one := range []struct {
		q    string
		want int
	}{{q, spans}, {q + " error", errors}} {
		got := 0
		for _, id := range c.traces {
			w := get(c.h, "/api/v1/traces/"+id+"/find?q="+url.QueryEscape(one.q))
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %s: %s", what, one.q, w.Body)
			}
			got += w.Body.Len() / 4
		}
		if got != one.want {
			t.Errorf("%s: %s finds %d spans, %d were counted", what, text.Clip(one.q, 300), got, one.want)
		}
		listed := answer[struct{ Total int }](t, c.h, "traces?q="+url.QueryEscape(one.q)).Total
		if c.all && (listed > 0) != (got > 0) {
			t.Errorf("%s: %s finds %d spans, but %d traces", what, text.Clip(one.q, 300), got, listed)
		}
	}
}

// checkAll follows all numbers of a trace, or of all where path is "".
func (c counter) checkAll(t *testing.T, path string) {
	t.Helper()
	for _, by := range []string{"", "name", "service", "path", "http.method", "odd key", "a:b", "with=eq", `qu"ote`, "-dash", "OR", "service.name", "no.such.key"} {
		for _, o := range answer[[]operation](t, c.h, path+"operations?by="+url.QueryEscape(by)) {
			c.check(t, "operations by "+by, o.Query, o.Count, o.Errors)
		}
	}
	for _, f := range answer[flame](t, c.h, path+"flame").Frames {
		c.check(t, "frame", f.Query, f.Count, f.Errors)
	}
	services := answer[serviceMap](t, c.h, path+"services")
	for _, n := range services.Nodes {
		c.check(t, fmt.Sprintf("node (peer: %v)", n.Peer), n.Query, n.Spans, n.Errors)
	}
	for _, l := range services.Links {
		c.check(t, "link", l.Query, l.Count, l.Errors)
	}
}

// What a number leads to are the spans that were counted: no more and no others,
// however odd the words are that they have.
func TestNumbersLeadToWhatTheyCount(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		h := newViewer(load(t, oddTrace(t, rng, 1, 60), oddTrace(t, rng, 2, 20)), Info{})
		one, two := traceID(1).String(), traceID(2).String()
		counter{h, []string{one}, false}.checkAll(t, "traces/"+one+"/")
		both := counter{h, []string{one, two}, true}
		both.checkAll(t, "")
		for _, s := range answer[run](t, h, "run").Services {
			both.check(t, "service", s.Query, s.Spans, s.Errors)
		}
		for _, o := range answer[comparison](t, h, "traces/"+one+"/compare?with="+two).Operations {
			counter{h, []string{one}, false}.check(t, "here", o.HereQuery, o.Here.Count, o.Here.Errors)
			counter{h, []string{two}, false}.check(t, "there", o.ThereQuery, o.There.Count, o.There.Errors)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Nor do labels of several runs change it, in their own traces or in joined ones.
func TestNumbersOfSeveralRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	a, b, c := oddTrace(t, rng, 1, 40), oddTrace(t, rng, 2, 40), oddTrace(t, rng, 3, 40) // the last is of no run
	a.Group, b.Group = 1, 2
	set, err := join.Load(t.Context(), []trace.Source{a, b, c}, join.Job{Name: "one", ID: trace.TraceID{1}, Description: trace.Description{Label: "1"}}, join.Job{Name: "two", ID: trace.TraceID{2}, Description: trace.Description{Label: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	h := newViewer(set, Info{})
	jobs := set.Jobs()
	for _, id := range []string{jobs[0].ID.String(), jobs[1].ID.String(), traceID(1).String()} {
		counter{h, []string{id}, false}.checkAll(t, "traces/"+id+"/")
	}
	counter{h, []string{traceID(1).String(), traceID(2).String(), traceID(3).String()}, false}.checkAll(t, "")
	for _, o := range answer[comparison](t, h, "traces/"+jobs[1].ID.String()+"/compare?with="+jobs[0].ID.String()).Operations {
		counter{h, []string{jobs[1].ID.String()}, false}.check(t, "here", o.HereQuery, o.Here.Count, o.Here.Errors)
		counter{h, []string{jobs[0].ID.String()}, false}.check(t, "there", o.ThereQuery, o.There.Count, o.There.Errors)
	}
}

// Calls of one host are known by several attributes, and a span that only names it
// is none of them.
func TestPeerLeadsToItsCalls(t *testing.T) {
	call := func(id uint64, kind tracepb.Span_SpanKind, key, value string, change func(*tracepb.Span)) span {
		return span{id: id, parent: 1, name: "call", start: id, end: id + 1, change: func(s *tracepb.Span) {
			s.Kind = kind
			with(textAttribute(key, value))(s)
			if change != nil {
				change(s)
			}
		}}
	}
	client := tracepb.Span_SPAN_KIND_CLIENT
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "root", end: 100},
		call(2, client, "server.address", "api.example.com", nil), call(3, client, "url.full", "https://api.example.com/v1", failed("no")),
		call(4, client, "url.full", "https://proxy/?target=api.example.com", nil), call(5, tracepb.Span_SPAN_KIND_INTERNAL, "server.address", "api.example.com", nil))), Info{})
	id := traceID(1).String()
	for _, n := range answer[serviceMap](t, h, "traces/"+id+"/services").Nodes {
		if n.Name == "api.example.com" && (n.Spans != 2 || n.Errors != 1) {
			t.Errorf("%+v", n)
		}
		counter{h, []string{id}, false}.check(t, n.Name, n.Query, n.Spans, n.Errors)
	}
}

package viewer

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/otelfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

type eventsAnswer struct {
	Events []loggedEvent
	Offset int
	Total  int
	Left   int
}

// logged gives a span events, at ms after base.
func logged(events ...*tracepb.Span_Event) func(*tracepb.Span) {
	return func(s *tracepb.Span) { s.Events = events }
}

func eventAt(ms uint64, name string, attributes ...*commonpb.KeyValue) *tracepb.Span_Event {
	return &tracepb.Span_Event{TimeUnixNano: base + ms*1e6, Name: name, Attributes: attributes}
}

// loggedFile has events in another order than its spans.
//
//	job      |----------------------|  started, done
//	  apply    |----------|            retry, exception
//	  verify            |------|       retry, one without a time
func loggedFile(t testing.TB) trace.Source {
	return file(t, 1,
		span{id: 1, name: "job", end: 9000, change: logged(eventAt(8900, "done"), eventAt(10, "started", textAttribute("by", "ci-robot")))},
		span{id: 2, parent: 1, name: "apply", start: 1000, end: 5000, service: "cloud", change: func(s *tracepb.Span) {
			failed("gave up")(s)
			logged(
				eventAt(4000, "exception", textAttribute("exception.stacktrace", "main.go:1"), textAttribute("exception.message", "no such host"), textAttribute("exception.type", "*net.OpError"), attribute("attempt", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 3}})),
				eventAt(2000, "retry", textAttribute("reason", "timeout")))(s)
		}},
		span{id: 3, parent: 1, name: "verify", start: 4500, end: 7000, change: logged(eventAt(6000, "retry", textAttribute("reason", "not ready")), &tracepb.Span_Event{Name: "odd"})},
	)
}

func (a eventsAnswer) String() string {
	var out []string
	for _, e := range a.Events {
		at := e.At
		if at != "0" {
			var ns int64
			fmt.Sscan(at, &ns)
			at = fmt.Sprint((ns - base) / 1e6)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s/%s", at, e.Operation, e.Name)))
	}
	return strings.Join(out, ", ")
}

// All events of a trace stand by their times; a search finds those that meet it
// as if each were the only one of its span.
func TestEvents(t *testing.T) {
	h := newViewer(load(t, loggedFile(t)), Info{})
	for _, test := range []struct{ name, query, want string }{
		{"all", "", "10 job/started, 2000 apply/retry, 4000 apply/exception, 0 verify/odd, 6000 verify/retry, 8900 job/done"},
		{"a word of an event", "timeout", "2000 apply/retry"},
		{"its name", "event=retry", "2000 apply/retry, 6000 verify/retry"},
		{"an attribute of it", "reason=timeout", "2000 apply/retry"},
		{"has an attribute", "has:reason", "2000 apply/retry, 6000 verify/retry"},
		{"what its span says", "service=cloud", "2000 apply/retry, 4000 apply/exception"},
		{"its span is an error", "error", "2000 apply/retry, 4000 apply/exception"},
		{"span and event together", "error retry", "2000 apply/retry"},
		{"two events together", "timeout exception", ""},
		{"not", "-retry service=cloud", "4000 apply/exception"},
		{"or", "exception.type~net OR ci-robot", "10 job/started, 4000 apply/exception"},
		{"a number", "attempt>2", "4000 apply/exception"},
		{"the duration is of the span", "dur<3s", "0 verify/odd, 6000 verify/retry"},
		{"a time is of the event", "after:03:04:07 before:+6s", "2000 apply/retry, 4000 apply/exception, 0 verify/odd"},
		{"not that of its span", "-after:+5s service=kops", "10 job/started, 0 verify/odd"},
		{"text that the list leaves out", "main.go:1", "4000 apply/exception"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := answer[eventsAnswer](t, h, "traces/"+traceID(1).String()+"/events?q="+url.QueryEscape(test.query)).String(); got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
	one := answer[eventsAnswer](t, h, "traces/"+traceID(1).String()+"/events?offset=2&limit=1")
	want := loggedEvent{At: fmt.Sprint(base + int64(4e9)), Line: 1, ID: "0000000000000002", Operation: "apply", Service: "cloud", Name: "exception", Error: true,
		Message: "*net.OpError: no such host", Attributes: "attempt=3"}
	if len(one.Events) != 1 || one.Events[0] != want || one.Offset != 2 || one.Total != 6 {
		t.Errorf("got %+v\nwant %+v", one, want)
	}
}

// Spans that are served otherwise than they were read: in the joined trace of a
// job, with text that is no UTF-8, with a time beyond all.
func TestEventsOfJoinedTrace(t *testing.T) {
	one := file(t, 1, span{id: 1, name: "job", end: 9000, change: logged(eventAt(10, "started"), eventAt(9000, "done"))})
	two := file(t, 2, span{id: 1, name: "late", start: 100, end: 200, change: logged(&tracepb.Span_Event{TimeUnixNano: math.MaxUint64, Name: "never"}, eventAt(150, "event", textAttribute("k", "v")))})
	read, err := otelfile.Parse(two.Name, two.Data)
	if err != nil {
		t.Fatal(err)
	}
	var broken bytes.Buffer
	for r := range read.Records(nil) {
		if err := otelfile.NewWriter(&broken).Write(bytes.Replace(r.Payload, []byte("event"), []byte("e\xff\xfent"), 1)); err != nil {
			t.Fatal(err)
		}
	}
	two.Data = broken.Bytes()
	one.Group, two.Group = 1, 1
	set, err := join.Load(t.Context(), []trace.Source{one, two}, join.Job{Name: "e2e", ID: trace.TraceID{1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	h := newViewer(set, Info{})
	for q, want := range map[string]string{
		"":                              "10 job/started, 150 late/e\uFFFDnt, 9000 job/done, 7487584991854 late/never",
		"k=v OR prowtrace.span_id=nope": "150 late/e\uFFFDnt",
	} {
		if got := answer[eventsAnswer](t, h, "traces/"+set.Jobs()[0].ID.String()+"/events?q="+url.QueryEscape(q)).String(); got != want {
			t.Errorf("%q: got %s\nwant %s", q, got, want)
		}
	}
}

// One span can have as many events as fit in its file: the first by time are listed.
func TestTooManyEvents(t *testing.T) {
	events := make([]*tracepb.Span_Event, maxListed+5)
	for i := range events {
		events[i] = &tracepb.Span_Event{TimeUnixNano: base + uint64(len(events)-i)*1e6}
	}
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "job", end: 9000, change: logged(events...)})), Info{})
	got := answer[eventsAnswer](t, h, fmt.Sprintf("traces/%s/events?offset=%d", traceID(1), maxListed-2))
	if got.Total != maxListed || got.Left != 5 || got.String() != fmt.Sprintf("%d job/, %d job/", maxListed-1, maxListed) {
		t.Errorf("%d, %d left: %s", got.Total, got.Left, got)
	}
}

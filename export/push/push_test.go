package push

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/receivertest"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// protocols are both protocols, each with the address of a receiver.
var protocols = []struct {
	name    Protocol
	address func(*receivertest.Receiver) string
}{
	{GRPC, func(r *receivertest.Receiver) string { return r.GRPC }},
	{HTTP, func(r *receivertest.Receiver) string { return r.HTTP }},
}

// eachProtocol runs a test with a receiver and the target that reaches it.
func eachProtocol(t *testing.T, run func(t *testing.T, r *receivertest.Receiver, to Target)) {
	for _, p := range protocols {
		t.Run(string(p.name), func(t *testing.T) {
			r := receivertest.Start(t)
			to, err := Resolve(Settings{Endpoint: p.address(r), Protocol: string(p.name)}, none, nil)
			if err != nil {
				t.Fatal(err)
			}
			run(t, r, to)
		})
	}
}

func none(string) string { return "" }

// hasty retries without pauses, at most a hundred times.
func hasty() Options {
	pauses := 0
	sleep := func(ctx context.Context, _ time.Duration) error {
		if pauses++; pauses > 100 {
			return errors.New("too many pauses")
		}
		return context.Cause(ctx)
	}
	return Options{Sleep: sleep, Jitter: func() float64 { return 0 }}
}

func send(t testing.TB, to Target, o Options, p *Plan, from int) (Report, error) {
	t.Helper()
	c, err := New(to, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Send(t.Context(), p, from)
}

// joinedView has the spans of files as the joined trace of a job, with a log event and a
// finding.
func joinedView(t testing.TB, files ...trace.Source) *trace.View {
	t.Helper()
	for i := range files {
		files[i].Group = 1
	}
	job := join.Job{Name: "job", ID: trace.TraceID{1}, By: join.ByTime, Description: trace.Description{Attributes: []trace.Attribute{{Key: "prow.job", Value: "job"}}}}
	set, err := trace.Load(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	job.Findings = []join.Finding{{Row: set.Len() / 2, ID: "abcdef", Rank: 1}}
	job.Events = []join.Event{{Time: set.Trace(0).Start + 1, Text: "error: it broke", Severity: "ERROR", File: "build-log.txt", Line: 3}}
	processes, err := join.Processes(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	v, err := join.Make(t.Context(), set, processes, job)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func someFiles(t testing.TB) []trace.Source {
	return append(otlptest.Files(t, "../../testdata/bucket"), otlptest.Made(t), otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(1, 2)), 100, 300)...))
}

// allTexts gives everything about spans as one text for each span, in order.
func allTexts(t testing.TB, spans []receivertest.Span) (all []string) {
	t.Helper()
	for _, s := range spans {
		all = append(all, textOf(t, s.Resource, s.Scope, s.Span)+s.ResourceSchema+"|"+s.ScopeSchema)
	}
	slices.Sort(all)
	return all
}

func textOf(t testing.TB, messages ...proto.Message) (text string) {
	t.Helper()
	for _, m := range messages {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%q|", b)
	}
	return text
}

// served are the spans of a tree as a View serves them, decoded one by one.
func served(t testing.TB, tree trace.Tree, choose func(i int) bool) (all []receivertest.Span) {
	t.Helper()
	for i := range tree.Len() {
		if !choose(i) {
			continue
		}
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, receivertest.Span{Resource: d.Resource, Scope: d.Scope, ResourceSchema: d.ResourceSchema, ScopeSchema: d.ScopeSchema, Span: d.Span})
	}
	return all
}

func sameSpans(t *testing.T, got []receivertest.Span, want []string) {
	t.Helper()
	all := allTexts(t, got)
	if slices.Equal(all, want) {
		return
	}
	t.Errorf("%d spans arrived, want %d", len(all), len(want))
	for i := range min(len(all), len(want)) {
		if all[i] != want[i] {
			t.Fatalf("the first that differs:\n got %.2000s\nwant %.2000s", all[i], want[i])
		}
	}
}

// The chosen spans arrive complete by both protocols: the joined traces, the reported traces
// with the job's own spans, or all.
func TestSend(t *testing.T) {
	v := joinedView(t, someFiles(t)...)
	head := v.Tree(v.Jobs()[0])
	reported := func() (all []receivertest.Span) {
		for i := range v.NumTraces() {
			if tree := v.Tree(v.Trace(i)); !tree.Joined() {
				all = append(all, served(t, tree, every)...)
			}
		}
		return all
	}()
	for _, c := range []struct {
		which Which
		want  []receivertest.Span
	}{
		{Joined, served(t, head, every)},
		{Original, append(served(t, head, head.Own), reported...)},
		{All, append(served(t, head, every), reported...)},
	} {
		want := allTexts(t, c.want)
		if c.which != All && len(want) != v.Len() {
			t.Errorf("%s: %d spans, the view has %d: something is sent twice or never", c.which, len(want), v.Len())
		}
		t.Run(string(c.which), func(t *testing.T) {
			eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
				p := NewPlan(v, c.which, false)
				report, err := send(t, to, hasty(), p, 0)
				if err != nil {
					t.Fatal(err)
				}
				sameSpans(t, r.Kept(), want)
				if report.Spans != len(want) || p.Len() != len(want) || !report.Complete() || report.Requests != len(r.Requests()) {
					t.Errorf("report %+v of %d spans in %d requests", report, p.Len(), len(r.Requests()))
				}
			})
		})
	}
}

// Marks of findings and events of logs are sent.
func TestSendsFacts(t *testing.T) {
	v := joinedView(t, someFiles(t)...)
	r := receivertest.Start(t)
	to, err := Resolve(Settings{Endpoint: r.HTTP}, none, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0); err != nil {
		t.Fatal(err)
	}
	findings, events, jobs := 0, 0, 0
	for _, s := range r.Kept() {
		for _, kv := range s.Attributes {
			if kv.Key == join.AttrFinding && kv.Value.GetStringValue() == "abcdef" {
				findings++
			}
		}
		for _, e := range s.Events {
			for _, kv := range e.Attributes {
				if kv.Value.GetStringValue() == "error: it broke" {
					events++
				}
			}
		}
		for _, kv := range s.Resource.Attributes {
			if kv.Key == "prow.job" && kv.Value.GetStringValue() == "job" {
				jobs++
			}
		}
	}
	if findings != 2 || events != 1 || jobs != len(r.Kept()) {
		t.Errorf("%d marks of the finding, %d log events, %d of %d spans with prow.job", findings, events, jobs, len(r.Kept()))
	}
}

// Pushing twice gives the same spans under the same ids.
func TestSendTwice(t *testing.T) {
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		var first []string
		digest := ""
		for range 2 {
			p := NewPlan(joinedView(t, someFiles(t)...), Joined, false)
			if _, err := send(t, to, hasty(), p, 0); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first, digest = allTexts(t, r.Kept()), p.Digest()
				r.Forget()
			} else if p.Digest() != digest {
				t.Error("the plans differ")
			}
		}
		sameSpans(t, r.Kept(), first)
	})
}

// many is a view whose spans take several requests.
func many(t testing.TB, spans int) *trace.View {
	return joinedView(t, otlptest.File(t, "many", otlptest.ManyOf(1, spans)))
}

// Nothing is lost if a receiver asks for a retry, hangs up or dies in the middle. Spans that
// it accepted without an answer arrive twice, with the same ids.
func TestSendAgain(t *testing.T) {
	v := many(t, 17_000)
	want := allIDs(served(t, v.Tree(v.Jobs()[0]), every)) // TestSend compares their content
	every3 := func(n int, then receivertest.Reply) receivertest.Reply {
		if n%3 == 1 {
			return then
		}
		return receivertest.Reply{}
	}
	for _, c := range []struct {
		name    string
		reply   receivertest.Reply
		doubled bool
	}{
		{"429", receivertest.Reply{Status: http.StatusTooManyRequests, Code: codes.ResourceExhausted, RetryAfter: 3 * time.Second}, false},
		{"502", receivertest.Reply{Status: http.StatusBadGateway, Code: codes.Aborted}, false},
		{"503", receivertest.Reply{Status: http.StatusServiceUnavailable, Code: codes.Unavailable, Message: "restarting"}, false},
		{"504", receivertest.Reply{Status: http.StatusGatewayTimeout, Code: codes.DeadlineExceeded}, false},
		{"hangs up", receivertest.Reply{HangUp: true}, false},
		{"takes it and hangs up", receivertest.Reply{HangUp: true, Keep: true}, true},
		{"limits rates without a word", receivertest.Reply{Status: http.StatusTooManyRequests, Code: codes.ResourceExhausted, Message: "ingestion rate limit exceeded"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
				r.Answer(func(n int, _ *receivertest.Request) receivertest.Reply { return every3(n, c.reply) })
				report, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0)
				if err != nil {
					t.Fatal(err)
				}
				if report.Retries == 0 || report.Requests < 3 {
					t.Fatalf("nothing was tried: %+v", report)
				}
				got := r.Kept()
				if c.doubled {
					if len(got) <= len(want) {
						t.Errorf("%d spans, and none came twice", len(got))
					}
					got = once(got)
				}
				if !slices.Equal(allIDs(got), want) {
					t.Errorf("%d spans came, not the %d that there are", len(got), len(want))
				}
			})
		})
	}
}

// allIDs are the ids of spans, in order.
func allIDs(spans []receivertest.Span) (all []string) {
	for _, s := range spans {
		all = append(all, string(s.TraceId)+string(s.SpanId))
	}
	slices.Sort(all)
	return all
}

// once gives spans without those whose ids occurred before.
func once(all []receivertest.Span) (different []receivertest.Span) {
	seen := map[string]bool{}
	for _, s := range all {
		if id := string(s.TraceId) + string(s.SpanId); !seen[id] {
			seen[id] = true
			different = append(different, s)
		}
	}
	return different
}

// A request that is too large is split until the receiver accepts it, and later ones are
// smaller from the start. A single span that is too large is counted and reported.
func TestTooLarge(t *testing.T) {
	v := joinedView(t, otlptest.File(t, "large", otlptest.Under("a", otlptest.OfSizes(100_000, 400_000, 600_000, 10, 300_000, 700_000, 20, 5_000_000, 30)...)))
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		r.MostBytes = 800_000
		p := NewPlan(v, Joined, false)
		report, err := send(t, to, hasty(), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		if report.TooLarge != 1 || len(report.Messages) != 1 || report.Complete() || report.Spans != p.Len() {
			t.Errorf("%+v", report)
		}
		if got := len(r.Kept()); got != p.Len()-1 {
			t.Errorf("%d of %d spans arrived", got, p.Len())
		}
	})
}

// A receiver that accepts no size ends the push, instead of getting each span on its own.
func TestNothingIsSmallEnough(t *testing.T) {
	v := many(t, 17_000)
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		r.MostBytes = 1
		var refused *RefusedError
		report, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0)
		if !errors.As(err, &refused) || report.Spans != 0 {
			t.Errorf("error %v, report %+v", err, report)
		}
		if n := len(r.Requests()); n > 20 {
			t.Errorf("%d requests", n)
		}
	})
}

// Long texts from a receiver are cut to what people read.
func TestTalkativeReceiver(t *testing.T) {
	said := strings.Repeat("é", 20_000)
	v := many(t, 17_000)
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		r.Answer(func(n int, _ *receivertest.Request) receivertest.Reply {
			if n == 0 {
				return receivertest.Reply{Message: said}
			}
			return receivertest.Reply{Message: said, Status: http.StatusBadRequest, Code: codes.InvalidArgument}
		})
		var refused *RefusedError
		report, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0)
		if len(report.Messages) != 1 || len(report.Messages[0]) != mostSaid {
			t.Errorf("%d messages kept: %.20q", len(report.Messages), report.Messages)
		}
		if !errors.As(err, &refused) || len(refused.Message) != mostSaid {
			t.Errorf("error %.200v", err)
		}
	})
}

// Requests stay below the limits of receivers, even if each span has a resource of its own.
func TestBounded(t *testing.T) {
	v := many(t, 20_000)
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		if _, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0); err != nil {
			t.Fatal(err)
		}
		for _, req := range r.Requests() {
			if req.Size > maxBytes {
				t.Errorf("a request of %d bytes", req.Size)
			}
		}
		if n := len(r.Requests()); n < 3 {
			t.Errorf("only %d requests: this tries little", n)
		}
	})
}

// Rejected spans are reported, and not sent again. Warnings are reported too.
func TestPartialSuccess(t *testing.T) {
	v := many(t, 17_000)
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		r.Answer(func(n int, _ *receivertest.Request) receivertest.Reply {
			switch n {
			case 0:
				return receivertest.Reply{Rejected: 7, Message: "7 spans are too old"}
			case 1:
				return receivertest.Reply{Message: "the attribute x is deprecated"}
			}
			return receivertest.Reply{}
		})
		p := NewPlan(v, Joined, false)
		report, err := send(t, to, hasty(), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		if report.Rejected != 7 || report.Complete() || !slices.Equal(report.Messages, []string{"7 spans are too old", "the attribute x is deprecated"}) || report.Retries != 0 {
			t.Errorf("%+v", report)
		}
	})
}

// Send continues where another one ended: each span arrives once.
func TestResume(t *testing.T) {
	v := many(t, 20_000)
	want := allTexts(t, served(t, v.Tree(v.Jobs()[0]), every))
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		stop := errors.New("stop")
		o := hasty()
		taken := 0
		o.Taken = func(n int) error {
			if taken = n; n > 10_000 {
				return stop
			}
			return nil
		}
		p := NewPlan(v, Joined, false)
		if report, err := send(t, to, o, p, 0); !errors.Is(err, stop) || report.Spans != taken {
			t.Fatalf("%+v, %v, taken %d", report, err, taken)
		}
		if report, err := send(t, to, hasty(), NewPlan(v, Joined, false), taken); err != nil || report.Spans != p.Len()-taken {
			t.Fatalf("%+v, %v", report, err)
		}
		sameSpans(t, r.Kept(), want)
	})
}

// A refusal ends the push immediately, with a reason.
func TestRefused(t *testing.T) {
	v := joinedView(t, otlptest.Made(t))
	for _, c := range []struct {
		name   string
		reply  receivertest.Reply
		reason Reason
	}{
		{"not allowed", receivertest.Reply{Status: http.StatusUnauthorized, Code: codes.Unauthenticated, Message: "no token"}, NotAllowed},
		{"invalid", receivertest.Reply{Status: http.StatusBadRequest, Code: codes.InvalidArgument, Message: "no token"}, ""},
		{"nothing there", receivertest.Reply{Status: http.StatusNotFound, Code: codes.Unimplemented, Message: "no token"}, NotReceiver},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
				r.Answer(func(int, *receivertest.Request) receivertest.Reply { return c.reply })
				_, err := send(t, to, hasty(), NewPlan(v, Joined, false), 0)
				var refused *RefusedError
				if !errors.As(err, &refused) || refused.Reason != c.reason || refused.Message != "no token" || len(r.Requests()) != 1 {
					t.Errorf("%v after %d requests", err, len(r.Requests()))
				}
			})
		})
	}
}

// A server that answers with an HTML page is not a receiver.
func TestNotAReceiver(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<p>hello"))
		}},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.answer)
			defer s.Close()
			to, err := Resolve(Settings{Endpoint: s.URL}, none, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = send(t, to, hasty(), NewPlan(joinedView(t, otlptest.Made(t)), Joined, false), 0)
			var refused *RefusedError
			if !errors.As(err, &refused) || refused.Reason != NotReceiver {
				t.Error(err)
			}
		})
	}
}

// The request has the path, the type, compression, the sender and the headers.
func TestHeaders(t *testing.T) {
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		to.Headers = []Header{{"x-scope-orgid", "team"}}
		o := hasty()
		o.Agent = "prowtrace/test"
		if _, err := send(t, to, o, NewPlan(joinedView(t, otlptest.Made(t)), Joined, false), 0); err != nil {
			t.Fatal(err)
		}
		req := r.Requests()[0]
		wantPath := map[Protocol]string{GRPC: exportMethod, HTTP: "/v1/traces"}[to.Protocol]
		if req.Path != wantPath || req.Header.Get("X-Scope-Orgid") != "team" || !strings.HasPrefix(req.Header.Get("User-Agent"), "prowtrace/test") {
			t.Errorf("%s %v", req.Path, req.Header)
		}
		if got := req.Header.Get("Content-Encoding"); to.Protocol == HTTP && got != "gzip" {
			t.Errorf("encoding %q", got)
		}
	})
}

// Secrets are sent unchanged and reported. With a mask none is sent.
func TestMasked(t *testing.T) {
	secret := "ghp_" + strings.Repeat("aB3", 12)
	span := &tracepb.Span{
		TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Name: "run " + secret, StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(2),
		Status:     &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "refused " + secret},
		Attributes: otlptest.Under("x").ResourceSpans[0].Resource.Attributes,
		Events:     []*tracepb.Span_Event{{Name: "e", TimeUnixNano: otlptest.At(1)}},
		Links:      []*tracepb.Span_Link{{TraceId: otlptest.TraceID(2), SpanId: otlptest.SpanID(2)}},
	}
	all := otlptest.Under("a", span)
	add := func(to *[]*commonpb.KeyValue) {
		*to = append(*to, otlptest.Attr("text", otlptest.Str("with "+secret)), otlptest.Attr("password", otlptest.Str("hunter2")),
			otlptest.Attr("args", otlptest.Array(otlptest.Str("--certificate-key"), otlptest.Str(strings.Repeat("0123456789abcdef", 2)))),
			otlptest.Attr("map", otlptest.Map(otlptest.Attr("inner", otlptest.Str(secret)))))
	}
	add(&span.Attributes)
	add(&span.Events[0].Attributes)
	add(&span.Links[0].Attributes)
	add(&all.ResourceSpans[0].Resource.Attributes)
	v := joinedView(t, otlptest.File(t, "secret", all))
	eachProtocol(t, func(t *testing.T, r *receivertest.Receiver, to Target) {
		for _, masked := range []bool{false, true} {
			r.Forget()
			report, err := send(t, to, hasty(), NewPlan(v, Joined, masked), 0)
			if err != nil {
				t.Fatal(err)
			}
			sent := ""
			for _, s := range r.Kept() {
				sent += textOf(t, s.Resource, s.Scope, s.Span)
			}
			for _, one := range []string{secret, "hunter2", "0123456789abcdef0123"} {
				if got := strings.Contains(sent, one); got == masked {
					t.Errorf("masked %v: %q is sent: %v", masked, one, got)
				}
			}
			if report.Secret == masked {
				t.Errorf("masked %v: %+v", masked, report)
			}
		}
		if report, err := send(t, to, hasty(), NewPlan(many(t, 17_000), Joined, false), 0); err != nil || report.Secret {
			t.Errorf("%+v, %v: a secret is seen where there is none", report, err)
		}
	})
}

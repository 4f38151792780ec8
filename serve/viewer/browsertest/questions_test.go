package browsertest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// having adds attributes to a span.
func having(s *tracepb.Span, attributes ...*commonpb.KeyValue) *tracepb.Span {
	s.Attributes = append(s.Attributes, attributes...)
	return s
}

func value(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

func integer(key string, v int64) *commonpb.KeyValue {
	return value(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v}})
}

func boolean(key string, v bool) *commonpb.KeyValue {
	return value(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}})
}

func list(key string, items ...string) *commonpb.KeyValue {
	var a commonpb.ArrayValue
	for _, i := range items {
		a.Values = append(a.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: i}})
	}
	return value(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &a}})
}

func ofKind(s *tracepb.Span, k tracepb.Span_SpanKind) *tracepb.Span {
	s.Kind = k
	return s
}

// odd is a trace of spans whose attributes, names and states were once not found.
func odd(t testing.TB) trace.Source {
	wrong := failed(ofKind(span(6, 1, "PUT /instances", 10, 20), tracepb.Span_SPAN_KIND_CLIENT))
	fine := ofKind(span(7, 1, "GET /zones", 30, 40), tracepb.Span_SPAN_KIND_CLIENT)
	fine.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_OK, Message: "ok message"}
	return file(t, 1,
		span(1, 0, "run", 0, 1000),
		having(span(2, 1, "bigint", 1, 2), integer("i.53p1", 9007199254740993), integer("i.max", 9223372036854775807), text("s.big", "3205345037701495167")),
		having(span(3, 1, "keys", 2, 3), text("with space", "v1"), text("a:b", "v5"), text("with=eq", "v4"), text("-dash", "v7"), text("with(paren)", "v8"), text("ключ", "v9"), text("OR", "or-value")),
		having(span(4, 1, "shadow", 3, 4), text("service", "attr-service"), text("name", "attr-name"), text("kind", "attr-kind"), text("status", "attr-status"), boolean("b", true)),
		having(span(5, 1, "arrays", 4, 5), list("arr", "a", "b c"), text("empty", "")),
		wrong, fine, span(8, 1, "", 50, 60),
	)
}

// A question is what is typed into the find box, with what it finds: spans of the
// trace's page, traces of the list.
type question struct {
	q              string
	spans, matches int // in the trace, in the list
}

// The trace's page and the list give the same answers, the right ones.
func TestQuestions(t *testing.T) {
	none := file(t, 2, span(1, 0, "another", 0, 10)) // a trace that no question finds
	b := open(t, load(t, odd(t), none), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	questions := []question{
		{`i.53p1=9007199254740993`, 1, 1}, {`i.53p1>9007199254740992`, 1, 1}, {`i.53p1<=9007199254740992`, 0, 0}, {`i.max>9223372036854775806`, 1, 1}, {`s.big=3205345037701495167`, 1, 1},
		{`"with space"=v1`, 1, 1}, {`has:"with space"`, 1, 1}, {`"a:b"=v5`, 1, 1}, {`a:b=v5`, 1, 1}, {`"with=eq"=v4`, 1, 1}, {`with=eq=v4`, 1, 1}, {`"-dash"=v7`, 1, 1}, {`"with(paren)"=v8`, 1, 1}, {`ключ=v9`, 1, 1}, {`"OR"=or-value`, 1, 1},
		{`arr=a`, 1, 1}, {`arr="b c"`, 1, 1}, {`arr=b`, 0, 0}, {`empty=""`, 1, 1}, {`name=""`, 1, 1},
		{`name=attr-name`, 1, 1}, {`service=attr-service`, 1, 1}, {`b=true`, 1, 1},
		{`error=true`, 1, 1}, {`otel.status_code=ERROR`, 1, 1}, {`status=ERROR`, 1, 1}, {`status:error`, 1, 1}, {`status=ok`, 1, 1},
		{`kind=CLIENT`, 2, 1}, {`span.kind=client`, 2, 1}, {`kind:client error`, 1, 1},
		{`resource.service.name=kops kind=CLIENT`, 2, 1}, {`message="ok message"`, 1, 1}, {`error!=true -kind:internal`, 1, 1},
	}
	for _, q := range questions {
		b.ask(q.q, plural(q.spans, "match", "matches"))
	}
	b.run(chromedp.Navigate(b.base + "/"))
	b.wait(atList)
	for _, q := range questions {
		b.ask(q.q, strconv.Itoa(q.matches)+" found")
	}
}

// ask puts a question into the find box and waits for the answer, which is not that of the last question.
func (b *tab) ask(q, answer string) {
	b.Helper()
	b.eval(`(() => {
		const box = document.querySelector('.find');
		document.querySelector('.found').textContent = '…';
		box.focus();
		box.value = ` + number(q) + `;
		box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
	})()`)
	b.wait(`document.querySelector('.found').textContent !== '…'`)
	if got := b.text(`document.querySelector('.found').textContent`); got != answer {
		b.Errorf("%s: %s, want %s", q, got, answer)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Two spellings of a question find the same traces, that of the job among them; the number
// of errors leads to them all.
func TestQuestionsOfAJob(t *testing.T) {
	one := file(t, 1, having(span(1, 0, "one", 0, 1000), text("cluster", "c1")), failed(span(2, 1, "boom", 100, 200)))
	two := file(t, 2, having(span(1, 0, "two", 2000, 3000), text("cluster", "c2")))
	one.Group, two.Group = 1, 1
	view, err := join.Load(t.Context(), []trace.Source{one, two}, join.Job{Name: "the job", ID: trace.TraceID{0x0b}, By: join.ByTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = view.Set().Close() })
	b := open(t, view, viewer.Info{}, "/")
	b.wait(atList)
	for _, q := range []struct {
		q     string
		lists int
	}{{"cluster=c1", 2}, {"cluster~^c1$", 2}, {"error", 2}, {"error=true", 2}, {"name=one", 2}, {"name~^one$", 2}, {"service=kops", 3}, {"service~^kops$", 3}, {"cluster=c3", 0}} {
		b.ask(q.q, strconv.Itoa(q.lists)+" found")
		if got := b.text(`[...document.querySelectorAll('.traces tbody tr')].some((r) => r.innerText.includes('the job'))`); got != strconv.FormatBool(q.lists > 0) {
			t.Errorf("%s: is the trace of the job among them? %s", q.q, got)
		}
	}
	b.clear()
	b.run(chromedp.Navigate(b.base + "/trace/0b" + strings.Repeat("0", 30)))
	b.wait(atTrace)
	if got := b.text(`document.querySelector('.trace-facts .err').textContent`); got != "1 error" {
		t.Errorf("the head counts %s", got)
	}
	b.eval(`document.querySelector('.group .err').click()`)
	b.wait(panelName + ` === 'boom'`)
}

// An error that a success of something else follows stays an error, and is the first; one whose
// operation succeeded later is made good.
func TestErrorsMadeGood(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spans []*tracepb.Span
		good  string // lines of errors that were made good
		first string
	}{
		{"an unrelated success", []*tracepb.Span{failed(span(1, 0, "deploy", 0, 1000)), failed(span(2, 1, "create instances", 100, 200)), span(3, 1, "release lock", 300, 400)}, "", "create instances"},
		{"another call", []*tracepb.Span{failed(span(1, 0, "run", 0, 1000)), failed(having(span(2, 1, "HTTP", 100, 200), text("http.request.method", "PUT"), text("url.full", "https://api.example/instances"))),
			having(span(3, 1, "HTTP", 300, 400), text("http.request.method", "GET"), text("url.full", "https://api.example/zones")), failed(span(4, 1, "wait for nodes", 500, 900))}, "", "HTTP"},
		{"tried again", []*tracepb.Span{failed(span(1, 0, "run", 0, 1000)), failed(span(2, 1, "list", 100, 200)), span(3, 1, "list", 300, 400), failed(span(4, 1, "create", 500, 600))}, "list", "create"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t, made(t, tt.spans...), viewer.Info{}, "/trace/"+polled)
			b.wait(atTrace)
			if got := b.text(`[...document.querySelectorAll('.wf-row:not([hidden])')].filter((r) => r.querySelector('.mark-error.good')).map((r) => r.querySelector('.n-name').textContent).join()`); got != tt.good {
				t.Errorf("made good: %q, want %q", got, tt.good)
			}
			b.keys("F")
			b.wait(panelName + ` === ` + number(tt.first))
		})
	}
}

// A number leads to what was counted: calls of a peer and their errors, found by the host of
// the address where it is not named.
func TestCallsOfAPeer(t *testing.T) {
	client := func(id, start int, attributes ...*commonpb.KeyValue) *tracepb.Span {
		return having(ofKind(span(id, 1, "call "+strconv.Itoa(id), start, start+10), tracepb.Span_SPAN_KIND_CLIENT), attributes...)
	}
	b := open(t, made(t, span(1, 0, "root", 0, 1000), client(2, 10, text("server.address", "api.example.com")),
		failed(client(3, 20, text("url.full", "https://api.example.com/v1/x"))), client(4, 30, text("url.full", "https://metadata.internal/x")),
		client(5, 40, text("url.full", "https://proxy.local/?target=api.example.com")), having(span(6, 1, "mention", 50, 60), text("server.address", "api.example.com")),
	), viewer.Info{}, "/?view=services")
	b.wait(`[...document.querySelectorAll('.table tbody tr')].some((r) => r.innerText.replace(/\s+/g, ' ').startsWith('api.example.com called by server.address 2 1 '))`)
	b.eval(`[...document.querySelectorAll('.table tbody tr')].find((r) => r.innerText.startsWith('api.example.com')).querySelector('.link').click()`)
	b.wait(atList + ` && document.querySelector('.found').textContent === '1 found'`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?view=services"))
	b.wait(`document.querySelector('.table tbody tr')`)
	b.eval(`[...document.querySelectorAll('.table tbody tr')].find((r) => r.innerText.startsWith('api.example.com')).querySelector('.link').click()`)
	b.wait(atTrace + ` && document.querySelector('.found').textContent === '2 matches'`)
}

package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
)

// detailed is a trace of a failed call with all that a span can have, and
// another trace that it links to.
func detailed(t testing.TB) *trace.View {
	var stack []string
	for i := range 40 {
		stack = append(stack, fmt.Sprintf("main.go:%d", i+1))
	}
	s := failed(span(2, 1, "call", 100, 900))
	s.Attributes = append(s.Attributes, text("url.full", "https://api.example/v1"), text("code", "two words"), text("long", strings.Repeat("0123456789", 1000)))
	s.Events = []*tracepb.Span_Event{{Name: "exception", TimeUnixNano: begin + 500e6, Attributes: nil}}
	s.Events[0].Attributes = append(s.Events[0].Attributes, text("exception.stacktrace", strings.Join(stack, "\n")))
	other := append([]byte{0x0a}, make([]byte, 15)...)
	other[15] = 2
	s.Links = []*tracepb.Span_Link{{TraceId: other, SpanId: spanID(1), TraceState: "vendor=x", Flags: 0x301, DroppedAttributesCount: 3}}
	s.DroppedAttributesCount, s.Events[0].DroppedAttributesCount, s.DroppedEventsCount, s.DroppedLinksCount, s.Flags = 7, 1, 128, 4, 0x101
	return load(t, file(t, 1, span(1, 0, "job", 0, 1000), s), file(t, 2, span(1, 0, "linked", 0, 50)))
}

func TestDetail(t *testing.T) {
	b := open(t, detailed(t), viewer.Info{Links: []viewer.Link{{Text: "artifacts", URL: "https://x.example/run/artifacts/"}}}, "/trace/"+polled+"?span=0000000000000002")
	b.wait(`document.querySelector('.detail .d-fields')`)
	panel := b.text(`document.querySelector('.detail').innerText`)
	for _, want := range []string{"call", "ERROR", "not yet", "800 ms", "80% of the trace", "https://api.example/v1", "two words", "Resource", "Scope", "exception +400.0 ms", "32 lines above: show all", "main.go:33", "main.go:40", "The first 4 kB of 10 kB",
		"left out 7 attributes", "left out 1 attribute.", "left out 128 events", "left out 3 attributes", "left out 4 links", "vendor=x", "0x301 (sampled, remote)", "0x101 (sampled, not remote)"} {
		if !strings.Contains(panel, want) {
			t.Errorf("the details do not say %q:\n%s", want, panel)
		}
	}
	if strings.Contains(panel, "main.go:32\n") {
		t.Error("more than the end of the stack trace is shown")
	}
	b.eval(`[...document.querySelectorAll('.detail button')].find((e) => e.textContent.includes('show all')).click()`)
	b.wait(`document.querySelector('.detail').innerText.includes('main.go:1\n')`)
	for _, summary := range []string{"Source", "OTLP JSON"} {
		b.eval(`[...document.querySelectorAll('.d-section summary')].find((s) => s.textContent.startsWith('` + summary + `')).click()`)
	}
	b.wait(`/made-1\.otel at byte \d+/.test(document.querySelector('.d-sources').innerText)`)
	b.wait(`[...document.querySelectorAll('.d-section > .value')].at(-1).textContent.includes('"spanId": "0000000000000002"')`)

	b.eval(`fetch(document.querySelector('.d-cut a').href).then((r) => r.text()).then((t) => { window.whole = t; }), 0`)
	b.wait(`window.whole === '0123456789'.repeat(1000)`)
	b.eval(`navigator.clipboard.writeText = async (t) => { window.copied = t; }`) // a browser without a head has no clipboard
	for label, want := range map[string]string{"Copy as text": "call (kops", "Copy as JSON": `"spanId":"0000000000000002"`} {
		b.eval(`[...document.querySelectorAll('.d-tools button')].find((e) => e.textContent === '` + label + `').click()`)
		b.wait(`document.querySelector('.toast.on')?.textContent === 'Copied' && window.copied?.replaceAll(': ', ':').includes(` + fmt.Sprintf("%q", want) + `)`)
	}
	b.eval(`[...document.querySelectorAll('.d-fields tr')].find((r) => r.textContent.startsWith('code')).querySelector('.d-actions button:last-child').click()`)
	b.wait(`document.querySelector('.find').value === 'code="two words"' && document.querySelector('.found').textContent === '1 match'`)
	b.eval(`[...document.querySelectorAll('.d-event a')].find((a) => a.href.includes('0a000000000000000000000000000002')).click()`)
	b.wait(`document.querySelector('.detail h2')?.textContent === 'linked' && location.pathname.endsWith('2')`)
	b.run(chromedp.NavigateBack())
	b.wait(`document.querySelector('.detail h2')?.textContent === 'call'`)
	b.eval(`[...document.querySelectorAll('.d-facts button')][0].click()`) // the parent
	b.wait(panelName + ` === 'job'`)
}

// A filter that is added to alternatives holds for each of them, and an event
// before its span has one sign.
func TestFilterBesideAlternatives(t *testing.T) {
	job, call := span(1, 0, "job", 0, 9000), span(2, 1, "call", 6000, 8000)
	call.Attributes = append(call.Attributes, text("code", "500"))
	call.Events = []*tracepb.Span_Event{{Name: "early", TimeUnixNano: begin + 1000e6}}
	b := open(t, made(t, failed(job), call), viewer.Info{}, "/trace/"+polled+"?span=0000000000000002&q=error+OR+code%3D500")
	b.wait(`document.querySelector('.detail .d-fields')`)
	if got := b.text(`document.querySelector('.d-event h4').innerText`); got != "early −5 s" {
		t.Errorf("the event is %q", got)
	}
	b.wait(`document.querySelector('.found').textContent === '2 matches'`)
	b.eval(`[...document.querySelectorAll('.d-fields tr')].find((r) => r.textContent.startsWith('code')).querySelector('.d-actions button:last-child').click()`)
	b.wait(`document.querySelector('.find').value === '(error OR code=500) code=500' && document.querySelector('.found').textContent === '1 match'`)
}

// What a test printed, and the errors of a log, are shown as a log: lines with times of
// day, apart from other events.
func TestLogOfASpan(t *testing.T) {
	job, call := span(1, 0, "job", 0, 9000), span(2, 1, "case", 1000, 8000)
	line := func(at uint64, said string, more ...string) *tracepb.Span_Event {
		e := &tracepb.Span_Event{Name: "log", TimeUnixNano: begin + at*1e6}
		e.Attributes = append(e.Attributes, text("log.record.original", said))
		for i := 0; i+1 < len(more); i += 2 {
			e.Attributes = append(e.Attributes, text(more[i], more[i+1]))
		}
		return e
	}
	call.Events = []*tracepb.Span_Event{
		line(1500, "<b>first</b>", "log.iostream", "stdout"), line(1500, "  second"), {Name: "restarted", TimeUnixNano: begin + 2000e6},
		line(3000, "it failed", "log.severity", "ERROR", "log.file.path", "build-log.txt"),
	}
	b := open(t, made(t, failed(job), call), viewer.Info{}, "/trace/"+polled+"?span=0000000000000002")
	b.wait(`document.querySelectorAll('.d-log li').length === 3`)
	if got := b.text(`[...document.querySelectorAll('.d-log code')].map((c) => c.textContent).join('|')`); got != "<b>first</b>|  second|it failed" {
		t.Errorf("lines %q", got)
	}
	if got := b.text(`[...document.querySelectorAll('.d-log li')].map((l) => (l.querySelector('time').textContent ? 'timed' : 'same') + ' ' + l.className + ' ' + l.title).join('|')`); got != "timed  stdout|same  |timed err ERROR · build-log.txt" {
		t.Errorf("lines are %q", got)
	}
	if got := b.text(`[...document.querySelectorAll('.d-event h4 bdi')].map((h) => h.textContent).join()`); got != "restarted" {
		t.Errorf("events %q", got)
	}
}

// From match to match, back again, to the slowest, and along the critical path.
func TestSteps(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	b.find("poll error")
	b.wait(`document.querySelector('.found').textContent === '3 matches'`)
	opened := func(name string) {
		t.Helper()
		b.wait(`document.querySelector('.wf-row.opened')?.id === '` + name + `'`)
	}
	b.keys(kb.Enter)
	opened("line-2")
	b.keys(kb.Enter)
	opened("line-3")
	b.run(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift)))
	opened("line-2")
	b.keys(kb.Escape) // empties the box
	b.wait(`document.activeElement.matches('.wf')`)
	b.click(".menu summary")
	b.wait(`document.querySelectorAll('.menu-list button').length === 15`)
	if first := b.text(`document.querySelector('.menu-list button').textContent`); first != "2.42 s job" {
		t.Errorf("the slowest is %q", first)
	}
	b.click(".menu-list li:nth-child(2) button")
	b.wait(panelName + ` === 'done'`)
	b.eval(`document.querySelector('.wf').focus()`)
	b.keys("c")
	b.wait(`document.querySelector('.wf-row.opened')?.id === 'line-0'`)
}

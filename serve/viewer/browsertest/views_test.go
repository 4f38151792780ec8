package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
)

// column is what a table has in a column, from 1.
func (b *tab) column(table, n string) string {
	b.Helper()
	return b.text(`[...document.querySelectorAll('` + table + ` tbody td:nth-child(` + n + `)')].map((c) => c.textContent).join(', ')`)
}

// The table of operations is sorted by a click, the address knows how, and a
// click on an operation or its errors leads to its spans.
func TestOperations(t *testing.T) {
	b := open(t, two(t), viewer.Info{}, "/trace/0a000000000000000000000000000002?view=operations")
	b.wait(`document.querySelector('.operations tbody tr')`)
	if got := b.column(".operations", "1"); got != "apply, bad, poll, dump" {
		t.Errorf("by self time: %s", got)
	}
	if got := b.text(`document.querySelector('.operations tbody tr:nth-child(3)').innerText.replace(/\s+/g, ' ')`); got != "poll kops 2 2 200 ms 200 ms 100 ms 100 ms 100 ms" {
		t.Errorf("a line is %q", got)
	}
	for _, step := range []struct{ heading, query, want string }{
		{"1", "order=name", "apply, bad, dump, poll"}, {"1", "order=-name", "poll, dump, bad, apply"}, {"4", "order=errors", "poll, apply, bad, dump"}, {"5", "order=total", "bad, apply, poll, dump"},
	} {
		b.click(".operations th:nth-child(" + step.heading + ") button")
		b.wait(`location.search.endsWith('` + step.query + `')`)
		if got := b.column(".operations", "1"); got != step.want {
			t.Errorf("%s: %s, want %s", step.query, got, step.want)
		}
	}
	b.run(chromedp.Reload())
	b.wait(`document.querySelector('.operations tbody td')?.textContent === 'bad'`)
	b.wait(`[...document.querySelectorAll('select[aria-label="Sum up by"] option')].map((o) => o.value).join() === ',service.name'`)
	b.eval(`[...document.querySelectorAll('.operations tbody tr')].find((r) => r.textContent.startsWith('poll')).querySelector('.link.err').click()`)
	b.wait(atTrace + ` && document.querySelector('.found').textContent === '2 matches' && document.querySelector('.find').value === 'name:=poll service:=kops error'`)
}

// Operations are summed up by any attribute, and what has a value is found.
func TestOperationsByAttribute(t *testing.T) {
	b := open(t, demo(t), viewer.Info{}, "/?view=operations")
	b.wait(`document.querySelectorAll('select[aria-label="Sum up by"] option').length > 5`)
	b.eval(`(() => { const s = document.querySelector('select[aria-label="Sum up by"]'); s.value = 'server.address'; s.dispatchEvent(new Event('change')); })()`)
	b.wait(`location.search.includes('by=server.address') && document.querySelector('.operations th')?.textContent === 'server.address' && [...document.querySelectorAll('.operations tbody td:first-child')].some((c) => c.textContent === 'github.com')`)
	b.run(chromedp.Reload())
	b.wait(`document.querySelector('select[aria-label="Sum up by"]')?.value === 'server.address' && document.querySelector('.operations tbody tr')`)
	b.eval(`[...document.querySelectorAll('.operations tbody tr')].find((r) => r.textContent.startsWith('github.com')).querySelector('.link').click()`)
	b.wait(`document.querySelector('.find').value.startsWith('server.address:=github.com service:=') && /^[1-9]\d* found/.test(document.querySelector('.found').textContent)`)
	b.run(chromedp.NavigateBack())
	b.wait(`document.querySelector('.operations tbody tr')`)
	b.eval(`[...document.querySelectorAll('.operations tbody tr')].find((r) => r.textContent.startsWith('(none)')).querySelector('.link').click()`)
	b.wait(`document.querySelector('.find').value.startsWith('server.address:="" service:=') && /^[1-9]\d* found/.test(document.querySelector('.found').textContent)`)
}

// The find box offers attributes and their values.
func TestCompletions(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(atTrace)
	b.find("http.request.me")
	const offers = `[...document.getElementById(document.querySelector('.find').getAttribute('list')).options].map((o) => o.value)`
	b.wait(offers + `[0] === 'http.request.method='`)
	b.keys("thod=P")
	b.wait(offers + `.join() === 'http.request.method=POST'`)
}

// All spans in one list: sorted, searched, and a way to each.
func TestSpans(t *testing.T) {
	b := open(t, two(t), viewer.Info{}, "/trace/0a000000000000000000000000000002?view=spans")
	b.wait(`document.querySelector('.spans tbody .said')?.textContent === 'not yet'`)
	if got := b.text(`[...document.querySelectorAll('.spans tbody tr')].map((r) => [...r.children].map((c) => c.textContent.trim()).join(' ')).join('\n')`); got != "bad kops +0 9 s 900 ms\napply kops +0 8 s 7.8 s\n✕poll not yet kops +100 ms 100 ms 100 ms\n✕poll not yet kops +300 ms 100 ms 100 ms\ndump kops +8.900 s 100 ms 100 ms" {
		t.Errorf("got\n%s", got)
	}
	b.click(".spans th:nth-child(5) button")
	b.wait(`location.search.endsWith('order=self') && document.querySelector('.spans tbody a').textContent === 'apply'`)
	b.run(chromedp.Navigate(b.base + "/trace/0a000000000000000000000000000002?view=spans&q=error"))
	b.wait(`document.querySelectorAll('.spans tbody tr').length === 2 && document.querySelector('.sheet').textContent.startsWith('2 spans found by error')`)
	b.eval(`document.querySelectorAll('.spans tbody a')[1].click()`)
	b.wait(panelName + ` === 'poll' && location.search.includes('span=0000000000000004')`)
	b.run(chromedp.NavigateBack())
	b.wait(`document.querySelectorAll('.spans tbody tr').length === 2`)
	b.find("apply")
	b.wait(`document.querySelector('.spans tbody a').textContent === 'apply' && location.search.includes('q=apply')`)
}

// All events of a trace by time: searched, in the zone that is chosen, in pages,
// and a way to the span of each.
func TestEvents(t *testing.T) {
	job, apply := span(1, 0, "job", 0, 9000), span(2, 1, "apply", 1000, 5000)
	failed(apply)
	job.Events = []*tracepb.Span_Event{{TimeUnixNano: begin + 8900e6, Name: "done"}, {TimeUnixNano: begin + 10e6, Name: "started", Attributes: []*commonpb.KeyValue{text("by", "ci-robot")}}}
	apply.Events = []*tracepb.Span_Event{{TimeUnixNano: begin + 4000e6, Name: "exception", Attributes: []*commonpb.KeyValue{text("exception.type", "OpError"), text("exception.message", "no such host")}}, {Name: "odd"}}
	b := open(t, made(t, job, apply), viewer.Info{}, "/")
	b.run(call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}), chromedp.Navigate(b.base+"/trace/"+polled))
	b.wait(atTrace)
	b.keys("7")
	const rows = `[...document.querySelectorAll('.events tbody tr')].map((r) => [...r.children].map((c) => c.textContent.trim()).join(' | ')).join('\n')`
	b.wait(`location.search === '?view=events' && document.querySelectorAll('.events tbody tr').length === 4`)
	if got, want := b.text(rows), "03:04:05.010 UTC | +10 ms | kops | job | started  by=ci-robot\nunknown |  | kops | ✕apply | odd\n03:04:09.000 UTC | +4.000 s | kops | ✕apply | ✕exception OpError: no such host\n03:04:13.900 UTC | +8.900 s | kops | job | done"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.find("service=kops host")
	b.wait(`document.querySelectorAll('.events tbody tr').length === 1 && document.querySelector('.sheet').textContent.startsWith('1 event found by service=kops host')`)
	b.keys(kb.Escape)
	b.wait(`document.querySelectorAll('.events tbody tr').length === 4 && !location.search.includes('q=')`)
	b.clear()
	b.keys("before:03:04:06\r")
	b.wait(`document.querySelectorAll('.events tbody tr').length === 1 && document.querySelector('.events tbody .t-name').textContent.startsWith('started')`)
	b.clear()
	b.keys("nothing-like-this\r")
	b.wait(`document.querySelector('.empty')?.innerText.includes('No event matches')`)
	b.clear()
	b.keys("dur>x\r")
	b.wait(`document.querySelector('.message')?.innerText.includes('not a duration')`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?view=events&zone=local&q=exception"))
	b.wait(`document.querySelector('.events tbody td')?.textContent === '22:04:09.000 UTC−05:00' && document.querySelector('.find').value === 'exception'`)
	b.click(".events tbody a")
	b.wait(panelName + ` === 'apply' && location.search.includes('span=0000000000000002') && !location.search.includes('view=')`)

	many := span(1, 0, "job", 0, 9000)
	for i := range 1200 {
		many.Events = append(many.Events, &tracepb.Span_Event{TimeUnixNano: begin + uint64(i)*1e6, Name: fmt.Sprintf("event %d", i)})
	}
	b = open(t, made(t, many), viewer.Info{}, "/trace/"+polled+"?view=events")
	b.wait(`document.querySelector('.pager')?.textContent === '1–500 of 1,200Next ›'`)
	b.click(".pager a")
	b.wait(`document.querySelector('.pager')?.textContent === '‹ Previous501–1,000 of 1,200Next ›' && document.querySelector('.events tbody .t-name').textContent.trim() === 'event 500'`)
	b.click(".tabs a")
	b.wait(atTrace + ` && location.search === ''`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?view=events&q=nothing"))
	b.wait(`document.querySelector('.empty')`)
	b = open(t, polling(t), viewer.Info{}, "/trace/"+polled+"?view=events")
	b.wait(`document.querySelector('.empty')?.innerText === 'No span of this trace has events'`)
}

// A click on a frame makes it the widest, and leads to its spans; so does one
// on a service.
func TestFlameAndServices(t *testing.T) {
	b := open(t, two(t), viewer.Info{}, "/trace/0a000000000000000000000000000002?view=flame")
	b.wait(`document.querySelectorAll('.frame').length === 4`)
	b.eval(`[...document.querySelectorAll('.frame')].find((f) => f.textContent === 'apply').click()`)
	b.wait(`[...document.querySelectorAll('.frame')].find((f) => f.textContent === 'apply').style.width === '100%' && location.search.includes('frame=1')`)
	b.run(chromedp.NavigateBack())
	b.wait(`[...document.querySelectorAll('.frame')].find((f) => f.textContent === 'apply').style.width !== '100%'`)
	b.run(chromedp.NavigateForward(), chromedp.Reload())
	b.wait(`[...document.querySelectorAll('.frame')].find((f) => f.textContent === 'apply')?.style.width === '100%'`)
	b.eval(`[...document.querySelectorAll('.flame-tools button')].find((f) => f.textContent === 'Show its spans').click()`)
	b.wait(atTrace + ` && document.querySelector('.find').value .startsWith('name:=apply service:=kops path:=') && document.querySelector('.found').textContent === '1 match'`)

	set := demo(t)
	b = open(t, set, viewer.Info{}, "/?view=services")
	b.wait(`document.querySelectorAll('.map .node.peer').length > 3`)
	b.eval(`[...document.querySelectorAll('.map .node')].find((n) => n.textContent.startsWith('github.com')).dispatchEvent(new MouseEvent('click', { bubbles: true }))`)
	b.wait(atList + ` && document.querySelector('.find').value === 'peer:=github.com' && /^[1-9]\d* found/.test(document.querySelector('.found').textContent)`)
}

// A link to a span of another service is in the map, and its number leads to the spans
// that have it.
func TestLinksOfServices(t *testing.T) {
	consume, retry := span(1, 0, "consume", 2000, 2500), failed(span(2, 1, "retry", 2100, 2200))
	for _, s := range []*tracepb.Span{consume, retry} {
		s.Links = []*tracepb.Span_Link{{TraceId: append([]byte{0x0a}, append(make([]byte, 14), 1)...), SpanId: spanID(2)}}
	}
	b := open(t, load(t, file(t, 1, span(1, 0, "order", 0, 1000), span(2, 1, "send", 100, 200)), fileOf(t, "mail", 2, consume, retry, span(3, 1, "done", 2400, 2500))), viewer.Info{}, "/?view=services")
	b.wait(`document.querySelector('.map .linked') && document.querySelector('.table.links tbody tr')?.innerText.replace(/\s+/g, ' ') === 'mail kops 2 1'`)
	b.click(".table.links tbody button")
	b.wait(atList + ` && document.querySelector('.find').value === 'link:=kops service:=mail' && document.querySelector('.found').textContent === '1 found'`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled[:31] + "2?view=services"))
	b.wait(`document.querySelector('.table.links tbody button')`)
	b.click(".table.links tbody button")
	b.wait(atTrace + ` && document.querySelector('.found').textContent === '2 matches'`)
}

// A number leads to the spans that it counts, however long the name is or if there is
// none.
func TestCountsOfOddNames(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("L", 400), strings.Repeat("L", 5000), "line\nbreak"} {
		b := open(t, made(t, span(1, 0, name, 0, 1000), span(2, 1, "call", 100, 200)), viewer.Info{}, "/trace/"+polled+"?view=flame&frame=0")
		b.wait(`[...document.querySelectorAll('.flame-tools button')].some((f) => f.textContent === 'Show its spans')`)
		b.eval(`[...document.querySelectorAll('.flame-tools button')].find((f) => f.textContent === 'Show its spans').click()`)
		b.wait(atTrace + ` && document.querySelector('.found').textContent === '1 match'`)
		b.run(chromedp.NavigateBack())
		b.keys("2")
		b.wait(`document.querySelector('.operations tbody tr')`)
		b.click(".operations tbody tr:first-child .link")
		b.wait(atTrace + ` && document.querySelector('.found').textContent === '1 match'`)
	}
}

// A span from 1970 is named among the problems, with a link to it.
func TestFarSpan(t *testing.T) {
	old := span(2, 1, "old", 0, 1)
	b := open(t, made(t, span(1, 0, "job", 864e6, 864e6+1000), old, span(3, 1, "call", 864e6+100, 864e6+200)), viewer.Info{}, "/")
	b.wait(atList)
	b.eval(`document.querySelector('.run-head a.warn').click()`)
	b.wait(`document.querySelector('.problems tbody tr')?.textContent.includes('The span “old” starts at 2025-01-02 03:04:05 UTC, 10 days before all others')`)
	b.click(".problems td a[data-inside]")
	b.wait(panelName + ` === 'old'`)
}

// The files of the run, what each came to and where it is; those with problems
// lead to them.
func TestFiles(t *testing.T) {
	set := demo(t)
	b := open(t, set, demoInfo, "/")
	b.wait(atList)
	b.eval(`[...document.querySelectorAll('.run-head a')].find((a) => / files, /.test(a.textContent)).click()`)
	b.wait(`document.querySelector('.files tbody tr') && location.search === '?view=files'`)
	type row struct {
		Name, URL       string
		Spans, Problems float64
	}
	rows := get[[]row](b, `[...document.querySelectorAll('.files tbody tr')].map((r) => { const n = (k) => Number(r.children[k].textContent.replace(',', '')); return { Name: r.children[0].textContent, URL: r.querySelector('a').href, Spans: n(2), Problems: n(3) }; })`)
	files := set.Files()
	if len(rows) != len(files) {
		t.Fatalf("%d rows, %d files", len(rows), len(files))
	}
	for i, f := range files {
		want := row{f.Name, strings.TrimSuffix(demoInfo.Links[0].URL, "artifacts/") + f.Name, float64(f.Spans), float64(f.Problems)}
		if rows[i] != want {
			t.Errorf("row %d is %+v, want %+v", i, rows[i], want)
		}
	}
	b.click(".files .err a")
	b.wait(`document.querySelector('.problems tbody td')?.textContent.startsWith('artifacts/otlp/')`)
}

// All ways to another piece of time: keys, wheel, dragging the bars, the ruler
// and the window of the minimap.
func TestWaysThroughTime(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	from, to := 0.0, 0.0
	window := func() (float64, float64) {
		w := get[[]float64](b, `['from', 'to'].map((k) => Number(new URLSearchParams(location.search).get(k) ?? (k === 'to' ? 9e9 : 0)))`)
		return w[0], w[1]
	}
	// changed does something, waits for another address, and says how.
	changed := func(what string, act func(), ok func(from, to float64) bool) {
		t.Helper()
		before := b.text("location.search")
		act()
		b.wait(`location.search !== '` + before + `'`)
		f, u := window()
		if !ok(f, u) {
			t.Errorf("%s: from %g, %g to %g, %g", what, from, to, f, u)
		}
		from, to = f, u
	}
	closer := func(f, u float64) bool { return u-f < to-from }
	farther := func(f, u float64) bool { return u-f > to-from }
	later := func(f, u float64) bool { return f > from && u > to && u-f-(to-from) < 2 }
	earlier := func(f, u float64) bool { return f < from && u < to && u-f-(to-from) < 2 }
	wheel := func(on, options string) func() {
		return func() {
			b.eval(`document.querySelector('` + on + `').dispatchEvent(new WheelEvent('wheel', { ` + options + `, clientX: 800, clientY: 400, bubbles: true, cancelable: true }))`)
		}
	}
	from, to = window()
	b.run(chromedp.MouseEvent("mouseMoved", 800, 400))
	b.wait(`/^\d\.\d+ s · 03:04:\d\d\.\d{3} UTC$/.test(document.querySelector('.cursor:not([hidden])')?.dataset.time)`)
	changed("w", func() { b.keys("w") }, closer) // one step: two can be written to the address one after the other
	changed("d", func() { b.keys("d") }, later)
	changed("a", func() { b.keys("a") }, earlier)
	changed("s", func() { b.keys("s") }, farther)
	changed("Ctrl + wheel", wheel(".wf", "deltaY: -200, ctrlKey: true"), closer)
	changed("Shift + wheel", wheel(".wf", "deltaY: 60, shiftKey: true"), later)
	changed("wheel to the side", wheel(".wf", "deltaX: -60"), earlier)
	changed("wheel on the minimap", wheel(".mini", "deltaY: 200"), farther)
	changed("drag", func() { b.drag(".wf-canvas", 300, 200) }, later)
	changed("drag on the ruler", func() { b.drag(".wf-h.bars", 100, 400) }, closer)
	changed("double click", func() {
		b.eval(`(() => { const r = document.querySelector('#line-0').getBoundingClientRect(); document.querySelector('#line-0').dispatchEvent(new MouseEvent('dblclick', { clientX: r.right - 50, clientY: r.top + 9, bubbles: true })); })()`)
	}, farther)
	changed("drag on the minimap", func() { b.drag(".mini", 300, 600) }, closer)
	changed("drag of its window", func() { b.drag(".mini-window", 100, 300) }, later)
	changed("drag of its edge", func() { b.drag(".mini-edge.right", 3, 103) }, farther)
	b.keys("0")
	b.wait(whole)
	if b.eval(`document.querySelector('.detail')`) != nil {
		t.Error("a drag opened the details")
	}
}

// Times are UTC until they are switched, and the zone stands behind them.
func TestZone(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/")
	b.run(call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}), chromedp.Navigate(b.base+"/trace/"+polled))
	b.wait(atTrace)
	b.keys(kb.Enter)
	b.wait(`document.querySelector('.detail .d-facts')`)
	const times = `document.querySelector('.trace-facts span').textContent + ' ' + document.querySelector('.d-facts')?.textContent`
	for _, want := range []string{"9 s from 2025-01-02 03:04:05.000 UTC", "Start2025-01-02 03:04:05.000000000 UTC", "End2025-01-02 03:04:14.000000000 UTC"} {
		if got := b.text(times); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	b.keys("t")
	b.wait(`location.search.includes('zone=local')`)
	b.wait(`(` + times + `).includes('9 s from 2025-01-01 22:04:05.000 UTC−05:00') && (` + times + `).includes('End2025-01-01 22:04:14.000000000 UTC−05:00')`)
	const q = `new URLSearchParams(location.search).get('q')`
	b.find("after:22:04:13.4")
	b.wait(`document.querySelector('.found').textContent === '1 match' && ` + q + ` === 'after:22:04:13.4-05:00'`)
	b.keys(kb.Enter)
	b.wait(`document.querySelector('.find').value === 'after:22:04:13.4-05:00' && ` + panelName + ` === 'done'`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?q=after:03:04:13.4&zone=local"))
	b.wait(atTrace + ` && document.querySelector('.find').value === 'after:03:04:13.4Z' && document.querySelector('.found').textContent === '1 match'`)
	b.keys("t")
	b.wait(`!location.search.includes('zone') && ` + q + ` === 'after:03:04:13.4Z'`)
}

// The text of a link of Jaeger's is searched for, and the id of a span is opened. The
// id of the trace is on its page, and finds it.
func TestIDsAndTextsOfJaeger(t *testing.T) {
	b := open(t, two(t), viewer.Info{Jaeger: "http://localhost:16686"}, "/trace/"+polled+"?uiFind=poll+apply")
	b.wait(atTrace + ` && document.querySelector('.find').value === 'poll apply' && document.querySelector('.found').textContent === '0 matches'`)
	if got := b.text(`document.querySelector('a.jaeger').href`); got != "http://localhost:16686/trace/"+polled+"?uiFind=poll%20apply" {
		t.Errorf("Jaeger is given %s", got)
	}
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?uiFind=0000000000000003"))
	b.wait(panelName + ` === 'poll'`)
	if got := b.text(`document.querySelector('.trace-id code').textContent`); got != polled {
		t.Errorf("the page names the trace %q", got)
	}
	b.find(strings.ToUpper(polled))
	b.wait(`/^[1-9]\d* matches$/.test(document.querySelector('.found').textContent)`)
	b.run(chromedp.Navigate(b.base + "/?q=" + uuid(polled)))
	b.wait(atList + ` && document.querySelectorAll('.traces tbody tr').length === 1 && document.querySelector('.found').textContent === '1 found'`)
}

func uuid(id string) string {
	return strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
}

// Spans without a parent in any file stand below one that says so.
func TestMissingParent(t *testing.T) {
	b := open(t, made(t, span(1, 0, "job", 0, 1000), span(2, 0x9f, "lost", 100, 300), span(3, 0x9f, "lost too", 400, 500)), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	b.wait(`[...document.querySelectorAll('.n-name')].some((n) => n.textContent === 'missing parent 000000000000009f')`)
	if got := strings.Join(b.rows(), ", "); got != "job, missing parent 000000000000009f, lost, lost too" {
		t.Errorf("lines are %s", got)
	}
	b.click("#line-1 .n-name")
	b.wait(panelName + ` === 'Missing parent of 2 spans'`)
}

// What the page says where there is nothing to show, where something goes
// wrong, and where the run goes on.
func TestStates(t *testing.T) {
	says := func(b *tab, selector, want string) {
		t.Helper()
		b.wait(`document.querySelector('` + selector + `')?.innerText.includes('` + want + `')`)
	}
	b := open(t, load(t), viewer.Info{Title: "e2e 1", Note: "The run is still running, since 12 minutes."}, "/")
	says(b, ".note", "still running, since 12 minutes")
	says(b, ".empty", "No spans in these files")
	for view, want := range map[string]string{"operations": "No spans, no operations", "flame": "No span took any time", "services": "No spans, no services", "files": "No file was given", "problems": "Nothing was wrong"} {
		b.run(chromedp.Navigate(b.base + "/?view=" + view))
		says(b, ".empty", want)
	}
	b = open(t, load(t, trace.Source{Name: "notes.txt", Data: []byte("these are only notes, not traces")}), viewer.Info{}, "/")
	says(b, ".empty", "The problems say why")
	b.click(".empty a")
	says(b, ".table", "notes.txt")

	b = open(t, two(t), demoInfo, "/")
	b.wait(atList)
	if got := b.text(`[...document.querySelectorAll('.top a')].map((a) => a.textContent + ' ' + a.href).join('\n')`); !strings.Contains(got, demoInfo.Title+" "+demoInfo.Run) ||
		!strings.Contains(got, "artifacts "+demoInfo.Links[0].URL) || !strings.Contains(got, "build log "+demoInfo.Links[1].URL) {
		t.Errorf("the links of the run are %s", got)
	}
	b.find("nothing-like-this")
	says(b, ".empty", "No trace matches")
	b.clear()
	b.keys("dur>x")
	says(b, ".message", "not a duration")
	b.eval(`window.fetch = () => Promise.reject(new TypeError('refused'))`)
	b.clear()
	b.keys("poll")
	says(b, ".message", "prowtrace does not answer")
	b.run(chromedp.Navigate(b.base + "/trace/0a000000000000000000000000000009"))
	says(b, ".message", "There is no trace 0a000000000000000000000000000009")
}

// While something is loaded the page says so.
func TestLoading(t *testing.T) {
	b := open(t, two(t), viewer.Info{}, "/")
	b.wait(atList)
	b.eval(`(() => { const ask = window.fetch; const wait = new Promise((done) => { window.goOn = done; }); window.fetch = async (...a) => { await wait; return ask(...a); }; })()`)
	b.click(".traces tbody a")
	b.wait(`document.querySelector('.loading[role=status]')?.textContent === 'Loading the trace…'`)
	b.eval(`goOn()`)
	b.wait(atTrace)
}

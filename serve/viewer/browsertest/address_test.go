package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/serve/viewer"
)

// What is open and closed is in the address: it comes back with the page, and
// with the back and forward buttons.
func TestOpenAndClosedAreInTheAddress(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled)
	const folded = "job, 412 × poll, done"
	names := `[...document.querySelectorAll('.wf-row:not([hidden])')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((r) => r.querySelector('.n-name').textContent).join(', ')`
	at := func(query, rows string) {
		t.Helper()
		b.wait(`location.search === '` + query + `' && ` + names + `.startsWith('` + rows + `')`)
	}
	at("", folded)
	b.click("#line-1 .toggle")
	at("?open=1", "job, 412 × poll, poll, poll")
	b.run(chromedp.Reload())
	at("?open=1", "job, 412 × poll, poll, poll")
	b.keys("{")
	at("?level=0", "job")
	b.keys("}")
	at("?level=all", "job, 412 × poll, poll, poll")
	b.run(chromedp.NavigateBack())
	b.wait(names + ` === 'job'`)
	b.run(chromedp.NavigateBack())
	at("?open=1", "job, 412 × poll, poll, poll")
	b.run(chromedp.NavigateBack())
	at("", folded)
	b.run(chromedp.NavigateForward())
	at("?open=1", "job, 412 × poll, poll, poll")
	b.eval(`document.querySelector('.wf').focus()`)
	b.keys(kb.Home + kb.ArrowLeft)
	at("?open=1&closed=0", "job")
	b.run(chromedp.Reload())
	b.wait(names + ` === 'job'`)
	b.keys("n") // into what is closed: it opens, and the address says so
	b.wait(`document.querySelector('.detail .d-fields, .detail .d-facts') && ` + names + `.startsWith('job, 412 × poll, poll') && location.search.includes('open=0-1')`)
}

// The window of time goes along to the other views and back; the switch of the
// critical path is in the address; and a line that cannot be is not found.
func TestWindowAndPathAreInTheAddress(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled+"?view=spans")
	b.wait(`document.querySelector('.spans tbody a')`)
	tab := func(n int) { b.click(fmt.Sprintf(".tabs a:nth-child(%d)", n)) }
	tab(1)
	b.wait(atTrace)
	b.keys("w")
	b.wait("!(" + whole + ")")
	window := b.text("location.search")
	tab(6)
	b.wait(`document.querySelector('.spans tbody a')?.href.includes('` + strings.TrimPrefix(window, "?") + `')`)
	tab(1)
	b.wait(atTrace + ` && location.search === '` + window + `' && document.querySelector('.tabs [aria-current=page]').textContent === 'Timeline'`)

	const pressed = `[...document.querySelectorAll('.tools button')].find((e) => e.textContent === 'Critical path')`
	b.wait(pressed + `.ariaPressed === 'true'`)
	b.eval(pressed + `.click()`)
	b.wait(`location.search.endsWith('critical=off') && ` + pressed + `.ariaPressed === 'false'`)
	b.run(chromedp.Reload())
	b.wait(pressed + `?.ariaPressed === 'false'`)
	b.eval(pressed + `.click()`)
	b.wait(`!location.search.includes('critical') && ` + pressed + `.ariaPressed === 'true'`)

	for _, line := range []string{"@-5", "@1.5", "@", "@999999999"} {
		b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?span=" + line))
		b.wait(`document.querySelector('.detail .message')?.textContent.includes('There is no span')`)
	}
}

// A Jaeger that shows the same traces is a click away, at the same trace.
func TestOpenInJaeger(t *testing.T) {
	set := demo(t)
	const links = `[...document.querySelectorAll('a')].filter((a) => /Jaeger/.test(a.textContent)).map((a) => a.href + ' ' + a.rel + ' ' + a.target)`
	b := open(t, set, viewer.Info{}, "/?order=errors")
	b.wait(atList)
	b.click(".traces tbody a")
	b.wait(atTrace)
	b.keys("n")
	b.wait(`document.querySelector('.detail .d-fields')`)
	if got := get[[]string](b, links); len(got) > 0 {
		t.Errorf("without a Jaeger there are %v", got)
	}
	b = open(t, set, viewer.Info{Jaeger: "http://localhost:16686/"}, "/?order=errors")
	b.wait(atList)
	if got := get[[]string](b, links); len(got) != 1 || !strings.HasPrefix(got[0], "http://localhost:16686/search noopener") {
		t.Errorf("from the list to %v", got)
	}
	b.click(".traces tbody a")
	b.wait(atTrace)
	id := b.text("location.pathname")
	b.keys("n")
	b.wait(`document.querySelector('.detail .d-fields') && /span=[0-9a-f]{16}/.test(location.search)`)
	span := b.text("new URLSearchParams(location.search).get('span')")
	got := get[[]string](b, links)
	want := []string{id + " ", id + "?uiFind=" + span + " "}
	if len(got) != len(want) {
		t.Fatalf("there are %v", got)
	}
	for i := range want {
		if got[i] != "http://localhost:16686"+want[i]+"noopener noreferrer _blank" {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

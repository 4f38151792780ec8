package browsertest

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The log lies under the waterfall, or beside it on wide pages, which the browser
// remembers. Its edge can be moved there, too.
func TestLogBeside(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 2000, 10, plain)), "/trace/"+polled+"?log=build-log.txt:1000")
	b.wait(chosen + ` === '1000-1000'`)
	const (
		beside = `(() => { const w = document.querySelector('.wf').getBoundingClientRect(), l = document.querySelector('.log').getBoundingClientRect(); return l.left >= w.right && l.top < w.bottom && l.height > 200; })()`
		under  = `(() => { const w = document.querySelector('.wf').getBoundingClientRect(), l = document.querySelector('.log').getBoundingClientRect(); return l.top >= w.bottom && l.left < w.right && l.width > 300; })()`
		width  = `document.querySelector('.log-pane').offsetWidth`
		edge   = `document.querySelector('.log-edge').getAttribute('aria-orientation') + document.querySelector('.log-edge').getAttribute('aria-label')`
	)
	b.wait(under)
	b.click(`[aria-label="Show the log beside the waterfall (L)"]`)
	b.wait(beside)
	b.wait(chosen + ` === '1000-1000'`) // the line stays on the screen
	if got := b.text(edge); got != "verticalWidth of the log" {
		t.Errorf("the edge is %q", got)
	}
	was := b.eval(width).(float64)
	b.eval(`document.querySelector('.log-edge').focus()`)
	b.keys(kb.ArrowLeft + kb.ArrowLeft)
	b.wait(width + ` === ` + number(was+40))
	b.keys(kb.ArrowRight)
	b.wait(width + ` === ` + number(was+20))
	b.eval(`(() => {
		const edge = document.querySelector('.log-edge'), at = (type, x) => edge.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 500, bubbles: true }));
		edge.setPointerCapture = () => {};
		at('pointerdown', 700); at('pointermove', 10); at('pointerup', 10);
	})()`)
	b.wait(width + ` === document.querySelector('.timeline').clientWidth - 420`) // room is left for the waterfall
	b.click("#line-1 .n-name")
	b.wait(`(() => { const d = document.querySelector('.detail')?.getBoundingClientRect(), w = document.querySelector('.wf').getBoundingClientRect(); return d && d.top >= w.bottom - 1 && w.height > 80; })()`)
	b.keys("L")
	b.wait(under)
	if got := b.text(edge); got != "horizontalHeight of the log" {
		t.Errorf("the edge is %q", got)
	}
	b.keys("L")
	b.wait(beside)
	b.run(chromedp.Reload())
	b.wait(atLog)
	b.wait(beside)
	b.run(chromedp.EmulateViewport(1000, 720))
	b.wait(under + ` && !document.querySelector('.log-head button[aria-label*="waterfall"]')?.checkVisibility()`)
	b.keys("L")
	b.wait(under)
	b.run(chromedp.EmulateViewport(1280, 720))
	b.wait(beside)
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	b.wait(`document.querySelector('.printed-log tr') && document.querySelector('.printed').getBoundingClientRect().width > 600 && document.querySelector('.printed-log').getBoundingClientRect().top >= document.querySelector('.printed').getBoundingClientRect().bottom`)
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}))
	b.eval(`localStorage.clear()`)
}

package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"prowtrace/serve/viewer"
)

// touch moves fingers over the screen, each from its first point to its last
// one in some steps.
func (b *tab) touch(paths ...[2]point) {
	b.Helper()
	at := func(share float64) (points []*input.TouchPoint) {
		for i, p := range paths {
			id := float64(i)
			points = append(points, &input.TouchPoint{X: p[0].x + share*(p[1].x-p[0].x), Y: p[0].y + share*(p[1].y-p[0].y), ID: &id})
		}
		return points
	}
	do := func(kind input.DispatchTouchEventType, points []*input.TouchPoint) {
		b.Helper()
		b.run(call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points}))
	}
	do(input.DispatchTouchEventTypeTouchStart, at(0))
	for step := 1.0; step <= 8; step++ {
		do(input.DispatchTouchEventTypeTouchMove, at(step/8))
	}
	do(input.DispatchTouchEventTypeTouchEnd, []*input.TouchPoint{})
}

type point struct{ x, y float64 }

// phone opens a path as a phone does.
func phone(t testing.TB, b *tab, path string) {
	t.Helper()
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(b.base+path))
}

// Two fingers zoom, one moves in time or scrolls, a tap opens the details.
func TestTouch(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, "/")
	phone(t, b, biggest(set)+"?level=all")
	b.wait(atTrace)
	bars := get[struct{ X, Y, W float64 }](b, `(() => { const r = document.querySelector('.wf-canvas').getBoundingClientRect(); return { X: r.left, Y: r.top + r.height / 2, W: r.width }; })()`)
	at := func(share float64) float64 { return bars.X + share*bars.W }
	b.eval(`fetch('/api/v1/traces/' + location.pathname.slice(7)).then((r) => r.json()).then((t) => { window.traceLength = t.duration; }), 0`)
	b.wait("window.traceLength")
	// shown waits for the part of the trace that is shown: on the way to it others are.
	shown := func(from, to float64) {
		t.Helper()
		b.wait(fmt.Sprintf(`(() => { const at = (k) => Number(new URLSearchParams(location.search).get(k)) / window.traceLength; return Math.abs(at('from') - %g) < 0.03 && Math.abs(at('to') - %g) < 0.03; })()`, from, to))
	}

	// From half of the width apart to all of it: twice as close, around the middle.
	b.touch([2]point{{at(0.25), bars.Y}, {at(0), bars.Y}}, [2]point{{at(0.75), bars.Y}, {at(1), bars.Y}})
	shown(0.25, 0.75)
	// One finger moves it by its way.
	b.touch([2]point{{at(0.8), bars.Y}, {at(0.4), bars.Y}})
	shown(0.45, 0.95)
	if b.eval(`document.querySelector('.detail')`) != nil {
		t.Error("a drag opened the details")
	}
	// And back, with the fingers on the names as well.
	b.touch([2]point{{at(0) - 60, bars.Y}, {at(0.4), bars.Y}}, [2]point{{at(0.9), bars.Y}, {at(0.45), bars.Y}})
	b.wait(whole)
	// A tap opens the details.
	b.run(chromedp.TapXY(at(0)-40, bars.Y))
	b.wait(`document.querySelector('.detail .d-facts')`)
	if got := b.eval(`document.documentElement.scrollWidth <= innerWidth && visualViewport.scale === 1`); got != true {
		t.Error("the page itself was zoomed")
	}
	b.run(chromedp.Tap(chromedp.CSS(".d-close")))
	b.wait(`!document.querySelector('.detail')`)
	// Up and down scrolls the lines, and only them.
	b.touch([2]point{{at(0.5), bars.Y + 100}, {at(0.5), bars.Y - 150}})
	b.wait(`document.querySelector('.wf').scrollTop > 50`)
	if b.eval(whole) != true {
		t.Error("scrolling moved in time")
	}
	// The minimap by touch.
	box := get[struct{ X, Y, W float64 }](b, `(() => { const r = document.querySelector('.mini').getBoundingClientRect(); return { X: r.left, Y: r.top + r.height / 2, W: r.width }; })()`)
	b.touch([2]point{{box.X + 0.2*box.W, box.Y}, {box.X + 0.6*box.W, box.Y}})
	shown(0.2, 0.6)
}

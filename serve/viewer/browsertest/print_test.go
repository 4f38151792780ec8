package browsertest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"prowtrace/serve/viewer"
)

// On paper are all lines that are not closed away, light, without controls, and
// with what the run is.
func TestPrint(t *testing.T) {
	set := demo(t)
	b := open(t, set, demoInfo, "/")
	b.system("dark")
	b.run(chromedp.Navigate(b.base + biggest(set) + "?level=all"))
	b.wait(atTrace)
	lines := b.text(`document.querySelector('.wf').getAttribute('aria-rowcount') - 1`)
	if b.eval(`document.querySelectorAll('.wf-row').length < `+lines) != true {
		t.Fatal("the trace fits on the screen: this test tests nothing")
	}
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}))
	b.wait(`document.querySelector('.printed')`)
	if got := b.text(`document.querySelectorAll('.printed tbody tr').length`); got != lines {
		t.Errorf("%s lines are printed of %s", got, lines)
	}
	if got := b.text(`[...document.querySelectorAll('.printed tbody tr')].filter((r) => r.querySelectorAll('svg rect').length > 5 && r.innerText.trim()).length`); got != lines {
		t.Errorf("%s lines have a bar and a name", got)
	}
	if got := b.text(`getComputedStyle(document.querySelector('.printed td')).color + getComputedStyle(document.body).backgroundColor`); got != "rgb(26, 32, 41)rgba(0, 0, 0, 0)" {
		t.Errorf("paper is not light: %s", got)
	}
	if got := b.text(`[...document.querySelectorAll('button, select, input')].filter((e) => e.checkVisibility()).length`); got != "0" {
		t.Errorf("%s controls are printed", got)
	}
	head := b.text(`document.querySelector('.top').innerText + getComputedStyle(document.querySelector('.run a'), '::after').content`)
	for _, want := range []string{demoInfo.Title, "Times in UTC", "attr(href)"} {
		if !strings.Contains(strings.ReplaceAll(head, demoInfo.Run, "attr(href)"), want) {
			t.Errorf("the head does not say %s: %s", want, head)
		}
	}
	b.system("dark")
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}))
	b.wait(`!document.querySelector('.printed')`)

	b.eval(`addEventListener('beforeprint', () => { window.printed = document.querySelectorAll('.printed tbody tr').length; })`)
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	if pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1)); pages < 3 {
		t.Errorf("%d pages for %s lines", pages, lines)
	}
	b.wait(`!document.querySelector('.printed') && window.printed === ` + lines)
}

// A trace of any size prints no more than some pages, and says so.
func TestPrintLarge(t *testing.T) {
	b := open(t, large(t, 5000), viewer.Info{}, "/trace/"+polled+"?level=all")
	b.wait(atTrace)
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	b.wait(`document.querySelectorAll('.printed tbody tr').length === 1000 && document.querySelector('.printed p').textContent.startsWith('The first 1,000 of 5,000 lines')`)
}

// Package decktest tests the lens as visitors of Prow see it: in the page of a real Deck, in
// Chromium. It holds no code of the program.
package decktest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"prowtrace/internal/realdeck"
)

var browser context.Context // nil where there is no Chromium

func TestMain(m *testing.M) {
	flag.Parse()
	program, err := exec.LookPath("chromium")
	if err != nil {
		program, err = exec.LookPath("google-chrome")
	}
	end := func() {}
	if err == nil {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(program), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("no-first-run", true),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-sync", true), chromedp.Flag("disable-features", "IsolateOrigins,site-per-process"), chromedp.WindowSize(1280, 900))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		var cancel context.CancelFunc
		browser, cancel = chromedp.NewContext(allocator)
		if err := chromedp.Do(browser); err != nil {
			panic(err)
		}
		end = func() { cancel(); stop() }
	}
	code := m.Run()
	end()
	os.Exit(code)
}

// limit is for a browser that hangs, not for one that is slow.
const limit = 2 * time.Minute

// tab is a page in a browser tab of its own.
type tab struct {
	testing.TB
	ctx context.Context

	mu    sync.Mutex
	wrong []string // what went wrong in the page and its frames
}

// open opens an address of Deck.
func open(t testing.TB, address string) *tab {
	t.Helper()
	if browser == nil {
		if os.Getenv("PROWTRACE_REQUIRE_BROWSER") != "" {
			t.Fatal("no Chromium: make browser installs it")
		}
		t.Skip("no Chromium")
	}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{TB: t, ctx: ctx}
	b.run(chromedp.EmulateViewport(1280, 900)) // the first step makes the tab
	b.ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	b.run(call(log.Enable, cdp.Empty{}), call(fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "https://*"}}}), chromedp.Navigate(address))
	return b
}

func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *fetch.EventRequestPaused:
		go b.answer(e)
	case *runtime.EventExceptionThrown:
		b.note(fmt.Sprintf("%+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			b.note(e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (b *tab) note(wrong string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, wrong)
}

// answer gives Deck's page the two files that it takes from another host, and nothing else
// that is not on this machine.
func (b *tab) answer(e *fetch.EventRequestPaused) {
	data, err := os.ReadFile(filepath.Join(realdeck.Dir(b.TB), "cdn", path.Base(e.Request.URL)))
	answer := fetch.FulfillRequestParams{RequestID: e.RequestID, ResponseCode: 404}
	if err == nil && strings.HasPrefix(e.Request.URL, "https://code.getmdl.io/") {
		answer.ResponseCode, answer.Body = 200, data
		answer.ResponseHeaders = []*fetch.HeaderEntry{{Name: "Content-Type", Value: map[bool]string{true: "text/css", false: "text/javascript"}[strings.HasSuffix(e.Request.URL, ".css")]}}
	}
	_ = chromedp.Do(b.ctx, call(fetch.FulfillRequest, answer)) // the page may have gone
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// call makes an action of a command of the browser's protocol.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// get evaluates JavaScript and decodes its value.
func get[T any](b *tab, js string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return v
}

// wait waits until a condition in JavaScript holds.
func (b *tab) wait(js string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	js = "(() => { try { return Boolean(" + js + ") } catch { return false } })()"
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](js, chromedp.WithPollingInterval(50*time.Millisecond)))
	for err != nil && ctx.Err() == nil && (strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "navigated or closed")) {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](js, chromedp.WithPollingInterval(50*time.Millisecond)))
	}
	if err != nil {
		b.Fatalf("%s does not come true: %v\n%s", js, err, get[string](b, "location.href + '\\n' + document.documentElement.outerHTML.slice(-6000)"))
	}
}

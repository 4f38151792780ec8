// Package browsertest tests the viewer as its visitors see it: in Chromium,
// by clicks and keys. It holds no code of the program.
package browsertest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

var (
	browser context.Context // nil where there is no Chromium
	scratch string          // a directory that all tests share
)

func TestMain(m *testing.M) {
	flag.Parse()
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("google-chrome")
	}
	end := func() {}
	if err == nil {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("no-first-run", true), chromedp.WindowSize(1280, 720),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", false))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		var cancel context.CancelFunc
		browser, cancel = chromedp.NewContext(allocator)
		if err := chromedp.Do(browser); err != nil {
			panic(err)
		}
		end = func() { cancel(); stop() }
	}
	if scratch, err = os.MkdirTemp("", "prowtrace-browsertest-"); err != nil {
		panic(err)
	}
	code := m.Run()
	end()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// limit is for a browser that hangs, not for one that is slow.
const limit = 2 * time.Minute

// tab is a page of the viewer in a browser tab of its own.
type tab struct {
	testing.TB
	ctx  context.Context
	base string

	mu      sync.Mutex
	wrong   []string // what went wrong in the page
	dialogs int
}

// open serves a set and opens a path of it.
func open(t testing.TB, set *trace.View, info viewer.Info, path string) *tab {
	t.Helper()
	server := httptest.NewServer(viewer.New(trace.NewShared(set), info))
	t.Cleanup(server.Close)
	return openAt(t, server.URL, path)
}

// openAt opens a path of a server.
func openAt(t testing.TB, base, path string) *tab {
	t.Helper()
	if browser == nil {
		if os.Getenv("PROWTRACE_REQUIRE_BROWSER") != "" {
			t.Fatal("no Chromium: make browser installs it")
		}
		t.Skip("no Chromium")
	}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{TB: t, ctx: ctx, base: base}
	b.run(chromedp.EmulateViewport(1280, 720)) // the first step makes the tab
	b.ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	b.run(call(log.Enable, cdp.Empty{}), chromedp.Navigate(b.base+path))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrong {
			t.Errorf("in the page: %s", w)
		}
	})
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, fmt.Sprintf("%+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, "status of 40") {
			b.wrong = append(b.wrong, e.Entry.Text+" "+e.Entry.URL)
		}
	case *cdpage.EventJavascriptDialogOpening:
		b.dialogs++
	}
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

func (b *tab) eval(js string) any {
	b.Helper()
	return get[any](b, js)
}

func (b *tab) text(js string) string {
	b.Helper()
	return get[string](b, "String("+js+")")
}

// wait waits until a condition in JavaScript holds.
func (b *tab) wait(js string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	poll := func() (err error) {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+js+")", chromedp.WithPollingInterval(20*time.Millisecond)))
		return err
	}
	err := poll()
	for err != nil && ctx.Err() == nil && (strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "navigated or closed")) {
		err = poll() // the page that was asked first has gone away meanwhile
	}
	if err != nil {
		where := b.text("location.href + ' ' + document.body.innerText.slice(0, 1500)")
		b.Fatalf("%s does not come true: %v\n%s", js, err, where)
	}
}

func (b *tab) keys(s string) {
	b.Helper()
	b.run(chromedp.KeyEvent(s))
}

func (b *tab) click(selector string) {
	b.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

// rows are the names of the lines on the screen, from top to bottom.
func (b *tab) rows() []string {
	b.Helper()
	return get[[]string](b, `[...document.querySelectorAll('.wf-row:not([hidden])')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((r) => r.querySelector('.n-name').textContent)`)
}

const (
	atTrace   = `document.querySelector('.wf-row:not([hidden])')`
	atList    = `document.querySelector('.traces tbody tr')`
	panelName = `document.querySelector('.detail h2')?.textContent`
)

func demo(t testing.TB) *trace.View {
	t.Helper()
	root := "../../../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	files, err := filepath.Glob(root + "/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of the demo run", err)
	}
	var sources []trace.Source
	for _, f := range files {
		name, err := filepath.Rel(root, f)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, trace.Source{Name: filepath.ToSlash(name), Path: f})
	}
	return load(t, sources...)
}

func load(t testing.TB, sources ...trace.Source) *trace.View {
	t.Helper()
	set, err := join.Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	return set
}

// biggest is the path of the trace with most spans.
func biggest(set *trace.View) string {
	var best trace.Trace
	for i := range set.NumTraces() {
		if t := set.Trace(i); t.Spans > best.Spans {
			best = t
		}
	}
	return "/trace/" + best.ID.String()
}

var demoInfo = viewer.Info{
	Title: "pull-kops-e2e-k8s-gce-cilium 1900000000000000001",
	Run:   "https://prow.k8s.io/view/gs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001",
	Links: []viewer.Link{
		{Text: "artifacts", URL: "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/"},
		{Text: "build log", URL: "https://storage.googleapis.com/kubernetes-ci-logs/build-log.txt"},
	},
}

func TestFromTheRunToTheFirstError(t *testing.T) {
	b := open(t, demo(t), demoInfo, "/?order=spans")
	b.wait(atList)
	if got := b.text("document.querySelector('.run-head').innerText"); !strings.Contains(got, "842 traces") {
		t.Errorf("the head says %q", got)
	}
	b.click(".traces tbody a")
	b.wait(atTrace)
	if got := b.text("location.pathname"); !strings.HasPrefix(got, "/trace/") {
		t.Errorf("at %s", got)
	}
	b.keys("n")
	b.wait(`document.querySelector('.detail .d-fields')`)
	b.wait("/span=[0-9a-f]{16}/.test(location.search)")
	first := b.text("new URLSearchParams(location.search).get('span')")
	if status := b.text("document.querySelector('.d-sub').textContent"); !strings.Contains(status, "ERROR") {
		t.Errorf("the first error is %q", status)
	}
	b.wait("document.querySelector('.wf-row.opened.bad')")
	b.keys("n")
	b.wait("new URLSearchParams(location.search).get('span') !== '" + first + "'")
	b.keys("N")
	b.wait("new URLSearchParams(location.search).get('span') === '" + first + "'")
	b.wait("document.querySelector('.d-sources a')") // the details come after the address
	if file := b.text("[...document.querySelectorAll('.d-sources a')].map((a) => a.href)[0]"); !strings.HasPrefix(file, "https://gcsweb.k8s.io/") || !strings.Contains(file, "/artifacts/otlp/kops-") {
		t.Errorf("the file's address is %q", file)
	}
}

func TestFold(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	want := "job, 412 × poll, done"
	if got := strings.Join(b.rows(), ", "); got != want {
		t.Fatalf("got %s", got)
	}
	b.wait(`document.querySelector('#line-1 .mark-below')?.textContent === '3 below'`)
	b.click("#line-1 .toggle")
	b.wait(`document.querySelector('#line-1').ariaExpanded === 'true' && document.querySelector('#line-2')`)
	if got := b.rows(); got[2] != "poll" || len(got) < 15 {
		t.Errorf("opened: %v", got)
	}
	if n := b.eval(`Number(document.querySelector('.wf').ariaRowCount ?? document.querySelector('.wf').getAttribute('aria-rowcount'))`); n != 416.0 {
		t.Errorf("%v rows", n)
	}
	b.click("#line-1 .toggle")
	b.wait(`document.querySelector('#line-1').ariaExpanded === 'false'`)
	if got := strings.Join(b.rows(), ", "); got != want {
		t.Errorf("closed again: %s", got)
	}
	b.click("#line-1 .n-name")
	b.wait(panelName + `?.startsWith('412 × poll')`)
}

const whole = `!new URLSearchParams(location.search).has('from')`

func TestZoom(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(atTrace)
	tick := b.text("document.querySelector('.ticks').textContent")
	b.keys("www")
	b.wait("!" + "(" + whole + ")")
	b.wait("document.querySelector('.ticks').textContent !== " + number(tick))
	from := b.eval(`Number(new URLSearchParams(location.search).get('from'))`).(float64)
	b.keys("a")
	b.wait(`Number(new URLSearchParams(location.search).get('from')) < ` + number(from))
	b.keys("0")
	b.wait(whole)
	b.eval(`document.querySelector('.wf').dispatchEvent(new WheelEvent('wheel', { deltaY: -100, ctrlKey: true, clientX: 900, clientY: 400, bubbles: true, cancelable: true }))`)
	b.wait("!(" + whole + ")")
	b.keys("0")
	b.wait(whole)
	b.drag(".mini", 300, 700)
	b.wait("!(" + whole + ")")
	share := b.eval(`(() => { const w = document.querySelector('.mini-window').getBoundingClientRect(); return w.width / document.querySelector('.mini').clientWidth; })()`).(float64)
	if share < 0.25 || share > 0.4 {
		t.Errorf("400 of 1256 pixels were dragged over, the window is %.2f wide", share)
	}
	b.keys(kb.End + "z")
	b.wait(`document.querySelector('.wf-row.active')`)
}

func TestSearch(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(atTrace)
	all := b.eval("Number(document.querySelector('.wf').getAttribute('aria-rowcount'))").(float64)
	b.find("error")
	b.wait(`document.querySelector('.found').textContent === '15 matches' && document.querySelector('.wf-row')`)
	b.keys(kb.Enter)
	b.wait(`document.querySelector('.wf-row.opened.hit')`)
	b.keys(kb.Escape)
	b.wait(`document.querySelector('.found').textContent === '' && document.activeElement.matches('.wf')`)
	b.eval(`(() => { const s = document.querySelector('.find-group select'); s.value = 'filter'; s.dispatchEvent(new Event('change')); })()`)
	b.find("kind:client http.response.status_code>=500")
	b.wait(`/^[1-9][0-9]* match/.test(document.querySelector('.found').textContent) && Number(document.querySelector('.wf').getAttribute('aria-rowcount')) < ` + number(all))
	if got := b.rows(); got[0] != "kops" {
		t.Errorf("what the matches are under is not kept: %v", got)
	}
	b.clear()
	b.keys("dur>x")
	b.wait(`document.querySelector('.wrong:not([hidden])')?.textContent.includes('not a duration')`)
	b.clear()
	b.keys("nothing-like-this")
	b.wait(`document.querySelector('.found').textContent === '0 matches'`)
}

func TestDeepLink(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(atTrace)
	b.keys("nww")
	b.wait(`document.querySelector('.detail .d-fields') && !(` + whole + `) && /span=[0-9a-f]{16}/.test(location.search)`)
	b.find("error")
	b.wait(`location.search.includes('q=error') && document.querySelector('.found').textContent === '15 matches'`)
	b.eval(`(() => { const s = document.querySelector('.top select'); s.value = 'local'; s.dispatchEvent(new Event('change')); })()`)
	b.wait(`location.search.includes('zone=local') && document.querySelector('.detail .d-fields')`)
	state := `[location.pathname + location.search, document.querySelector('.detail h2').textContent, document.querySelector('.find').value, document.querySelector('.ticks').textContent, document.querySelector('.top select').value, document.querySelector('.wf-row.opened')?.dataset.line].join('\n')`
	before, ticks := b.text(state), b.text(`document.querySelector('.ticks').textContent`)
	b.run(chromedp.Reload())
	b.wait(atTrace + ` && document.querySelector('.detail .d-fields') && document.querySelector('.found').textContent === '15 matches' && document.querySelector('.wf-row.opened')`)
	b.wait(`document.querySelector('.ticks').textContent === ` + strconv.Quote(ticks)) // drawn again once the details have taken their room
	if after := b.text(state); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestBackAndForward(t *testing.T) {
	b := open(t, demo(t), demoInfo, "/?order=spans")
	b.wait(atList)
	b.click(".traces tbody a")
	b.wait(atTrace)
	b.click("#line-1 .n-name")
	b.wait(`document.querySelector('.detail .d-fields')`)
	b.keys("2")
	b.wait(`document.querySelector('.operations tbody tr')`)
	b.click(".operations tbody .link")
	b.wait(atTrace + ` && document.querySelector('.find').value.startsWith('name:=')`)
	b.run(chromedp.NavigateBack())
	b.wait(`document.querySelector('.operations tbody tr')`)
	b.run(chromedp.NavigateBack())
	b.wait(atTrace + ` && document.querySelector('.detail .d-fields')`)
	b.run(chromedp.NavigateBack())
	b.wait(atTrace + ` && !document.querySelector('.detail')`)
	b.run(chromedp.NavigateBack())
	b.wait(atList)
	b.run(chromedp.NavigateForward())
	b.wait(atTrace)
}

func TestKeyboardOnly(t *testing.T) {
	b := open(t, polling(t), viewer.Info{}, "/trace/"+polled)
	b.wait(atTrace)
	for range 60 {
		if b.eval("document.activeElement.matches('.wf')") == true {
			break
		}
		b.keys(kb.Tab)
	}
	b.wait("document.activeElement.matches('.wf')")
	active := "document.getElementById(document.querySelector('.wf').getAttribute('aria-activedescendant'))"
	b.keys(kb.ArrowDown)
	b.wait(active + "?.id === 'line-1'")
	b.keys(kb.ArrowRight)
	b.wait(active + ".ariaExpanded === 'true'")
	b.keys(kb.ArrowRight)
	b.wait(active + "?.id === 'line-2'")
	b.keys(kb.End)
	b.wait(active + "?.querySelector('.n-name').textContent === 'done'")
	b.keys(kb.Home)
	b.wait(active + "?.id === 'line-0'")
	b.keys(kb.Enter)
	b.wait(panelName + " === 'job'")
	b.keys(kb.Escape)
	b.wait("!document.querySelector('.detail') && document.activeElement.matches('.wf')")
	b.keys("{")
	b.wait("document.querySelectorAll('.wf-row:not([hidden])').length === 1")
	b.keys("]")
	b.wait("document.querySelectorAll('.wf-row:not([hidden])').length === 3")
	b.keys("?")
	b.wait("document.querySelector('dialog[open]')")
	b.keys(kb.Escape)
	b.wait("!document.querySelector('dialog')")
	b.keys("4")
	b.wait("document.querySelector('.map')")
	b.keys(kb.Backspace)
	b.wait(atList)
}

func TestDarkAndLight(t *testing.T) {
	set := demo(t)
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(atTrace)
	const dark = "getComputedStyle(document.body).backgroundColor === 'rgb(18, 21, 27)'"
	b.wait("!(" + dark + ")")
	b.system("dark")
	b.wait(dark)
	b.click("button[aria-label^=Colours]")
	b.wait("!(" + dark + ")")
	b.run(chromedp.Reload())
	b.wait(atTrace + " && !(" + dark + ")")
	b.click("button[aria-label^=Colours]")
	b.wait(dark)
	b.system("light")
	b.wait(dark)
}

func (b *tab) system(scheme string) {
	b.Helper()
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

func TestPhone(t *testing.T) {
	set := demo(t)
	for _, path := range []string{"/", biggest(set), biggest(set) + "?view=operations", biggest(set) + "?view=events", "/?view=services", biggest(set) + "?view=compare", biggest(set) + "?view=compare&compare=" + biggest(set)[len("/trace/"):], biggest(set) + "?view=compare&order=calls&compare=" + biggest(set)[len("/trace/"):]} {
		b := open(t, set, demoInfo, path)
		b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Reload())
		b.wait("document.querySelector('.wf-row:not([hidden]), .table tbody tr')")
		if got := b.eval("document.documentElement.scrollWidth <= innerWidth"); got != true {
			t.Errorf("%s is %v wide", path, b.eval("document.documentElement.scrollWidth"))
		}
		if strings.Contains(path, "/trace/") { // the name of the view is on the screen
			b.wait("(() => { const r = document.querySelector('.tabs [aria-current=page]').getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth + 1; })()")
		}
		if got := b.eval("[...document.querySelectorAll('.compared th:last-child')].every((th) => th.getBoundingClientRect().right <= innerWidth)"); got != true {
			t.Errorf("%s: the last column is not on the screen", path)
		}
	}
}

// find goes to the find box by its key and types into it.
func (b *tab) find(q string) {
	b.Helper()
	b.keys("/")
	b.wait("document.activeElement.matches('.find')")
	b.clear() // the browser is sent the character of the key, too
	b.keys(q)
}

func (b *tab) clear() {
	b.Helper()
	b.eval("document.querySelector('.find').value = ''")
}

func number(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

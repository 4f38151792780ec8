package browsertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// savedPage writes a page into a file, and gives its address and its size.
func savedPage(t testing.TB, view *trace.View, info viewer.Info, find ...string) (address string, size int) {
	t.Helper()
	var b bytes.Buffer
	s := viewer.Saved{Find: strings.Join(find, " "), Made: time.Date(2025, 3, 14, 9, 0, 0, 0, time.UTC), Open: "prowtrace kops#18000"}
	if _, err := viewer.WritePage(t.Context(), &b, view, info, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a run.html")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + strings.ReplaceAll(file, " ", "%20"), b.Len()
}

// openSaved opens a page from disk in a tab without a network. Whatever it asks for but
// itself is an error.
func openSaved(t testing.TB, address, fragment string) *tab {
	t.Helper()
	b := openAt(t, "about:blank", "")
	b.base = address
	off := &network.Conditions{Offline: true, Latency: 0, DownloadThroughput: -1, UploadThroughput: -1}
	b.run(call(network.Enable, network.EnableParams{}),
		call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{off}}))
	var mu sync.Mutex
	var asked []string
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(e.Request.URL, "data:") {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, e.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(address + fragment))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, url := range asked {
			if url, _, _ := strings.Cut(url, "#"); url != address {
				t.Errorf("the page asks for %s", url)
			}
		}
		if len(asked) == 0 {
			t.Error("not even the page itself was asked for")
		}
	})
	return b
}

// The whole way in a file: findings, waterfall, critical path, details, log, views and
// searches, without a server and without a network.
func TestSavedPage(t *testing.T) {
	view := jobs(t, failing)
	info, j := judged(t, view, failing)
	j.Set(viewer.Judgement{Summary: j.besides("1899999999999999977"), Compared: 1, ToCompare: 1, Final: true})
	address, size := savedPage(t, view, info)
	if size > 5_000_000 {
		t.Errorf("the file has %d bytes", size)
	}
	b := openSaved(t, address, "")
	b.wait(atTrace + ` && ` + atCause + ` && document.querySelector('.log-row .step-no:not([hidden])')`)
	if got := b.text(`document.querySelector('.cause').innerText`); !strings.Contains(got, "Quota 'CPUS' exceeded") || !strings.Contains(got, "Copy as issue") || strings.Contains(got, "OTLP JSON") {
		t.Errorf("the panel says %s", got)
	}
	if got := b.rows(); len(got) < 5 {
		t.Errorf("rows %v", got)
	}
	if got := b.text(`document.title`); !strings.Contains(got, "prowtrace") {
		t.Errorf("title %s", got)
	}

	b.keys("f")
	b.wait(current + ` === '1' && ` + marked + ` === '1'`)
	b.keys("f")
	b.wait(current + ` === '2' && document.querySelector('#log-12.active .step-no')?.textContent === '2' && location.hash.includes('log=build-log.txt%3A12') && document.querySelector('.log-known-error')`)
	if b.eval(`document.querySelectorAll('.log-links a[download], .log-line a[download]').length === 0`) != true {
		t.Error("there are downloads")
	}
	b.click(".steps .step:nth-child(1) .link")
	b.wait(`document.querySelector('.d-message')?.textContent.includes("Quota 'CPUS' exceeded") && document.querySelector('.detail .d-fields')`)
	b.wait(`/span=[0-9a-f]{16}/.test(location.hash)`)
	b.run(chromedp.Reload())
	b.wait(atTrace + ` && document.querySelector('.d-message')?.textContent.includes("Quota 'CPUS' exceeded")`)
	b.keys(kb.Escape)
	b.wait(`!document.querySelector('.detail')`)

	b.keys("c")
	b.wait(`document.querySelector('.wf-row.active')`)
	b.eval(`document.querySelector('.tools button[aria-pressed]').click()`)
	b.wait(`location.hash.includes('critical=off')`)

	search := func(q, said string) {
		t.Helper()
		b.eval(fmt.Sprintf(`((i) => { i.focus(); i.value = %s; i.dispatchEvent(new Event('input', { bubbles: true })); })(document.querySelector('.tools input[type=search]'))`, number(q)))
		b.wait(fmt.Sprintf(`document.querySelector('.tools .found').textContent === %s || (document.querySelector('.wrong:not([hidden])')?.textContent ?? '').startsWith(%[1]s)`, number(said)))
	}
	all := view.Tree(view.Jobs()[0])
	named, errors, slow := 0, 0, 0
	for i := range all.Len() {
		s := all.Span(i)
		if strings.Contains(s.Name, "HTTP GET") {
			named++
		}
		if all.Status(i) == trace.StatusError {
			errors++
		}
		if s.Duration > 60e9 {
			slow++
		}
	}
	search(`name:"HTTP GET"`, fmt.Sprintf("%d matches", named))
	search(`error`, fmt.Sprintf("%d matches", errors))
	search(`status:error dur>0ns`, fmt.Sprintf("%d matches", errors))
	search(`dur>1m`, fmt.Sprintf("%d matches", slow))
	search(`url.full~x`, "This search is not answered in a file")
	search("", "")
	b.eval(`document.activeElement.blur()`)

	for view, ready := range map[string]string{
		"operations": `document.querySelector('.operations tbody tr')`, "flame": `document.querySelector('.frame')`, "services": `document.querySelector('.map')`,
		"spans": `document.querySelector('.spans tbody tr')`, "events": `document.querySelector('.events tbody tr')`,
	} {
		b.eval(fmt.Sprintf(`[...document.querySelectorAll('.tabs a')].find((a) => a.href.includes('view=%s')).click()`, view))
		b.wait(ready + fmt.Sprintf(` && location.hash.includes('view=%s')`, view))
	}
	b.eval(`[...document.querySelectorAll('.tabs a')].find((a) => a.href.includes('view=operations')).click()`)
	b.wait(`document.querySelector('.operations tbody tr')`)
	name, count := b.text(`document.querySelector('.operations tbody .link').textContent`), b.text(`document.querySelector('.operations tbody tr .num').textContent`)
	b.click(".operations tbody .link")
	b.wait(fmt.Sprintf(`document.querySelector('.tools .found')?.textContent.replace(/ match(es)?$/, '') === %s`, number(count)))
	if name == "" || count == "0" {
		t.Errorf("the first operation is %q, %s times", name, count)
	}
	b.eval(`document.querySelector('.up').click()`)
	b.wait(atList)
	b.run(chromedp.NavigateBack())
	b.wait(atTrace)

	b.click(".saved summary")
	if got := b.text(`document.querySelector('.saved').innerText`); !strings.Contains(got, "prowtrace kops#18000") || !strings.Contains(got, "as reported; their spans") || !strings.Contains(got, "2025-03-14 09:00:00 UTC") {
		t.Errorf("of itself the page says %s", got)
	}
}

// A search in the log of a file finds words and severities, and marks them.
func TestSavedLog(t *testing.T) {
	view := jobs(t, failing)
	info, j := judged(t, view, failing)
	j.Set(viewer.Judgement{Summary: j.summary, Final: true})
	address, _ := savedPage(t, view, info)
	b := openSaved(t, address, "#/trace/"+view.Jobs()[0].ID.String()+"?lq=QUOTA&lmode=filter")
	b.wait(`document.querySelector('.log-row.hit .a-found')?.textContent.toLowerCase() === 'quota'`)
	for _, row := range b.logRows() {
		if !strings.Contains(strings.ToLower(row), "quota") {
			t.Errorf("the filter keeps %s", row)
		}
	}
	b.run(chromedp.Navigate(b.base + "#/trace/" + view.Jobs()[0].ID.String() + "?lq=~x"))
	b.wait(`document.querySelector('.log-head .wrong:not([hidden])')?.textContent.startsWith('This search is not answered in a file')`)
	b.run(chromedp.Navigate(b.base + "#1:build-log.txt%3A12"))
	b.wait(`document.querySelector('#log-12.chosen')`)
}

// A file that is made for a search of any kind begins with what that finds.
func TestSavedSearch(t *testing.T) {
	const q = "url.full~^https://compute\\. -error OR status:error"
	view := jobs(t, failing)
	filter, err := query.Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := query.InTree(t.Context(), view.Tree(view.Jobs()[0]), filter, query.Derived{})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, hit := range hits {
		if hit {
			found++
		}
	}
	address, _ := savedPage(t, view, demoInfo, q)
	b := openSaved(t, address, "")
	b.wait(atTrace + ` && document.querySelector('.wf-row.hit')`)
	if got, want := b.text(`document.querySelector('.tools .found').textContent`), fmt.Sprintf("%d matches", found); got != want || found == 0 {
		t.Errorf("the page says %q, want %q", got, want)
	}
}

// Two jobs in a file begin beside each other.
func TestSavedTwoJobs(t *testing.T) {
	view := jobs(t, passing, failing)
	address, size := savedPage(t, view, demoInfo)
	b := openSaved(t, address, "")
	b.wait(`document.querySelector('.calls tbody tr')`)
	b.run(chromedp.Navigate(b.base + "#/trace/" + view.Jobs()[1].ID.String() + "?view=compare&compare=" + view.Jobs()[0].ID.String()))
	b.wait(`document.querySelector('.compared tbody tr') && !document.querySelector('.calls')`)
	b.eval(`document.querySelector('.up').click()`)
	b.wait(`document.querySelectorAll('.traces tbody tr').length === 2`)
	b.keys("5")
	b.wait(`document.querySelector('.files tbody tr')`)
	if size > 5_000_000 {
		t.Errorf("the file has %d bytes", size)
	}
}

// Of a long log there are the lines around findings and errors, and the ends.
func TestSavedLongLog(t *testing.T) {
	start := time.Unix(0, begin).UTC()
	var text strings.Builder
	for i := range 60_000 {
		sign := "I"
		if i == 29_999 {
			sign = "E"
		}
		fmt.Fprintf(&text, "%s0313 01:45:%02d.%06d       1 x.go:10] line %d of the log, which is long\n", sign, i/1000%60, i%1000*1000, i+1)
	}
	set := steps(t)
	address, size := savedPage(t, set, giving(logOf(t, "build-log.txt", text.String(), start, start.Add(20*time.Second))))
	b := openSaved(t, address, "#/trace/"+polled+"?log=build-log.txt:30000")
	b.wait(`document.querySelector('#log-30000.chosen .log-text')?.textContent.includes('line 30000 of')`)
	facts := b.text(`document.querySelector('.log-facts').textContent`)
	if !strings.Contains(facts, "60,000 lines") || !strings.Contains(facts, "missing") {
		t.Errorf("of the log the page says %s", facts)
	}
	b.eval(`document.querySelector('.log').scrollTop = 1e9`)
	b.wait(`document.querySelector('#log-60000')`)
	t.Logf("%d bytes", size)
}

// A trace of 200,000 spans is cut, and says so.
func TestSavedLargeTrace(t *testing.T) {
	var spans []*tracepb.Span
	for i := range 200_000 {
		spans = append(spans, span(i+1, (i+2)/3, fmt.Sprint("call ", i%50), i/100, 5000-i/100))
	}
	address, size := savedPage(t, made(t, spans...), viewer.Info{})
	if size > 5_000_000 {
		t.Errorf("the file has %d bytes", size)
	}
	b := openSaved(t, address, "")
	b.wait(atTrace)
	if got := b.text(`document.querySelector('.note').textContent`); !strings.Contains(got, "50,000 of its 2") {
		t.Errorf("the note is %s", got)
	}
	b.keys("}")
	b.wait(`Number(document.querySelector('.wf').getAttribute('aria-rowcount')) > 50000`)
	b.wait(`[...document.querySelectorAll('.mark-left')].length > 0 || (document.querySelector('.wf').scrollTop = 600000, false)`)
}

// Whatever is in a trace, nothing of it runs in a file.
func TestSavedHostileInput(t *testing.T) {
	info := viewer.Info{Title: hostile[1], Run: "javascript:hacked()", Note: hostile[0], Links: []viewer.Link{{Text: hostile[0], URL: "javascript:hacked()"}}}
	address, _ := savedPage(t, hostileSet(t), info)
	b := openSaved(t, address, "")
	check := func(where string) {
		t.Helper()
		for what, js := range map[string]string{
			"a script":              `document.querySelectorAll('script').length <= 3`,
			"a handler":             `![...document.querySelectorAll('*')].some((e) => e.getAttributeNames().some((a) => a.startsWith('on')))`,
			"an image":              `![...document.images].some((i) => !i.src.startsWith('data:image/svg+xml;base64,'))`,
			"an address that runs":  `![...document.querySelectorAll('a[href]')].some((a) => /^\s*(javascript|data|vbscript):/i.test(a.getAttribute('href')))`,
			"a page that is wider":  `document.documentElement.scrollWidth <= innerWidth`,
			"a function of its own": `typeof hacked === 'undefined'`,
		} {
			if b.eval(js) != true {
				t.Errorf("%s: there is %s", where, what)
			}
		}
	}
	b.wait(atTrace)
	check("the trace")
	for i := range hostile {
		b.keys("x")
		b.wait(fmt.Sprintf(`document.querySelector('.detail .d-tools') && location.hash.includes('span=%016x')`, i%len(hostile)+1))
		check("the details")
	}
	b.run(chromedp.Navigate(b.base + "#/?view=operations"))
	b.wait(`document.querySelector('.operations tbody tr')`)
	check("the operations")
	b.run(chromedp.Navigate(b.base + "#/trace/%3Cscript%3Ehacked()%3C%2Fscript%3E"))
	b.wait(`document.querySelector('.message h1')`)
	check("an address that is no trace")
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dialogs > 0 {
		t.Errorf("%d dialogs opened", b.dialogs)
	}
}

// axe-core finds nothing serious in a file, in light and dark.
func TestSavedAccessibility(t *testing.T) {
	axe := axeCore(t)
	view := jobs(t, failing)
	info, j := judged(t, view, failing)
	j.Set(viewer.Judgement{Summary: j.summary, Final: true})
	address, _ := savedPage(t, view, info)
	for _, scheme := range []string{"light", "dark"} {
		b := openSaved(t, address, "")
		b.system(scheme)
		b.wait(atTrace + ` && ` + atCause)
		b.click(".saved summary")
		b.wait(`document.querySelector('.saved[open]')`)
		if *pictures != "" {
			b.picture("saved", scheme)
		}
		b.accessible(axe)
		b.run(chromedp.EmulateViewport(390, 844))
		b.wait(`document.querySelector('.saved').checkVisibility() && document.documentElement.scrollWidth <= innerWidth`)
	}
}

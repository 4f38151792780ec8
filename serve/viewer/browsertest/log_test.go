package browsertest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/triage"
)

// indexed is a log without gaps.
type indexed struct{ *joblog.Log }

func (l indexed) Number(i int) (int, bool) { return i + 1, true }
func (l indexed) Place(i int) int64        { return l.Offset(i) }
func (l indexed) URL(from, to int) string {
	return fmt.Sprintf("https://prow.k8s.io/view/gs/x#1:build-log.txt%%3A%d", from+1)
}

// logOf is a log of a run that starts and ends at some times.
func logOf(t testing.TB, name, data string, start, end time.Time, gaps ...viewer.Gap) viewer.Log {
	t.Helper()
	index, err := joblog.Index(context.Background(), []byte(data), joblog.Options{Start: start, End: end})
	if err != nil {
		t.Fatal(err)
	}
	return viewer.Log{
		Name: name, URL: "https://storage.googleapis.com/x/" + name, Size: int64(len(data)), Gaps: gaps,
		Lines: func(context.Context) (viewer.Lines, error) {
			return viewer.Lines{Log: index, Numbering: indexed{index}}, nil
		},
	}
}

// giving makes an Info with logs.
func giving(logs ...viewer.Log) viewer.Info {
	info := demoInfo
	info.Logs = func(context.Context) ([]viewer.Log, error) { return logs, nil }
	return info
}

// sampleLog is the log of the failing run of the sample.
func sampleLog(t testing.TB) viewer.Info {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../testdata/bucket/kubernetes-ci-logs", failing, "build-log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2025, 3, 13, 1, 45, 0, 0, time.UTC)
	info := giving(logOf(t, "build-log.txt", string(data), start, start.Add(35*time.Minute)))
	known, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	matcher := triage.NewMatcher(known)
	info.Known = func() *triage.Matcher { return matcher }
	return info
}

// A log that is still written grows on the screen; who looks at its end sees the new end.
func TestGrowingLog(t *testing.T) {
	start := time.Unix(0, begin).UTC()
	texts := []string{"first\nsecond\nthi", "first\nsecond\nthird\nfourth\n", "first\nsecond\nthird\nfourth\nfifth\n"}
	var looks atomic.Int64
	var at func(n int64) viewer.Log
	at = func(n int64) viewer.Log {
		l := logOf(t, "build-log.txt", texts[n], start, start.Add(20*time.Second))
		if n+1 < int64(len(texts)) {
			l.Later = func(context.Context) (viewer.Log, error) { return at(looks.Add(1)), nil }
		}
		return l
	}
	info := giving()
	info.Logs = func(context.Context) ([]viewer.Log, error) { return []viewer.Log{at(looks.Load())}, nil }
	set := steps(t)
	b := open(t, set, info, "/trace/"+polled+"?log=build-log.txt:3")
	b.wait(`document.querySelector('.log-facts')?.textContent === '3 lines · still written'`)
	b.wait(`document.querySelector('#log-3 .log-text')?.textContent === 'thi'`)
	b.wait(`document.querySelector('#log-3 .log-text')?.textContent === 'third' && document.querySelector('#log-4')?.classList.contains('active')`)
	b.wait(`document.querySelector('.log-facts')?.textContent === '5 lines' && document.querySelector('#log-5 .log-text')?.textContent === 'fifth'`)
	if n := looks.Load(); n != 2 {
		t.Errorf("%d looks", n)
	}
}

// An error that is known by its text is marked, and says what to do.
func TestKnownErrorInLog(t *testing.T) {
	set := jobs(t, failing)
	b := open(t, set, sampleLog(t), "/trace/"+set.Jobs()[0].ID.String()+"?log=build-log.txt:12")
	b.wait(`document.querySelector('#log-12 .log-known')?.textContent.startsWith('quota')`)
	b.wait(`document.querySelector('.log-known-error')?.textContent.includes("Quota 'CPUS' exceeded")`)
}

const atLog = `document.querySelector('.log-row:not([hidden]) .log-text')?.textContent`

// logRows are the lines on the screen, from top to bottom.
func (b *tab) logRows() []string {
	b.Helper()
	return get[[]string](b, `[...document.querySelectorAll('.log-row:not([hidden])')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((r) => r.querySelector('.log-no').textContent + ' ' + r.querySelector('.log-text').textContent)`)
}

// job   |------------------------|   20 s
// build |------|
// up           |----------|
// call            |--|               with an error
// down                    |------|
func steps(t testing.TB) *trace.View {
	return made(t, span(1, 0, "job", 0, 20_000), span(2, 1, "build", 0, 5_000), span(3, 1, "up", 5_000, 15_000), failed(span(4, 3, "call", 8_000, 10_000)), span(5, 1, "down", 15_000, 20_000))
}

// everyMs is a log of n lines, one every so many milliseconds of steps.
func everyMs(t testing.TB, name string, n, ms int, text func(i int) string) viewer.Log {
	start := time.Unix(0, begin).UTC()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %s\n", start.Add(time.Duration(i*ms)*time.Millisecond).Format("2006-01-02T15:04:05.000Z"), text(i+1))
	}
	return logOf(t, name, b.String(), start, start.Add(20*time.Second))
}

func plain(i int) string {
	switch {
	case i == 95:
		return "ERROR quota \x1b[31mexceeded\x1b[0m"
	case i%50 == 0:
		return fmt.Sprintf("WARN slow %d", i)
	}
	return fmt.Sprintf("INFO line %d", i)
}

// chosen are the numbers of the first and the last chosen line on the screen.
const chosen = `(() => { const all = [...document.querySelectorAll('.log-row.chosen:not([hidden])')].map((r) => Number(r.dataset.line)); return all.length ? Math.min(...all) + '-' + Math.max(...all) : ''; })()`

// The log comes when the trace is on the screen. A click on a span shows its lines, a
// click on a line its time and its span.
func TestLogAndTraceMoveTogether(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 200, 100, plain)), "/trace/"+polled)
	b.wait(atLog)
	if late := b.eval(`performance.getEntriesByType('resource').filter((r) => r.name.includes('/log')).every((r) => r.startTime > performance.getEntriesByName('trace-shown')[0].startTime)`); late != true {
		t.Error("logs are asked for before the trace is drawn")
	}
	b.wait(`document.querySelector('.log-facts').textContent === '200 lines · 1 error'`)
	b.wait(chosen + `.startsWith('81-')`) // of the span that broke
	if got := b.text(`document.querySelector('.log-of').textContent`); got != "lines of call" {
		t.Errorf("the log shows %q", got)
	}

	b.click("#line-4 .n-name") // down
	b.wait(chosen + `.startsWith('151-')`)
	b.wait(`document.querySelector('.log-of').textContent === 'lines of down'`)
	b.click("#line-1 .n-name") // build
	b.wait(chosen + `.startsWith('1-')`)
	b.wait(panelName + ` === 'build'`)
	b.eval(`document.querySelector('.log').scrollTop = 55 * 18`)
	b.wait(`document.querySelector('#log-61:not([hidden])')`)
	b.click("#log-61 .log-text") // at 6 s: up
	b.wait(panelName + ` === 'up'`)
	b.wait(`document.querySelector('.wf-row.opened .n-name').textContent === 'up'`)
	b.wait(`new URLSearchParams(location.search).get('log') === 'build-log.txt:61'`)
	b.wait(`!document.querySelector('.wf-mark').hidden && document.querySelector('.mini-mark').style.left === '30%'`)
	if got := b.text(chosen); got != "61-61" {
		t.Errorf("the chosen lines are %s", got)
	}
	b.keys(kb.Escape + kb.Escape) // back to the spans, then the details
	b.wait(`!document.querySelector('.detail')`)
	if got := b.text(chosen); got != "61-61" {
		t.Errorf("after the details are closed, the chosen lines are %s", got)
	}
	b.click("#log-62 .log-text") // without details there are none, but the span is the active one
	b.wait(`document.querySelector('.wf-row.active .n-name').textContent === 'up'`)
	if b.eval(`document.querySelector('.detail') === null`) != true {
		t.Error("a click on a line opens the details")
	}
	b.run(chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.wait(chosen + ` === '61-61'`)
}

// Keys go from line to line, and the address can be shared.
func TestLogKeys(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 200, 100, plain)), "/trace/"+polled+"?log=build-log.txt:10-12")
	b.wait(chosen + ` === '10-12'`)
	b.keys("l")
	b.wait(`document.activeElement.className === 'log'`)
	b.keys(kb.ArrowDown)
	b.wait(chosen + ` === '11-11' && document.querySelector('.log').getAttribute('aria-activedescendant') === 'log-11'`)
	b.keys(kb.End)
	b.wait(chosen + ` === '200-200'`)
	b.wait(`document.querySelector('.wf-row.active .n-name').textContent === 'down'`)
	b.keys(kb.Home)
	b.wait(chosen + ` === '1-1'`)
	b.keys(kb.PageDown)
	b.wait(`Number(` + chosen + `.split('-')[0]) > 4`)
	b.wait(`/^build-log.txt:\d+$/.test(new URLSearchParams(location.search).get('log'))`)
	b.wait(`document.querySelector('.log-line pre')?.textContent.includes('line')`)
	b.keys(kb.Escape)
	b.wait(`document.activeElement.className === 'wf'`)
	b.eval(`document.querySelector('[aria-label="Close the log"]').click()`)
	b.wait(`!document.querySelector('.log-pane').checkVisibility() && location.search.includes('log=off')`)
	b.keys("l")
	b.wait(`document.querySelector('.log-pane').checkVisibility()`)
}

// Links to lines open there: this page's own, and those that end like Prow's.
func TestLogDeepLinks(t *testing.T) {
	info := giving(everyMs(t, "build-log.txt", 2000, 10, plain), everyMs(t, "artifacts/e2e/setup/build-log.txt", 2000, 10, plain))
	b := open(t, steps(t), info, "/")
	for _, test := range []struct{ path, name, lines string }{
		{"?log=build-log.txt:1500-1502", "build-log.txt", "1500-1502"},
		{"#1:build-log.txt%3A1500", "build-log.txt", "1500-1500"},
		{"#build-log.txt:700-702", "build-log.txt", "700-702"},
		{"?log=artifacts/e2e/setup/build-log.txt:30", "artifacts/e2e/setup/build-log.txt", "30-30"},
		{"?log=setup/build-log.txt:30", "artifacts/e2e/setup/build-log.txt", "30-30"},
		{"?span=0000000000000002&log=build-log.txt:1500", "build-log.txt", "1500-1500"}, // not the lines of the span
	} {
		b.run(chromedp.Navigate("about:blank"), chromedp.Navigate(b.base+"/trace/"+polled+test.path))
		b.wait(chosen + ` === '` + test.lines + `'`)
		b.wait(`document.querySelector('.log-line-facts b')?.textContent.startsWith('Line')`)
		if got := b.text(`document.querySelector('.log-choice').value`); got != test.name {
			t.Errorf("%s opens %s", test.path, got)
		}
		if !strings.Contains(test.path, "span=") {
			continue
		}
		b.wait(panelName + ` !== undefined`)
		if got := b.text(chosen); got != test.lines {
			t.Errorf("%s: the chosen lines are %s", test.path, got)
		}
	}
}

// A million lines: no more than 200 rows in the document, and those that stay on the
// screen keep their elements.
func TestMillionLines(t *testing.T) {
	const lines = 1_000_000
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", lines, 1, func(i int) string { return fmt.Sprint("line ", i) })), "/trace/"+polled+"?log=build-log.txt:1")
	b.wait(atLog)
	b.eval(`document.querySelector('.log').focus()`)
	b.wait(`document.querySelector('.log').getAttribute('aria-rowcount') === '1000000'`)
	if got := b.eval(`document.querySelector('.log-space').offsetHeight < 16e6`); got != true {
		t.Error("the rows are higher than browsers can show")
	}
	b.keys(kb.End)
	b.wait(`document.querySelector('#log-1000000:not([hidden]) .log-text')?.textContent.endsWith('line 1000000')`)
	b.eval(`document.querySelector('.log').scrollTop = document.querySelector('.log-space').offsetHeight / 2`)
	b.wait(`(() => { const n = Number(document.querySelector('.log-row:not([hidden])').dataset.line); return n > 499000 && n < 501000; })()`)
	for range 3 { // from one chunk of lines to others
		b.eval(`(() => { window.kept = new Map([...document.querySelectorAll('.log-row:not([hidden])')].map((r) => [r.dataset.line, r])); document.querySelector('.log').scrollTop += 30; })()`)
		b.wait(`[...document.querySelectorAll('.log-row:not([hidden])')].some((r) => !window.kept.has(r.dataset.line))`)
		if moved := b.text(`[...document.querySelectorAll('.log-row:not([hidden])')].filter((r) => window.kept.has(r.dataset.line) && window.kept.get(r.dataset.line) !== r).map((r) => r.dataset.line)`); moved != "" {
			t.Errorf("lines in other elements: %s", moved)
		}
		if stay := b.eval(`[...document.querySelectorAll('.log-row:not([hidden])')].filter((r) => window.kept.get(r.dataset.line) === r).length > 3`); stay != true {
			t.Error("no line stays on the screen: this test tests nothing")
		}
	}
	b.run(chromedp.EmulateViewport(3840, 2160))
	b.eval(`document.querySelector('.log-pane').style.height = '1500px'`)
	b.wait(`document.querySelectorAll('.log-row:not([hidden])').length > 50`)
	if n := b.eval(`document.querySelectorAll('.log-row').length`).(float64); n > 200 {
		t.Errorf("%v rows in the document", n)
	}
}

// Lines are found by words, expressions and severities, and stepped through.
func TestFindInLog(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 200, 100, plain)), "/trace/"+polled)
	b.wait(atLog)
	const found = `document.querySelector('.log-find .found').textContent`
	look := func(q, want string) {
		t.Helper()
		b.eval(`(() => { const i = document.querySelector('.log-find input'); i.focus(); i.value = ` + number(q) + `; i.dispatchEvent(new Event('input')); })()`)
		b.wait(found + ` === '` + want + `'`)
	}
	look("slow", "4 lines")
	b.keys("\r")
	b.wait(chosen + ` === '100-100'`) // the next behind the lines of the span that broke
	b.keys("\r")
	b.wait(chosen + ` === '150-150' && document.querySelector('.toast').textContent === '3 of 4'`)
	b.wait(`document.querySelector('#log-150').classList.contains('hit')`)
	const foundIn = `[...document.querySelectorAll('#log-150 .log-text .a-found')].map((e) => e.textContent).join()`
	b.wait(foundIn + ` === 'slow' && document.querySelector('.log-line .a-found')?.textContent === 'slow'`)
	b.eval(`document.querySelector('.log').focus()`)
	b.keys("nn")
	b.wait(chosen + ` === '50-50'`)
	b.keys("N")
	b.wait(chosen + ` === '200-200'`)
	look(`~"line 1.0$"`, "8 lines")
	look(`(slow OR quota) after:+8s -"slow 200"`, "3 lines")
	look("dur>5s", "")
	b.wait(`document.querySelector('.log-pane .wrong:not([hidden])')?.textContent.includes('is a term for spans')`)
	look(`~"quota .x" OR ceed`, "1 line")
	b.eval(`window.row = document.querySelector('#log-95')`)
	b.keys("\r")
	b.wait(`[...document.querySelectorAll('#log-95 .a-found')].map((e) => e.className + ' ' + e.textContent).join() === 'a-found quota ,a-f1 a-found exceed'`)
	look("sev:warning -slow", "1 line")
	b.wait(`!document.querySelector('#log-95 .a-found')`)
	b.eval(`(() => { const m = document.querySelector('.log-find select'); m.value = 'filter'; m.dispatchEvent(new Event('change')); })()`)
	b.wait(`document.querySelectorAll('.log-row:not([hidden])').length === 1`)
	if got := b.logRows(); got[0] != "95 2025-01-02T03:04:14.400Z ERROR quota exceeded" {
		t.Errorf("the line is %q", got)
	}
	if got := b.text(`document.querySelector('#log-95 .a-f1').textContent + document.querySelector('#log-95 .vh').textContent`); got != "exceedederror" {
		t.Errorf("its colour and mark: %q", got)
	}
	look("~(", "")
	b.wait(`document.querySelector('.log-pane .wrong:not([hidden])')?.textContent.includes('not a regular expression')`)
	b.wait(`new URLSearchParams(location.search).get('lq') === '~('`)
}

// What is found far to the right in a long line comes onto the screen.
func TestFoundFarRight(t *testing.T) {
	long := func(i int) string { return fmt.Sprintf("first %d %s last %d", i, strings.Repeat("-", 500), i) }
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 200, 100, long)), "/trace/"+polled+"?log=build-log.txt:10&lq="+url.QueryEscape(`"last 12" OR "first 14"`))
	b.wait(chosen + ` === '10-10' && document.querySelector('.log-find .found').textContent !== '…'`)
	b.eval(`document.querySelector('.log').focus()`)
	const seen = `(() => { const w = document.querySelector('.log-row.active .a-found')?.getBoundingClientRect(), r = document.querySelector('.log-row.active'); return w && w.left >= r.querySelector('.log-no').getBoundingClientRect().right && w.right <= r.querySelector('.log-span').getBoundingClientRect().left; })()`
	b.keys("n")
	b.wait(chosen + ` === '12-12' && ` + seen + ` && document.querySelector('.log').scrollLeft > 1000`)
	b.keys("n")
	b.wait(chosen + ` === '14-14' && ` + seen + ` && document.querySelector('.log').scrollLeft === 0`)
}

// The time that the waterfall shows is that of the log's lines, too.
func TestTimeWindowOfLog(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 200, 100, plain)), "/trace/"+polled+"?from=15000000000&to=16000000000")
	b.wait(atLog)
	b.wait(`document.querySelector('.log').getAttribute('aria-rowcount') === '11'`)
	if got := b.logRows()[0]; !strings.HasPrefix(got, "151 ") {
		t.Errorf("the first line is %q", got)
	}
	b.eval(`document.querySelector('[aria-label="Show the lines of the whole time"]').click()`)
	b.wait(`document.querySelector('.log').getAttribute('aria-rowcount') === '200'`)
	b.drag(".mini", 314, 628) // a quarter of 20 s
	b.wait(`Math.abs(document.querySelector('.log').getAttribute('aria-rowcount') - 50) < 4`)
}

// What is missing has a row, and errors of the log are in the minimap. Each of several
// logs is shown by its name, that of a step by the step's span.
func TestGapsAndSeveralLogs(t *testing.T) {
	head := everyMs(t, "build-log.txt", 200, 100, plain)
	head.Gaps = []viewer.Gap{{Offset: 1 << 20, Size: 12_000_000}}
	of := everyMs(t, "artifacts/e2e/up/build-log.txt", 200, 100, func(i int) string { return fmt.Sprint("of up ", i) })
	none := viewer.Log{Name: "artifacts/e2e/broken/build-log.txt", Lines: func(context.Context) (viewer.Lines, error) {
		return viewer.Lines{}, errors.New("cannot read it: no such file")
	}}
	b := open(t, steps(t), giving(head, of, none), "/trace/"+polled+"?log=build-log.txt:200")
	b.wait(chosen + ` === '200-200'`)
	b.eval(`document.querySelector('.log').scrollTop = 1e6`)
	b.wait(`document.querySelector('.log-row.gap:not([hidden])')?.innerText.trim() === '12 MB missing'`)
	if got := b.text(`document.querySelector('.log-facts').textContent`); got != "200 lines · 1 error · 12 MB missing" {
		t.Errorf("the head says %q", got)
	}
	const red = `(() => { const c = document.querySelector('.mini-canvas'); const d = c.getContext('2d').getImageData(0, 1, c.width, 1).data; const at = []; for (let x = 0; x < c.width; x++) if (d[4 * x] > 150 && d[4 * x + 1] < 120) at.push(x / c.width); return at[0] ?? -1; })()`
	b.wait(red + ` > 0.46 && ` + red + ` < 0.48`) // 9.4 s of 20
	b.click("#line-2 .n-name")
	b.wait(`document.querySelector('.log-choice').value === 'artifacts/e2e/up/build-log.txt'`)
	b.wait(chosen + `.startsWith('51-')`)
	b.wait(atLog + `.includes('of up')`)
	b.eval(`(() => { const c = document.querySelector('.log-choice'); c.value = 'artifacts/e2e/broken/build-log.txt'; c.dispatchEvent(new Event('change')); })()`)
	b.wait(`document.querySelector('.log-wrong').textContent.includes('no such file')`)
	b.mu.Lock()
	b.wrong = nil // the browser tells of the answer, too
	b.mu.Unlock()
}

// What of the logs is left out is told in the pane, also where nothing is left.
func TestLostLogs(t *testing.T) {
	lost := func() []runfile.Loss {
		return []runfile.Loss{{File: "artifacts/e2e/up/build-log.txt", Files: 3, Why: "the bucket <b>answers</b> 503"}, {Files: 1, Why: "logs are left out, they could not be listed"}}
	}
	const losses = `[...document.querySelectorAll('.log-losses li')].map((l) => l.textContent).join('|')`
	const want = "artifacts/e2e/up/build-log.txt and 2 other logs: the bucket <b>answers</b> 503|logs are left out, they could not be listed"
	info := giving(everyMs(t, "build-log.txt", 20, 100, plain))
	info.LostLogs = lost
	b := open(t, steps(t), info, "/trace/"+polled)
	b.wait(atLog)
	b.click(".log-lost summary")
	b.wait(`document.querySelector('.log-lost li')?.checkVisibility()`)
	if got := b.text(losses) + b.text(`document.querySelector('.log-lost summary').textContent`); got != want+"4 logs incomplete" {
		t.Errorf("left out: %q", got)
	}
	info = giving()
	info.LostLogs = lost
	b = open(t, steps(t), info, "/trace/"+polled)
	b.wait(`document.querySelector('.log-pane.none')?.checkVisibility()`)
	if got := b.text(losses); got != want {
		t.Errorf("without any log: %q", got)
	}
	b.click(`[aria-label="Close the log"]`)
	b.wait(`!document.querySelector('.log-pane').checkVisibility()`)
	b.keys("l")
	b.wait(`document.querySelector('.log-pane').checkVisibility()`)
}

// A hostile log is only text.
func TestHostileLog(t *testing.T) {
	var b strings.Builder
	for _, s := range hostile {
		b.WriteString(strings.ReplaceAll(s, "\n", " ") + "\n")
	}
	start := time.Unix(0, begin)
	l := logOf(t, hostile[0], b.String(), start, start)
	l.URL = "javascript:hacked()"
	p := open(t, steps(t), giving(l), "/trace/"+polled+"?log=x:1-3")
	p.wait(atLog + ` && document.querySelector('.log-line pre')`)
	if got := p.eval(`document.querySelectorAll('.log-pane script, .log-pane img, .log-pane iframe, a[href^="javascript"]').length + Number(window.hacked ?? 0)`); got != 0.0 {
		t.Errorf("%v elements are made of text", got)
	}
}

// On paper are the chosen lines; on a phone the text has the room.
func TestLogOnPaperAndPhone(t *testing.T) {
	b := open(t, steps(t), giving(everyMs(t, "build-log.txt", 2000, 10, plain)), "/trace/"+polled+"?log=build-log.txt:1000-1199")
	b.wait(chosen + `.startsWith('1000-')`)
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	b.wait(`document.querySelectorAll('.printed-log tbody tr').length === 200 && !document.querySelector('.log-pane').checkVisibility()`)
	if got := b.text(`document.querySelector('.printed-log tr:last-child').innerText`); !strings.Contains(got, "line 1199") {
		t.Errorf("the last line on paper is %q", got)
	}
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}))
	b.wait(`!document.querySelector('.printed-log')`)
	phone(t, b, "/trace/"+polled+"?log=build-log.txt:1000")
	b.wait(chosen + ` === '1000-1000'`)
	sizes := get[[]float64](b, `[Math.max(...['.log-pane', '.log-head', '.log-line'].map((c) => document.querySelector(c).scrollWidth)), document.querySelector('#log-1000 .log-text').getBoundingClientRect().left, document.querySelector('.wf').clientHeight]`)
	if sizes[0] > 390 || sizes[1] > 100 || sizes[2] < 100 {
		t.Errorf("the log does not fit a phone: %v", sizes)
	}
}

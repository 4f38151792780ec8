package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage/diff"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// sampleRuns are the runs of the sample, with their logs: one that passed, then one that failed.
func sampleRuns(t testing.TB) (view *trace.View, info viewer.Info, comparison string) {
	t.Helper()
	view = jobs(t, passing, failing)
	info = viewer.Info{Title: "2 jobs", Differ: func(context.Context, trace.TraceID, trace.TraceID) (*diff.Diff, error) { return &diff.Diff{}, nil }}
	start := time.Date(2025, 3, 13, 1, 44, 31, 0, time.UTC)
	for i, run := range []string{passing, failing} {
		data, err := os.ReadFile(filepath.Join("../../../testdata/bucket/kubernetes-ci-logs", run, "build-log.txt"))
		if err != nil {
			t.Fatal(err)
		}
		log := logOf(t, "build-log.txt", string(data), start, start.Add(35*time.Minute))
		info.Jobs = append(info.Jobs, viewer.Job{
			Trace: view.Jobs()[i].ID, Title: run, Result: []string{"passed", "failed"}[i],
			Logs: func(context.Context) ([]viewer.Log, error) { return []viewer.Log{log}, nil },
		})
	}
	return view, info, "/trace/" + view.Jobs()[1].ID.String() + "?view=compare&compare=" + view.Jobs()[0].ID.String()
}

const atPhases = `document.querySelector('.pw-row.phase')`

// left and right edge of the bar, or of the gap, of a run in the row of a phase.
const edges = `((name, side) => { const row = [...document.querySelectorAll('.pw-row')].find((r) => r.querySelector('.pw-name')?.textContent.includes(name)); const el = row.querySelector('.pw-bars .' + side).getBoundingClientRect(); return [el.left, el.right]; })`

// The sample's runs as a reader asks of them: where did the time go, what did only one do?
func TestBothTimelines(t *testing.T) {
	view, info, address := sampleRuns(t)
	b := open(t, view, info, address+"&order=phases")
	b.wait(atPhases)
	said := func(name string) string {
		return b.text(fmt.Sprintf(`[...[...document.querySelectorAll('.pw-row')].find((r) => r.querySelector('.pw-name bdi')?.textContent === '%s').children].slice(1, 4).map((c) => c.firstChild?.textContent).join('|')`, name))
	}
	for name, want := range map[string]string{
		"Up": "6 m 23 s|21 m 16 s|14 m 54 s longer, 3.3×", "Test": "14 m 06 s|–|only in the other", "Build": "–|4 m 11 s|only in this run", "clonerefs": "31 s|31 s|as long",
		"kops validate cluster": "5 m 24 s|20 m 01 s|14 m 37 s longer, 3.7×",
	} {
		if got := said(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"Up", "Down", "clonerefs"} {
		there, here := get[[]float64](b, edges+`('`+name+`', 'there')`), get[[]float64](b, edges+`('`+name+`', 'here')`)
		if d := there[0] - here[0]; d > 0.5 || d < -0.5 {
			t.Errorf("%s begins at %.1f in the other run, and at %.1f in this one", name, there[0], here[0])
		}
	}
	if got := b.text(`document.querySelector('.pw-gap.here').textContent + ', ' + document.querySelector('.pw-row .pw-gap.there').textContent`); got != "not in this run, not in the other" {
		t.Errorf("the gaps say %s", got)
	}
	axe := axeCore(t)
	for _, scheme := range []string{"light", "dark"} {
		b.system(scheme)
		b.accessible(axe)
	}
}

// The keys of the two timelines are those of one: from row to row, open and close, zoom, and
// into the span of either run.
func TestKeysOfBothTimelines(t *testing.T) {
	view, info, address := sampleRuns(t)
	b := open(t, view, info, address+"&order=phases")
	b.wait(atPhases)
	b.eval(`document.querySelector('.pw').focus()`)
	const active = `document.getElementById(document.querySelector('.pw').getAttribute('aria-activedescendant')).querySelector('.pw-name bdi').textContent`
	press := func(key string) {
		b.eval(fmt.Sprintf(`document.querySelector('.pw').dispatchEvent(new KeyboardEvent('keydown', { key: '%s', bubbles: true }))`, key))
	}
	rows := get[int](b, `document.querySelectorAll('.pw-row').length`)
	for range 2 {
		press("ArrowDown")
	}
	if got := b.text(active); got != "clonerefs" {
		t.Errorf("two rows down is %s", got)
	}
	press("ArrowRight")
	if got := get[int](b, `document.querySelectorAll('.pw-row').length`); got != rows+2 {
		t.Errorf("opened, there are %d rows, before %d", got, rows)
	}
	press("ArrowRight")
	if got := b.text(active); got != "clone kubernetes/kops" {
		t.Errorf("into it is %s", got)
	}
	press("ArrowLeft")
	press("ArrowLeft")
	if got := get[int](b, `document.querySelectorAll('.pw-row').length`); got != rows {
		t.Errorf("closed, there are %d rows, before %d", got, rows)
	}
	press("z")
	b.wait(`location.search.includes('frame=2')`)
	if got := get[[]float64](b, edges+`('clonerefs', 'here')`); got[1]-got[0] < 300 {
		t.Errorf("zoomed, the bar is %.0f px wide", got[1]-got[0])
	}
	press("0")
	b.wait(`!location.search.includes('frame=')`)
	press("Enter")
	b.wait(atTrace + ` && document.querySelector('.detail')?.textContent.includes('clonerefs')`)
	if got := b.text("location.pathname"); got != "/trace/"+view.Jobs()[1].ID.String() {
		t.Errorf("the span opens at %s", got)
	}
}

// besideLines is the text of the rows on the screen: sign and text of the other run, then of this one.
const besideLines = `[...document.querySelectorAll('.beside-row')].map((r) => [...r.children].map((c) => c.classList.contains('beside-fold') ? c.textContent : (c.querySelector('.beside-sign [aria-hidden]')?.textContent ?? '') + (c.querySelector('.beside-text')?.textContent ?? '')).join(' | ')).join('\n')`

// twoLogs are two runs of the sample, with logs of a test.
func twoLogs(t testing.TB, good, bad string) (*trace.View, viewer.Info, string) {
	t.Helper()
	view, info, address := sampleRuns(t)
	start := time.Date(2025, 3, 13, 1, 44, 31, 0, time.UTC)
	for i, data := range []string{good, bad} {
		log := logOf(t, "build-log.txt", data, start, start.Add(35*time.Minute))
		info.Jobs[i].Logs = func(context.Context) ([]viewer.Log, error) { return []viewer.Log{log}, nil }
	}
	return view, info, address
}

// What is new in the log of the bad run is marked by a sign and words, what is the same stands
// in one row and is folded away where it is long; keys lead from one new line to the next.
func TestBothLogs(t *testing.T) {
	var good, bad strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&good, "step %c%c%c went well after %d s\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676, i)
		fmt.Fprintf(&bad, "step %c%c%c went well after %d s\n", 'a'+i%26, 'a'+i/26%26, 'a'+i/676, 2*i)
		if i == 2500 {
			bad.WriteString("Quota <b>exceeded</b> \u202e in region\n")
			good.WriteString("cluster is up\n")
		}
		if i == 4000 {
			bad.WriteString("giving up\nexit status 1\n")
		}
	}
	view, info, address := twoLogs(t, good.String(), bad.String())
	b := open(t, view, info, address+"&order=logs")
	b.wait(`document.querySelector('.beside-row.active .beside-cell.new .beside-text')?.textContent.includes('Quota')`)
	b.wait(`document.querySelector('.beside-row.active .there .beside-text')?.textContent === 'cluster is up'`)
	lines := b.text(besideLines)
	if !strings.Contains(lines, "−cluster is up | +Quota <b>exceeded</b>") || !strings.Contains(lines, "2,498 lines the same in both") {
		t.Errorf("the rows are\n%s", lines)
	}
	if got := b.text(`document.querySelector('.beside-head b').textContent + '; ' + document.querySelector('.beside-chosen').textContent`); !strings.Contains(got, "3 new lines; ") || !strings.Contains(got, "new: the other log has it nowhere") || !strings.Contains(got, "<b>exceeded</b>") {
		t.Errorf("it says %s", got)
	}
	if n := get[int](b, `document.querySelectorAll('.beside-row').length`); n > 120 {
		t.Errorf("%d rows are in the document", n)
	}
	press := func(key string) {
		b.eval(fmt.Sprintf(`document.querySelector('.beside-log').dispatchEvent(new KeyboardEvent('keydown', { key: '%s', bubbles: true }))`, key))
	}
	press("n")
	b.wait(`document.querySelector('.beside-row.active .here .beside-text')?.textContent === 'giving up'`)
	b.wait(`location.search.includes('log=build-log.txt%3A4003')`)
	press("n")
	b.wait(`document.querySelector('.beside-row.active .here .beside-text')?.textContent.includes('Quota')`)
	press("N")
	b.wait(`document.querySelector('.beside-row.active .here .beside-text')?.textContent === 'giving up'`)
	axe := axeCore(t)
	for _, scheme := range []string{"light", "dark"} {
		b.system(scheme)
		b.accessible(axe)
	}
	press("Home")
	press("Enter")
	b.wait(`document.querySelectorAll('.beside-row .there').length > 20 && document.querySelector('.beside-row.fold')?.textContent !== '⋯ 2,498 lines the same in both: Enter or a click shows them'`)
	// The place is kept in the address, and in the way to the line of its own run.
	b.run(chromedp.Navigate(b.base + address + "&order=logs&log=build-log.txt:4003"))
	b.wait(`document.querySelector('.beside-row.active .here .beside-text')?.textContent === 'giving up'`)
	b.eval(`document.querySelector('.beside-row.active .here .beside-no').click()`)
	b.wait(atTrace + ` && document.querySelector('.log-row.active .log-text')?.textContent === 'giving up'`)
}

// On a phone the lines of the two logs stand one above the other, and the phases have their
// bars below their names.
func TestComparedOnAPhone(t *testing.T) {
	view, info, address := sampleRuns(t)
	b := open(t, view, info, "/")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch), chromedp.Navigate(b.base+address+"&order=logs"))
	b.wait(`document.querySelector('.beside-row.active .here')`)
	b.wait(`(() => { const [a, c] = document.querySelectorAll('.beside-row.active > .beside-cell'); return a.getBoundingClientRect().bottom <= c.getBoundingClientRect().top + 1; })()`)
	b.run(chromedp.Navigate(b.base + address + "&order=phases"))
	b.wait(atPhases)
	for _, what := range []string{`document.documentElement.scrollWidth`, `document.querySelector('.pw').scrollWidth`} {
		if got := get[int](b, what); got > 390 {
			t.Errorf("%s is %d", what, got)
		}
	}
}

// Names and lines of two runs stay text, whatever is in them.
func TestHostileRunsBeside(t *testing.T) {
	var sources []trace.Source
	var runs []join.Job
	info := viewer.Info{Title: "2 jobs"}
	for i := range 2 {
		spans := []*tracepb.Span{span(1, 0, hostile[0], 0, 1000)}
		for k, s := range hostile {
			spans = append(spans, failed(span(k+2, 1, s, 100*k, 100*k+50*(i+1))))
		}
		source := file(t, byte(i+1), spans...)
		source.Group = i + 1
		sources = append(sources, source)
		runs = append(runs, join.Job{Name: hostile[1], ID: trace.TraceID{byte(i + 1)}})
		log := logOf(t, hostile[2], strings.Join(hostile[i:], "\n")+"\n", time.Unix(0, begin), time.Unix(0, begin+1e9))
		info.Jobs = append(info.Jobs, viewer.Job{Trace: runs[i].ID, Title: hostile[1], Logs: func(context.Context) ([]viewer.Log, error) { return []viewer.Log{log}, nil }})
	}
	set, err := join.Load(context.Background(), sources, runs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	b := open(t, set, info, "/")
	for order, ready := range map[string]string{"phases": `document.querySelectorAll('.pw-row[data-row]').length > 0`, "logs": `document.querySelector('.beside-row .beside-text bdi')`} {
		b.run(chromedp.Navigate(b.base + "/trace/" + runs[1].ID.String() + "?view=compare&order=" + order + "&compare=" + runs[0].ID.String()))
		b.wait(ready)
		if got := get[int](b, `document.querySelectorAll('main script, main img, main iframe, main [onload], main [onerror]').length + (typeof hacked === 'undefined' ? 0 : 1)`); got > 0 {
			t.Errorf("%s: there are %d elements of names", order, got)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dialogs > 0 {
		t.Errorf("%d dialogs opened", b.dialogs)
	}
}

package browsertest

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// two is a set of the traces of a good and a bad run.
//
//	good  |-----|                 bad  |-----------------|
//	apply |---|                  apply |---------------|
//	  poll  ||                     poll  || || || ||  errors
//	done      |                  dump                    |
func two(t testing.TB) *trace.View {
	return load(t,
		file(t, 1, span(1, 0, "good", 0, 1000), span(2, 1, "apply", 0, 600), span(3, 2, "poll", 100, 200), span(4, 1, "done", 900, 1000)),
		file(t, 2, span(1, 0, "bad", 0, 9000), span(2, 1, "apply", 0, 8000), failed(span(3, 2, "poll", 100, 200)), failed(span(4, 2, "poll", 300, 400)), span(5, 1, "dump", 8900, 9000)))
}

func TestCompare(t *testing.T) {
	b := open(t, two(t), viewer.Info{}, "/?order=longest")
	b.wait(atList)
	b.click(".traces tbody a")
	b.wait(atTrace)
	b.keys("5")
	b.wait(`document.querySelector('.choose tbody a')?.textContent === 'good'`)
	if got := b.text(`[...document.querySelectorAll('.choose tr')].map((r) => [...r.children].slice(1, 3).map((c) => c.textContent).join()).join()`); got != "Service,Start,kops,2025-01-02 03:04:05.000 UTC" {
		t.Errorf("the chooser shows %s", got)
	}
	b.click(".choose tbody a")
	const rows = `[...document.querySelectorAll('.compared tbody tr')].map((r) => [...r.children].map((c) => c.textContent).join(' ')).join('\n')`
	b.wait(`document.querySelector('.compared tbody tr')`)
	want := strings.Join([]string{
		"apply kops 1 1 = 0 0 = 8 s 600 ms +7.4 s 7.8 s 500 ms +7.3 s",
		"bad kops 1 0 +1 0 0 = 9 s 0 +9 s 900 ms 0 +900 ms",
		"good kops 0 1 −1 0 0 = 0 1 s −1 s 0 300 ms −300 ms",
		"poll kops 2 1 +1 2 0 +2 200 ms 100 ms +100 ms 200 ms 100 ms +100 ms",
		"dump kops 1 0 +1 0 0 = 100 ms 0 +100 ms 100 ms 0 +100 ms",
		"done kops 0 1 −1 0 0 = 0 100 ms −100 ms 0 100 ms −100 ms",
	}, "\n")
	if got := b.text(rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.run(chromedp.Reload())
	b.wait(`document.querySelector('.compared tbody tr')`)
	if got := b.text(rows); got != want {
		t.Errorf("after a reload\n%s", got)
	}
	b.eval(`[...document.querySelectorAll('.compared th button')].at(-3).click()`)
	b.wait(`location.search.includes('order=errors') && document.querySelector('.compared tbody tr td').textContent === 'poll'`)

	b.eval(`(() => { const s = document.querySelector('select[aria-label="How to compare"]'); s.value = 'calls'; s.dispatchEvent(new Event('change')); })()`)
	b.wait(`location.search.includes('order=calls') && document.querySelector('.calls tbody tr')`)
	tree := strings.Join([]string{
		"▾bad kops longer 1 1 = 0 0 = 9 s 1 s +8 s",
		"▾apply kops longer 1 1 = 0 0 = 8 s 600 ms +7.4 s",
		"poll kops longer 2 1 +1 2 0 +2 200 ms 100 ms +100 ms",
		"dump kops only in this 1 0 +1 0 0 = 100 ms 0 +100 ms",
		"done kops only in the other 0 1 −1 0 0 = 0 100 ms −100 ms",
	}, "\n")
	if got := b.text(rows); got != tree {
		t.Errorf("got\n%s\nwant\n%s", got, tree)
	}
	b.eval(`document.querySelectorAll('.calls .toggle')[1].click()`)
	b.wait(`document.querySelectorAll('.calls tbody tr').length === 4`)

	b.run(chromedp.NavigateBack())
	b.wait(`location.search.includes('order=errors') && document.querySelector('.compared tbody tr')`)
	b.eval(`[...document.querySelectorAll('.compared tbody tr')].find((r) => r.textContent.startsWith('done')).querySelector('a').click()`)
	b.wait(atTrace + ` && document.querySelector('.trace-title h1').textContent.startsWith('good') && document.querySelector('.found').textContent === '1 match'`)
	b.run(chromedp.NavigateBack())
	b.wait(`document.querySelector('.compared tbody tr')`)
	b.eval(`[...document.querySelectorAll('.button')].find((a) => a.textContent === 'Swap').click()`)
	b.wait(`document.querySelector('.compared tbody tr') && document.querySelector('.trace-title h1').textContent.startsWith('good')`)
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?view=compare&compare=ff"))
	b.wait(`document.querySelector('.message h1')?.textContent.includes('no trace')`)
}

// Given two runs, the later one is compared with the earlier one.
func TestCompareJobs(t *testing.T) {
	sources := []trace.Source{
		file(t, 1, span(1, 0, "kops", 0, 1000), span(2, 1, "apply", 0, 600)),
		file(t, 2, span(1, 0, "kops", 0, 9000), span(2, 1, "apply", 0, 8000)),
	}
	sources[0].Group, sources[1].Group = 1, 2
	set, err := join.Load(context.Background(), sources, join.Job{Name: "good", ID: trace.TraceID{1}}, join.Job{Name: "bad", ID: trace.TraceID{2}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	links := func(build string) []viewer.Link {
		return []viewer.Link{{Text: "artifacts", URL: "https://x.example/" + build + "/artifacts/"}}
	}
	b := open(t, set, viewer.Info{Title: "2 jobs", Jobs: []viewer.Job{
		{Trace: trace.TraceID{1}, Title: "e2e 1", Run: "https://prow.example/1", Links: links("1")}, {Trace: trace.TraceID{2}, Title: "e2e 2", Run: "https://prow.example/2", Links: links("2")},
	}}, "/")
	b.wait(atList)
	if got := b.text(`[...document.querySelectorAll('.runs a')].map((a) => a.textContent + ' ' + a.getAttribute('href')).join(', ')`); got != "e2e 1 /trace/01000000000000000000000000000000, Prow https://prow.example/1, artifacts https://x.example/1/artifacts/, e2e 2 /trace/02000000000000000000000000000000, Prow https://prow.example/2, artifacts https://x.example/2/artifacts/" {
		t.Errorf("the runs are %s", got)
	}
	if got := b.text(`[...document.querySelectorAll('.traces tbody a')].slice(0, 2).map((a) => a.getAttribute('href')).sort()`); got != "/trace/01000000000000000000000000000000,/trace/02000000000000000000000000000000" {
		t.Errorf("the list begins with %s", got)
	}
	if got := b.text(`document.querySelector('.run-head').innerText`); !strings.Contains(got, "4 spans and 4 of the jobs") || !strings.Contains(got, "2 traces") {
		t.Errorf("the head says %s", got)
	}
	b.eval(`[...document.querySelectorAll('.run-head a.button')].find((a) => a.textContent === 'Compare the two').click()`)
	b.wait(`location.search.includes('order=phases') && [...document.querySelectorAll('.pw-row')].some((r) => r.textContent.includes('made-2.otel'))`)
	b.eval(`(() => { const s = document.querySelector('select[aria-label="How to compare"]'); s.value = ''; s.dispatchEvent(new Event('change')); })()`)
	b.wait(`document.querySelector('.compared tbody tr')`)
	if got := b.text(`[...document.querySelectorAll('.pair a')].map((a) => a.textContent)`); got != "bad,good" {
		t.Errorf("compared are %s", got)
	}
	if got := b.text(`[...document.querySelectorAll('.top a')].map((a) => a.href).join(' ')`); !strings.HasSuffix(got, "https://prow.example/2 https://x.example/2/artifacts/") {
		t.Errorf("on the page of the second run the links are %s", got)
	}
	if got := b.text(`document.querySelector('.compared tbody tr').innerText.replaceAll('\t', ' ')`); !strings.HasPrefix(got, "apply kops 1 1 = 0 0 = 8 s 600 ms +7.4 s") {
		t.Errorf("the largest difference is %s", got)
	}
}

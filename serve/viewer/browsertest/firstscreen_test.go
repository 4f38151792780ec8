package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"prowtrace/serve/viewer"
)

// A job's trace opens with its phases and the names of its processes, the one
// that broke first with what it said; the first error is one key away.
func TestFirstScreen(t *testing.T) {
	set := jobs(t, failing)
	info := demoInfo
	info.Result = "failed"
	b := open(t, set, info, "/trace/"+set.Jobs()[0].ID.String())
	b.wait(atTrace)
	if got := b.text(`document.querySelector('.trace-facts .result.err')?.textContent`); got != "failed" {
		t.Errorf("the head says %q of the job", got)
	}
	rows := strings.Join(b.rows(), ", ")
	for _, want := range []string{"test, junit_runner.xml, Build, kops version, Up, kops create cluster, kops update cluster, kops validate cluster", "Down, kops-4398-2025-03-13T02:11:15Z.otel"} {
		if !strings.Contains(rows, want) {
			t.Errorf("the first screen does not show %s: %s", want, rows)
		}
	}
	if strings.Contains(rows, "git ") {
		t.Errorf("the first screen shows commands of git: %s", rows)
	}
	const update = `[...document.querySelectorAll('.wf-row')].find((r) => r.querySelector('.n-name').textContent === 'kops update cluster')?`
	b.wait(update + `.querySelector('.said')?.textContent.startsWith("googleapi: Error 403: Quota 'CPUS' exceeded.")`)
	if got := b.text("location.search"); got != "" {
		t.Errorf("the address of the first screen has %s", got)
	}

	const quota = `document.querySelector('.d-message')?.textContent.includes("Quota 'CPUS' exceeded")`
	b.keys("n")
	b.wait(quota)
	b.keys("x")
	b.wait(`document.querySelector('.toast').textContent === '18 of 130'`)
	b.keys("xxxxx")
	b.wait(`document.querySelector('.wf-row.opened .mark-error.good')`)

	b.run(chromedp.Navigate(b.base + "/trace/" + set.Jobs()[0].ID.String()))
	b.wait(atTrace)
	b.keys("F")
	b.wait(quota)
	b.eval(`document.querySelector('.group .err').click()`)
	b.wait(quota)
}

// A test that passed when it was tried again has a mark with words, and is no error.
func TestFlakyCase(t *testing.T) {
	flaky := span(2, 1, "attaches volumes", 0, 20)
	flaky.Attributes = append(flaky.Attributes, &commonpb.KeyValue{Key: "prow.flaky", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}})
	set := load(t, file(t, 1, span(1, 0, "suite", 0, 100), flaky, span(3, 1, "detaches volumes", 20, 40)))
	b := open(t, set, viewer.Info{}, biggest(set))
	b.wait(`document.querySelector('.wf-row:not([hidden]) .mark-odd')?.textContent === 'flaky'`)
	if got := b.eval(`[...document.querySelectorAll('.wf-row:not([hidden])')].filter((r) => r.innerText.includes('flaky: passed when tried again')).map((r) => r.querySelector('.n-name').textContent).join()`); got != "attaches volumes" {
		t.Errorf("flaky: %v", got)
	}
	if n := number(b.eval(`document.querySelectorAll('.mark-error, .wf-row.bad:not([hidden])').length`)); n != "0" {
		t.Errorf("%s errors", n)
	}
}

package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A job's trace opens with its phases and the names of its processes, the one
// that broke first with what it said; the first error is one key away.
func TestFirstScreen(t *testing.T) {
	set := jobs(t, failing)
	b := open(t, set, demoInfo, "/trace/"+set.Jobs()[0].ID.String())
	b.wait(atTrace)
	rows := strings.Join(b.rows(), ", ")
	for _, want := range []string{"test, junit_runner.xml, Build, Up, Down, kops version", "kops update cluster, kops validate cluster"} {
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
	b.wait(panelName + ` === 'Up'`)
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

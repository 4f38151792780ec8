package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/internal/gcstest"
)

// A visitor of a team's server pastes a link on the start page, waits, and is on the page of
// the run, whose views and links stay below its path; all by keyboard, light and dark.
func TestTeamFromLinkToRun(t *testing.T) {
	server := gcstest.New(t)
	if err := server.LoadDir("../../../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	const run = "/view/gs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	b := openProgram(t, server, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0", "--base-path", "/pt", "--no-cache", "--baseline", "none")
	// The page may load itself again when logs have come: it has no links for a moment, and a
	// click just before leads nowhere.
	follow := func(selector, at, until string) {
		b.wait("(() => { if (!(" + at + ")) document.querySelector(`" + selector + "`)?.click(); return (" + at + ") && (" + until + ") })()")
	}
	b.wait(`document.activeElement.id === 'link'`)
	b.system("dark")
	b.wait(`getComputedStyle(document.body).backgroundColor === 'rgb(18, 21, 27)'`)
	b.system("light")
	b.wait(`getComputedStyle(document.body).backgroundColor === 'rgb(246, 247, 249)'`)

	b.accessible(axeCore(t))
	b.run(chromedp.Reload())
	b.wait(`document.activeElement.id === 'link'`)
	b.keys("https://prow.example.com" + run + "/")
	b.keys(kb.Enter)
	b.wait(`document.querySelectorAll('[role=treegrid] [role=row]').length > 5`)
	b.wait(`document.body.innerText.includes('CPUS')`) // what broke first
	if at := b.text(`location.pathname`); !strings.HasPrefix(at, "/pt"+run+"/trace/") {
		t.Errorf("the page is at %s", at)
	}

	follow("a[href*='view=operations']", `location.search.includes('view=operations')`, `document.querySelectorAll('main tbody tr').length > 2`)
	if at := b.text(`location.pathname`); !strings.HasPrefix(at, "/pt"+run+"/trace/") {
		t.Errorf("the operations are at %s", at)
	}
	b.run(chromedp.Reload())
	b.wait(`location.search.includes('view=operations') && document.querySelectorAll('main tbody tr').length > 2`)
	follow("a.brand", `location.pathname === '/pt`+run+`/'`, `document.querySelector('a.whole') !== null`)
	b.run(chromedp.Reload())
	b.wait(`location.pathname === '/pt` + run + `/' && document.querySelector('a.whole')`)
	follow("a.whole", `location.pathname.startsWith('/pt`+run+`/trace/')`, `document.querySelectorAll('[role=treegrid] [role=row]').length > 5`)
	b.run(chromedp.Navigate(b.base + "/pt/view/gs/not-listed/logs/job/1900000000000000001"))
	b.wait(`document.querySelector('[role=alert]').innerText.includes('only the buckets')`)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.wrong { // the browser tells of the status of the last page
		if strings.Contains(w, "403") {
			b.wrong = append(b.wrong[:i], b.wrong[i+1:]...)
			break
		}
	}
}

package browsertest

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/prow/runfile"
	"prowtrace/serve/viewer"
	"prowtrace/triage/history"
)

// openPast opens the history of jobs whose past is made up, as prowtrace itself shows it.
func openPast(t *testing.T, jobs ...string) *tab {
	t.Helper()
	server := gcstest.New(t)
	put := func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) }
	pastruns.Put(put)
	pastruns.PutStepped(put)
	b := openProgram(t, server, append([]string{"history", "--open", "--no-browser", "--no-cache"}, jobs...)...)
	b.wait(atHistory)
	return b
}

// openHistory opens the page of a history.
func openHistory(t testing.TB, runs []history.Run) *tab {
	t.Helper()
	server := httptest.NewServer(viewer.NewHistory(history.Make(runs)))
	t.Cleanup(server.Close)
	b := openAt(t, server.URL, "/")
	b.wait(atHistory)
	return b
}

var pastJobs = []string{pastruns.Broken, pastruns.Flaky, pastruns.Pulls, pastruns.Growing}

const (
	atHistory = `document.querySelector('.strip .sq')`
	strips    = `[...document.querySelectorAll('.strip')]`
)

func pastPage(job string, n int) string {
	return "https://prow.k8s.io/view/gs/" + pastruns.Bucket + "/logs/" + job + "/" + pastruns.Build(job, n)
}

// The page of a job says what is broken since when, and each square leads to its run, by
// click and by key.
func TestHistoryOfAJob(t *testing.T) {
	b := openPast(t, pastruns.Broken)
	for what, want := range map[string]string{
		`document.querySelector('h1').innerText`:                                                                                        "Broken since 212450…272: 4 of the last 5 runs failed with the same finding",
		`document.querySelector('h1 a').title`:                                                                                          pastruns.Build(pastruns.Broken, 10),
		`[...document.querySelector('.facts').children].map((s) => s.innerText).join('|')`:                                              "first bad 212450…272 2026-11-22 14:23 UTC|last good 212441…272|commits between them in kubernetes/kops|11 of 15 passed",
		strips + `[0].innerText.replace(/\s/g, '')`:                                                                                     "··········AA·AA",
		strips + `[1].innerText.replace(/\s/g, '')`:                                                                                     "AAAA",
		`document.querySelector('.groups tbody tr').innerText.replace(/\s+/g, ' ').slice(0, 92)`:                                        "A Quota 'CPUS' exceeded in region us-central1 broken since 212450…272 · quota A A A A 4 2026",
		`[...document.querySelectorAll('.durations tbody th')].map((th) => th.innerText).join('|')`:                                     "whole run|Up|Test|Down|limit of Kubernetes e2e suite|limit of job",
		`[...document.querySelectorAll('.durations tr')].find((r) => r.innerText.includes('Up')).innerText.replace(/\s+/g, ' ').trim()`: "Up usual 6 m 31 s 8 m 00 s in 4 failed runs",
		`document.querySelectorAll('.durations tr:nth-child(2) .c-odd').length`:                                                         "4",
		`document.querySelectorAll('.banner').length`:                                                                                   "0",
		`document.title`: "Broken since " + pastruns.Build(pastruns.Broken, 10) + ": 4 of the last 5 runs failed with the same finding · " + pastruns.Broken + " · prowtrace",
	} {
		if got := b.text(what); got != want {
			t.Errorf("%s\nis   %q\nwant %q", what, got, want)
		}
	}
	if got := b.text(`document.querySelector('.facts a[href*="/compare/"]').href`); !strings.HasPrefix(got, "https://github.com/kubernetes/kops/compare/") {
		t.Errorf("the commits are at %s", got)
	}

	b.eval(`window.went = []; document.addEventListener('click', (e) => { const a = e.target.closest('a.sq'); if (a) { e.preventDefault(); window.went.push(a.href); } })`)
	b.click(".strip .sq:nth-child(11)")
	for range 60 {
		if b.eval(`document.activeElement.matches('.sq')`) == true {
			break
		}
		b.keys(kb.Tab)
	}
	b.keys(kb.End)
	b.keys(kb.ArrowLeft)
	b.wait(`document.activeElement === ` + strips + `[0].children[13]`)
	b.keys(kb.ArrowDown)
	b.wait(`document.activeElement === ` + strips + `[1].children[13]`)
	tip := fmt.Sprintf("%s\nfailed · 14 m 10 s · 2026-11-23 08:23 UTC\nA: Quota 'CPUS' exceeded in region us-central1", pastruns.Build(pastruns.Broken, 13))
	if got := b.text(`document.querySelector('.tip').innerText.replace(/\n+/g, '\n')`); got != tip {
		t.Errorf("the tip is %q", got)
	}
	if got := b.text(`document.activeElement.ariaLabel`); got != strings.ReplaceAll(tip, "\n", ", ") {
		t.Errorf("a screen reader says %q", got)
	}
	b.keys(kb.Enter)
	b.wait(`window.went.length === 2`)
	if got, want := b.text(`window.went.join(' ')`), pastPage(pastruns.Broken, 10)+" "+pastPage(pastruns.Broken, 13); got != want {
		t.Errorf("went to %s\nwant    %s", got, want)
	}
	b.keys(kb.Escape)
	b.wait(`document.querySelector('.tip').hidden`)
	if got := b.text(strips + `.map((s) => [...s.children].filter((q) => q.tabIndex === 0).length).join()`); got != "1,1" {
		t.Errorf("strips are entered at %s squares", got)
	}
	b.keys("?")
	b.wait(`document.querySelector('dialog[open]')`)
	b.keys(kb.Escape)
	b.wait(`!document.querySelector('dialog')`)
}

// How many runs and which zone is in the address, and what has the focus keeps it.
func TestHistoryOfFewerRuns(t *testing.T) {
	b := openPast(t, pastruns.Broken)
	b.eval(`(() => { const s = document.querySelector('select'); s.focus(); s.value = '5'; s.dispatchEvent(new Event('change')); })()`)
	b.wait(strips + `[0].children.length === 5 && location.search === '?n=5'`)
	b.wait(`document.querySelector('h1').innerText.startsWith('Broken since ')`)
	b.wait(`document.activeElement === document.querySelector('select')`)
	b.run(chromedp.Reload())
	b.wait(strips + `[0]?.children.length === 5 && document.querySelector('select').value === '5'`)
	b.run(call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kolkata"}))
	b.eval(strips + `[1].children[4].focus()`)
	b.keys("t")
	b.wait(`document.querySelector('.facts').innerText.includes('2026-11-22 19:53 UTC+05:30') && location.search === '?n=5&zone=local'`)
	b.wait(`document.activeElement === ` + strips + `[1].children[4]`)

	b.eval(`Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (s) => { window.copied = s; } } })`)
	b.click(".top .small")
	b.wait(`window.copied?.startsWith('**Broken since ') && window.copied.includes('5 runs: 1 passed, 4 failed') && document.querySelector('.toast').textContent === 'Copied'`)
}

// The limit of a step is drawn, and that the step grows to it.
func TestHistoryOfSteps(t *testing.T) {
	b := openPast(t, "gs://"+pastruns.Bucket+"/logs/"+pastruns.Stepped+"/")
	row := `[...document.querySelectorAll('.durations tr')].find((r) => r.innerText.includes('limit of step openshift-e2e-test'))`
	for what, want := range map[string]string{
		row + `.querySelector('.warn').innerText`:           "90% of 2 h 00 m used, 2 m 00 s more per run: reached in about 6 runs",
		row + `.querySelectorAll('.meets .c-limit').length`: "1",
	} {
		if got := b.text(what); got != want {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
	}
}

// Of several jobs the worst comes first, and before it what is systemic.
func TestHistoryOfJobs(t *testing.T) {
	b := openPast(t, pastJobs...)
	if got := b.text(`document.querySelector('main').children[1].innerText`); !strings.HasPrefix(got, "Systemic: A registry answered with a server error in 3 jobs, 3 runs, 2026-11-21 20:17 UTC to 2026-11-21 20:28 UTC: ") {
		t.Errorf("first comes %q", got)
	}
	if got := b.text(`[...document.querySelectorAll('.job-name')].map((n) => n.innerText).join()`); got != strings.Join([]string{pastruns.Broken, pastruns.Growing, pastruns.Flaky, pastruns.Pulls}, ",") {
		t.Errorf("the jobs are %s", got)
	}
	for what, want := range map[string]string{
		`document.querySelector('h1').innerText`:                                                                           "4 jobs: 1 broken, 3 failed once",
		`document.querySelector('#job-2 .banner').innerText`:                                                               "A Also seen in 2 other jobs at the same time: e2e-kops-gce-cni-kubenet, pull-kops-e2e-k8s-gce-calico. It is probably not this job’s own fault.",
		`document.querySelector('#job-2 .durations .warn').innerText`:                                                      "86% of 1 h 00 m used, 50 s more per run: reached in about 10 runs",
		`document.querySelectorAll('#job-2 .meets .c-limit').length`:                                                       "2",
		`[...document.querySelectorAll('#job-3 .groups')].at(-1).querySelector('tbody tr').innerText.replace(/\s+/g, ' ')`: "[sig-network] Services should serve endpoints on same port and different protocols passed when tried again in 3 runs ~ ~ ~ 3",
		`document.querySelector('#job-4 .again li').innerText`:                                                             "kubernetes/kops#18101 failed in 212387…272 and passed in 212396…272 on the same commit",
	} {
		if got := strings.ReplaceAll(b.text(what), " ", " "); got != want {
			t.Errorf("%s\nis   %q\nwant %q", what, got, want)
		}
	}
	if got := b.text(`document.querySelector('#job-2').innerText.match(/In slow runs .*/)[0]`); !strings.Contains(got, "node "+pastruns.SlowNode) {
		t.Errorf("slow runs: %q", got)
	}
	b.click("#job-2 .banner a")
	b.wait(`location.hash === '#job-3' && document.querySelector('#job-3').getBoundingClientRect().top < 100`)
	b.eval(`document.activeElement.blur()`)
	for _, step := range []struct{ key, job string }{{"j", "job-1"}, {"j", "job-2"}, {"j", "job-3"}, {"k", "job-2"}} {
		b.keys(step.key)
		b.wait(`document.activeElement.id === '` + step.job + `'`)
	}
}

// A phase that dies of something else each time is told of, and signs tell runs apart that
// neither passed nor failed.
func TestHistoryOfADyingPhase(t *testing.T) {
	var runs []history.Run
	for i, c := range []rune("··-···ABC…") {
		r := history.Run{Job: "build", Build: fmt.Sprint(i), Started: time.Unix(int64(1_790_000_000+3600*i), 0), Took: time.Minute, State: map[rune]runfile.State{'·': runfile.Passed, '-': runfile.Aborted, '…': runfile.Running}[c]}
		if r.State == "" {
			r.State, r.Finding = runfile.Failed, &history.Finding{ID: string(c), Title: "crash " + string(c), Category: "build", Phase: "compile"}
		}
		runs = append(runs, r)
	}
	b := openHistory(t, runs)
	for what, want := range map[string]string{
		`document.querySelector('h1').innerText`:                                            "Broken since 6: 3 of the last 3 runs failed in phase compile, of 3 different findings",
		`[...document.querySelector('.facts').children].map((s) => s.innerText).join('|')`:  "first bad 6 2026-09-21 20:13 UTC|last good 5|Prow shows no changed commit between them|5 of 10 passed, 2 aborted or running",
		strips + `[0].innerText.replace(/\s/g, '')`:                                         "··–···CBA…",
		strips + `[1].innerText.replace(/\s/g, '')`:                                         "CBA",
		`document.querySelector('.groups tbody th').innerText.replace(/\s+/g, ' ')`:         "compile died in 3 runs of 3 different findings: probably one cause; broken since 6",
		`[...document.querySelectorAll('.key-of-strip')][0].innerText.replace(/\s+/g, ' ')`: "· passed A–Z failed, by finding – aborted … running",
	} {
		if got := b.text(what); got != want {
			t.Errorf("%s\nis   %q\nwant %q", what, got, want)
		}
	}
}

func TestHistoryIsAccessible(t *testing.T) {
	axe := axeCore(t)
	b := openPast(t, pastJobs...)
	b.eval(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	for _, scheme := range []string{"light", "dark"} {
		b.system(scheme)
		b.accessible(axe)
	}
	b.keys("?")
	b.wait(`document.querySelector('dialog[open]')`)
	b.accessible(axe)
}

func TestHistoryOnPhoneAndPaper(t *testing.T) {
	b := openPast(t, pastJobs...)
	b.eval(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	b.run(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.wait(`document.documentElement.scrollWidth <= innerWidth && innerWidth === 360`)
	if got := b.text(`[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && !e.closest('thead') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80)).join()`); got != "" {
		t.Errorf("beyond the screen: %s", got)
	}
	b.run(chromedp.EmulateViewport(1280, 720))
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}))
	b.wait(`getComputedStyle(document.querySelector('h1')).color === 'rgb(26, 32, 41)'`)
	if got := b.text(`[...document.querySelectorAll('button, select')].filter((e) => e.checkVisibility()).length`); got != "0" {
		t.Errorf("%s controls are printed", got)
	}
}

// Whatever a run is named, it stays text, and leads nowhere but to the web.
func TestHostileHistory(t *testing.T) {
	var runs []history.Run
	for i, s := range hostile {
		for n := range 3 {
			runs = append(runs, history.Run{
				Job: fmt.Sprint("job ", i%2) + hostile[i%2], Build: s + fmt.Sprint(n), URL: "javascript:hacked()", Started: time.Unix(int64(1_900_000_000+3600*(3*i+n)), 0), Took: time.Minute, State: runfile.Failed,
				Change: s, Gap: s, Finding: &history.Finding{ID: s, Title: s, Category: s, Phase: s}, Phases: []history.Phase{{Name: s, Took: time.Minute}},
				Cases: []history.Case{{Name: s, Flaky: true}}, Budgets: []history.Budget{{Name: s, Used: time.Minute, Limit: time.Hour}}, Attributes: map[string]string{s: s},
				Commits: []history.Commit{{Repo: s, SHA: fmt.Sprint(s, n)}},
			})
		}
		runs = append(runs, history.Run{Job: fmt.Sprint("job ", i%2) + hostile[i%2], Build: s, URL: "https://x.example/\"><script>hacked()</script>", Started: time.Unix(int64(1_800_000_000+i), 0), Took: time.Minute, State: runfile.Passed,
			Phases: []history.Phase{{Name: s, Took: time.Minute}}, Budgets: []history.Budget{{Name: s, Used: time.Minute, Limit: time.Hour}}})
	}
	b := openHistory(t, runs)
	b.run(call(cdpage.Enable, cdpage.EnableParams{}))
	b.eval(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	for _, width := range []int64{1280, 360} {
		b.run(chromedp.EmulateViewport(width, 800))
		for what, js := range map[string]string{
			"a script":              `document.querySelectorAll('script:not([src="/ui/history.js"])').length === 0`,
			"a handler":             `![...document.querySelectorAll('*')].some((e) => e.getAttributeNames().some((a) => a.startsWith('on')))`,
			"an image":              `![...document.images].some((i) => !i.src.endsWith('/ui/icon.svg'))`,
			"an address that runs":  `![...document.querySelectorAll('[href]')].some((a) => /^\s*(javascript|data|vbscript):/i.test(a.getAttribute('href')))`,
			"a page that is wider":  `document.documentElement.scrollWidth <= innerWidth`,
			"a function of its own": `typeof hacked === 'undefined'`,
			"no square":             `document.querySelectorAll('.sq').length > 60`,
		} {
			if b.eval(js) != true {
				t.Errorf("%d wide: there is %s", width, what)
			}
		}
	}
	b.eval(`document.querySelector('.sq').focus()`)
	b.wait(`!document.querySelector('.tip').hidden`)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dialogs > 0 {
		t.Errorf("%d dialogs opened", b.dialogs)
	}
}

package browsertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/triage"
	"prowtrace/triage/report"
)

// judging is what judges a run of the sample in a test, and what is said of it in the end.
type judging struct {
	viewer.Judging
	summary *report.Summary
}

// judged makes an Info of a run whose judgement the test tells. Its log is beside it.
func judged(t testing.TB, view *trace.View, run string) (viewer.Info, *judging) {
	t.Helper()
	info := sampleLog(t)
	logs, err := info.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines, err := logs[0].Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree := view.Tree(view.Jobs()[0])
	e := &triage.Evidence{Metadata: metadataOf(t, run, "../../../testdata/bucket/kubernetes-ci-logs/"+run), Tree: &tree}
	if run == failing {
		e.Logs = []triage.Log{{Name: logs[0].Name, Log: lines.Log, Number: lines.Number}}
	} else {
		info.Logs = nil
	}
	known, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	found, err := triage.Judge(t.Context(), e, triage.NewMatcher(known))
	if err != nil {
		t.Fatal(err)
	}
	of := report.Context{Job: e.Metadata.Run.Job, Build: e.Metadata.Run.Build, URL: demoInfo.Run, Change: "kubernetes/kops#18000"}
	of.Address = func(file string, line int) string { return demoInfo.Links[0].URL + "../" + file }
	j := &judging{summary: report.New(found, e, of)}
	info.Result, info.Judged = string(e.Metadata.State()), j.Next
	return info, j
}

// besides adds what passing runs would tell: they took less time, and none has the error.
func (j *judging) besides(builds ...string) *report.Summary {
	s := *j.summary
	for _, b := range builds {
		s.Run.Baseline = append(s.Run.Baseline, report.Compared{Build: b, URL: "https://prow.k8s.io/view/gs/kubernetes-ci-logs/" + b})
	}
	s.Findings = append([]report.Finding{}, s.Findings...)
	for i := range s.Findings {
		none := 0
		s.Findings[i].Passing = &none
	}
	s.Time = append([]report.Phase{}, s.Time...)
	for i := range s.Time {
		s.Time[i].Usual = int64(4 * time.Minute)
		s.Time[i].Unusual = s.Time[i].Duration > int64(10*time.Minute)
	}
	s.Seen, s.Verdict.NotTheChange = &report.Seen{Text: "seen in 4 of 20 runs"}, true
	s.Run.Unverified = &report.Unverified{Files: 3, Text: "not verified: the bucket has no checksum of 3 files"}
	s.Gaps = []report.Gap{{What: "artifacts/nodes-us-central1-a-x/kubelet.log", Why: "not uploaded: the machine was never made"}}
	return &s
}

// openJudged opens the page of a run of the sample that is judged.
func openJudged(t testing.TB, run string, first viewer.Judgement) (*tab, *judging) {
	t.Helper()
	view := jobs(t, run)
	info, j := judged(t, view, run)
	if first.Final {
		first.Summary = j.besides("1899999999999999977", "1899999999999999971", "1899999999999999970")
	}
	j.Set(first)
	b := open(t, view, info, "/trace/"+view.Jobs()[0].ID.String())
	b.wait(atTrace)
	return b, j
}

const (
	atCause = `document.querySelector('.steps .step') && document.querySelector('.wf-steps .step-no:not([hidden])')`
	current = `String([...document.querySelectorAll('.steps .step')].findIndex((e) => e.getAttribute('aria-current') === 'step') + 1)`
	marked  = `document.querySelector('.wf-steps .step-no.on:not([hidden])')?.textContent`
	active  = `document.querySelector('.wf-row.active:not([hidden]) .n-name')?.textContent`
	folded  = `document.querySelector('.cause.folded')`
)

// all is a judgement that nothing follows.
var all = viewer.Judgement{Compared: 3, ToCompare: 3, Final: true}

// The page begins with what broke first; sentence, picture and proof lead to each other.
func TestCauseLeadsToSpanAndLine(t *testing.T) {
	b, _ := openJudged(t, failing, all)
	b.wait(atCause + ` && document.querySelector('.log-row .step-no:not([hidden])')`)
	said := b.text(`document.querySelector('.cause').innerText`)
	for _, want := range []string{"Failed in Up", "Quota 'CPUS' exceeded in region us-central1", "quota", "high confidence", "new: in none of 3 passing runs", "probably not the change under test", "seen in 4 of 20 runs", "01:51:11", "build-log.txt:12", "Ask for a higher quota", "6 other errors not listed", "1 gap", "Where the time went", "Build", "usually 4 m 00 s", "Copy as issue", "files without checksums"} {
		if !strings.Contains(said, want) {
			t.Errorf("the panel does not say %s: %s", want, said)
		}
	}
	if got := b.text(active); got != "kops update cluster" {
		t.Errorf("the first finding is not on the screen: %s is", got)
	}
	if got := b.text("location.search"); got != "" {
		t.Errorf("the address has %s before anybody has chosen anything", got)
	}
	if got := b.text(`[...document.querySelectorAll('.phases tr')].map((r) => r.className).join()`); got != ",bad odd," {
		t.Errorf("the phases are marked as %s", got)
	}

	b.click(".steps .step:nth-child(2) .step-go")
	b.wait(current + ` === '2' && ` + marked + ` === '2' && document.querySelector('#log-12.active .step-no')?.textContent === '2' && location.search.includes('log=build-log.txt%3A12')`)

	b.eval(`[...document.querySelectorAll('.wf-steps .step-no')].find((e) => e.textContent === '4').click()`)
	b.wait(current + ` === '4' && ` + marked + ` === '4' && document.querySelector('#log-28.active') && document.querySelector('.log-line b')?.textContent === 'Line 28'`)

	b.wait(`((line) => line && (line.click(), true))((document.querySelector('.log').scrollTop = 180, document.querySelector('#log-12 .log-text')))`)
	b.wait(current + ` === '2' && ` + marked + ` === '2'`)

	b.click(".steps .step:nth-child(1) .link")
	b.wait(current + ` === '1' && ` + marked + ` === '1' && document.querySelector('.d-message')?.textContent.includes("Quota 'CPUS' exceeded")`)
	b.eval(`document.querySelector('.wf-row:not([hidden], .opened)').click()`)
	b.wait(current + ` === '0' && !document.querySelector('.wf-steps .on:not([hidden])')`)
}

// Keys walk through the findings, from every view.
func TestWalkThroughFindings(t *testing.T) {
	b, _ := openJudged(t, failing, all)
	b.wait(atCause)
	b.keys("f")
	b.wait(current + ` === '1'`)
	b.keys("ff")
	b.wait(current + ` === '3' && document.querySelector('#log-24.active')`)
	b.keys("F")
	b.wait(current + ` === '2' && document.querySelector('#log-12.active')`)
	b.keys("FF")
	b.wait(current + ` === '6'`)
	b.click(".tools .err")
	b.wait(current + ` === '1'`)
	b.keys("2")
	b.wait(`document.querySelector('.operations tbody tr') && ` + folded)
	b.run(chromedp.NavigateBack())
	b.wait(atTrace + ` && !` + folded)
}

// The panel folds to its first line: by a key, and while the trace is scrolled.
func TestPanelFolds(t *testing.T) {
	b, _ := openJudged(t, failing, all)
	b.wait(atCause)
	scroll := func(top int) {
		t.Helper()
		b.eval(fmt.Sprintf(`document.querySelector('.wf').scrollTop = %d`, top))
	}
	b.keys("p")
	b.wait(folded + ` && !document.querySelector('.steps').checkVisibility() && document.querySelector('.cause h1').checkVisibility() && document.querySelector('.cause').offsetHeight < 40`)
	scroll(0)
	b.keys("p")
	b.wait("!" + folded + ` && document.querySelector('.steps').checkVisibility()`)
	b.keys("}") // all lines are open, and do not fit
	scroll(200)
	b.wait(folded)
	scroll(0)
	b.wait("!" + folded)
	b.keys("f")
	b.wait(current + ` === '1' && document.querySelector('.wf').scrollTop > 0`)
	if b.eval(`Boolean(`+folded+`)`) == true {
		t.Error("the panel is folded by its own keys")
	}
}

// While the run is being judged the panel keeps its place: nothing else moves.
func TestPanelKeepsItsPlace(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"wide", 1280, 850}, {"narrow", 390, 844}} {
		t.Run(size.name, func(t *testing.T) {
			b, j := openJudged(t, failing, viewer.Judgement{ToCompare: 3})
			b.run(chromedp.EmulateViewport(size.width, size.height), chromedp.Reload())
			b.wait(atTrace + ` && document.querySelector('.chips')?.textContent === 'comparing with 0 of 3 passing runs…' && document.querySelector('.log-facts')?.textContent && document.querySelectorAll('.log-links a').length === 2 && document.querySelector('.log-row')`)
			b.keys(kb.ArrowDown) // who looks at something is left alone
			b.wait(active + ` === 'queue'`)
			b.eval(`window.moved = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) { window.moved += e.value; window.what = (window.what ?? '') + e.sources.map((s) => (s.node?.outerHTML ?? s.node?.textContent ?? '').slice(0, 80) + JSON.stringify(s.previousRect) + JSON.stringify(s.currentRect)).join(' '); } }).observe({ type: 'layout-shift' })`)
			if b.eval(`performance.getEntriesByType('resource').filter((r) => /\/(summary|cause\.js)/.test(r.name)).every((r) => r.startTime >= performance.getEntriesByName('trace-whole')[0].startTime)`) != true {
				t.Error("the panel is asked for before the lines are there")
			}
			const places = `['.tabs', '.tools', '.wf', '.log-pane'].map((s) => JSON.stringify(document.querySelector(s).getBoundingClientRect())).join()`
			before := b.text(places)
			j.Set(viewer.Judgement{Summary: j.summary, Compared: 1, ToCompare: 3})
			b.wait(`document.querySelector('.steps .step') && document.querySelector('.cause').innerText.includes('comparing with 1 of 3 passing runs…')`)
			j.Set(viewer.Judgement{Summary: j.besides("1", "2", "3"), Compared: 3, ToCompare: 3, Final: true})
			b.wait(`document.querySelector('.cause').innerText.includes('new: in none of 3 passing runs') && document.querySelector('.cause').getAttribute('aria-busy') === 'false'`)
			b.eval(`requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = true; }))`)
			b.wait(`window.drawn`)
			if after := b.text(places); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			if moved := b.eval(`window.moved`); moved != 0.0 {
				t.Errorf("the layout has shifted by %v: %s", moved, b.text(`window.what`))
			}
			if size.name == "narrow" && b.eval(`document.querySelector('.cause-time').getBoundingClientRect().top >= document.querySelector('.cause-said').getBoundingClientRect().bottom && document.documentElement.scrollWidth <= innerWidth`) != true {
				t.Error("the halves of the panel do not stand below each other: " + b.text(`JSON.stringify([document.querySelector('.cause-time').getBoundingClientRect(), document.querySelector('.cause-said').getBoundingClientRect(), document.documentElement.scrollWidth, innerWidth])`))
			}
		})
	}
}

// What the panel says where there is no cause: what was unusual, what is missing, that
// the run goes on, that it could not be judged.
func TestPanelWithoutACause(t *testing.T) {
	gap := []report.Gap{{What: "build-log.txt", Why: "it was not uploaded"}}
	for _, test := range []struct {
		name, run string
		change    func(*report.Summary)
		failed    string
		says      []string
		silent    []string
	}{
		{"passed", passing, func(s *report.Summary) {}, "", []string{"Passed", "Test took 14 m 06 s, usually 4 m 00 s", "Where the time went"}, []string{"Copy as issue", "gap", "confidence"}},
		{"passed as usual", passing, func(s *report.Summary) { s.Time = s.Time[:1] }, "", []string{"It took as long as usual"}, nil},
		{"no evidence", failing, func(s *report.Summary) {
			s.Findings, s.Gaps, s.Verdict.Text = nil, gap, "There is not enough evidence to say why the run failed"
		}, "", []string{"Failed", "There is not enough evidence", "Missing", "build-log.txt: it was not uploaded"}, []string{"confidence", "Next"}},
		{"running", failing, func(s *report.Summary) {
			s.Findings, s.Verdict.Result, s.Verdict.Phase, s.Verdict.Text = nil, "running", "", "The run has not ended"
		}, "", []string{"Still running since 2025-03-13 01:44:31 UTC", "The run has not ended"}, []string{"ended 2025"}},
		{"not judged", failing, nil, "cannot read build-log.txt: <b>no</b> such file", []string{"Cannot judge the run", "cannot read build-log.txt: <b>no</b> such file"}, []string{"Reading"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, j := openJudged(t, test.run, viewer.Judgement{ToCompare: 3})
			now := viewer.Judgement{Final: true, Failed: test.failed}
			if test.change != nil {
				now.Summary = j.besides("1", "2", "3")
				test.change(now.Summary)
			}
			j.Set(now)
			b.wait(`document.querySelector('.cause').getAttribute('aria-busy') === 'false'`)
			said := b.text(`document.querySelector('.cause').innerText`)
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %s: %s", want, said)
				}
			}
			for _, not := range test.silent {
				if strings.Contains(said, not) {
					t.Errorf("it says %s: %s", not, said)
				}
			}
		})
	}
}

// Text of a judgement stays text, on paper all is open, and nothing keeps anybody out.
func TestPanelIsForAll(t *testing.T) {
	view := jobs(t, failing)
	info, j := judged(t, view, failing)
	s := j.besides("1", "2")
	hostile := `<img src=x onerror=alert(1)>` + strings.Repeat("x", 300)
	s.Findings[0].Title, s.Verdict.Text, s.Findings[0].Next, s.Findings[0].Chain[1].Text = hostile, hostile, hostile, hostile
	s.Findings = append(s.Findings, report.Finding{Title: hostile, Confidence: "low", Evidence: []report.Evidence{{Source: "log", File: "build-log.txt", Line: 3}}})
	s.Gaps = append(s.Gaps, report.Gap{What: hostile, Why: hostile})
	s.Seen, s.Children = &report.Seen{Text: hostile}, []report.Child{{Job: hostile, Build: "1", URL: "javascript:alert(1)", Result: hostile, Title: hostile}}
	s.Waits = []report.Wait{{Text: hostile, Duration: int64(20 * time.Minute), Tries: 120, Outcome: "gave up"}}
	since := time.Date(2025, 3, 13, 1, 51, 12, 0, time.UTC)
	s.Unfinished = []report.Unfinished{{Text: hostile, Start: &since}}
	j.Set(viewer.Judgement{Summary: s, Final: true})
	axe := axeCore(t)
	for _, scheme := range []string{"light", "dark"} {
		b := open(t, view, info, "/")
		b.system(scheme)
		b.run(chromedp.Navigate(b.base + "/trace/" + view.Jobs()[0].ID.String()))
		b.wait(atCause)
		b.keys("ff")
		b.wait(current + ` === '2'`)
		if b.eval(`document.querySelector('.cause img') !== null || document.documentElement.scrollWidth > innerWidth`) == true {
			t.Error("text became markup, or makes the page wider")
		}
		if got := b.text(`[...document.querySelectorAll('.wait')].map((e) => e.textContent).join()`); !strings.HasPrefix(got, "20 m 00 s: <img") || !strings.Contains(got, ", 120 tries, gave up,running at the end: <img") || !strings.HasSuffix(got, ", since 01:51:12") {
			t.Errorf("of waits it says %q", got)
		}
		b.eval(`document.querySelector('.toast').remove()`) // it fades
		b.accessible(axe)
		b.keys("p")
		b.wait(folded)
		b.accessible(axe)
		b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
		b.wait(`[...document.querySelectorAll('.cause :is(.steps, .gaps, .phases, .cause-line)')].every((e) => e.checkVisibility()) && document.querySelectorAll('.cause .gaps li').length === 3`)
		b.wait(`[...document.querySelectorAll('.cause, .cause-said, .cause-time')].every((e) => e.scrollHeight <= e.clientHeight + 1)`)
		if got := b.text(`[...document.querySelectorAll('.cause :is(.cause-fold, .small)')].filter((e) => e.checkVisibility()).length`); got != "0" {
			t.Errorf("%s controls are printed", got)
		}
		if b.dialogs > 0 {
			t.Error("a script ran")
		}
	}
}

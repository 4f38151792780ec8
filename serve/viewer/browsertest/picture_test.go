package browsertest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/prow/timeline"
	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

var pictures = flag.String("pictures", "", "folder to write the README's pictures to")

// TestPictures makes the pictures of the README and of docs/viewer.md, of pages as
// they open, when asked for by -pictures.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("-pictures is not given")
	}
	set, whole := demo(t), jobs(t, failing)
	two, runs, beside := sampleRuns(t)
	log, j := judged(t, whole, failing)
	j.Set(viewer.Judgement{Summary: j.summary, Final: true})
	one := biggest(set)
	for _, scheme := range []string{"light", "dark"} {
		for _, p := range []struct {
			name              string
			set               *trace.View
			info              viewer.Info
			path, keys, ready string
		}{
			{"log", whole, log, "/trace/" + whole.Jobs()[0].ID.String() + "?log=build-log.txt:12", "", `document.querySelector('.log-known-error')`},
			{"job", whole, log, "/trace/" + whole.Jobs()[0].ID.String(), "", `document.querySelector('.wf-steps .step-no:not([hidden])') && document.querySelector('.log-row .step-no:not([hidden])') && document.querySelector('.n-hint.said')`},
			{"compare", two, runs, beside + "&order=calls", "", `document.querySelector('.calls tbody tr')`},
			{"timelines", two, runs, beside + "&order=phases", "", atPhases},
			{"bothlogs", two, runs, beside + "&order=logs&log=build-log.txt:12", "", `[...document.querySelectorAll('.beside-text > span')].filter((s) => s.textContent).length > 40`},
			{"detail", set, demoInfo, one + "?q=error&mode=filter", "F", `document.querySelector('.detail .d-fields')`},
		} {
			b := open(t, p.set, p.info, "/")
			b.system(scheme)
			b.run(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(b.base+p.path))
			b.wait("document.querySelector('.wf-row:not([hidden]), .table tbody tr, .beside-row')")
			b.keys(p.keys)
			b.wait(p.ready)
			b.picture(p.name, scheme)
		}
		b := openPast(t, pastJobs...)
		b.system(scheme)
		b.run(chromedp.EmulateViewport(1280, 800), chromedp.Reload())
		b.wait(atHistory)
		b.picture("history", scheme)
	}
}

// picture writes what the page shows in a scheme of colours.
func (b *tab) picture(name, scheme string) {
	b.Helper()
	b.eval("document.querySelector('.toast').remove()")
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	if scheme == "dark" {
		name += "-dark"
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o644); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLargeTrace prints how long a large trace takes to be shown and until it can
// be used, from the start of the navigation, and how long frames take while it is panned
// and scrolled.
func BenchmarkLargeTrace(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := large(b, n)
			for range b.N {
				p := open(b, set, viewer.Info{}, "/trace/"+polled)
				p.wait(atTrace + ` && performance.getEntriesByName('trace-whole')[0]`)
				b.ReportMetric(get[float64](p, `performance.getEntriesByName('trace-shown')[0].startTime`), "ms-to-rows")
				b.ReportMetric(get[float64](p, `performance.getEntriesByName('trace-whole')[0].startTime`), "ms-to-use")
				b.ReportMetric(get[float64](p, `performance.getEntriesByType('resource').filter((r) => r.name.includes('/columns')).reduce((s, r) => s + r.decodedBodySize, 0)`)/float64(n), "B/span")
				b.ReportMetric(get[float64](p, `performance.getEntriesByType('resource').filter((r) => r.name.includes('/columns')).reduce((s, r) => s + r.encodedBodySize, 0)`)/1e6, "MB-sent")
				p.eval(`document.dispatchEvent(new KeyboardEvent('keydown', { key: 'w' }))`)
				reportFrames(b, p, "pan", `document.dispatchEvent(new KeyboardEvent('keydown', { key: i % 40 < 20 ? 'd' : 'a' }))`)
				reportFrames(b, p, "scroll", `document.querySelector('.wf').scrollTop += 137`)
			}
		})
	}
}

// reportFrames does something in each of 240 frames and reports the times between them.
func reportFrames(b *testing.B, p *tab, what, act string) {
	p.eval(`(() => { window.times = null; const t = []; let i = 0; const step = (now) => { t.push(now); i++; if (i > 240) { window.times = t.slice(1).map((x, k) => x - t[k]).sort((a, b) => a - b); return; } ` + act + `; requestAnimationFrame(step); }; requestAnimationFrame(step); })()`)
	p.wait("window.times")
	b.ReportMetric(get[float64](p, "window.times[120]"), what+"-p50-ms")
	b.ReportMetric(get[float64](p, "window.times[237]"), what+"-p99-ms")
}

const (
	failing = "pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passing = "logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// jobs loads runs of the sample bucket as prowtrace does: the files of each
// below the run's own story.
func jobs(t testing.TB, runs ...string) *trace.View {
	t.Helper()
	var sources []trace.Source
	var metadata []*runfile.Metadata
	for _, run := range runs {
		root := filepath.Join("../../../testdata/bucket/kubernetes-ci-logs", run)
		metadata = append(metadata, metadataOf(t, run, root))
		files, err := filepath.Glob(root + "/artifacts/otlp/*.otel")
		beside, err2 := filepath.Glob(root + "/artifacts/*/otlp/*.otel") // of the run's machines
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for _, f := range append(files, beside...) {
			name, err := filepath.Rel(root, f)
			if err == nil {
				name, err = url.PathUnescape(filepath.ToSlash(name))
			}
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, trace.Source{Name: name, Path: f, Group: len(metadata)})
		}
	}
	set, err := trace.Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	processes, err := join.Processes(context.Background(), set)
	if err != nil {
		t.Fatal(err)
	}
	var all []join.Job
	for i, run := range runs {
		o := timeline.Options{}
		for _, p := range processes {
			if p.Group == i+1 {
				o.Processes = append(o.Processes, p)
			}
		}
		job := timeline.Job(metadata[i], o)
		all = append(all, join.Job{Name: run, ID: job.ID, Own: job.Own, By: join.ByTime})
	}
	view, err := join.Make(context.Background(), set, processes, all...)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

func metadataOf(t testing.TB, run, root string) *runfile.Metadata {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, "gs://kubernetes-ci-logs/"+run)
	if err != nil {
		t.Fatal(err)
	}
	files := []runfile.Source{source(root, "artifacts/junit_runner.xml")}
	for _, k := range runfile.Kinds() {
		if _, err := os.Stat(filepath.Join(root, k.Name)); err == nil && k.Name != "" { // no step graph
			files = append(files, source(root, k.Name))
		}
	}
	m, errs := runfile.Read(ref.Run, files)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return m
}

func source(root, name string) runfile.Source {
	return runfile.Source{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(filepath.Join(root, name)) }}
}

// The trace of a job holds all of its files, and says which parents were found
// by time.
func TestJoinedTrace(t *testing.T) {
	set := jobs(t, failing)
	id := set.Jobs()[0].ID
	b := open(t, set, viewer.Info{}, "/trace/"+id.String())
	b.wait(atTrace)
	rows := b.rows()
	if len(rows) < 5 || rows[0] != "pull-kops-e2e-k8s-gce-cilium" {
		t.Errorf("rows %v", rows)
	}
	b.find("flag:inferred")
	b.wait(`/^[1-9][0-9,]* match/.test(document.querySelector('.found').textContent)`)
	b.keys("\r")
	b.wait(`[...document.querySelectorAll('.d-mark b')].some((m) => m.textContent === 'parent by time')`)
	b.run(chromedp.Navigate(b.base + "/"))
	b.wait(atList)
	b.click(".whole")
	b.wait(atTrace)
	if got := b.text("location.pathname"); got != "/trace/"+id.String() {
		t.Errorf("the link to the whole job leads to %s", got)
	}
}

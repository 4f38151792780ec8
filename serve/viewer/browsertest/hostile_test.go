package browsertest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
)

var hostile = []string{
	"<script>hacked()</script>", `"><img src=x onerror=hacked()>`, "' onmouseover='hacked()", "javascript:hacked()", "<svg onload=hacked()>", "{{constructor.constructor('hacked()')()}}",
	"new\nline", "\x1b[2J", "exe.\u202egnp.\u2066x", "שלום عالم", "👩‍💻🔥", "\x00", "", " ", strings.Repeat("W", 5000), "Z" + strings.Repeat("\u0301", 500), strings.Repeat("<b>", 2000),
}

func hostileSet(t testing.TB) *trace.View {
	var spans []*tracepb.Span
	for i, s := range hostile {
		p := span(i+1, i, s, i, 50)
		p.Kind = tracepb.Span_SPAN_KIND_CLIENT
		p.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: s}
		p.Attributes = []*commonpb.KeyValue{text(s, s), text("url.full", s), text("server.address", s), text("exception.stacktrace", strings.Repeat(s+"\n", 30))}
		p.Events = []*tracepb.Span_Event{{Name: s, Attributes: p.Attributes, TimeUnixNano: begin + 20e6}}
		p.Links = []*tracepb.Span_Link{{TraceId: []byte("0123456789abcdef"), SpanId: spanID(1), Attributes: p.Attributes}}
		spans = append(spans, p)
	}
	return made(t, spans...)
}

// Whatever is in a trace, nothing of it runs and the layout holds.
func TestHostileInput(t *testing.T) {
	info := viewer.Info{Title: hostile[1], Run: "javascript:hacked()", Jaeger: "javascript:hacked()", Note: hostile[0], Links: []viewer.Link{{Text: hostile[0], URL: "javascript:hacked()"}, {Text: hostile[1], URL: "https://x.example/\"><script>hacked()</script>"}}}
	info.Jobs = []viewer.Job{{Title: hostile[1], Run: "javascript:hacked()", Links: info.Links}, {Title: hostile[2], Links: info.Links}}
	b := open(t, hostileSet(t), info, "/")
	b.run(call(cdpage.Enable, cdpage.EnableParams{}))
	check := func(where string) {
		t.Helper()
		for what, js := range map[string]string{
			"a script":              `document.querySelectorAll('script:not([src="/ui/main.js"])').length === 0`,
			"a handler":             `![...document.querySelectorAll('*')].some((e) => e.getAttributeNames().some((a) => a.startsWith('on')))`,
			"an image":              `![...document.images].some((i) => !i.src.endsWith('/ui/icon.svg'))`,
			"an address that runs":  `![...document.querySelectorAll('[href]')].some((a) => /^\s*(javascript|data|vbscript):/i.test(a.getAttribute('href')))`,
			"a page that is wider":  `document.documentElement.scrollWidth <= innerWidth`,
			"a row that is higher":  `![...document.querySelectorAll('.wf-row:not([hidden])')].some((r) => r.offsetHeight !== 24)`,
			"a function of its own": `typeof hacked === 'undefined'`,
		} {
			if b.eval(js) != true {
				t.Errorf("%s: there is %s", where, what)
			}
		}
	}
	b.wait(atList)
	check("the list")
	for _, view := range []string{"operations", "flame", "services", "files", "problems"} {
		b.run(chromedp.Navigate(b.base + "/?view=" + view))
		b.wait(`document.querySelector('.sheet .scroll, .sheet .empty')`)
		check(view)
	}
	for _, view := range []string{"spans", "events", "compare", "compare&compare=" + polled, "compare&order=calls&compare=" + polled} {
		b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?view=" + view))
		b.wait(`document.querySelector('.sheet .table tbody tr, .sheet .empty')`)
		check(view)
	}
	b.run(chromedp.Navigate(b.base + "/trace/" + polled + "?q=%3Cscript%3E&mode=filter"))
	b.wait(atTrace)
	check("a search")
	b.run(chromedp.Navigate(b.base + "/trace/" + polled))
	b.wait(atTrace)
	for i := range hostile {
		b.keys("x")
		b.wait(fmt.Sprintf(`document.querySelector('.detail .d-tools') && document.querySelector('.d-facts code:last-of-type') && location.search.includes('span=%016x')`, i%len(hostile)+1))
		check("the details")
	}
	b.run(chromedp.Navigate(b.base + "/trace/%3Cscript%3Ehacked()%3C%2Fscript%3E"))
	b.wait(`document.querySelector('.message h1')`)
	check("an address that is no trace")
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dialogs > 0 {
		t.Errorf("%d dialogs opened", b.dialogs)
	}
}

// axe-core finds nothing serious in any view, in light and dark.
func TestAccessibility(t *testing.T) {
	axe := axeCore(t)
	set, info := demo(t), sampleLog(t)
	one := biggest(set)
	for _, scheme := range []string{"light", "dark"} {
		for _, view := range []struct{ name, path, ready string }{
			{"traces", "/", atList}, {"operations", "/?view=operations", `document.querySelector('.operations tbody tr')`},
			{"flame graph", one + "?view=flame", `document.querySelector('.frame')`}, {"services", "/?view=services", `document.querySelector('.map')`},
			{"files", "/?view=files", `document.querySelector('.files tbody tr')`}, {"problems", "/?view=problems", `document.querySelector('.table tbody tr')`}, {"timeline", one, atTrace},
			{"spans", one + "?view=spans", `document.querySelector('.spans tbody tr')`}, {"events", one + "?view=events", `document.querySelector('.events tbody tr')`}, {"choice of another trace", one + "?view=compare", `document.querySelector('.choose tbody tr')`}, {"comparison", one + "?view=compare&compare=" + one[len("/trace/"):], `document.querySelector('.compared tbody tr')`},
			{"tree of both", one + "?view=compare&order=calls&compare=" + one[len("/trace/"):], `document.querySelector('.compared tbody tr')`},
			{"log", one + "?log=build-log.txt:12", `document.querySelector('.log-line pre')`}, {"log beside", one + "?log=build-log.txt:12", ""}, {"search in a log", one + "?lq=quota&lmode=filter", `document.querySelector('.log-row.hit')`},
			{"search", one + "?q=error&mode=filter", `document.querySelector('.wf-row.hit')`}, {"details", one, ""}, {"help", one, ""}, {"unknown trace", "/trace/ff", `document.querySelector('.message')`},
		} {
			t.Run(scheme+" "+view.name, func(t *testing.T) {
				b := open(t, set, info, "/")
				b.system(scheme)
				b.run(chromedp.Navigate(b.base + view.path))
				switch view.name {
				case "details":
					b.wait(atTrace)
					b.keys("n")
					b.wait(`document.querySelector('.detail .d-fields')`)
				case "log beside":
					b.wait(`document.querySelector('.log-line pre')`)
					b.keys("L")
					b.wait(`document.querySelector('.stage.beside')`)
					b.eval(`localStorage.clear()`)
				case "help":
					b.wait(atTrace)
					b.keys("?")
					b.wait(`document.querySelector('dialog[open]')`)
				default:
					b.wait(view.ready)
				}
				b.accessible(axe)
			})
		}
	}
}

// axeCore is the script of axe-core.
func axeCore(t testing.TB) string {
	t.Helper()
	axe, err := os.ReadFile("../test/node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("PROWTRACE_REQUIRE_BROWSER") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v: make types installs it", err)
	}
	return string(axe)
}

// accessible fails where axe-core finds something serious in the page.
func (b *tab) accessible(axe string) {
	b.Helper()
	b.run(call(cdpage.SetBypassCSP, cdpage.SetBypassCSPParams{Enabled: true}))
	b.run(chromedp.Evaluate[chromedp.Void](axe))
	b.eval(`(window.found = null, axe.run(document, { resultTypes: ['violations'] }).then((r) => { window.found = r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')); }, (e) => { window.found = [String(e)]; }), 0)`)
	b.wait("window.found")
	for _, f := range get[[]string](b, "window.found") {
		b.Error(f)
	}
}

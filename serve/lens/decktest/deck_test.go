package decktest

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/realdeck"
)

var pictures = flag.String("pictures", "", "folder to write the picture of docs/spyglass.md to")

const (
	view    = realdeck.Base + "/view/gs/kubernetes-ci-logs/"
	failing = view + "pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passing = view + "logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	running = view + "logs/e2e-kops-gce-upgrade-k134/1900550000000000006"
	hostile = view + "logs/ci-hostile/1900000000000000077"
)

// house is a Deck with prowtrace's server beside it.
type house struct {
	store *gcstest.Server // that prowtrace reads; Deck has one of its own
	pages string          // address of prowtrace's start page

	between atomic.Pointer[http.HandlerFunc] // answers Deck in the place of prowtrace, if there is one
}

// build starts the stores, prowtrace, and a Deck that shows its lens as docs/spyglass.md says.
func build(t *testing.T) *house {
	t.Helper()
	realdeck.Dir(t)
	h := &house{store: storage(t)}
	h.pages = serve(t, h.store.Host)
	pages, err := url.Parse(h.pages)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(pages)
	through.ErrorLog = log.New(io.Discard, "", 0) // Deck's page begins to load its frames twice
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if between := h.between.Load(); between != nil && r.Method == http.MethodPost {
			(*between)(w, r)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(endpoint.Close)
	realdeck.Start(t, storage(t).Host, config(t, endpoint.URL))
	return h
}

// serve starts prowtrace's server, which reads buckets at a storage server, and gives the
// address of its start page. It ends with the test.
func serve(t *testing.T, storage string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "prowtrace")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+storage, "PROWTRACE_CACHE="+t.TempDir(), "CI=true")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // as a cluster ends it
		if err := cmd.Wait(); err != nil {
			t.Errorf("prowtrace serve: %v", err)
		}
		if t.Failed() {
			t.Logf("prowtrace said:\n%s", said.String())
		}
	})
	lines := bufio.NewReader(out)
	_, err = lines.ReadString('\n') // the Jaeger storage
	if err != nil {
		t.Fatal(err)
	}
	line, err := lines.ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "pages ")
	if err != nil || !ok {
		t.Fatalf("prowtrace serve printed %q (%v)", line, err)
	}
	return address
}

// storage is a server with the sample bucket and a hostile run.
func storage(t *testing.T) *gcstest.Server {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../../../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	const said = `</main></svg></title><script>top.ran=1</script><img src=x onerror=top.ran=1><svg onload=top.ran=1>`
	root := strings.TrimPrefix(hostile, view)
	for name, data := range map[string]string{
		"/started.json":  `{"timestamp":1741830000}`,
		"/finished.json": `{"timestamp":1741830600,"passed":false,"result":"FAILURE"}`,
		"/build-log.txt": "E0313 01:42:00.000000 1 a.go:1] Error: " + said + "\nError: exit status 1\n",
	} {
		server.PutBytes("kubernetes-ci-logs", root+name, []byte(data))
	}
	return server
}

// config is the configuration that docs/spyglass.md tells to write, around it what a Deck
// needs to run alone, and lenses of Prow's own.
func config(t *testing.T, ours string) []byte {
	t.Helper()
	page, err := os.ReadFile("../../../docs/spyglass.md")
	if err != nil {
		t.Fatal(err)
	}
	_, told, ok := strings.Cut(string(page), "```yaml\n")
	told, _, closed := strings.Cut(told, "```")
	if !ok || !closed || !strings.Contains(told, "http://prowtrace.prowtrace.svc/") {
		t.Fatal("docs/spyglass.md has no configuration")
	}
	told = strings.ReplaceAll(told, "http://prowtrace.prowtrace.svc", ours)
	return []byte(`prowjob_namespace: default
pod_namespace: default
plank:
  job_url_prefix_config: {'*': '` + realdeck.Base + `/view/'}
` + strings.Replace(told, "deck:\n", "deck:\n  skip_storage_path_validation: true\n", 1) + `
    - {required_files: ['^started\.json$'], optional_files: ['^finished\.json$', '^podinfo\.json$', '^prowjob\.json$'], lens: {name: metadata}}
    - {required_files: ['^build-log\.txt$'], lens: {name: buildlog}}
`)
}

const (
	frame = `document.querySelector('iframe[data-lens-name=prowtrace]')`
	main  = frame + `.contentDocument.querySelector('#prowtrace')`
)

// shown waits until the frame is shown in a state and Deck's wheel is gone.
func (b *tab) shown(state string) {
	b.Helper()
	b.wait(main + `.dataset.state === '` + state + `' && getComputedStyle(` + frame + `).visibility === 'visible' && getComputedStyle(document.querySelector('#prowtrace-loading')).display === 'none'`)
	// All of it is seen: nothing scrolls in a frame.
	b.wait(`Math.abs(` + frame + `.contentDocument.body.offsetHeight - ` + frame + `.getBoundingClientRect().height) < 2`)
}

func (b *tab) text() string {
	b.Helper()
	return get[string](b, main+".innerText")
}

// A real Deck shows the lens: of a run that failed, one that passed and one that goes on, of
// a hostile one, and of one that is not read yet.
func TestRealDeck(t *testing.T) {
	h := build(t)
	t.Run("failed", h.failed)
	t.Run("passed", func(t *testing.T) { h.says(t, passing, "PASSED", "The run passed", "Where the time went") })
	t.Run("running", func(t *testing.T) { h.says(t, running, "RUNNING", "The run has not ended", "Where the time went") })
	t.Run("hostile", h.hostile)
	t.Run("blocked", h.blocked)
	t.Run("changing", h.changing)
	t.Run("readable", h.readable)
	t.Run("picture", h.picture)
}

func (h *house) failed(t *testing.T) {
	b := open(t, failing)
	b.shown("shown")
	for _, want := range []string{"FAILED", "Quota 'CPUS' exceeded in region us-central1", "did not have enough nodes 3 vs 4", "build-log.txt:24", "Where the time went", "Ask for a higher quota"} {
		if !strings.Contains(b.text(), want) {
			t.Errorf("the frame does not say %q:\n%s", want, b.text())
		}
	}
	// The frame asks nothing of any server but Deck's own script.
	asked := get[[]string](b, `performance.getEntriesByType.call(`+frame+`.contentWindow.performance, 'resource').map((r) => r.name)`)
	if len(asked) != 1 || asked[0] != realdeck.Base+"/static/spyglass_lens_bundle.min.js" {
		t.Errorf("the frame asks for %q", asked)
	}
	if bars := get[int](b, main+`.querySelectorAll('.bar').length`); bars < 10 || bars > 40 {
		t.Errorf("%d bars", bars)
	}
	// The sample is a run as Prow's own lenses know them.
	b.wait(`/failed/.test(document.querySelector('iframe[data-lens-name=metadata]').contentDocument.body.innerText)`)
	if said := get[string](b, `document.querySelector('iframe[data-lens-name=metadata]').contentDocument.body.textContent`); strings.Contains(said, "not ready") {
		t.Errorf("Prow's metadata lens says %q", said)
	}
	height := get[float64](b, frame+".offsetHeight")
	get[any](b, main+".querySelector('summary').click()")
	b.wait(frame + ".offsetHeight > " + fmt.Sprint(height+20))
	b.healthy()
	get[any](b, main+".querySelector('.full').click()")
	b.wait(`location.href.startsWith('` + h.pages + strings.TrimPrefix(failing, realdeck.Base+"/") + `')`)
	b.wait("[...document.querySelectorAll('.wf-row')].some((r) => /kops update cluster/.test(r.textContent))")
}

func (h *house) says(t *testing.T, page string, all ...string) {
	b := open(t, page)
	b.shown("shown")
	for _, want := range all {
		if !strings.Contains(b.text(), want) {
			t.Errorf("the frame does not say %q:\n%s", want, b.text())
		}
	}
	b.healthy()
}

func (h *house) hostile(t *testing.T) {
	b := open(t, hostile)
	b.shown("shown")
	if !strings.Contains(b.text(), "<script>top.ran=1</script>") {
		t.Errorf("the frame does not quote the log:\n%s", b.text())
	}
	if get[bool](b, "'ran' in window") || get[int](b, main+".querySelectorAll('script, img').length") != 0 {
		t.Error("what a log says became markup")
	}
	// Nor would it run if it became markup: the policy forbids it.
	get[any](b, main+`.insertAdjacentHTML('beforeend', '<img src="data:," onerror="top.ran=1"><button onclick="top.ran=1">x</button>')`)
	get[any](b, main+".querySelector('button').click()")
	b.wait(main + ".querySelector('img').complete")
	if get[bool](b, "'ran' in window") {
		t.Error("an inline handler runs in the frame")
	}
}

// While the store answers nothing the frame says at once that it reads, and fills in when
// the run has come.
func (h *house) blocked(t *testing.T) {
	release := make(chan struct{})
	h.store.Fault(gcstest.Match{}, gcstest.StallHeaders(release))
	defer h.store.ClearFaults()
	const page = view + "pr-logs/pull/kops/18011/pull-kops-unit-go-canary/1900100000000000004"
	b := open(t, page)
	b.shown("reading")
	if !strings.Contains(b.text(), "Reading the run…") {
		t.Errorf("the frame says %q", b.text())
	}
	close(release)
	b.shown("shown")
	if !strings.Contains(b.text(), "unexpected differences in InstanceTemplate") || !strings.Contains(b.text(), "left no traces") {
		t.Errorf("the frame says %q", b.text())
	}
	b.healthy()
}

// A frame stays as it is while its run is read again, or nothing of ours answers, and then
// shows what is new.
func (h *house) changing(t *testing.T) {
	release := make(chan struct{})
	h.store.Fault(gcstest.Match{}, gcstest.StallHeaders(release))
	defer h.store.ClearFaults()
	defer close(release)
	var asked atomic.Int32
	h.between.Store(new(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case n == 1:
			fmt.Fprint(w, `<main id="prowtrace" data-state="shown" data-again="50">first</main>`)
		case n == 2:
			fmt.Fprint(w, `<main id="prowtrace" data-state="reading" data-again="50">Reading the run…</main>`)
		case n == 3:
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, `<p>no answer</p>`)
		case n == 4:
			fmt.Fprint(w, `<main id="prowtrace" data-state="shown">second</main>`)
		}
	})))
	defer h.between.Store(nil)
	b := open(t, view+"logs/ci-kubernetes-e2e-kind-network-policy/1900050000000000003")
	b.wait(main + ".dataset.state === 'shown'")
	get[any](b, `(() => { window.texts = []; const see = () => texts.push(`+main+`.textContent); see(); new MutationObserver(see).observe(`+frame+`.contentDocument.body, {childList: true}); })()`)
	b.wait(main + ".textContent === 'second'")
	if texts := get[[]string](b, "texts"); !slices.Equal(slices.Compact(texts), []string{"first", "second"}) || asked.Load() != 4 {
		t.Errorf("the frame showed %q in %d answers", texts, asked.Load())
	}
}

// healthy fails the test where something went wrong in the page, but for what it wants of
// other hosts.
func (b *tab) healthy() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		if !strings.Contains(w, "https://fonts.googleapis.com/") {
			b.Errorf("in the page: %s", w)
		}
	}
}

// readable lets axe look at the frame by itself: contrast, names, structure.
func (h *house) readable(t *testing.T) {
	axe, err := os.ReadFile("../../viewer/test/node_modules/axe-core/axe.min.js")
	if errors.Is(err, os.ErrNotExist) && os.Getenv("PROWTRACE_REQUIRE_DECK") != "1" {
		t.Skip("no axe: make types installs it")
	}
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, failing)
	b.shown("shown")
	b.run(chromedp.Navigate(get[string](b, frame+".src")))
	b.wait("document.querySelector('#prowtrace[data-state=shown] details')")
	get[any](b, "document.querySelector('details').open = true")
	for _, ground := range []string{"#fff", "#303030"} { // of whatever page the frame is in
		get[any](b, "document.documentElement.style.background = '"+ground+"'")
		get[any](b, string(axe)+"; window.found = null; axe.run(document, {resultTypes: ['violations']}).then((r) => { window.found = r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' ')) }); 0")
		b.wait("window.found")
		if found := get[[]string](b, "window.found"); len(found) > 0 {
			t.Errorf("on %s: %s", ground, strings.Join(found, "\n"))
		}
	}
}

// picture makes the picture of docs/spyglass.md, when asked for by -pictures.
func (h *house) picture(t *testing.T) {
	if *pictures == "" {
		t.Skip("-pictures is not given")
	}
	b := open(t, failing)
	b.run(chromedp.EmulateViewport(1180, 1560))
	b.shown("shown")
	b.wait("document.querySelector('.mdl-layout.is-upgraded')")
	get[any](b, `(document.querySelector('.mdl-layout__drawer-button') ?? document.createElement('i')).remove()`) // its sign is a font of another host
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, "spyglass.png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

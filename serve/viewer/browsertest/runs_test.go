package browsertest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"prowtrace/internal/gcstest"
)

// program builds prowtrace, once.
var program = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(scratch, "prowtrace")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// openRun starts prowtrace with a run in a storage server's bucket, and opens the page that it names.
func openRun(t *testing.T, server *gcstest.Server, run string) *tab {
	t.Helper()
	return openProgram(t, server, "--ui", "builtin", "--no-browser", "--no-cache", "gs://kubernetes-ci-logs/"+run)
}

// openProgram starts prowtrace beside a storage server, and opens the page that it names.
func openProgram(t *testing.T, server *gcstest.Server, args ...string) *tab {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if strings.HasPrefix(line, "storage ") { // that of a server comes first
		line, err = lines.ReadString('\n')
	}
	address, err2 := url.Parse(strings.TrimPrefix(strings.TrimSpace(line), "pages "))
	if err != nil || err2 != nil {
		t.Fatalf("prowtrace printed %q: %v, %v", line, err, err2)
	}
	return openAt(t, address.Scheme+"://"+address.Host, address.RequestURI())
}

// A run of an hour, whose ProwJob began a minute before its test container did.
const (
	oldRun     = "/1990000000000000001"
	ranFiles   = `{"timestamp":1795586042}`
	passedFile = `{"timestamp":1795589642,"passed":true,"result":"SUCCESS"}`
	failedFile = `{"timestamp":1795589642,"passed":false,"result":"FAILURE"}`
)

// prowJob is the ProwJob of such a run.
func prowJob(state string) string {
	return `{"metadata":{"name":"3b1e2c9a-0000-4000-8000-000000000001"},"status":{"startTime":"2026-11-25T05:52:52Z","pendingTime":"2026-11-25T05:53:02Z",` +
		`"completionTime":"2026-11-25T06:54:32Z","state":"` + state + `"}}`
}

// pod is the podinfo.json of such a run, with conditions and statuses of containers.
func pod(conditions, inits, containers string) string {
	return `{"pod":{"metadata":{"name":"p","creationTimestamp":"2026-11-25T05:53:02Z"},"spec":{"nodeName":"n1"},"status":{"phase":"Failed","conditions":[` +
		`{"type":"PodScheduled","status":"True","lastTransitionTime":"2026-11-25T05:53:12Z"}` + conditions + `],"initContainerStatuses":[` + inits + `],"containerStatuses":[` + containers + `]}}}`
}

// ran is the status of a container of such a pod that ended; times are of 25 November 2026.
func ran(name, from, to string, code int) string {
	return fmt.Sprintf(`{"name":%q,"state":{"terminated":{"exitCode":%d,"reason":"Error","startedAt":"2026-11-25T%sZ","finishedAt":"2026-11-25T%sZ"}}}`, name, code, from, to)
}

// Expressions of what a page shows.
const (
	names  = `[...document.querySelectorAll('.wf-row:not([hidden])')].map((r) => r.querySelector('.n-name').textContent).join()`
	red    = `[...document.querySelectorAll('.wf-row.bad:not([hidden])')].map((r) => r.querySelector('.n-name').textContent).join()`
	length = `1 h 01 m from 2026-11-25 05:52:52`
)

// What Prow's files tell of a run is what its page shows.
func TestRunsOnThePage(t *testing.T) {
	const disruption = `,{"type":"DisruptionTarget","status":"True","reason":"DeletionByGCPControllerManager","message":"GCPControllerManager: node no longer exists","lastTransitionTime":"2026-11-25T06:04:52Z"}`
	waiting := `{"name":"test","state":{"waiting":{"reason":"PodInitializing"}}}`
	const process = "kops-1-2026-11-25T05:55:00Z.otel,kops"
	for _, tt := range []struct {
		name   string
		files  map[string]string // beside a trace file of one span
		result string
		lines  string // from top to bottom
		red    string // those that are errors
		first  string // what broke first, "" where nothing did
		also   string // an expression that comes true
		lost   string // what the problems say

		untraced bool // it has no trace file
	}{
		{
			name: "flaky", result: "passed",
			files: map[string]string{"prowjob.json": prowJob("success"), "started.json": ranFiles, "finished.json": passedFile,
				"artifacts/junit_e2e.xml": `<testsuite name="openshift-tests" tests="3" failures="1" time="60"><testcase name="a test" time="20"><failure message="">timed out</failure></testcase>` +
					`<testcase name="a test" time="10"/><testcase name="other" time="30"/></testsuite>`},
			lines: "queue,test," + process + ",openshift-tests,a test,a test,other",
			also:  `[...document.querySelectorAll('.wf-row:not([hidden])')].filter((r) => r.querySelector('.mark-odd')?.textContent === 'flaky').length === 1`,
		},
		{
			name: "disrupted", result: "failed",
			files: map[string]string{"prowjob.json": prowJob("failure"), "started.json": ranFiles,
				"podinfo.json": pod(disruption, "", `{"name":"test","state":{"running":{"startedAt":"2026-11-25T05:54:02Z"}}},{"name":"sidecar","state":{"running":{"startedAt":"2026-11-25T05:54:02Z"}}}`)},
			lines: "queue,scheduling,pod,test," + process + ",sidecar", red: "pod",
			first: "The pod's node was taken away",
			// open containers end with the job
			also: `document.querySelector('.wf-row:not([hidden])').innerText.includes('1 h 01 m') && [...document.querySelectorAll('.wf-row')].find((r) => r.querySelector('.n-name').textContent === 'sidecar').innerText.includes('1 h 00 m')`,
		},
		{
			name: "torn reports", result: "failed",
			files: map[string]string{"prowjob.json": prowJob("failure"), "started.json": ranFiles, "finished.json": failedFile,
				"artifacts/junit_01.xml": `<testsuite name="s" tests="3" failures="1" time="10"><testcase name="one" time="5"/><testcase name="broken" time="5"><failure mess`,
				"artifacts/junit_a.xml":  `<testsuite name="angle" time="10"><testcase name="kubelet-<node>" time="5"><failure>f</failure></testcase><testcase name="second" time="5"><failure>g</failure></testcase></testsuite>`},
			lines: "queue,test," + process + ",s,one,broken,angle,kubelet-<node>,second", red: "test,s,broken,angle,kubelet-<node>,second",
			first: "broken: its file breaks off before it tells why", lost: `a tag breaks off at byte 130, in case "broken"; lost: 1 case`,
		},
		{
			name: "directories of reports", result: "failed",
			files: map[string]string{"prowjob.json": prowJob("failure"), "started.json": ranFiles, "finished.json": failedFile,
				"artifacts/junit/report.xml":                     `<testsuite name="here"><testcase name="f" time="1"><failure>broken</failure></testcase></testsuite>`,
				"artifacts/e2e/test/artifacts/junit/results.xml": `<testsuite name="deeper"><testcase name="g" time="1"><failure>broken</failure></testcase></testsuite>`},
			lines: "queue,test," + process + ",deeper,g,here,f", red: "test,deeper,g,here,f", first: "g: broken",
		},
		{
			name: "clone failed", result: "failed",
			files: map[string]string{"prowjob.json": prowJob("failure"), "started.json": ranFiles, "finished.json": failedFile,
				"clone-records.json": `[{"refs":{"org":"kubernetes","repo":"kops","base_ref":"master"},"commands":[{"command":"git fetch","output":"fatal: merge conflict","error":"exit status 1","duration":20000000000}],"failed":true}]`,
				"podinfo.json":       pod("", ran("clonerefs", "05:53:22", "05:53:57", 0)+","+ran("initupload", "05:53:58", "05:54:03", 1), waiting)},
			// no container of tests is invented; the process hangs where it can
			lines: "queue,scheduling,pod,clonerefs,clone kubernetes/kops,git fetch,initupload," + process, red: "clone kubernetes/kops,git fetch,initupload",
			first: "kubernetes/kops: git fetch: exit status 1: fatal: merge conflict",
		},
		{
			name: "helper ended by a signal", result: "passed",
			files: map[string]string{"prowjob.json": prowJob("success"), "started.json": ranFiles, "finished.json": passedFile,
				"podinfo.json":          pod("", "", ran("main", "05:54:02", "06:04:02", 0)+","+ran("redis", "05:54:02", "06:44:02", 143)+","+ran("sidecar", "05:54:02", "06:44:22", 0)),
				"artifacts/junit_a.xml": `<testsuite name="s" time="30"><testcase name="a" time="30"/></testsuite>`},
			lines: "queue,scheduling,pod,redis,main," + process + ",s,a,sidecar,upload",
		},
		{
			name: "numbers as text", result: "failed",
			files: map[string]string{"prowjob.json": prowJob("failure"), "started.json": `{"timestamp":1795586042.25}`, "finished.json": `{"timestamp":"1795589642.75","passed":false,"result":"FAILURE"}`},
			lines: "queue,test," + process, red: "test", first: "There is not enough evidence to say why the run failed",
		},
		{
			name: "without traces", result: "error", untraced: true,
			files: map[string]string{"started.json": ranFiles, "finished.json": failedFile,
				"prowjob.json": strings.Replace(prowJob("error"), `"state"`, `"description":"Pod got deleted unexpectedly","state"`, 1)},
			lines: "queue,test", first: "Pod got deleted unexpectedly",
			also: `document.querySelector('.trace .note').textContent === "This run has no traces: the page shows Prow's files. Prow says: Pod got deleted unexpectedly"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := gcstest.New(t)
			job := "ci-" + strings.ReplaceAll(tt.name, " ", "-")
			root := "logs/" + job + oldRun
			for name, text := range tt.files {
				server.PutBytes("kubernetes-ci-logs", root+"/"+name, []byte(text))
			}
			if !tt.untraced {
				at := int(time.Date(2026, 11, 25, 5, 55, 0, 0, time.UTC).UnixMilli() - begin/1e6)
				server.PutBytes("kubernetes-ci-logs", root+"/artifacts/otlp/kops-1-2026-11-25T05:55:00Z.otel", file(t, 1, span(1, 0, "kops", at, at+60_000)).Data)
			}
			b := openRun(t, server, root)
			b.wait(atTrace)
			want := job
			if tt.red != "" {
				want += "," + tt.red
			}
			if got := b.text(red); tt.result != "passed" && got != want || tt.result == "passed" && got != "" {
				t.Errorf("errors are %s, want %s", got, want)
			}
			if got, want := b.text(names), job+","+tt.lines; got != want {
				t.Errorf("lines are %s\nwant      %s", got, want)
			}
			if tt.also != "" {
				b.wait(tt.also)
			}
			b.wait(`document.querySelector('.cause')?.getAttribute('aria-busy') === 'false'`)
			if got := b.text(`document.querySelector('.cause-verdict').innerText`); !strings.HasPrefix(strings.ToLower(got), tt.result) || !strings.Contains(got, "after 1 h 01 m, ended 2026-11-25 06:54:32 UTC") {
				t.Errorf("the head of the trace says %q", got)
			}
			if got := b.text(`document.querySelector('.cause h1').textContent`); got != cmp.Or(tt.first, "The run passed") {
				t.Errorf("what broke first is %q, want %q", got, tt.first)
			}
			b.run(chromedp.Navigate(b.base + "/?view=problems"))
			b.wait(`document.querySelector('.problems, .empty')`)
			if got := b.text(`document.querySelector('main').innerText`); !strings.Contains(got, length) || !strings.Contains(got, cmp.Or(tt.lost, "Nothing was wrong with the files")) {
				t.Errorf("the problems are %q", got)
			}
		})
	}
}

package triage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/internal/tracetest"
	"prowtrace/triage"
)

// open judges a run in a directory and lists what was running at its end.
func open(t *testing.T, dir string) string {
	t.Helper()
	_, e := runtest.Load(t, dir)
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	j, err := triage.Judge(t.Context(), e, triage.NewMatcher(all))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, u := range j.Unfinished(e) {
		place := fmt.Sprintf("%s:%d", u.File, u.Line)
		if u.File == "" {
			place = "span " + e.Tree.Span(u.Span).Name
		}
		fmt.Fprintf(&b, "%s %s (%s)\n", u.Time.Format("15:04:05"), u.Text, place)
	}
	return b.String()
}

// The result has what was running when the entrypoint ended the run: the last command, the
// spec that Ginkgo interrupted or had begun, and spans without an end.
func TestUnfinished(t *testing.T) {
	const killed = `{"component":"entrypoint","level":"error","msg":"Process did not finish before 1h0m0s timeout","severity":"error","time":"2026-01-02T03:10:00Z"}` + "\n"
	const spec = "------------------------------\n[sig-apps] Deployment should roll over\n/src/test/e2e/apps/deployment.go:120\n  STEP: Creating a pod @ 01/02/26 03:05:00.000\n"
	for _, tt := range []struct {
		name, log, finished string
		want                string
	}{
		{"a command", "I0102 03:04:05.000000 38 local.go:42] ⚙️ /kops validate cluster\nI0102 03:04:06.000000 38 a.go:1] so far\n" + killed, "FAILURE", "03:04:05 /kops validate cluster (build-log.txt:1)\n"},
		{"a small one is none", "+ make test\n+ echo done\n" + killed, "FAILURE", "00:00:00 make test (build-log.txt:1)\n"},
		{"a spec that was begun", spec + killed, "FAILURE", "03:05:00 [sig-apps] Deployment should roll over (build-log.txt:2)\n"},
		{"a spec that was interrupted", killed + "• [INTERRUPTED] [9 seconds]\n[sig-node] Pods should start\n", "FAILURE", "03:10:00 [sig-node] Pods should start (build-log.txt:3)\n"},
		{"a spec that was reported", spec + "• [9 seconds]\n------------------------------\n" + killed, "FAILURE", ""},
		{"nobody ended it", "I0102 03:04:05.000000 38 local.go:42] ⚙️ /kops validate cluster\n", "FAILURE", ""},
		{"it passed", "+ make test\n" + killed, "SUCCESS", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range map[string]string{
				"started.json":  `{"timestamp":1767322800}`,
				"finished.json": fmt.Sprintf(`{"timestamp":1767323460,"passed":%t,"result":%q}`, tt.finished == "SUCCESS", tt.finished),
				"build-log.txt": tt.log,
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := open(t, dir); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// Recorded runs that were ended from outside.
func TestUnfinishedOfRecordedRuns(t *testing.T) {
	for name, want := range map[string]string{
		"M8":  "validate cluster --name e2e-pr18422.k8s.local --wait 15m0s (build-log.txt:",
		"M10": "[sig-apps] Daemon set [Serial] should roll back without needless restarts (build-log.txt:",
		"K9":  "",
	} {
		got := open(t, "../testdata/failures/"+name+"/run")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Only the deepest spans without an end are reported.
func TestUnfinishedSpans(t *testing.T) {
	dir := t.TempDir()
	file := tracetest.File(t, tracetest.OTLP(t, "kops", tracetest.Span(1, 0, "kops", 1767323000, -1), tracetest.Span(2, 1, "HTTP GET", 1767323000, -1)))
	if err := os.MkdirAll(filepath.Join(dir, "artifacts/otlp"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"started.json":                    `{"timestamp":1767322800}`,
		"finished.json":                   `{"timestamp":1767323460,"passed":false,"result":"ABORTED"}`,
		"artifacts/otlp/kops-7-2026.otel": string(file),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := open(t, dir), "03:03:20 HTTP GET (span HTTP GET)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

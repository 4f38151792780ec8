package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/realjaeger"
)

const untracedRoot = "logs/ci-unit/1900000000000000005"

// untraced has a run without traces, of which Prow lost the pod.
func untraced(t *testing.T) *gcstest.Server {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"started.json":  `{"timestamp":1795585972}`,
		"finished.json": `{"timestamp":1795586742,"passed":false,"result":"error"}`,
		"prowjob.json": `{"metadata":{"name":"3b1e2c9a-0000-4000-8000-000000000022"},"spec":{"job":"ci-unit"},"status":{"state":"error","description":"Pod got deleted unexpectedly",` +
			`"startTime":"2026-11-25T05:52:52Z","pendingTime":"2026-11-25T05:53:02Z","completionTime":"2026-11-25T06:05:42Z"}}`,
		"artifacts/junit.xml": `<testsuite name="unit"><testcase name="one" time="2"><failure>no</failure></testcase></testsuite>`,
	} {
		server.PutBytes("kubernetes-ci-logs", untracedRoot+"/"+name, []byte(data))
	}
	return server
}

// A run without traces opens as its job's own trace. Prow's word on it is on standard
// error, on the page and on the job's span.
func TestUntracedRunOpens(t *testing.T) {
	r := startOn(t, untraced(t), nil, "--ui", "builtin", "gs://kubernetes-ci-logs/"+untracedRoot)
	if want := "/trace/3b1e2c9a000040008000000000000022"; !strings.HasSuffix(r.address, want) {
		t.Errorf("opens %s, want %s", r.address, want)
	}
	var run struct {
		Title, Note   string
		Spans, Traces int
	}
	ask(t, r.api("run"), &run)
	if run.Title != "ci-unit 1900000000000000005" || run.Traces != 1 || run.Note != "This run has no traces: the page shows Prow's files. Prow says: Pod got deleted unexpectedly" {
		t.Errorf("the page says %+v", run)
	}
	if spans := get(t, r.api("traces")); !strings.Contains(spans, `"name":"ci-unit"`) {
		t.Errorf("the list is %s", spans)
	}
	if otlp := get(t, r.api("traces/3b1e2c9a000040008000000000000022/spans/0/otlp")); !strings.Contains(otlp, "prow.description") {
		t.Errorf("the job's span is %s", otlp)
	}
	const first = "What broke first: Pod got deleted unexpectedly (infra, high confidence, prowjob.json)\n"
	r.says(t, first)
	r.interrupt(t)
	const want = `ci-unit 1900000000000000005 wrote no traces: showing only Prow's files; Prow says: Pod got deleted unexpectedly
error, 2026-11-25 05:52:52 to 06:05:42 UTC (12m50s): no traces, 3 errors
Press Ctrl-C to end.
`
	if got := strings.Replace(r.stderr.String(), first, "", 1); got != want {
		t.Errorf("stderr is\n%s\nwant\n%s", got, want)
	}
}

// It is compared with a run that has traces.
func TestUntracedRunIsCompared(t *testing.T) {
	r := startOn(t, untraced(t), nil, "--ui", "builtin", "e2e-kops-aws-distro-deb13", "gs://kubernetes-ci-logs/"+untracedRoot)
	if !strings.Contains(r.address, "view=compare") || !strings.Contains(r.address, "3b1e2c9a000040008000000000000022") {
		t.Errorf("opens %s", r.address)
	}
	r.interrupt(t)
}

// Jaeger shows the one trace.
func TestUntracedRunWithJaeger(t *testing.T) {
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			r := startOn(t, untraced(t), nil, "--jaeger", realjaeger.Path(t, program), "gs://kubernetes-ci-logs/"+untracedRoot)
			base, id, ok := strings.Cut(r.address, "/trace/")
			if !ok {
				t.Fatalf("the address is no trace: %s", r.address)
			}
			var found struct {
				Data []struct {
					Spans []struct{ OperationName string }
				}
			}
			if err := json.Unmarshal([]byte(get(t, base+"/api/traces/"+id)), &found); err != nil || len(found.Data) != 1 || len(found.Data[0].Spans) < 4 {
				t.Fatalf("%+v, %v", found.Data, err)
			}
			if err := json.Unmarshal([]byte(get(t, base+"/api/traces?service=prow&start=1795500000000000&end=1795600000000000&limit=20")), &found); err != nil || len(found.Data) != 1 {
				t.Errorf("a search finds %d traces, %v", len(found.Data), err)
			}
			r.interrupt(t)
		})
	}
}

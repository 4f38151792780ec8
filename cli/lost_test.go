package cli_test

import (
	"net/http"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// What is lost of a run's small files keeps no traces back. It is told on standard
// error in a line each way that files are lost, and on the page.
func TestLostFilesAreTold(t *testing.T) {
	server := gcstest.New(t)
	const root = "logs/ci-demo/1900000000000000005"
	for name, data := range map[string]string{
		"finished.json":                            `{"timestamp":1741831000,"passed":false,"result":"FAILURE"}`,
		"prowjob.json":                             `{"status":{"state":"failure"}}`,
		"artifacts/junit_01.xml":                   `<testsuite name="s" tests="2"><testcase name="one"/><testcase name="two"><failure mess`,
		"artifacts/junit_02.xml":                   "",
		"artifacts/otlp/kops-7-2025-03-13T01.otel": string(oneSpan(t, 1)),
	} {
		server.PutBytes("kubernetes-ci-logs", root+"/"+name, []byte(data))
	}
	server.Fault(gcstest.Match{Object: root + "/prowjob.json"}, gcstest.Status(http.StatusInternalServerError))
	r := startOn(t, server, nil, "--ui", "builtin", "gs://kubernetes-ci-logs/"+root)
	for _, want := range []string{
		"prowjob.json is left out: ", "; --refresh tries again\n",
		`cannot read 2 files of ci-demo 1900000000000000005 completely: artifacts/junit_01.xml: a tag breaks off at byte 86, in case "two"; --verbose lists them` + "\n",
	} {
		if got := r.stderr.String(); !strings.Contains(got, want) {
			t.Errorf("standard error has no %q:\n%s", want, got)
		}
	}
	var told struct {
		Problems []struct {
			Source, What string
			Beside       bool
		}
	}
	ask(t, r.api("problems"), &told)
	var sources []string
	for _, p := range told.Problems {
		if !p.Beside {
			t.Errorf("%+v", p)
		}
		sources = append(sources, p.Source)
	}
	if got := strings.Join(sources, " "); got != "prowjob.json artifacts/junit_01.xml artifacts/junit_02.xml" {
		t.Errorf("problems of %s", got)
	}
	r.interrupt(t)
}

// That a run without traces was lost is said once.
func TestLostRunIsToldOnce(t *testing.T) {
	server := gcstest.New(t)
	const root = "logs/ci-demo/1900000000000000009"
	server.PutBytes("kubernetes-ci-logs", root+"/prowjob.json", []byte(`{"status":{"state":"pending","startTime":"2025-03-13T01:44:31Z"}}`))
	r := startOn(t, server, nil, "--ui", "builtin", "gs://kubernetes-ci-logs/"+root)
	if got := r.stderr.String(); strings.Count(got, "its pod was probably deleted") != 1 {
		t.Errorf("standard error:\n%s", got)
	}
	r.interrupt(t)
}

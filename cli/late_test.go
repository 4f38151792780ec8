package cli_test

import (
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
)

// The page does not wait for files beside the traces that take long: it shows what they
// tell when they are there.
func TestPageBeforeLateFiles(t *testing.T) {
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	const name = "logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts/junit_late.xml"
	server.PutBytes("kubernetes-ci-logs", name, []byte(`<testsuite name="late"><testcase name="came last" time="1"><failure>no</failure></testcase></testsuite>`))
	release := make(chan struct{})
	server.Fault(gcstest.Match{Op: gcstest.Get, Object: name}, gcstest.StallHeaders(release))
	r := startOn(t, server, nil, "--ui", "builtin", "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002")
	problems := func() string { return get(t, r.api("problems")) }
	if got := problems(); !strings.Contains(got, "still downloading") {
		t.Errorf("at first the problems are %s", got)
	}
	close(release)
	server.ClearFaults()
	deadline := time.After(time.Minute)
	for strings.Contains(problems(), "still downloading") {
		select {
		case <-deadline:
			t.Fatal("the page keeps its first view")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if got := get(t, r.api("traces?q=name%3A%22came+last%22")); !strings.Contains(got, `"total":1`) {
		t.Errorf("the late case is in %s", got)
	}
	if page := r.judged(t); !page.Final || page.Summary == nil {
		t.Errorf("the run is not judged: %+v", page)
	}
	r.interrupt(t)
	if got := r.stderr.String(); !strings.Contains(got, "still downloading 1 file, such as JUnit files") || strings.Contains(got, "left out") {
		t.Errorf("stderr is\n%s", got)
	}
}

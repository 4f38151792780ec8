package session_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/session"
)

// putJob puts runs of a job without traces into the sample bucket: of each build what
// became of it.
func putJob(server *gcstest.Server, builds map[string]string) {
	for build, result := range builds {
		root := "logs/ci-unit/" + build + "/"
		passed := result == "SUCCESS"
		state := map[bool]string{true: "success", false: "failure"}[passed]
		for name, data := range map[string]string{
			"started.json":  `{"timestamp":1741830274}`,
			"finished.json": fmt.Sprintf(`{"timestamp":1741831274,"passed":%t,"result":%q}`, passed, result),
			"prowjob.json": fmt.Sprintf(`{"metadata":{"name":"3b1e2c9a-0000-4000-8000-%s"},"spec":{"job":"ci-unit"},`+
				`"status":{"state":%q,"build_id":%q,"startTime":"2025-03-13T01:44:34Z","completionTime":"2025-03-13T02:01:14Z"}}`, build[len(build)-12:], state, build),
			"build-log.txt": "E0313 01:45:46.000000 1 a.go:1] boot noise of " + build + "\n",
		} {
			server.PutBytes("kubernetes-ci-logs", root+name, []byte(data))
		}
	}
}

var unitBuilds = map[string]string{
	"1900000000000000011": "SUCCESS", "1900000000000000012": "FAILURE", "1900000000000000013": "SUCCESS", "1900000000000000014": "SUCCESS",
	"1900000000000000015": "FAILURE", "1900000000000000016": "SUCCESS",
}

const failedUnit = "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000015"

func builds(b *session.Baseline) string {
	var all []string
	for _, r := range b.Runs {
		all = append(all, r.Build[len(r.Build)-2:])
	}
	return strings.Join(all, " ")
}

// The last passing runs of a job come with their metadata and logs, also from the cache.
func TestPassing(t *testing.T) {
	o, _, server := sample(t)
	putJob(server, unitBuilds)
	o.Untraced = true
	l, err := load(t, o, failedUnit)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := session.New(o).Passing(t.Context(), l.Inputs[0], 2)
	if err != nil || builds(b) != "16 14" {
		t.Fatalf("passing: %s, %v", builds(b), err)
	}
	for _, e := range b.Evidence {
		if len(e.Logs) != 1 || e.Logs[0].Len() != 1 || e.Tree == nil {
			t.Errorf("a passing run has %d logs, its tree is %v", len(e.Logs), e.Tree)
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	before := len(server.Requests())
	o.Offline = true
	b, err = session.New(o).Passing(t.Context(), l.Inputs[0], 2)
	if err != nil || len(b.Runs) != 2 || len(server.Requests()) != before {
		t.Errorf("offline: %s, %v, after %d requests", builds(b), err, len(server.Requests())-before)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// One that is named is compared with, whatever its job.
func TestNamedBaseline(t *testing.T) {
	o, _, server := sample(t)
	putJob(server, unitBuilds)
	o.Untraced = true
	b, err := session.New(o).Named(t.Context(), "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000011")
	if err != nil || builds(b) != "11" {
		t.Fatalf("%s, %v", builds(b), err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// Without a passing run, or time, there is none, and an error says why.
func TestNoPassing(t *testing.T) {
	o, _, server := sample(t)
	failed := maps.Clone(unitBuilds)
	for b := range failed {
		failed[b] = "FAILURE"
	}
	putJob(server, failed)
	o.Untraced = true
	l, err := load(t, o, failedUnit)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if b, err := session.New(o).Passing(t.Context(), l.Inputs[0], 2); err == nil || len(b.Runs) != 0 {
		t.Errorf("%s, %v", builds(b), err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if b, err := session.New(o).Passing(ended, l.Inputs[0], 2); !errors.Is(err, context.Canceled) || len(b.Runs) != 0 {
		t.Errorf("%s, %v", builds(b), err)
	}
}

// Evidence has the trace, the logs and what is missing of a run.
func TestEvidence(t *testing.T) {
	o, _, _ := sample(t)
	l, err := load(t, o, failing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	view, release := l.Acquire()
	defer release()
	e, lost, err := session.Evidence(t.Context(), l.Inputs[0], view)
	if err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
	if e.Tree == nil || e.Tree.Trace.ID != l.Inputs[0].Trace || len(e.Logs) != 1 || e.Logs[0].Name != "build-log.txt" || e.Metadata.Finished == nil {
		t.Errorf("%d logs, tree %v", len(e.Logs), e.Tree)
	}
	if n, exact := e.Logs[0].Number(4); n != 5 || !exact {
		t.Errorf("line 4 has the number %d", n)
	}
}

// Large traces of a run that is only compared with are left out as a whole; what the cache
// has counts.
func TestTraceRoom(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	spans := func(room int64) int {
		t.Helper()
		o.TraceRoom = room
		l, err := load(t, o, passing)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Reported.Spans
	}
	if n := spans(100_000); n != 0 {
		t.Errorf("%d spans of traces that are too large", n)
	}
	for _, r := range server.Requests() {
		if r.Op == gcstest.Get && strings.Contains(r.Object, "/otlp/") {
			t.Errorf("%s was read", r.Object)
		}
	}
	if n := spans(0); n == 0 {
		t.Error("that they were left out is remembered as that there are none")
	}
	if n := spans(100_000); n == 0 {
		t.Error("what the cache has is left out")
	}
}

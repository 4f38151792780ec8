package session_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/session"
	"prowtrace/triage"
)

// A job that only counts how others ended is judged by what broke in these.
func TestChildRuns(t *testing.T) {
	o, server := past(t)
	var log bytes.Buffer
	page := func(n int) string {
		return "https://prow.k8s.io/view/gs/" + pastruns.Bucket + "/logs/" + pastruns.Broken + "/" + pastruns.Build(pastruns.Broken, n)
	}
	fmt.Fprintf(&log, "time=\"2026-11-24T02:00:00Z\" level=info msg=\"waiting for 2 of 5 runs\"\n")
	for _, n := range []int{9, 10, 11} {
		fmt.Fprintf(&log, "time=\"2026-11-24T02:10:00Z\" level=info msg=\"run %s has ended\"\n", page(n))
	}
	fmt.Fprintf(&log, "time=\"2026-11-24T02:10:05Z\" level=error msg=\"FAILURE: Passed 1 times, failed 3 times. See https://prow.k8s.io/view/gs/%s/logs/ci-aggregated/1\"\n", pastruns.Bucket)
	const root = "logs/ci-aggregated/2124900000000000000/"
	for name, data := range map[string]string{
		"started.json":  `{"timestamp":1764000000}`,
		"finished.json": `{"timestamp":1764004000,"passed":false,"result":"FAILURE"}`,
		"prowjob.json":  `{"metadata":{"name":"3b1e2c9a-0000-4000-8000-000000000001"},"spec":{"job":"ci-aggregated"},"status":{"state":"failure","build_id":"2124900000000000000","startTime":"2026-11-24T01:00:00Z","completionTime":"2026-11-24T02:11:00Z"}}`,
		"build-log.txt": log.String(),
		"artifacts/aggregator/job-run-summary.html": `<a href="` + page(13) + `">a run</a><a href="https://example.com/view/gs/other/logs/x/1">no Prow of ours</a>`,
	} {
		server.PutBytes(pastruns.Bucket, root+name, []byte(data))
	}
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	l, err := load(t, o, "gs://"+pastruns.Bucket+"/"+strings.TrimSuffix(root, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: triage.NewMatcher(signatures), Mark: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Children) < 4 || s.Children[0].Result != "passed" || s.Children[3].Category != "quota" {
		t.Errorf("children: %+v", s.Children)
	}
	if f := s.Findings[0]; f.Category != "quota" || s.Verdict.Text != f.Title || s.Verdict.Because[0] != "3 of 3 child runs that failed have it" || f.Evidence[0].URL == "" {
		t.Errorf("first: %+v, verdict %+v", f, s.Verdict)
	}
	if len(s.Findings) < 2 || s.Findings[1].Rank != 2 {
		t.Errorf("what the run itself says is gone: %+v", s.Findings)
	}
	var out bytes.Buffer
	if err := s.Markdown(&out); err != nil || !strings.Contains(out.String(), "Child runs:\n- passed") {
		t.Errorf("markdown: %v\n%s", err, out.String())
	}
}

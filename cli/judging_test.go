package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/serve/viewer"
)

// unitJob serves runs of a job without traces: those that passed have all lines of the one
// that failed but the last.
func unitJob(t *testing.T) (server *gcstest.Server, failed string) {
	t.Helper()
	server = gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	const noise = "E0313 01:45:46.000000 1 a.go:1] the mirror \x1b[31mis not there\n"
	for i, passed := range []bool{true, true, false} {
		build := fmt.Sprintf("19000000000000000%d", 71+i)
		root := "logs/ci-unit/" + build + "/"
		result, log := "SUCCESS", noise
		if !passed {
			result, log, failed = "FAILURE", noise+"E0313 01:46:00.000000 1 a.go:1] disk of team-a is full\n", "gs://kubernetes-ci-logs/logs/ci-unit/"+build
		}
		for name, data := range map[string]string{
			"started.json":  `{"timestamp":1741830274}`,
			"finished.json": fmt.Sprintf(`{"timestamp":1741831274,"passed":%t,"result":%q}`, passed, result),
			"build-log.txt": log,
		} {
			server.PutBytes("kubernetes-ci-logs", root+name, []byte(data))
		}
	}
	return server, failed
}

// judged is the last judgement that the page of the only run has.
func (r *running) judged(t *testing.T) (page viewer.Judgement) {
	t.Helper()
	for version := int64(-1); ; {
		var answer struct {
			viewer.Judgement
			Version int64
		}
		ask(t, r.api(fmt.Sprintf("summary?known=%d", version)), &answer)
		if answer.Final {
			return answer.Judgement
		}
		version = answer.Version
	}
}

// What broke first is on standard error as soon as the run itself tells something, and once
// more where the passing runs change that.
func TestFirstFindingIsCorrected(t *testing.T) {
	server, failed := unitJob(t)
	r := startOn(t, server, nil, "--ui", "builtin", failed)
	const first, then = "What broke first: the mirror is not there (unknown, ", "Compared with 2 passing runs, what broke first is: disk of team-a is full (unknown, "
	r.says(t, then)
	if page := r.judged(t); page.Compared != 2 || page.Summary.Verdict.Text != "disk of team-a is full" {
		t.Errorf("the page says %+v", page)
	}
	r.interrupt(t)
	said := r.stderr.String()
	if strings.Count(said, "hat broke first") != 2 || !strings.Contains(said, first) || strings.Contains(said, "\x1b") {
		t.Errorf("stderr is\n%s", said)
	}
}

// The page opens though no passing run comes. The one that is compared with can be chosen.
func TestPageBeforePassingRuns(t *testing.T) {
	server, failed := unitJob(t)
	server.Fault(gcstest.Match{Op: gcstest.Get, Object: "logs/ci-unit/1900000000000000072/build-log.txt"}, gcstest.StallHeaders(t.Context().Done()))
	r := startOn(t, server, nil, "--ui", "builtin", failed)
	if page := get(t, r.address); !strings.Contains(page, "/ui/main.js") {
		t.Error(page)
	}
	r.says(t, "What broke first: the mirror")
	r.interrupt(t)
	if said := r.stderr.String(); strings.Contains(said, "Compared") {
		t.Errorf("stderr is\n%s", said)
	}
	r = startOn(t, server, nil, "--ui", "builtin", "--baseline", "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000071", failed)
	r.says(t, "Compared with 1 passing run, what broke first is: disk of team-a is full")
	r.interrupt(t)
}

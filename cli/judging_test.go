package cli_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/realjaeger"
	"prowtrace/serve/viewer"
)

// unitJob serves runs of a job without traces: those that passed have all lines of the one
// that failed but the first. No rule knows the words of either.
func unitJob(t *testing.T) (server *gcstest.Server, failed string) {
	t.Helper()
	server = gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	const noise = "E0313 01:45:46.000000 1 a.go:1] the mirror of team-b \x1b[31mis odd\n"
	for i, passed := range []bool{true, true, false} {
		build := fmt.Sprintf("19000000000000000%d", 71+i)
		root := "logs/ci-unit/" + build + "/"
		result, log := "SUCCESS", noise
		if !passed {
			result, log, failed = "FAILURE", "W0313 01:45:40.000000 1 a.go:1] the wheel of team-a is odd\n"+noise, "gs://kubernetes-ci-logs/logs/ci-unit/"+build
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
	const first, then = "What broke first: the mirror of team-b is odd (unknown, ", "Compared with 2 passing runs, what broke first is: the wheel of team-a is odd (unknown, "
	r.says(t, then)
	if page := r.judged(t); page.Compared != 2 || page.Summary.Verdict.Text != "the wheel of team-a is odd" {
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
	r.says(t, "Compared with 1 passing run, what broke first is: the wheel of team-a is odd")
	r.interrupt(t)
}

// Jaeger finds the spans of the first finding by their marks, and the events of the logs
// are still there.
func TestFindingsInJaeger(t *testing.T) {
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			r := start(t, nil, "--jaeger", realjaeger.Path(t, program), failingRun)
			base, id, ok := strings.Cut(r.address, "/trace/")
			if !ok {
				t.Fatalf("the address is no trace: %s", r.address)
			}
			r.says(t, "What broke first: ")
			search := base + "/api/traces?service=prow&start=1741800000000000&end=1741900000000000&limit=20&tags=" + url.QueryEscape(`{"prowtrace.rank":"1"}`)
			trace := awaitTrace(t, search)
			if trace.TraceID != id {
				t.Errorf("the search finds trace %s, not %s", trace.TraceID, id)
			}
			marked, events := 0, 0
			for _, s := range trace.Spans {
				events += len(s.Logs)
				for _, tag := range s.Tags {
					if tag.Key == "prowtrace.finding" && tag.Value != "" {
						marked++
					}
				}
			}
			if marked == 0 || events == 0 {
				t.Errorf("%d spans are marked, and there are %d events", marked, events)
			}
			r.interrupt(t)
		})
	}
}

type jaegerTrace struct {
	TraceID string
	Spans   []struct {
		Logs []any
		Tags []struct {
			Key   string
			Value any
		}
	}
}

// awaitTrace asks Jaeger until it finds a trace.
func awaitTrace(t *testing.T, search string) jaegerTrace {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		var found struct{ Data []jaegerTrace }
		if err := json.Unmarshal([]byte(get(t, search)), &found); err != nil {
			t.Fatal(err)
		}
		if len(found.Data) > 0 {
			return found.Data[0]
		}
		select {
		case <-deadline:
			t.Fatalf("%s finds nothing", search)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

package find_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
)

func TestRuns(t *testing.T) {
	s := newSample(t)
	tests := []struct {
		name, input string
		n           int
		o           find.Options
		want        string // age in hours, outcome, minutes it took, "traces"
		lists, gets int
	}{
		// Each run: finished and prowjob; started where the id holds no time.
		{"periodic", periodic, 7, find.Options{}, `
			1h running 0m
			3h aborted 30m
			5h aborted 30m
			7h passed 30m
			9h failed 30m
			11h  0m
			13h error 30m`, 1 + 7*2, 7*2 + 1},
		{"over a day", periodic, 13, find.Options{Before: noon.Add(-20 * time.Hour)}, `
			21h passed 30m
			23h passed 30m
			25h failed 30m traces
			27h passed 30m
			29h passed 30m
			31h passed 30m
			33h passed 30m
			35h passed 30m
			37h passed 30m
			39h passed 30m
			41h passed 30m
			43h passed 30m
			45h passed 30m`, 2 + 12*2 + 1, 13 * 2},
		{"presubmit", presubmit, 6, find.Options{}, `
			72h failed 30m
			84h failed 30m
			96h failed 30m
			120h  0m leads nowhere
			168h passed 30m
			192h failed 30m`, 2 + 1 + 2 + 2 + 2 + 5*2, 5*2 + 4 + 3},
		{"pull request", "kops#104", 9, find.Options{}, `
			168h passed 30m
			288h failed 30m
			408h failed 30m`, 2 + 3*2, 3*2 + 2},
		{"numbers", counted, 3, find.Options{}, `
			77258h passed 0m
			77324h passed 0m
			95712h passed 30m`, 2 + 3*2, 3*2 + 1}, // the first two ended before the time of their ids
		// Where some will not fit, eight at a time, and of those that do not fit no more than shows it.
		{"with traces", periodic, 1, find.Options{WithTraces: true}, "25h failed 30m traces", 2 + 2*8 + 2*4 + 1 + 2*7, 12 + 4 + 9},
		{"failed", periodic, 2, find.Options{Want: find.WantFailed}, "9h failed 30m\n13h error 30m", 1 + 2*2, 12 + 1},
		{"failed, before", periodic, 1, find.Options{Want: find.WantFailed, Before: noon.Add(-12 * time.Hour)}, "13h error 30m", 1 + 2 + 1, 9 + 1}, // the one of 25 h fits too
		{"aborted, after", periodic, 9, find.Options{Want: find.WantAborted, After: noon.Add(-4 * time.Hour)}, "3h aborted 30m", 1 + 2, 3 + 1},
	}
	for _, test := range tests {
		s.eachStore(t, test.name, func(t *testing.T, store objstore.Store, counted func() [2]int) {
			ref, err := link.Parse(prow.Instances{}, test.input)
			if err != nil {
				t.Fatal(err)
			}
			test.o.Now = clock
			infos, err := find.Runs(t.Context(), store, ref, test.n, test.o)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, i := range infos {
				line := fmt.Sprintf("%.0fh %s %.0fm", noon.Sub(i.Started).Hours(), i.State, i.Took.Minutes())
				if i.Traces {
					line += " traces"
				}
				if i.Err != nil {
					line += " leads nowhere"
					if !strings.HasSuffix(i.Err.Error(), i.Build+".txt is empty") {
						t.Errorf("%s: %v", line, i.Err)
					}
				} else if i.Root != s.runs[i.Build] {
					t.Errorf("%s is at %s", i.Build, i.Root)
				}
				lines = append(lines, line)
			}
			want := strings.Split(strings.ReplaceAll(strings.TrimSpace(test.want), "\t", ""), "\n")
			if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
			if got := counted(); got != [2]int{test.lists, test.gets} {
				t.Errorf("%d listings and %d readings, want %d and %d", got[0], got[1], test.lists, test.gets)
			}
		})
	}
}

// The runs of a run's job, however the run is named.
func TestRunsOfARunsJob(t *testing.T) {
	s := newSample(t)
	for input, want := range map[string]string{
		"gs://" + bucketName + "/logs/" + periodic + "/7/artifacts/x.otel": periodic + " " + ago(day/24),
		periodic + "@7": periodic + " " + ago(day/24),
		"gs://" + bucketName + "/pr-logs/pull/kops/9/" + presubmit + "/7":   presubmit,
		"gs://" + bucketName + "/pr-logs/directory/" + presubmit + "/7.txt": presubmit,
	} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		infos, err := find.Runs(t.Context(), s.store, ref, 1, find.Options{Now: clock})
		if err != nil || len(infos) != 1 || !strings.HasPrefix(infos[0].Job+" "+infos[0].Build, want) {
			t.Errorf("%s: %+v, %v; want %s", input, infos, err, want)
		}
	}
}

func TestRunsErrors(t *testing.T) {
	s := newSample(t)
	for input, want := range map[string]string{
		"e2e-no-such":                "found no runs [gs://kubernetes-ci-logs/logs/e2e-no-such/",
		"./x":                        "not a job or a pull request but a path",
		"gs://absent-bucket/logs/x/": "bucket absent-bucket does not exist",
	} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		if infos, err := find.Runs(t.Context(), s.store, ref, 5, find.Options{Now: clock}); err == nil || !strings.Contains(told(err), want) || !errors.Is(err, find.ErrNoRun) {
			t.Errorf("%s: %+v, %v; want %s", input, infos, err, want)
		}
	}
}

// A list that is shorter than wanted because not all runs were looked at says so.
func TestRunsCapped(t *testing.T) {
	s := newSample(t)
	ref, _ := link.Parse(prow.Instances{}, periodic)
	for _, tt := range []struct {
		n, limit int
		want     string
	}{
		{2, 10, ""},
		{2, 6, "looked only at the 6 newest runs: 1 passed, 1 failed, 2 aborted, 1 still running, 1 with unknown result true 2026-11-25T01:00:00Z"},
		{1, 1, ""}, // none: an error says it
	} {
		var told []string
		infos, err := find.Runs(t.Context(), s.store, ref, tt.n, find.Options{Now: clock, Want: find.WantFailed, Limit: tt.limit, Notice: func(n find.Notice) {
			told = append(told, fmt.Sprintf("%s %v %s", n.Text, n.Limited, n.Oldest.Format(time.RFC3339)))
		}})
		if got := strings.Join(told, "\n"); got != tt.want || (err != nil) != (tt.limit == 1) {
			t.Errorf("%d of %d: %d runs, %v, told %q\nwant %q", tt.n, tt.limit, len(infos), err, got, tt.want)
		}
	}
}

// One unreadable run does not hide the others.
func TestRunsSurviveOneBadRun(t *testing.T) {
	s := newSample(t)
	bad := s.runs[ago(3*time.Hour)] + "/finished.json"
	s.Put(gcstest.Object{Bucket: bucketName, Name: bad, Data: make([]byte, 2<<20)})
	ref, _ := link.Parse(prow.Instances{}, periodic)
	infos, err := find.Runs(t.Context(), s.store, ref, 4, find.Options{Now: clock})
	if err != nil || len(infos) != 4 || infos[1].Err == nil || infos[1].Build != ago(3*time.Hour) || infos[3].State != runfile.Passed {
		t.Errorf("%+v, %v", infos, err)
	}
}

// A run of which only its start is known is going on, and what cannot hold traces
// does not count as some: as in the run's own page.
func TestRunsAgreeWithTheirPages(t *testing.T) {
	object := func(data string) gcstest.Object { return gcstest.Object{Data: []byte(data)} }
	store := &memoryStore{objects: map[string]map[string]gcstest.Object{"demo-bucket": {
		"pr-logs/pull/a_b/5/pull-x/31/started.json":                    object(`{"timestamp": 1764064800}`),
		"pr-logs/pull/a_b/5/pull-x/32/finished.json":                   object(`{"timestamp": 1764064900, "passed": true}`),
		"pr-logs/pull/a_b/5/pull-x/32/artifacts/otlp/report.xml":       object("<x/>"),
		"pr-logs/pull/a_b/5/pull-y/30/finished.json":                   object(`{"timestamp": 1764064700, "passed": true}`),
		"pr-logs/pull/a_b/5/pull-y/30/artifacts/node/otlp/kops-1.otel": object(""),
	}}}
	ref, err := link.Parse(prow.Instances{}, "gs://demo-bucket/pr-logs/pull/a_b/5/")
	if err != nil {
		t.Fatal(err)
	}
	infos, err := find.Runs(t.Context(), store, ref, 5, find.Options{Now: clock})
	var lines []string
	for _, i := range infos {
		lines = append(lines, fmt.Sprint(i.Build, " ", i.State, " ", i.Traces))
	}
	if got := strings.Join(lines, ", "); err != nil || got != "32 passed false, 31 running false, 30 passed true" {
		t.Errorf("%s, %v", got, err)
	}
	// Of a pull request's runs a person has to choose, unless what is wanted tells.
	if _, err := find.Resolve(t.Context(), store, ref, find.Options{Now: clock}); !errors.Is(err, find.ErrManyRuns) {
		t.Errorf("no choice: %v", err)
	}
	if run, err := find.Resolve(t.Context(), store, ref, find.Options{Now: clock, WithTraces: true}); err != nil || run.Build != "30" {
		t.Errorf("with traces: %+v, %v", run, err)
	}
}

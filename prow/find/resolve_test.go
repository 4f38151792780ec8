package find_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
)

const day = 24 * time.Hour

func TestResolve(t *testing.T) {
	s := newSample(t)
	var (
		failed  = find.Options{Want: find.WantFailed}
		passed  = find.Options{Want: find.WantPassed}
		aborted = find.Options{Want: find.WantAborted}
		traces  = find.Options{WithTraces: true}
		latest  = find.Options{Want: find.WantLatest}
	)
	before := func(o find.Options, age time.Duration) find.Options { o.Before = noon.Add(-age); return o }
	after := func(o find.Options, age time.Duration) find.Options { o.After = noon.Add(-age); return o }
	directory := "gs://" + bucketName + "/pr-logs/directory/" + presubmit
	tests := []struct {
		name, input string
		o           find.Options
		want        string // build id
		lists, gets int
	}{
		{"a run", "gs://" + bucketName + "/logs/x/5", latest, "5", 0, 0},

		{"newest, though it runs", periodic, latest, ago(time.Hour), 1, 0},
		{"newest by default", periodic, find.Options{}, ago(time.Hour), 1, 0},
		{"newest, stale latest-build.txt", "gs://" + bucketName + "/logs/" + periodic + "/latest-build.txt", latest, ago(time.Hour), 1, 0},
		{"history", "https://prow.k8s.io/job-history/gs/" + bucketName + "/logs/" + periodic, latest, ago(time.Hour), 1, 0},
		{"history from a cursor", "https://prow.k8s.io/job-history/gs/" + bucketName + "/logs/" + periodic + "?buildId=" + ago(7*time.Hour), latest, ago(7 * time.Hour), 1, 0},
		{"directory of the job, as a run's page", "https://prow.k8s.io/view/gs/" + bucketName + "/logs/" + periodic, latest, ago(time.Hour), 1, 0},
		{"home page of Prow", "https://prow.k8s.io/?job=" + periodic, latest, ago(time.Hour), 1, 0},
		// Running: 2 readings; aborted: 1; FAILURE: 2; passed: 1; failed: 2; torn, in the same batch: 2.
		{"failed, not the aborted one", periodic, failed, ago(9 * time.Hour), 1, 10},
		{"passed", periodic, passed, ago(7 * time.Hour), 1, 8},
		{"aborted", periodic, aborted, ago(3 * time.Hour), 1, 3},
		{"failed before", periodic, before(failed, 9*time.Hour), ago(13 * time.Hour), 1, 3},
		{"failed long before", periodic, before(failed, 13*time.Hour), ago(25 * time.Hour), 1, 7},
		{"with traces", periodic, traces, ago(25 * time.Hour), 2 + 2*19 + 1, 0},
		{"failed with traces", periodic, find.Options{Want: find.WantFailed, WithTraces: true}, ago(25 * time.Hour), 2 + 2 + 2 + 1, 25},
		{"after", periodic, after(latest, 2*time.Hour), ago(time.Hour), 1, 0},
		{"between", periodic, before(after(latest, 30*time.Hour), 26*time.Hour), ago(27 * time.Hour), 1, 0},

		// Nothing in the first day at either root: which of them is it?
		{"presubmit by name", presubmit, latest, ago(3 * day), 2 + 1 + 2 + 2, 0},
		{"presubmit by directory", directory, latest, ago(3 * day), 2 + 1 + 2 + 2, 0},
		{"batch without a pointer", presubmit, before(latest, 80*time.Hour), ago(84 * time.Hour), 2, 0},
		{"empty pointer with a link", presubmit, before(latest, 90*time.Hour), ago(4 * day), 2, 0},
		{"over an empty pointer and a missing one", presubmit, before(passed, 5*day-time.Hour), ago(7 * day), 4, 7},
		{"pointer to the former bucket", presubmit, before(latest, 8*day-time.Hour), ago(8 * day), 2, 1},

		{"pointer", directory + "/" + ago(7*day) + ".txt", latest, ago(7 * day), 0, 1},
		{"pointer as TestGrid links it", "https://prow.k8s.io/view/gs/" + bucketName + "/pr-logs/directory/" + presubmit + "/" + ago(4*day), latest, ago(4 * day), 0, 1},
		{"pointer that a batch lacks", directory + "/" + ago(84*time.Hour), latest, ago(84 * time.Hour), 1, 1},

		{"build of a job", periodic + "@" + ago(9*time.Hour), latest, ago(9 * time.Hour), 1, 0},
		{"build of a presubmit", presubmit + "/" + ago(7*day), latest, ago(7 * day), 0, 1},
		{"build of a batch", presubmit + "@" + ago(204*time.Hour), latest, ago(204 * time.Hour), 1, 1},
		{"log page", "https://prow.k8s.io/log?job=" + periodic + "&id=" + ago(9*time.Hour), latest, ago(9 * time.Hour), 1, 0},
		{"a small id", counted + "@99", latest, "99", 1, 0},

		{"job of a pull request", "gs://" + bucketName + "/pr-logs/pull/kops/100/" + presubmit, latest, ago(3 * day), 1, 0},
		{"job of a pull request by page", "https://gcsweb.k8s.io/gcs/" + bucketName + "/pr-logs/pull/kops/104/" + presubmit + "/", passed, ago(7 * day), 1, 2},
		{"pull request", "kops#104", failed, ago(12 * day), 2, 3},
		{"pull request's newest", "https://github.com/kubernetes/kops/pull/103", latest, ago(6 * day), 2, 0},
		{"pull request, failed before", "kops#104", before(failed, 13*day), ago(17 * day), 2, 2},
		{"pull request, passed after", "kops#104", after(passed, 10*day), ago(7 * day), 2, 1},
		{"pull request by history", "https://prow.k8s.io/pr-history?org=kubernetes&repo=kops&pr=101", latest, ago(4 * day), 2, 0},
		{"pull request by directory", "gs://" + bucketName + "/pr-logs/pull/kops/102/", latest, ago(5 * day), 2, 0},

		{"numbers, not text", counted, latest, "959000000000000000", 2, 0},
		{"numbers, failed", counted, failed, "99", 2, 15},
		{"numbers, from a cursor", "https://prow.k8s.io/job-history/gs/" + bucketName + "/logs/" + counted + "?buildId=1000", latest, "1000", 2, 0},
	}
	for _, test := range tests {
		s.eachStore(t, test.name, func(t *testing.T, store objstore.Store, counted func() [2]int) {
			ref, err := link.Parse(prow.Instances{}, test.input)
			if err != nil {
				t.Fatal(err)
			}
			test.o.Now = clock
			run, err := find.Resolve(t.Context(), store, ref, test.o)
			if err != nil {
				t.Fatal(err)
			}
			if run.Build != test.want {
				t.Errorf("got build %s, want %s", run.Build, test.want)
			}
			if root := s.runs[test.want]; root != "" && (run.Root != root || run.Bucket != bucketName || run.Provider != "gs") {
				t.Errorf("got %s, want it at %s", run.URL(), root)
			}
			if again, err := link.Parse(prow.Instances{}, run.URL()); err != nil || again.Run != run {
				t.Errorf("got %+v, but its URL means %+v", run, again.Run)
			}
			if got := counted(); got != [2]int{test.lists, test.gets} {
				t.Errorf("%d listings and %d readings, want %d and %d", got[0], got[1], test.lists, test.gets)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	s := newSample(t)
	s.Private("origin-ci-private", "secret")
	s.Private("kubernetes-jenkins", "secret") // closed, as it is in life: no reason to ask for credentials
	s.Private("test-platform-results", "secret")
	tests := []struct {
		name, input string
		o           find.Options
		is          error
		want        string
	}{
		{"no such job", "e2e-no-such", find.Options{}, find.ErrNoRun,
			`cannot find the newest run of job "e2e-no-such": found no runs [gs://kubernetes-ci-logs/logs/e2e-no-such/, gs://kubernetes-ci-logs/pr-logs/directory/e2e-no-such/, gs://kubernetes-ci-logs/pr-logs/pull/batch/e2e-no-such/ and bucket kubernetes-jenkins`},
		{"none failed", counted, find.Options{Want: find.WantAborted}, find.ErrNoRun,
			`cannot find the newest aborted run of job "ci-counted-sample": found 15 runs: 14 passed, 1 failed`},
		{"capped", periodic, find.Options{Want: find.WantFailed, Before: noon.Add(-25 * time.Hour), Limit: 10}, find.ErrNoRun,
			`cannot find the newest failed run of job "e2e-kops-sample" before 2026-11-24T11:00:00Z: looked only at the 10 newest runs, back to 2026-11-23 15:00 UTC: 10 passed`},
		{"none in time", periodic, find.Options{After: noon}, find.ErrNoRun, "found no runs since 2026-11-25T12:00:00Z; the newest is of 2026-11-25 11:00 UTC"},
		{"none so early", periodic, find.Options{Before: noon.AddDate(-9, 0, 0)}, find.ErrNoRun, "found no runs before 2017-11-25T12:00:00Z; the newest is of 2026-11-25 11:00 UTC"},
		{"none of a pull request in time", "kops#104", find.Options{Want: find.WantLatest, After: noon}, find.ErrNoRun, "found no runs since 2026-11-25T12:00:00Z; the newest is of 2026-11-"},
		{"no such job in time", "e2e-no-such", find.Options{After: noon}, find.ErrNoRun, "found no runs [gs://kubernetes-ci-logs/logs/e2e-no-such/"},
		{"many", "kops#104", find.Options{}, find.ErrManyRuns,
			`cannot choose the run of pull request "kubernetes/kops#104": found 3 runs of 1 job`},
		{"many, however few may be looked at", "kops#104", find.Options{Limit: 1}, find.ErrManyRuns, "found 3 runs of 1 job"},
		{"no such pull request", "kops#9", find.Options{}, find.ErrNoRun, "found no runs [gs://kubernetes-ci-logs/pr-logs/pull/kops/9/"},
		{"empty pointer", "gs://" + bucketName + "/pr-logs/directory/" + presubmit + "/" + ago(5*day) + ".txt", find.Options{}, find.ErrNoRun,
			"the pointer gs://kubernetes-ci-logs/pr-logs/directory/" + presubmit + "/" + ago(5*day) + ".txt is empty"},
		{"no such build", periodic + "@5", find.Options{}, find.ErrNoRun, `build 5 of job "e2e-kops-sample": it does not exist [gs://kubernetes-ci-logs/logs/e2e-kops-sample/`},
		{"S3 directory", "s3://istio-prow/logs/x/", find.Options{}, find.ErrNoRun, "bucket istio-prow does not exist"},
		{"unknown Prow", "https://prow.example.org/log?job=x&id=7", find.Options{}, find.ErrNoRun, "unknown Prow prow.example.org"},
		{"no such bucket", "x", find.Options{Bucket: "absent-bucket", After: noon}, find.ErrNoRun, "bucket absent-bucket does not exist"},
		{"bad bucket", "x", find.Options{Bucket: "a b"}, find.ErrNoRun, `invalid bucket name "a b"`},
		{"a file", "./x", find.Options{}, find.ErrNoRun, "it does not name a run in a bucket"},
		{"refused", "gs://origin-ci-private/logs/x/", find.Options{}, nil, "bucket origin-ci-private refuses anonymous readers"},
		{"refused build", "https://deck-internal-ci.apps.ci.l2s4.p1.openshiftapps.com/log?job=x&id=7", find.Options{}, nil, "bucket origin-ci-private refuses anonymous readers"},
		{"refused by one of several", "https://prow.ci.openshift.org/log?job=x&id=7", find.Options{}, fs.ErrPermission,
			"not in gs://test-platform-results-public/logs/x/, gs://test-platform-results-public/pr-logs/directory/x/, gs://test-platform-results-public/pr-logs/pull/batch/x/ and bucket origin-ci-test, and bucket test-platform-results refuses anonymous readers"},
		{"refused pull request", "openshift-priv/x#7", find.Options{}, nil, "bucket origin-ci-private refuses anonymous readers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ref, err := link.Parse(prow.Instances{}, test.input)
			if err != nil {
				t.Fatal(err)
			}
			test.o.Now = clock
			run, err := find.Resolve(t.Context(), s.store, ref, test.o)
			if err == nil || !strings.Contains(told(err), test.want) {
				t.Fatalf("got %+v, %v\nwant the error %s", run, err, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v does not match %v", err, test.is)
			}
			var e *find.ResolveError
			if errors.As(err, &e) && e.Reason == "" {
				t.Errorf("%v has no reason", err)
			}
			if errors.Is(err, find.ErrManyRuns) && (!errors.As(err, &e) || len(e.Choices) != 3 || e.Choices[0].Build != ago(7*day)) {
				t.Errorf("choices of %+v", e)
			}
		})
	}
}

// A link into a bucket that was left behind still leads to the runs.
func TestResolveMoved(t *testing.T) {
	s := newSample(t)
	s.Private("kubernetes-jenkins", "secret")
	for _, input := range []string{
		"https://prow.k8s.io/job-history/kubernetes-jenkins/logs/" + periodic,
		"gs://kubernetes-jenkins/logs/" + periodic + "/",
	} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		run, err := find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock})
		if err != nil || run.URL() != "gs://"+bucketName+"/"+s.runs[ago(time.Hour)] {
			t.Errorf("%s: %+v, %v", input, run, err)
		}
	}
}

func TestResolveInGivenBucket(t *testing.T) {
	s := newSample(t)
	s.PutBytes("other-bucket", "pr-logs/pull/my-org_demo/5/pull-demo/7/started.json", []byte("{}"))
	for _, input := range []string{"my-org/demo#5", "https://prow.example.org/pr-history?org=my-org&repo=demo&pr=5"} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		run, err := find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock, Bucket: "gs://other-bucket/"})
		if err != nil || run.Build != "7" || run.Bucket != "other-bucket" || run.Org != "my-org" {
			t.Errorf("%s: %+v, %v", input, run, err)
		}
	}
}

// A directory that no pull request can have is not read in part.
func TestResolveTooManyJobs(t *testing.T) {
	s := newSample(t)
	for i := range 2001 {
		s.memory.objects[bucketName][fmt.Sprintf("pr-logs/pull/kops/9/pull-%d/7/started.json", i)] = gcstest.Object{}
	}
	ref, _ := link.Parse(prow.Instances{}, "kops#9")
	if _, err := find.Resolve(t.Context(), s.memory, ref, find.Options{Now: clock}); err == nil || !strings.Contains(err.Error(), "more than 2000 jobs") {
		t.Errorf("error %v", err)
	}
}

func TestResolveTellsHowItChose(t *testing.T) {
	s := newSample(t)
	ref, _ := link.Parse(prow.Instances{}, periodic)
	var told []string
	_, err := find.Resolve(t.Context(), s.store, ref, find.Options{
		Now: clock, Want: find.WantFailed, Notice: func(n find.Notice) { told = append(told, n.Text) },
	})
	want := "chose build " + ago(9*time.Hour) + " of job e2e-kops-sample of 2026-11-25 03:00 UTC; newer: 1 passed, 2 aborted, 1 still running"
	if err != nil || len(told) != 1 || told[0] != want {
		t.Errorf("told %q, %v\nwant %q", told, err, want)
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	s := newSample(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, input := range []string{periodic, periodic + "@7", "kops#104"} {
		ref, _ := link.Parse(prow.Instances{}, input)
		if _, err := find.Resolve(ctx, s.store, ref, find.Options{Now: clock}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", input, err)
		}
	}
}

func TestResolveProwJob(t *testing.T) {
	s := newSample(t)
	const uuid = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	root := s.runs[ago(9*time.Hour)]
	yaml := func(status string) string {
		return "apiVersion: prow.k8s.io/v1\nkind: ProwJob\nmetadata:\n  name: " + uuid + "\nspec:\n  job: " + periodic +
			"\n  pod_spec:\n    containers:\n    - args:\n      - |\n        status:\n          url: gs://evil-bucket/logs/x/1\nstatus:\n" + status
	}
	tests := []struct {
		name   string
		status int
		body   string
		err    error
		want   string // the run's URL, or part of the error
	}{
		{"link", 200, yaml("  build_id: \"7\"\n  state: failure\n  url: https://prow.k8s.io/view/gs/" + bucketName + "/" + root + "\n"), nil, "gs://" + bucketName + "/" + root},
		{"no link but a build", 200, yaml("  build_id: \"" + ago(9*time.Hour) + "\"\n  url: https://ci.example/7\n"), nil, "gs://" + bucketName + "/" + root},
		{"pointer", 200, yaml("  url: https://prow.k8s.io/view/gs/" + bucketName + "/pr-logs/directory/" + presubmit + "/" + ago(4*day) + "\n"), nil, "gs://" + bucketName + "/" + s.runs[ago(4*day)]},
		{"not started", 200, yaml("  state: triggered\n"), nil, `not started yet: its state is "triggered"`},
		{"odd link", 200, yaml("  url: http://x/\x1b[1m\n"), nil, `does not lead to a run`},
		{"gone", 404, "no", nil, `ProwJob "` + uuid + `": prow.k8s.io no longer has it: ProwJobs are deleted after two days`},
		{"broken", 502, "<html>", nil, "prow.k8s.io answered HTTP 502"},
		{"no answer", 0, "", &url.Error{Op: "Get", URL: "https://prow.k8s.io/prowjob", Err: syscall.ECONNREFUSED}, "cannot find the run of ProwJob \"" + uuid + "\": cannot reach Prow's page at prow.k8s.io: connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ref, err := link.Parse(prow.Instances{}, "https://prow.k8s.io/prowjob?prowjob="+uuid)
			if err != nil {
				t.Fatal(err)
			}
			asked := ""
			run, err := find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock, Deck: func(_ context.Context, url string) (int, []byte, error) {
				asked = url
				return test.status, []byte(test.body), test.err
			}})
			if asked != "https://prow.k8s.io/prowjob?prowjob="+uuid {
				t.Errorf("asked %s", asked)
			}
			if got := run.URL(); got != test.want && (err == nil || !strings.Contains(told(err), test.want)) {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\x1b") {
				t.Errorf("an escape sequence in %q", err)
			}
		})
	}
}

// A Deck is asked over HTTP, no longer than is good, and nobody else is.
func TestResolveAsksDeck(t *testing.T) {
	const uuid = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host is asked") }))
	defer elsewhere.Close()
	deck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("prowjob") {
		case uuid:
			http.Redirect(w, r, "/moved", http.StatusFound)
		case "login":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "large":
			fmt.Fprint(w, strings.Repeat("#\n", 1<<20), "status:\n  url: gs://demo-bucket/logs/x/7\n")
		default:
			if r.URL.Path == "/moved" {
				fmt.Fprint(w, "status:\n  url: gs://demo-bucket/logs/x/7\n")
			}
		}
	}))
	defer deck.Close()
	known := prowAt(t, strings.TrimPrefix(deck.URL, "http://"))
	for name, want := range map[string]string{
		uuid: "gs://demo-bucket/logs/x/7", "login": "answered HTTP 302", "large": "not started yet", "empty": "not started yet",
	} {
		ref, err := link.Parse(known, deck.URL+"/prowjob?prowjob="+name)
		if err != nil {
			t.Fatal(err)
		}
		run, err := find.Resolve(t.Context(), nil, ref, find.Options{Instances: known})
		if got := run.URL(); got != want && (err == nil || !strings.Contains(told(err), want)) {
			t.Errorf("%s: got %s, %v\nwant %s", name, got, err, want)
		}
	}
}

// prowAt knows a Prow at a host.
func prowAt(t *testing.T, host string) prow.Instances {
	t.Helper()
	known, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{host}, Provider: "gs", Bucket: "demo-bucket"}})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// A link makes nobody ask a server that is no known Prow, nor another port of one.
func TestResolveAsksNoUnknownHost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it is asked") }))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for name, known := range map[string]prow.Instances{"no known host": {}, "another port": prowAt(t, "127.0.0.1:1")} {
		ref, err := link.Parse(known, server.URL+"/prowjob?prowjob=5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10")
		if err != nil {
			t.Fatal(err)
		}
		_, err = find.Resolve(t.Context(), nil, ref, find.Options{Instances: known})
		var unknown *find.UnknownHostError
		var resolve *find.ResolveError
		if !errors.As(err, &unknown) || unknown.Host != host || !errors.As(err, &resolve) || resolve.Reason != find.ReasonUnasked {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two listings find the newest of 5,000 builds, whatever latest-build.txt says.
func TestResolveManyBuilds(t *testing.T) {
	s := newSample(t)
	for i := range 5000 {
		s.put(fmt.Sprintf("logs/ci-many/%s/started.json", ago(time.Duration(i+48)*time.Hour)), "{}")
	}
	s.ResetLog()
	ref, _ := link.Parse(prow.Instances{}, "ci-many")
	run, err := find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock})
	if err != nil || run.Build != ago(48*time.Hour) {
		t.Errorf("%+v, %v", run, err)
	}
	// A day at each root (a presubmit's has two places), whether there is any, a week.
	if got := s.requests(); got != [2]int{1 + 2 + 1 + 1, 0} {
		t.Errorf("requests %v", got)
	}
	for _, r := range s.Requests() {
		if r.Header.Get("Authorization") != "" || r.Method != http.MethodGet {
			t.Errorf("request %+v", r)
		}
	}
}

// An error that comes from the store names the place once.
func TestErrorsNameAPlaceOnce(t *testing.T) {
	s := newSample(t)
	s.Fault(gcstest.Match{}, gcstest.Status(http.StatusServiceUnavailable))
	for _, input := range []string{periodic, "pull-kops-x", "kops#7", periodic + "@7", "gs://" + bucketName + "/pr-logs/directory/pull-kops-x/7.txt"} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		_, err = find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock})
		if err == nil || strings.Count(err.Error(), "gs://") != 1 {
			t.Errorf("%s: %v", input, err)
		}
	}
}

// told is an error with where was looked.
func told(err error) string {
	var e *find.ResolveError
	if errors.As(err, &e) && e.Looked != "" {
		return err.Error() + " [" + e.Looked
	}
	return err.Error()
}

func TestNear(t *testing.T) {
	names := []string{"e2e-kops-aws", "e2e-kops-gce", "ci-kubernetes-e2e-kops-aws-distro-deb13", "e2e-kops-aws"}
	for job, want := range map[string]string{
		"e2e-kops-awss": "[e2e-kops-aws]", "E2E-KOPS-AWS": "[e2e-kops-aws]", "e2e-kop-gce": "[e2e-kops-gce]", "nothing-like-it": "[]",
		"ci-kubernetes-e2e-kops-aws-distro-deb12": "[ci-kubernetes-e2e-kops-aws-distro-deb13]",
	} {
		if got := fmt.Sprint(find.Near(job, names)); got != want {
			t.Errorf("near %s: %s, want %s", job, got, want)
		}
	}
	s := newSample(t)
	ref, _ := link.Parse(prow.Instances{}, periodic+"s")
	var e *find.ResolveError
	if _, err := find.Resolve(t.Context(), s.store, ref, find.Options{Now: clock}); !errors.As(err, &e) || len(e.Near) == 0 || e.Near[0] != periodic {
		t.Errorf("the bucket has no %ss, but near it %+v", periodic, e)
	}
}

// The list prints the time by which runs are chosen: at the border they agree.
func TestTimesAgree(t *testing.T) {
	s := newSample(t)
	ref, _ := link.Parse(prow.Instances{}, periodic)
	all, err := find.Runs(t.Context(), s.store, ref, 5, find.Options{Now: clock})
	if err != nil || len(all) < 3 {
		t.Fatal(all, err)
	}
	border := all[1]
	since, err := find.Runs(t.Context(), s.store, ref, 5, find.Options{Now: clock, After: border.Started})
	if err != nil || len(since) != 2 || since[1].Build != border.Build {
		t.Errorf("since %v: %+v, %v", border.Started, since, err)
	}
	before, err := find.Runs(t.Context(), s.store, ref, 1, find.Options{Now: clock, Before: border.Started})
	if err != nil || before[0].Build != all[2].Build {
		t.Errorf("before %v: %+v, %v", border.Started, before, err)
	}
}

// A name that tells no store is looked for in that of its Prow.
func TestProvider(t *testing.T) {
	for _, tt := range []struct{ input, bucket, want string }{
		{"e2e-kops-sample", "", "gs"}, {"istio/istio#5", "", "s3"}, {"https://prow.istio.io/?job=x", "", "s3"}, {"metal3-io/x#7", "", "s3"},
		{"https://prow.example.org/log?job=x&id=7", "", "gs"}, {"s3://x-bucket/logs/x/", "", "s3"}, {"gs://x-bucket/logs/x/", "s3://mine", "gs"},
		{"x", "s3://mine", "s3"}, {"x", "gs://mine", "gs"}, {"x", "istio-prow", "s3"}, {"x", "s3://istio-prow/", "s3"}, {"x", "mine", "gs"},
	} {
		ref, err := link.Parse(prow.Instances{}, tt.input)
		if err != nil {
			t.Fatal(err)
		}
		if got, bucket := find.Provider(ref, find.Options{Bucket: tt.bucket}); got != tt.want || strings.Contains(bucket, "/") {
			t.Errorf("%s, bucket %q: %s, want %s", tt.input, tt.bucket, got, tt.want)
		}
	}
}

package link

import (
	"errors"
	"testing"

	"prowtrace/prow"
)

// means is what an argument means, in short: a URL and what is below it, a job and its
// build, a pull request, or the class of an error.
func means(t *testing.T, input string) string {
	t.Helper()
	ref, err := Parse(prow.Instances{}, input)
	checkResult(t, prow.Instances{}, input, ref, err)
	var e *ParseError
	switch {
	case errors.As(err, &e):
		return e.Class
	case ref.Kind == prow.KindRun && ref.Rest != "":
		return ref.Run.URL() + " " + ref.Rest
	case ref.Kind == prow.KindRun:
		return ref.Run.URL()
	case ref.Kind == prow.KindPR:
		return ref.Org + "/" + ref.Repo + "#" + ref.Pull
	}
	return string(ref.Kind) + " " + ref.Job + "@" + ref.Build
}

const (
	longRun  = "gs://demo-bucket/logs/ci-wrapped/1990000000000000001"
	longPage = "https://prow.k8s.io/view/gs/demo-bucket/logs/ci-wrapped/1990000000000000001"
)

// White space inside a link never makes another run of it.
func TestBrokenLinks(t *testing.T) {
	const page = "https://prow.k8s.io/view/gs/demo-bucket/logs/ci-wrapped"
	for input, want := range map[string]string{
		page + "/ 1990000000000000001":                                                    longRun,
		"'" + page + "/ 1990000000000000001'":                                             longRun,
		"<" + page + "/\n1990000000000000001>":                                            longRun,
		page + "/19900000000\n  00000001":                                                 longRun,
		"https://prow.k8s.io/view/gs/demo-bucket/lo\ngs/ci-wrapped/1990000000000000001":   longRun,
		"https://prow.k8s.io/view/gs/demo-bucket/logs/ci-\nwrapped/1990000000000\n000001": longRun,
		"gs://demo-bucket/logs/ci-wrapped/ 1990000000000000001":                           longRun,
		"gs://demo-bucket/logs/ci-wrapped\n/1990000000000000001":                          longRun,
		longPage + "/artifacts/otlp/kops- 1.otel":                                         longRun + " artifacts/otlp/kops-1.otel",
		page + "/\u200b1990000000000000001":                                               longRun,
		"see " + page + "/ 1990000000000000001 please":                                    ClassMany,
		page + "/%201990000000000000001":                                                  ClassNoBuild,
		"demo-bucket/logs/ci-wrapped/ 1990000000000000001":                                ClassMany,
		"https://prow.k8s.io/job-history/gs/demo-bucket/logs/ci wrapped":                  ClassMany,
		"https://prow.k8s.io/job-history/gs/demo-bucket/logs/ci-wr apped-2":               ClassMany,

		longPage + " failed again": longRun,
		longPage + " 3 times":      longRun,
		longPage + ", please look": longRun,
		"https://prow.k8s.io/job-history/gs/demo-bucket/logs/ci is red again": "job ci@",
		"gcloud storage cp -r " + longRun + " DIR":                            longRun,
	} {
		if got := means(t, input); got != want {
			t.Errorf("%q means %s, want %s", input, got, want)
		}
	}
}

func TestTitles(t *testing.T) {
	for input, want := range map[string]string{
		"ci-x #1990000000000000001":                                "deck ci-x@1990000000000000001",
		"ci-x#1990000000000000001":                                 "deck ci-x@1990000000000000001",
		"ci-x 1990000000000000001":                                 "deck ci-x@1990000000000000001",
		"ci-x:1990000000000000001":                                 "deck ci-x@1990000000000000001",
		" **ci-x #1990000000000000001**\n":                         "deck ci-x@1990000000000000001",
		"ci-x #1990000000000000001 - Prow":                         "deck ci-x@1990000000000000001",
		"kops #18000":                                              "kubernetes/kops#18000",
		"istio/istio #7":                                           "istio/istio#7",
		"kops#18000":                                               "kubernetes/kops#18000",
		"kops/pull/18000":                                          "kubernetes/kops#18000",
		"kubernetes/kops/pull/18000/files":                         "kubernetes/kops#18000",
		"github.com/kubernetes/kops/pull/18000#issuecomment-1":     "kubernetes/kops#18000",
		"https://api.github.com/repos/kubernetes/kops/pulls/18000": "kubernetes/kops#18000",
		"demo-bucket/pull/18000/finished.json":                     "gs://demo-bucket/pull/18000 finished.json",
		"localhost:8080":                                           ClassHost,
	} {
		if got := means(t, input); got != want {
			t.Errorf("%q means %s, want %s", input, got, want)
		}
	}
}

// Links inside of others: redirects, archives, filters of mail, encoded as a whole.
func TestCarriedLinks(t *testing.T) {
	const (
		page    = "https://prow.k8s.io/view/gs/demo-bucket/logs/ci-demo/7"
		encoded = "https%3A%2F%2Fprow.k8s.io%2Fview%2Fgs%2Fdemo-bucket%2Flogs%2Fci-demo%2F7"
	)
	for _, input := range []string{
		"https://storage.mtls.cloud.google.com/demo-bucket/logs/ci-demo/7",
		"https://storage.europe-west1.rep.googleapis.com/demo-bucket/logs/ci-demo/7",
		"https://www.google.de/url?q=" + page + "&sa=D",
		"https://google.co.uk/url?sa=t&url=" + encoded,
		encoded,
		"https%253A%252F%252Fprow.k8s.io%252Fview%252Fgs%252Fdemo-bucket%252Flogs%252Fci-demo%252F7",
		"gs%3A%2F%2Fdemo-bucket%2Flogs%2Fci-demo%2F7",
		"<" + encoded + ">",
		"https://web.archive.org/web/20250314000000/" + page,
		"https://web.archive.org/web/2025if_/https:/prow.k8s.io/view/gs/demo-bucket/logs/ci-demo/7/",
		"web.archive.org/web/*/" + page,
		"https://web.archive.org/web/2025/" + encoded,
		"https://urldefense.com/v3/__" + page + "__;!!abc$",
		"https://webcache.googleusercontent.com/search?q=cache:abc:" + page,
		"https://filter.example.com/click?u=" + encoded,
		":gcs:demo-bucket/logs/ci-demo/7",
		"':gcs,anonymous:demo-bucket/logs/ci-demo/7'",
		"rclone copy :gcs:demo-bucket/logs/ci-demo/7 ./x",
		"gcs:demo-bucket/logs/ci-demo/7",
		"gs:demo-bucket/logs/ci-demo/7",
	} {
		if got := means(t, input); got != demoRun {
			t.Errorf("%q means %s, want %s", input, got, demoRun)
		}
	}
	if got := means(t, "https://web.archive.org/web/2025/https://prow.k8s.io/log?job=ci-demo&id=7"); got != "deck ci-demo@7" {
		t.Errorf("the query of an archived page is lost: %s", got)
	}
}

func TestPatterns(t *testing.T) {
	for input, want := range map[string]string{
		demoRun + "/artifacts/otlp/kops-?.otel":                    "artifacts/otlp/kops-?.otel",
		demoRun + "/artifacts/otlp/kops-[0-9].otel":                "artifacts/otlp/kops-[0-9].otel",
		demoRun + "/**/{a,b}.otel":                                 "**/{a,b}.otel",
		"demo-bucket/logs/ci-demo/7/artifacts/otlp/*":              "artifacts/otlp/*",
		demoRun + "/artifacts/otlp/kops-1.otel":                    "",
		"https://gcsweb.k8s.io/gcs/demo-bucket/logs/ci-demo/7?x=1": "",
	} {
		ref, err := Parse(prow.Instances{}, input)
		if err != nil || ref.Run.URL() != demoRun || ref.Pattern != want {
			t.Errorf("%q: run %s, pattern %q, %v", input, ref.Run.URL(), ref.Pattern, err)
		}
	}
	for _, input := range []string{"gs://demo-bucket/logs/{a,b}/7", "gs://demo-bucket/logs/ci-demo/1?0", "gs://demo-bucket/logs/ci-[ab]/7/x"} {
		if got := means(t, input); got != ClassGlob {
			t.Errorf("%q means %s", input, got)
		}
	}
}

package link

import (
	"testing"

	"prowtrace/prow"
)

func TestFileAndLogLines(t *testing.T) {
	for _, tt := range []struct {
		run, name string
		from, to  int
		file      string
		lines     string
	}{
		{"gs://kubernetes-ci-logs/logs/x/7", "build-log.txt", 10, 10, "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/logs/x/7/build-log.txt", "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/x/7#1:build-log.txt%3A10"},
		{"s3://istio-prow/logs/x/7", "a-build-log.txt", 10, 20, "https://gcsweb.istio.io/s3/istio-prow/logs/x/7/a-build-log.txt", "https://prow.istio.io/view/s3/istio-prow/logs/x/7#1:a-build-log.txt%3A10-20"},
		{"gs://kubernetes-ci-logs/logs/x/7", "artifacts/t/s/build-log.txt", 1, 1, "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/logs/x/7/artifacts/t/s/build-log.txt", ""},
		{"gs://demo-bucket/logs/x/7", "build-log.txt", 1, 1, "gs://demo-bucket/logs/x/7/build-log.txt", ""},
		{"gs://demo-bucket/logs/x/7", "artifacts/\x1b[2J\u202e<b>.txt", 1, 1, "gs://demo-bucket/logs/x/7/artifacts/%1B%5B2J%E2%80%AE%3Cb%3E.txt", ""},
		{"gs://kubernetes-ci-logs/logs/x/7", "artifacts/\x1b[2J\u202e<b>.txt", 1, 1, "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/logs/x/7/artifacts/%1B%5B2J%E2%80%AE%3Cb%3E.txt", ""},
	} {
		ref, err := Parse(prow.Instances{}, tt.run)
		if err != nil {
			t.Fatal(err)
		}
		if got := File(prow.Instances{}, ref.Run, tt.name); got != tt.file {
			t.Errorf("%s: %s", tt.run, got)
		}
		if got, ok := LogLines(prow.Instances{}, ref.Run, tt.name, tt.from, tt.to); got != tt.lines || ok != (tt.lines != "") {
			t.Errorf("%s: %s, %v", tt.run, got, ok)
		}
	}
	if got := File(prow.Instances{}, prow.Run{}, "build-log.txt"); got != "" {
		t.Errorf("of no run: %s", got)
	}
}

func TestLines(t *testing.T) {
	const page = "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/x/7"
	for _, tt := range []struct {
		link string
		want prow.Lines
	}{
		{page, prow.Lines{}},
		{page + "#1:build-log.txt%3A10", prow.Lines{File: "build-log.txt", From: 10, To: 10}},
		{page + "#1:build-log.txt%3A10-20", prow.Lines{File: "build-log.txt", From: 10, To: 20}},
		{page + "#0:x;1:e2e-build-log.txt%3A3", prow.Lines{File: "e2e-build-log.txt", From: 3, To: 3}},
		{page + "?a=b#build-log.txt:5-6", prow.Lines{File: "build-log.txt", From: 5, To: 6}},
		{"<" + page + "#1:build-log.txt%3A10>", prow.Lines{File: "build-log.txt", From: 10, To: 10}},
		{page + "#1:build-log.txt", prow.Lines{}},
		{page + "#1:build-log.txt%3A0", prow.Lines{}},
		{page + "#1:build-log.txt%3A20-10", prow.Lines{}},
		{page + "#1:build-log.txt%3A99999999999999999999", prow.Lines{}},
	} {
		ref, err := Parse(prow.Instances{}, tt.link)
		if err != nil || ref.Lines != tt.want || ref.Build != "7" {
			t.Errorf("%s: %+v of %s, %v", tt.link, ref.Lines, ref.Build, err)
		}
	}
	ref, err := Parse(prow.Instances{}, page)
	if err != nil {
		t.Fatal(err)
	}
	written, _ := LogLines(prow.Instances{}, ref.Run, "build-log.txt", 10, 20)
	if back, err := Parse(prow.Instances{}, written); err != nil || back.Lines != (prow.Lines{File: "build-log.txt", From: 10, To: 20}) {
		t.Errorf("what is written is read as %+v, %v", back.Lines, err)
	}
}

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

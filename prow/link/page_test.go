package link

import (
	"testing"

	"prowtrace/prow"
)

func TestPage(t *testing.T) {
	for input, want := range map[string]string{
		"gs://kubernetes-ci-logs/logs/x/7": "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/x/7",
		"s3://istio-prow/logs/x/7":         "https://prow.istio.io/view/s3/istio-prow/logs/x/7",
		"gs://demo-bucket/logs/x/7":        "gs://demo-bucket/logs/x/7",
	} {
		ref, err := Parse(prow.Instances{}, input)
		if got := Page(prow.Instances{}, ref.Run); err != nil || got != want {
			t.Errorf("%s: %s, %v", input, got, err)
		}
	}
}

package session

import (
	"testing"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

func TestCachedRunsThatFit(t *testing.T) {
	run := prow.Run{Provider: "gs", Bucket: "kubernetes-ci-logs", Root: "pr-logs/pull/kops/7/e2e/19", Job: "e2e", Build: "19", Org: "kubernetes", Repo: "kops", Pull: "7"}
	for _, tt := range []struct {
		input, bucket string
		want          bool
	}{
		{"e2e@19", "", true},
		{"e2e@18", "", false},
		{"e2e", "", true},
		{"other", "", false},
		{"kops#7", "", true},
		{"kops#8", "", false},
		{"kind#7", "", false},
		{"gs://kubernetes-ci-logs/logs/e2e", "", true},
		{"gs://kubernetes-jenkins/logs/e2e", "", true},
		{"gs://elsewhere/logs/e2e", "", false},
		{"e2e", "elsewhere", false},
		{"e2e", "kubernetes-ci-logs", true},
		{"5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10", "", false},
	} {
		ref, err := link.Parse(prow.Instances{}, tt.input)
		if err != nil {
			t.Fatal(err)
		}
		s := New(Options{Choice: Choice{Bucket: tt.bucket}})
		if got := s.fits(run, ref); got != tt.want {
			t.Errorf("%s, bucket %q: %v", tt.input, tt.bucket, got)
		}
		if s.fits(prow.Run{}, ref) {
			t.Errorf("%s fits a download that was cut off", tt.input)
		}
	}
}

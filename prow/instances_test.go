package prow_test

import (
	"fmt"
	"testing"

	"prowtrace/internal/prowtest"
	"prowtrace/prow"
)

func TestBuckets(t *testing.T) {
	own := prowtest.OwnInstances(t, false)
	for bucket, want := range map[string]string{
		"example-ci":            "[{example-ci false false} {example-old false false} {example-attic false true}]",
		"example-old":           "[{example-old false false} {example-ci true false} {example-attic false true}]",
		"example-attic":         "[{example-attic false true} {example-ci true false} {example-old true false}]",
		"kubernetes-jenkins":    "[{kubernetes-jenkins false true} {kubernetes-ci-logs true false}]",
		"test-platform-results": "[{test-platform-results false false} {test-platform-results-public true false} {origin-ci-test false true}]",
		"unknown":               "[{unknown false false}]",
	} {
		if got := fmt.Sprint(own.Buckets(bucket)); got != want {
			t.Errorf("buckets of %s: %s\nwant %s", bucket, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	for host, bucket := range map[string]string{
		"":                      "kubernetes-ci-logs",
		"prow.k8s.io":           "kubernetes-ci-logs",
		"gcsweb.k8s.io:443":     "kubernetes-ci-logs",
		"prow.ci.openshift.org": "test-platform-results-public",
		"aws.prow.istio.io":     "istio-prow",
	} {
		if in, ok := (prow.Instances{}).At(host); !ok || in.Bucket != bucket {
			t.Errorf("At(%q) = %+v, %v", host, in, ok)
		}
	}
	if in, ok := (prow.Instances{}).At("prow.example.org"); ok {
		t.Errorf("At of a foreign host = %+v", in)
	}
}

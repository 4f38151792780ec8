package triage_test

import (
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/triage"
)

// A signature may recognize an error by an attribute of its span.
func TestSignatureOfASpanAttribute(t *testing.T) {
	own, err := triage.Read("own.yaml", strings.NewReader(`
- id: refused-by-method
  title: Refused by its method
  category: quota
  pattern: POST
  attributes: [http.request.method]
  next: Ask.
  examples: [POST]
  not: [none]
`))
	if err != nil {
		t.Fatal(err)
	}
	_, e := runtest.Load(t, "../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001")
	j, err := triage.Judge(t.Context(), e, triage.NewMatcher(own))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range j.Findings {
		found = found || f.Title == "Refused by its method" && f.Source == triage.FromSpan
	}
	if !found {
		t.Error("no finding is known by an attribute")
	}
}

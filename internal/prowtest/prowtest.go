// Package prowtest holds what tests of the packages around prow share. Only tests
// import it.
package prowtest

import (
	"testing"

	"prowtrace/prow"
)

// OwnInstances are a user's own Prow, which also takes over a host and an
// organisation of those built in.
func OwnInstances(t testing.TB, isDefault bool) prow.Instances {
	t.Helper()
	known, _, err := prow.NewInstances([]prow.Instance{{
		Decks: []string{"prow.example.com", "prow.k8s.io"}, Provider: "gs", Bucket: "example-ci",
		Former: []string{"example-old"}, Closed: []string{"example-attic"},
		Strategy: prow.Legacy, DefaultOrg: "example", DefaultRepo: "main",
		Orgs: []string{"example", "istio"}, Jobs: []string{"example-"}, Default: isDefault,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

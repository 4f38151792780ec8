package link

import (
	"testing"

	"prowtrace/prow"
)

// ownInstances is a Prow of one's own, which also takes over a host and an
// organisation of those built in.
func ownInstances(t *testing.T, isDefault bool) prow.Instances {
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

// The note says where a run is really looked for.
func TestOwnNote(t *testing.T) {
	known := ownInstances(t, false)
	for input, want := range map[string]string{
		"example-nightly":       "bucket from prow.example.com",
		"example-nightly@5":     "bucket from prow.example.com",
		"/?job=example-nightly": "bucket from prow.example.com",
		"https://prow.other.example/?job=example-nightly": "bucket from prow.other.example",
		"other": "bucket from the default instance",
	} {
		if ref, err := Parse(known, input); err != nil || ref.Note != want {
			t.Errorf("%s: note %q, %v; want %q", input, ref.Note, err, want)
		}
	}
}

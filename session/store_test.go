package session

import (
	"errors"
	"testing"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/link"
)

func TestUnsupportedProvider(t *testing.T) {
	run := prow.Run{Provider: "s3", Bucket: "istio-prow", Root: "logs/a/1"}
	_, err := New(Options{}).Collect(t.Context(), []prow.Ref{{Kind: prow.KindRun, Run: run}})
	var unsupported *UnsupportedStoreError
	want := "cannot fetch " + run.URL() + ": its store is not supported"
	if !errors.As(err, &unsupported) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Where the table says so, a bucket is read through its gcsweb: a run, and what its Prow's
// names mean. All others are read as their provider is.
func TestThroughGcsweb(t *testing.T) {
	type named struct {
		objstore.Store
		name string
	}
	s := New(Options{Stores: map[string]objstore.Store{"gs": named{name: "gs"}, "s3": named{name: "s3"}, ThroughGcsweb: named{name: "gcsweb"}}})
	for input, want := range map[string]string{
		"https://prow.istio.io/view/s3/istio-prow/logs/x/7": "gcsweb", "https://prow.istio.io/?job=x": "gcsweb", "istio/istio#5": "gcsweb",
		"s3://istio-prow-private/logs/x/7": "s3", "s3://other-bucket/logs/x/": "s3", "metal3-io/x#7": "s3", "e2e-kops-x": "gs", "gs://x-bucket/logs/x/7": "gs",
	} {
		ref, err := link.Parse(prow.Instances{}, input)
		if err != nil {
			t.Fatal(err)
		}
		store, err := s.storeFor(ref)
		if err != nil || store.(named).name != want {
			t.Errorf("%s: %v, %v; want %s", input, store, err, want)
		}
	}
	without := New(Options{Stores: map[string]objstore.Store{"s3": named{name: "s3"}}})
	if store, err := without.storeOf(prow.Run{Provider: "s3", Bucket: "istio-prow"}); err != nil || store.(named).name != "s3" {
		t.Errorf("without such a store: %v, %v", store, err)
	}
}

package session

import (
	"errors"
	"testing"

	"prowtrace/prow"
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

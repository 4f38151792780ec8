package prow_test

import (
	"encoding/json"
	"testing"

	"prowtrace/prow"
)

// The names in JSON are those of the manifests in caches.
func TestRunInManifests(t *testing.T) {
	run := prow.Run{Provider: "gs", Bucket: "b", Root: "logs/j/7", Job: "j", Build: "7", Org: "o", Repo: "r", Pull: "5"}
	const want = `{"Provider":"gs","Bucket":"b","Root":"logs/j/7","Job":"j","Build":"7","Org":"o","Repo":"r","Pull":"5"}`
	got, err := json.Marshal(run)
	if err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	var read prow.Run
	if err := json.Unmarshal([]byte(want), &read); err != nil || read != run {
		t.Errorf("%+v, %v", read, err)
	}
}

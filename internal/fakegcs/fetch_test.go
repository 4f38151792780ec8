package fakegcs

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"prowtrace/fetch"
	"prowtrace/prow"
)

// TestFetch brings a run through the whole way: listing (this server ignores
// glob patterns), download, cache, and a second time without the network.
func TestFetch(t *testing.T) {
	const root = "logs/job/1900000000000000001/"
	want := map[string]string{
		"artifacts/otlp/kops-1-2025-01-01T00:00:00Z.otel": "create",
		"artifacts/otlp/a":                  "file",
		"artifacts/otlp/a/b.otel":           "beside a directory of its name",
		"artifacts/step/otlp/100%? #1.otel": "nested",
	}
	var objects []fakestorage.Object
	put := func(name, data string) {
		o := object(root+name, []byte(data))
		o.Created = time.Now().Add(-time.Hour)
		o.Updated = o.Created
		objects = append(objects, o)
	}
	for name, data := range want {
		put(name, data)
	}
	put("started.json", `{"timestamp":1}`)
	put("finished.json", `{"timestamp":2,"result":"FAILURE"}`)
	put("build-log.txt", "not a trace")
	put("artifacts/otlp/", "")

	client := start(t, objects...)
	cache, err := fetch.OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := prow.Run{Provider: "gs", Bucket: "b", Root: "logs/job/1900000000000000001", Job: "job", Build: "1900000000000000001"}
	for round := range 2 {
		result, err := cache.Fetch(t.Context(), client, run, fetch.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result.FromCache != (round == 1) {
			t.Errorf("round %d: from the cache: %v", round, result.FromCache)
		}
		var names []string
		for _, f := range result.Files {
			names = append(names, f.Name)
			data, err := os.ReadFile(f.Path)
			if err != nil || string(data) != want[f.Name] {
				t.Errorf("%s: %q, %v; want %q", f.Name, data, err, want[f.Name])
			}
		}
		if len(names) != len(want) {
			t.Errorf("round %d: files %q", round, names)
		}
		if _, ok := result.Metadata["finished.json"]; !ok || slices.Contains(names, "build-log.txt") {
			t.Errorf("round %d: metadata %v", round, result.Metadata)
		}
	}
}

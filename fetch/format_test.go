package fetch

import (
	"maps"
	"os"
	"testing"

	"prowtrace/prow"
)

// The cache in testdata was written by the first version of this format. Each
// later version must read it: users keep their caches, also of runs whose buckets
// have deleted them.
func TestFirstFormatIsRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/cache-v1")); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{
		"started.json": `{"timestamp":1748775600}`, "prowjob.json": "{}", "artifacts/junit_01.xml": "<testsuite/>",
		"artifacts/otlp/kops-1-T01:02:03Z.otel": "one", "artifacts/otlp/kops-2-T01:02:03Z.otel": "two, longer",
		"artifacts/otlp/empty.otel": "", "artifacts/step/otlp/deep/x.json": "nested",
	}
	part := testRun
	part.Build, part.Root = "1900000000000000002", "logs/e2e-kops/1900000000000000002"
	for _, tt := range []struct {
		name string
		run  prow.Run
		o    Options
		want map[string]string
	}{
		{"ended", testRun, Options{}, whole},
		{"ended, offline", testRun, Options{Offline: true}, whole},
		{"of which a directory was fetched", part, Options{Only: "artifacts/otlp", Offline: true},
			map[string]string{"started.json": "started.json", "artifacts/otlp/a.otel": "artifacts/otlp/a.otel"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := c.Fetch(t.Context(), nil, tt.run, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			if f, ok := res.Metadata["finished.json"]; tt.run == testRun && (!ok || f.ContentEncoding != "gzip" || f.Size != 67) {
				t.Errorf("finished.json: %+v", f)
			}
			got := contents(t, res)
			delete(got, "finished.json")
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !res.FromCache || res.Run != tt.run || !res.Listed.Equal(ended.Add(3600e9)) {
				t.Errorf("from the cache %v, run %+v, listed %v", res.FromCache, res.Run, res.Listed)
			}
		})
	}
}

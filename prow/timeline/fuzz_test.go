package timeline

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// FuzzTimeline checks that whatever the files of a run hold, they are read without
// a panic and give a timeline that is one whole tree, or none.
func FuzzTimeline(f *testing.F) {
	names := []string{
		"started.json", "finished.json", "prowjob.json", "podinfo.json", "clone-records.json", "sidecar-logs.json",
		"artifacts/ci-operator-step-graph.json", "artifacts/metadata.json", "artifacts/junit.xml", "artifacts/a/b/junit_1.xml",
	}
	archives, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archives {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range archive.Files {
			if i := slices.Index(names, a.Name); i >= 0 {
				f.Add(uint8(i), a.Data, []byte(nil))
				f.Add(uint8(3), []byte(nil), a.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, first, pod []byte) {
		m := &runfile.Metadata{Run: prow.Run{Provider: "gs", Bucket: "demo-bucket", Root: "logs/ci-demo/1900000000000000003", Job: "ci-demo", Build: "1900000000000000003"}}
		m.Add("podinfo.json", pod)
		m.Add(names[int(which)%len(names)], first)
		if encoded := draw(m, Options{}).Spans; encoded != nil {
			decodeTimeline(t, encoded)
		}
	})
}

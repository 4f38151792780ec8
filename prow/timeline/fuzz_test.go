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
		if encoded := drawn(m, Options{}).Spans; encoded != nil {
			decodeTimeline(t, encoded)
		}
	})
}

// Any bytes are a log; what is read of it can be drawn.
func FuzzReadLog(f *testing.F) {
	for _, name := range []string{"ginkgo", "gotest", "gotest-json", "commands", "kind", "openshift-tests"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == buildLog {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte("Ran 1 of 1 Specs in 9999999999 seconds\nI0313 01:45:01.000000 1 a.go:1] \nok  \ta\t8640000s\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &runfile.Metadata{Run: prow.Run{Bucket: "b", Root: "logs/j/1900000000000000001", Job: "j", Build: "1900000000000000001"}}
		l := indexed(t, buildLog, data)
		j := Job(m, Options{Logs: []*Log{l}})
		if j.Own.Spans != nil {
			decodeTimeline(t, j.Own.Spans)
		}
		if len(j.Events) > maxErrors || len(l.phases) > 5*maxLogCases {
			t.Errorf("%d events, %d phases", len(j.Events), len(l.phases))
		}
	})
}

const buildLog = "build-log.txt"

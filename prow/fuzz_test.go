package prow

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse checks what holds for every input: no panic, a result that is whole
// for its kind and clean, a run whose URL means the same run, an error of a
// known class with a message that is safe to print.
func FuzzParse(f *testing.F) {
	for _, row := range readTable(f, filepath.Join("testdata", "links.tsv")) {
		f.Add(row["input"])
	}
	for _, input := range oddInputs() {
		f.Add(input)
	}
	own, _, err := NewInstances([]Instance{{
		Decks: []string{"prow.example.com"}, Provider: "gs", Bucket: "demo-bucket",
		Strategy: Single, DefaultOrg: "example", DefaultRepo: "main", Orgs: []string{"kubernetes"}, Default: true,
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, input string) {
		for _, known := range []Instances{{}, own} {
			ref, err := known.Parse(input)
			checkResult(t, known, input, ref, err)
		}
	})
}

// FuzzTimeline checks that whatever the files of a run hold, they are read without
// a panic and give a timeline that is one whole tree, or none.
func FuzzTimeline(f *testing.F) {
	names := []string{
		"started.json", "finished.json", "prowjob.json", "podinfo.json", "clone-records.json", "sidecar-logs.json",
		"artifacts/ci-operator-step-graph.json", "artifacts/metadata.json", "artifacts/junit.xml", "artifacts/a/b/junit_1.xml",
	}
	archives, err := filepath.Glob(filepath.Join("testdata", "timeline", "*.txtar"))
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
		m := &Metadata{Run: Run{Provider: "gs", Bucket: "demo-bucket", Root: "logs/ci-demo/1900000000000000003", Job: "ci-demo", Build: "1900000000000000003"}}
		m.Add("podinfo.json", pod)
		m.Add(names[int(which)%len(names)], first)
		if encoded := Timeline(m); encoded != nil {
			decodeTimeline(t, encoded)
		}
	})
}

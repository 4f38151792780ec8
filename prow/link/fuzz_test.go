package link

import (
	"path/filepath"
	"testing"

	"prowtrace/prow"
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
	own, _, err := prow.NewInstances([]prow.Instance{{
		Decks: []string{"prow.example.com"}, Provider: "gs", Bucket: "demo-bucket",
		Strategy: prow.Single, DefaultOrg: "example", DefaultRepo: "main", Orgs: []string{"kubernetes"}, Default: true,
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, input string) {
		for _, known := range []prow.Instances{{}, own} {
			ref, err := Parse(known, input)
			checkResult(t, known, input, ref, err)
		}
	})
}

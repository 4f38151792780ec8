package prow

import (
	"path/filepath"
	"testing"
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
	f.Fuzz(func(t *testing.T, input string) {
		ref, err := Parse(input)
		checkResult(t, input, ref, err)
	})
}

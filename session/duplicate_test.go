package session

import (
	"errors"
	"fmt"
	"testing"

	"prowtrace/prow"
	"prowtrace/trace"
)

// A run is taken once, however it was named, and a part of it not beside the whole.
func TestRunsAreTakenOnce(t *testing.T) {
	a, b := prow.Run{Bucket: "b", Root: "logs/a/1"}, prow.Run{Bucket: "b", Root: "logs/b/1"}
	of := func(run prow.Run, rest string) *Input { return &Input{Ref: prow.Ref{Run: run, Rest: rest}} }
	const x, y = "artifacts/x/otlp", "artifacts/y/otlp"
	for _, tt := range []struct {
		name   string
		inputs []*Input
		want   string
	}{
		{"different", []*Input{of(a, ""), of(b, "")}, "[false false]"},
		{"twice", []*Input{of(a, ""), of(b, ""), of(a, "artifacts/otlp"), of(a, "build-log.txt")}, "[false false true true]"},
		{"part before the whole", []*Input{of(a, x), of(a, "")}, "[true false]"},
		{"parts", []*Input{of(a, x), of(a, y), of(a, x+"/f.otel"), of(a, y)}, "[false false true true]"},
		{"not found", []*Input{of(prow.Run{}, "gone"), of(prow.Run{}, "gone")}, "[false false]"},
	} {
		errs, got := make([]error, len(tt.inputs)), []bool{}
		for i, in := range tt.inputs {
			if in.Ref.Rest == "gone" {
				errs[i] = errors.New("gone")
			}
		}
		for i := range tt.inputs {
			got = append(got, covered(tt.inputs, errs, i))
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestFilesAreTakenOnce(t *testing.T) {
	file := func(path string) trace.Source { return trace.Source{Path: path, Data: []byte("x")} }
	inputs, err := withoutDuplicates([]*Input{
		{Sources: []trace.Source{file("d/1"), file("d/2")}},
		{Sources: []trace.Source{file("./d/2"), file("d/../d/1")}},
		{Sources: []trace.Source{file("d/2"), file("d/3")}},
		{Sources: []trace.Source{file(""), file("")}}, // of archives
		{}, // nothing, which is told later
	})
	var n []int
	for _, in := range inputs {
		n = append(n, len(in.Sources))
	}
	if fmt.Sprint(n) != "[2 1 2 0]" || err != nil {
		t.Errorf("%v files, error %v", n, err)
	}
}
